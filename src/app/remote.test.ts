/** Runs with places on other hosts: hosts in memory, so that all that is between is this room's and the engine's. */
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";

import { describe, expect, test } from "vitest";

import type { Place } from "../../test/support/place.ts";
import { newPlace } from "../../test/support/place.ts";
import type { ByteString } from "../base/byte-string.ts";
import { bytesOfText, textOfBytes, byteString } from "../base/byte-string.ts";
import { SyncError } from "../base/errors.ts";
import { noFilter } from "../core/filter.ts";
import type { RelPath } from "../core/path.ts";
import type { Endpoint, ScanRequest } from "../endpoint/endpoint.ts";
import { openMemory } from "../endpoint/memory/memory-endpoint.ts";
import { plant } from "../endpoint/memory/memory-tree.ts";
import type { MemoryWorld } from "../endpoint/memory/memory-world.ts";
import { newWorld, nodeAt } from "../endpoint/memory/memory-world.ts";
import type { RunEvent, RunSummary } from "../engine/events.ts";
import { applySaved } from "./apply.ts";
import { mirror } from "./mirror.ts";
import type { ConnectRemote } from "./open-remote.ts";
import { planMirror } from "./plan.ts";
import type { MirrorRequest, RunContext } from "./request.ts";
import { readPlan } from "./saved-plans.ts";
import { systemClock } from "./system-clock.ts";
import { verify } from "./verify.ts";

/** Hosts by name, and what has been asked of them. */
interface Network {
  readonly connect: ConnectRemote;
  readonly world: (host: string) => MemoryWorld;
  readonly connections: string[];
  /** Of scans that were asked for, whether rows might be left out. */
  readonly scans: { readonly place: string; readonly like: boolean }[];
  /** Actions until a host is lost. */
  patience: number;
}

function newNetwork(): Network {
  const worlds = new Map<string, MemoryWorld>();
  const world = (host: string): MemoryWorld => {
    const known = worlds.get(host);
    if (known !== undefined) return known;
    const made = newWorld({ capabilities: { remote: true } });
    worlds.set(host, made);
    plant(made, "home/me" as RelPath, { kind: "directory" });
    return made;
  };
  const network: Network = {
    connections: [],
    scans: [],
    patience: Infinity,
    world,
    async connect({ typed, address: { host } }) {
      network.connections.push(host);
      if (host === "down") {
        throw new SyncError("ENDPOINT_UNREACHABLE", `${typed}: no route to host`);
      }
      let crossed = 100;
      return {
        open: async (location, path) => {
          const whole = path.startsWith("/") ? path : `/home/me/${path}`;
          const endpoint = openMemory(world(host), textOfBytes(whole as ByteString)!);
          return overheard(network, { ...endpoint, location: location.typed }, (bytes) => {
            crossed += bytes;
            return { sent: crossed, received: 7 };
          });
        },
        [Symbol.asyncDispose]: async () => {
          network.connections.push(`-${host}`);
        },
      };
    },
  };
  return network;
}

/** An endpoint whose actions take a hundred bytes each, and none when patience is over. */
function overheard(
  network: Network,
  endpoint: Endpoint,
  cross: (bytes: number) => ReturnType<Endpoint["traffic"]>,
): Endpoint {
  return {
    ...endpoint,
    traffic: () => cross(0),
    scan(request: ScanRequest, signal) {
      network.scans.push({ place: endpoint.location, like: request.like !== undefined });
      return endpoint.scan(request, signal);
    },
    async *apply(actions, ...how) {
      for (const action of actions) {
        if (network.patience-- === 0) throw new SyncError("ENDPOINT_LOST", "the line is dead");
        cross(100);
        yield* endpoint.apply([action], ...how);
      }
    },
  };
}

function request(source: string, targets: readonly string[], rest: Partial<MirrorRequest> = {}) {
  return {
    source,
    targets,
    dryRun: false,
    delete: true,
    deleteExcluded: false,
    deleteLimit: { type: "percent", percent: 100, atLeast: 0 },
    accept: new Set(),
    compare: "size+mtime",
    hash: "blake3",
    modifyWindow: undefined,
    preserve: new Map(),
    links: "keep",
    filter: noFilter,
    ignoreFiles: false,
    oneFileSystem: false,
    moves: true,
    flush: false,
    versions: { keep: "none" },
    stateDir: undefined,
    history: true,
    driver: undefined,
    ...rest,
  } as const satisfies MirrorRequest;
}

interface Told extends RunContext {
  readonly events: RunEvent[];
}

function contextOf({ connect }: Network): Told {
  const events: RunEvent[] = [];
  const { signal } = new AbortController();
  return {
    events,
    report: (event) => void events.push(event),
    confirm: async () => true,
    watch: () => {},
    signal,
    connect,
  };
}

const brief = ({ target, status, totals, sent, received }: RunSummary) => {
  return { target, status, created: totals.created, sent, received };
};

function contentAt(world: MemoryWorld, path: string): string | undefined {
  const node = nodeAt(world, path as RelPath);
  return node?.kind === "file" ? Buffer.from(node.content).toString() : undefined;
}

function fill(place: Place): void {
  mkdirSync(`${place.source}/d`, { recursive: true });
  writeFileSync(`${place.source}/d/f`, "content");
  writeFileSync(`${place.source}/g`, "more");
}

describe("a mirror", () => {
  test("to another host, and back, by the names that are typed", async () => {
    using place = newPlace();
    const network = newNetwork();
    fill(place);
    const there = await mirror(
      request(place.source, ["me@far:a/b"]),
      contextOf(network),
      systemClock,
    );
    expect([there.exitCode, there.summaries.map(brief)]).toEqual([
      0,
      [{ target: "me@far:a/b", status: "done", created: 3, sent: 600, received: 7 }],
    ]);
    expect(contentAt(network.world("far"), "home/me/a/b/d/f")).toBe("content");
    const back = request("ssh://me@far/home/me/a/b", [place.target]);
    const here = await mirror(back, contextOf(network), systemClock);
    expect(here.summaries.map(brief)).toEqual([
      { target: place.target, status: "done", created: 3, sent: 100, received: 7 },
    ]);
    expect(readFileSync(`${place.target}/d/f`, "utf8")).toBe("content");
    // What was opened is closed, once.
    expect(network.connections).toEqual(["far", "-far", "far", "-far"]);
  });

  test("of a single file takes the directory around it there", async () => {
    using place = newPlace();
    const network = newNetwork();
    mkdirSync(place.target);
    plant(network.world("far"), "data/f" as RelPath, { kind: "file", content: bytesOfText("x") });
    const ctx = contextOf(network);
    const { exitCode } = await mirror(request("far:/data/f", [place.target]), ctx, systemClock);
    expect([exitCode, readFileSync(`${place.target}/f`, "utf8")]).toEqual([0, "x"]);
    const again = await mirror(request("far:/data/f", ["far:/copy/g"]), ctx, systemClock);
    expect(again.exitCode).toBe(0);
    expect(contentAt(network.world("far"), "copy/g")).toBe("x");
    const same = await mirror(request("far:/data/f", ["far:/data"]), ctx, systemClock);
    expect(same.summaries.map(({ status }) => status)).toEqual(["guarded"]);
  });

  test("has one connection for all places of a host, and counts what crosses it once", async () => {
    using place = newPlace();
    const network = newNetwork();
    fill(place);
    const targets = ["far:/one", place.target, "far:/two"];
    const run = await mirror(request(place.source, targets), contextOf(network), systemClock);
    expect(network.connections).toEqual(["far", "-far"]);
    // The first has what came before, too.
    expect(run.summaries.map(brief).map(({ sent, received }) => [sent, received])).toEqual([
      [600, 7],
      [0, 0],
      [500, 0],
    ]);
  });

  test("between two hosts that are not the same may be between equal paths, on one it may not", async () => {
    const network = newNetwork();
    plant(network.world("far"), "data/f" as RelPath, { kind: "file", content: bytesOfText("x") });
    const ctx = contextOf(network);
    const { exitCode } = await mirror(request("far:/data", ["near:/data"]), ctx, systemClock);
    expect([exitCode, contentAt(network.world("near"), "data/f")]).toEqual([0, "x"]);
    const same = await mirror(request("far:/data", ["far:/data"]), ctx, systemClock);
    expect(same.exitCode).toBe(5);
    const overlapping = request("near:/data", ["far:/t", "far:/t/below"]);
    expect((await mirror(overlapping, ctx, systemClock)).exitCode).toBe(5);
  });
});

describe("what lends power", () => {
  interface Pulled {
    readonly modes: readonly string[];
    readonly notices: readonly string[];
    readonly again: number | undefined;
  }

  /** Modes of what has come from another host, and what a second run makes of it. */
  async function pull(preserve: MirrorRequest["preserve"]): Promise<Pulled> {
    const network = newNetwork();
    const far = network.world("far");
    plant(far, "data" as RelPath, { kind: "directory", mode: 0o2755 });
    plant(far, "data/setuid" as RelPath, { kind: "file", mode: 0o4755 });
    plant(far, "data/setgid" as RelPath, { kind: "file", mode: 0o2755 });
    plant(far, "data/null" as RelPath, { kind: "character-device", rdev: 0x103, mode: 0o666 });
    const ctx = contextOf(network);
    const wanted = request("far:/data", ["near:/data"], { preserve });
    const run = await mirror(wanted, ctx, systemClock);
    expect(run.exitCode).toBe(0);
    const next = await mirror(wanted, contextOf(network), systemClock);
    const totals = next.summaries[0]?.totals;
    const names = ["", "/null", "/setgid", "/setuid"];
    return {
      modes: names.flatMap((name) => {
        const node = nodeAt(network.world("near"), `data${name}` as RelPath);
        return node === undefined ? [] : `${name} ${node.mode.toString(8)}`;
      }),
      notices: ctx.events.flatMap((one) => (one.type === "notice" ? one.message : [])),
      again: totals && totals.created + totals.updated + totals.metadata + totals.deleted,
    };
  }

  test("is not taken from another host unasked", async () => {
    const { modes, notices, again } = await pull(new Map());
    expect(modes).toEqual([" 2755", "/setgid 755", "/setuid 755"]);
    expect(notices).toEqual([
      "far:/data: set-id bits and capabilities of files are not taken from another host; see --preserve mode",
      "far:/data: devices are not taken from another host; see --preserve devices",
    ]);
    expect(again).toBe(0);
  });

  test("is taken where it is asked for by name", async () => {
    const asked = new Map([["mode", true] as const, ["devices", true] as const]);
    expect(await pull(asked)).toEqual({
      modes: [" 2755", "/null 666", "/setgid 2755", "/setuid 4755"],
      notices: [],
      again: 0,
    });
  });

  test("goes to another host with everything else", async () => {
    using place = newPlace();
    const network = newNetwork();
    mkdirSync(place.source);
    writeFileSync(`${place.source}/setuid`, "");
    chmodSync(`${place.source}/setuid`, 0o4755);
    const ctx = contextOf(network);
    await mirror(request(place.source, ["far:/data"]), ctx, systemClock);
    // A set-id bit is only ever given to a file of the same owner.
    const { uid, mode } = nodeAt(network.world("far"), "data/setuid" as RelPath)!;
    expect(mode).toBe(uid === process.geteuid?.() ? 0o4755 : 0o755);
    expect(ctx.events.filter(({ type }) => type === "notice")).toEqual([]);
  });
});

describe("a host that is out of reach", () => {
  test("is the end of the run as a source, and of its own part as a target", async () => {
    using place = newPlace();
    const network = newNetwork();
    fill(place);
    const ctx = contextOf(network);
    await expect(mirror(request("down:a", [place.target]), ctx, systemClock)).rejects.toMatchObject(
      {
        code: "ENDPOINT_UNREACHABLE",
      },
    );
    const run = await mirror(request(place.source, ["down:a", "far:a"]), ctx, systemClock);
    expect(run.exitCode).toBe(10);
    expect(run.summaries.map(({ status }) => status)).toEqual(["unreachable", "done"]);
    expect(ctx.events.find(({ type }) => type === "error")).toMatchObject({
      target: "down:a",
      code: "ENDPOINT_UNREACHABLE",
    });
  });

  test("in the middle of its run leaves done what is done, and says so", async () => {
    using place = newPlace();
    const network = newNetwork();
    fill(place);
    network.patience = 2;
    const ctx = contextOf(network);
    const targets = ["far:a", place.target];
    const run = await mirror(request(place.source, targets), ctx, systemClock);
    expect(run.exitCode).toBe(10);
    expect(run.summaries.map(brief)).toMatchObject([
      { status: "unreachable", created: 2 },
      { status: "done", created: 3 },
    ]);
    network.patience = Infinity;
    const next = await mirror(request(place.source, targets), ctx, systemClock);
    expect(next.summaries.map(brief)).toMatchObject([
      { status: "done", created: 1 },
      { status: "done", created: 0 },
    ]);
  });

  test("is one to a verification, too", async () => {
    using place = newPlace();
    fill(place);
    const { signal } = new AbortController();
    const ctx = { report: () => {}, watch: () => {}, signal, connect: newNetwork().connect };
    const what = { ...request("", []), source: place.source, target: "down:x", remembered: false };
    await expect(verify(what, ctx, systemClock)).rejects.toMatchObject({
      code: "ENDPOINT_UNREACHABLE",
    });
  });
});

describe("what is remembered", () => {
  test("of a source is all that its first scan shows, so that later ones need not send it", async () => {
    using place = newPlace();
    const network = newNetwork();
    plant(network.world("far"), "data/f" as RelPath, { kind: "file", content: bytesOfText("x") });
    const pull = request("far:/data", [place.target], { stateDir: place.stateHome });
    for (let i = 0; i < 3; i++) {
      const { exitCode } = await mirror(pull, contextOf(network), systemClock);
      expect(exitCode).toBe(0);
    }
    expect(network.scans.map(({ like }) => like)).toEqual([false, true, true]);
  });

  test("of what was sent is its hash, from the first day, and nothing is read there for it", async () => {
    using place = newPlace();
    const network = newNetwork();
    fill(place);
    const state = { stateDir: place.stateHome };
    await mirror(request(place.source, ["far:a"], state), contextOf(network), systemClock);
    const { signal } = new AbortController();
    const { connect } = network;
    const { summary } = await verify(
      { ...request("", [], state), source: place.source, target: "far:a", remembered: true },
      { report: () => {}, watch: () => {}, signal, connect },
      systemClock,
    );
    expect(summary).toMatchObject({ status: "equal", unremembered: 0 });
  });

  test("is of the place, however it was typed", async () => {
    using place = newPlace();
    const network = newNetwork();
    plant(network.world("far"), "home/me/d/f" as RelPath, { kind: "file" });
    const state = { stateDir: place.stateHome };
    for (const source of ["far:d", "far:/home/me/d", "ssh://far/~/d"]) {
      await mirror(request(source, [place.target], state), contextOf(network), systemClock);
    }
    expect(network.scans.map(({ like }) => like)).toEqual([false, true, true]);
  });
});

test("a plan is made for another host, and applied there", async () => {
  using place = newPlace();
  const network = newNetwork();
  fill(place);
  const file = `${place.dir}/plan`;
  const made = await planMirror(
    { mirror: request(place.source, ["far:kept here"]), file, detailed: false },
    contextOf(network),
    systemClock,
  );
  expect(made.exitCode).toBe(0);
  const opened = await readPlan(file, undefined, () => {});
  expect(opened.header.target).toMatchObject({
    location: "far:kept here",
    path: "ssh://far/~/kept%20here",
    exists: false,
  });
  const ctx = contextOf(network);
  const how = { accept: new Set<never>(), flush: false, stateDir: undefined, history: false };
  const applied = await applySaved({ opened, ...how, driver: undefined }, ctx, systemClock);
  expect(applied.exitCode).toBe(0);
  expect(contentAt(network.world("far"), "home/me/kept here/d/f")).toBe("content");
});

test("a verification hashes on either side, and counts what crossed", async () => {
  using place = newPlace();
  const network = newNetwork();
  fill(place);
  await mirror(request(place.source, ["far:a"]), contextOf(network), systemClock);
  const node = nodeAt(network.world("far"), "home/me/a/g" as RelPath);
  if (node?.kind === "file") node.content = Buffer.from("eroM");
  const found: string[] = [];
  const { summary, exitCode } = await verify(
    { ...request("", []), source: place.source, target: "far:a", remembered: false },
    {
      report: (event) => {
        if (event.type === "difference") found.push(event.difference.path);
      },
      watch: () => {},
      signal: new AbortController().signal,
      connect: network.connect,
    },
    systemClock,
  );
  expect({ ...summary, exitCode, found }).toMatchObject({
    status: "different",
    exitCode: 3,
    found: [byteString(Buffer.from("g"))],
    bytesCompared: 11,
    sent: 100,
    received: 7,
  });
});
