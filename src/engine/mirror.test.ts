import { describe, expect, test } from "vitest";

import { bytes, path } from "../../test/model/findings.ts";
import { seeMemory } from "../../test/model/memory.ts";
import type { RunOptions, RunResult } from "../../test/model/runs.ts";
import { defaultSettings, keptByBoth, lateClock, runMirror } from "../../test/model/runs.ts";
import { SyncError } from "../base/errors.ts";
import type { GuardName } from "../core/guards.ts";
import type { Endpoint } from "../endpoint/endpoint.ts";
import { openMemory } from "../endpoint/memory/memory-endpoint.ts";
import { plant, plantLink, uproot } from "../endpoint/memory/memory-tree.ts";
import type { MemoryNode } from "../endpoint/memory/memory-node.ts";
import type { MemoryWorld, WorldOptions } from "../endpoint/memory/memory-world.ts";
import { newWorld } from "../endpoint/memory/memory-world.ts";
import { broadcast } from "./broadcast.ts";
import type { ProgressView, RunEvent, RunSummary } from "./events.ts";
import { scanRequestOf } from "./make-plan.ts";
import type { PreparedTarget } from "./mirror.ts";
import { prepareTarget } from "./mirror.ts";

/** Files by path, with their content. */
function worldOf(files: Readonly<Record<string, string>>, options: WorldOptions = {}): MemoryWorld {
  const world = newWorld(options);
  for (const [at, content] of Object.entries(files))
    plant(world, path(at), { kind: "file", content: bytes(content), mtime: 7n });
  settle(world.root);
  return world;
}

/** Gives all directories one time, so that they do not differ. */
function settle(node: MemoryNode): void {
  if (node.kind !== "directory") return;
  node.mtime = 7n;
  for (const { node: child } of node.names.values()) settle(child);
}

function contents(world: MemoryWorld, at: string): Record<string, string> {
  const files = seeMemory(world, at).filter(({ kind }) => kind === "file");
  return Object.fromEntries(files.map(({ path, what }) => [path, what]));
}

const between = (
  world: MemoryWorld,
  options?: RunOptions,
  source = "/s",
  target = "/t",
): Promise<RunResult> => runMirror(openMemory(world, source), openMemory(world, target), options);

/** A run's events in few words. */
function told({ events }: RunResult): string[] {
  return events.map((event) => {
    switch (event.type) {
      case "start":
        return `start ${event.source} ${event.target}`;
      case "phase":
        return event.phase;
      case "plan":
        return "the plan";
      case "action":
        return `${event.outcome} ${event.action.type} ${event.action.path}`;
      case "problem":
        return `problem ${event.problem.path}`;
      case "guard":
        return `guard ${event.trip.guard} ${event.accepted ? "accepted" : "halts"}`;
      case "error":
        return `error ${event.code}`;
      default:
        return event.type;
    }
  });
}

describe("a run", () => {
  const files = { "s/a": "new", "s/b/c": "1", "t/a": "older", "t/x": "gone" };

  test("says what it does, in order", async () => {
    const world = worldOf(files);
    const result = await between(world);
    expect(told(result)).toEqual([
      "start /s /t",
      "scan",
      "plan",
      "the plan",
      "apply",
      "done make-directory b",
      "done put-file a",
      "done put-file b/c",
      "flush",
      "apply",
      "done remove x",
      "flush",
    ]);
    expect(result.summary).toMatchObject({
      source: "/s",
      target: "/t",
      status: "done",
      dryRun: false,
      checked: 3,
      totals: { created: 2, updated: 1, deleted: 1, metadata: 0, bytes: 4, deletedBytes: 4 },
      problems: 0,
      bytesCopied: 4,
    });
    expect(contents(world, "t")).toEqual({ a: "new", "b/c": "1" });
  });

  test("makes the target where it is missing", async () => {
    const world = worldOf({ "s/a": "1" });
    const { summary } = await between(world, {}, "/s", "/deep/down/t");
    expect(summary.status).toBe("done");
    expect(contents(world, "deep/down/t")).toEqual({ a: "1" });
  });

  test("makes an empty target of an empty source", async () => {
    const world = newWorld();
    plant(world, path("s"), { kind: "directory", mode: 0o700, mtime: 7n });
    expect((await between(world)).summary.status).toBe("done");
    expect(seeMemory(world, "t")).toMatchObject([{ mode: "700", mtime: "7" }]);
    expect(told(await between(world))).toEqual(["start /s /t", "scan", "plan", "the plan"]);
  });

  test("says when content is read", async () => {
    const world = worldOf({ "s/a": "1", "t/a": "1" });
    const result = await between(world, { settings: { compare: "content" } });
    expect(told(result).slice(0, 4)).toEqual(["start /s /t", "scan", "content", "plan"]);
  });

  test("reads what has been changed within a tick of the scan, however equal it looks", async () => {
    const world = worldOf({ "s/a": "new", "t/a": "old" });
    const now = 1_000_000;
    const clock = { ...lateClock, now: () => now };
    const when = (ms: number): void => {
      for (const at of ["s/a", "t/a"])
        plant(world, path(at), {
          kind: "file",
          content: bytes(at === "s/a" ? "new" : "old"),
          mtime: BigInt(ms) * 1_000_000n,
        });
    };
    when(now - 25);
    await between(world, { clock });
    expect(contents(world, "t")).toEqual({ a: "old" });
    when(now - 15);
    await between(world, { clock });
    expect(contents(world, "t")).toEqual({ a: "new" });
  });

  test("goes on behind a problem, and ends with it", async () => {
    const world = worldOf({ "s/a": "1", "s/b": "1", "s/c": "1", "t/x": "gone" });
    world.unreadable.set(path("s/b"), { code: "unreadable", message: "permission denied" });
    const result = await between(world);
    expect(result.problems).toEqual([["b", "source", "unreadable"]]);
    expect(result.summary).toMatchObject({ status: "problems", problems: 1 });
    expect(result.summary.totals).toMatchObject({ created: 2, deleted: 1, bytes: 2 });
    expect(contents(world, "t")).toEqual({ a: "1", c: "1" });
  });

  test("speaks once of a directory that cannot be made, and does nothing inside", async () => {
    const world = worldOf({ "s/d/a": "1", "s/d/b/c": "1", "s/e": "1" });
    plant(world, path("t"), { kind: "directory" });
    world.unchangeable.set(path("t/d"), { code: "not-permitted", message: "it is immutable" });
    const result = await between(world);
    expect(result.problems).toEqual([["d", "target", "not-permitted"]]);
    expect(contents(world, "t")).toEqual({ e: "1" });
  });

  test("takes nothing away when the target is full", async () => {
    const world = worldOf({ "s/a": "1", "s/b": "1", "t/x": "kept" });
    world.unchangeable.set(path("t/a"), { code: "no-space", message: "no space is left" });
    const result = await between(world);
    expect(result.summary.status).toBe("problems");
    expect(contents(world, "t")).toEqual({ b: "1", x: "kept" });
  });

  test("empties no directory for a file that cannot be read", async () => {
    const world = worldOf({ "s/a": "1", "t/a/x": "kept" });
    world.unreadable.set(path("s/a"), { code: "unreadable", message: "permission denied" });
    const result = await between(world);
    expect(result.problems).toEqual([["a", "source", "unreadable"]]);
    expect(contents(world, "t")).toEqual({ "a/x": "kept" });
  });
});

test("what a link leads to takes a directory's place, where links are followed", async () => {
  const world = worldOf({ "elsewhere/file": "1", "t/a/x": "gone" });
  plant(world, path("s/a"), { kind: "symlink", linkTarget: bytes("../elsewhere/file") });
  const { problems } = await between(world, { settings: { links: "follow" } });
  expect(problems).toEqual([]);
  expect(contents(world, "t")).toEqual({ a: "1" });
});

describe("a dry run", () => {
  test("shows what a run would do, and does nothing", async () => {
    const world = worldOf({ "s/a": "1", "s/b": "1", "t/b": "old", "t/x": "gone" });
    const before = seeMemory(world, "");
    const asked: unknown[] = [];
    const confirm = async (plan: unknown): Promise<boolean> => asked.push(plan) > 0;
    const result = await between(world, { settings: { dryRun: true }, confirm });
    expect(told(result).slice(4)).toEqual([
      "planned put-file a",
      "planned put-file b",
      "planned remove x",
    ]);
    expect(result.summary).toMatchObject({
      status: "done",
      dryRun: true,
      totals: { created: 1, updated: 1, deleted: 1, bytes: 2 },
      bytesCopied: 0,
    });
    expect(asked).toEqual([]);
    expect(seeMemory(world, "")).toEqual(before);
  });

  test("shows what guards would halt", async () => {
    const world = worldOf({ "s/a": "1", "t/x": "gone", "t/y": "gone" });
    const deleteLimit = { type: "count", count: 1 } as const;
    const result = await between(world, { settings: { dryRun: true, deleteLimit } });
    expect(told(result).slice(4)).toEqual([
      "guard deletes halts",
      "planned put-file a",
      "planned remove y",
      "planned remove x",
    ]);
    expect(result.summary).toMatchObject({ status: "guarded", totals: { deleted: 2 } });
  });
});

describe("asking", () => {
  test("happens once, with the plan, before anything is changed", async () => {
    const world = worldOf({ "s/a": "1" });
    const asked: string[][] = [];
    const confirm: RunOptions["confirm"] = async ({ phases }) => {
      asked.push(phases.content.map(({ path }) => path));
      expect(await openMemory(world, "/t").root()).toMatchObject({ kind: "missing" });
      return true;
    };
    await between(world, { confirm });
    expect(asked).toEqual([["a"]]);
    await between(world, { confirm });
    expect(asked).toEqual([["a"]]);
  });

  test("ends the run where the answer is no", async () => {
    const world = worldOf({ "s/a": "1", "t/x": "kept" });
    const result = await between(world, { confirm: async () => false });
    expect(result.summary).toMatchObject({
      status: "declined",
      totals: { created: 0, deleted: 0 },
    });
    expect(contents(world, "t")).toEqual({ x: "kept" });
  });
});

describe("guards", () => {
  interface Case {
    readonly files: Readonly<Record<string, string>>;
    readonly options?: RunOptions;
    readonly roots?: readonly [source: string, target: string];
    readonly world?: WorldOptions;
  }
  const none = { type: "count", count: 0 } as const;
  const strict = { settings: { accept: new Set<GuardName>(), deleteLimit: none } };

  const cases: readonly (readonly [GuardName, Case])[] = [
    ["empty-source", { files: { "s/.syncline/x": "", "t/x": "kept" } }],
    [
      "identity",
      {
        files: { "s/a": "1", "t/x": "kept" },
        options: { knownMounts: { source: undefined, target: "/t" } },
      },
    ],
    ["same", { files: { "s/a": "1" }, roots: ["/s", "/s"] }],
    ["nested", { files: { "s/t/a": "1" }, roots: ["/s", "/s/t"] }],
    ["nested", { files: { "t/s/a": "1" }, roots: ["/t/s", "/t"] }],
    [
      "deletes",
      { files: { "s/a": "1", "t/x": "kept" }, options: { settings: { deleteLimit: none } } },
    ],
    ["space", { files: { "s/a": "12" }, world: { freeBytes: 1 } }],
    [
      "folding",
      { files: { "s/a": "1", "s/A": "2" }, world: { capabilities: { foldsCase: true } } },
    ],
  ];

  test.each(cases)(
    "%s halts a run before anything is changed, unless it is accepted",
    async (guard, given) => {
      // A world that folds case is another one: its source could not hold both names.
      const [sources, targets] =
        guard === "folding"
          ? [worldOf(given.files), newWorld(given.world)]
          : [worldOf(given.files, given.world), undefined];
      const [from, to] = given.roots ?? ["/s", "/t"];
      const run = (accept: GuardName[]): Promise<RunResult> =>
        runMirror(openMemory(sources, from), openMemory(targets ?? sources, to), {
          ...given.options,
          settings: {
            ...strict.settings,
            deleteLimit: defaultSettings.deleteLimit,
            ...given.options?.settings,
            accept: new Set(accept),
          },
        });
      const before = [seeMemory(sources, ""), targets && seeMemory(targets, "")];
      const halted = await run([]);
      expect(halted.guards).toEqual([guard]);
      expect(halted.summary).toMatchObject({
        status: "guarded",
        totals: { created: 0, deleted: 0 },
      });
      expect([seeMemory(sources, ""), targets && seeMemory(targets, "")]).toEqual(before);
      const accepted = await run([guard]);
      expect(accepted.guards).toContain(guard);
      expect(accepted.summary.status).not.toBe("failed");
      expect(told(accepted)).toContain(`guard ${guard} accepted`);
    },
  );

  test("that say no without a scan want none", async () => {
    const world = worldOf({ "s/a": "1" });
    const result = await between(world, {}, "/s", "/s");
    expect(told(result)).toEqual(["start /s /s", "guard same halts"]);
  });

  test("never let a missing source pass, whatever is accepted", async () => {
    const world = worldOf({ "t/x": "kept" });
    const result = await between(world, { settings: { accept: new Set(["missing-source"]) } });
    expect(told(result)).toEqual(["start /s /t", "guard missing-source halts"]);
    expect(result.summary.status).toBe("guarded");
    expect(contents(world, "t")).toEqual({ x: "kept" });
  });

  test("notice a target that is mounted inside the source", async () => {
    const world = worldOf({ "s/a": "1", "t/b": "1" });
    // The same directory under two names, as a bind mount makes it.
    plantLink(world, path("s/mounted"), path("t"));
    const result = await between(world);
    expect(result.guards).toContain("nested");
    expect(result.summary.status).toBe("guarded");
  });
});

describe("a run that is interrupted", () => {
  test("while it plans changes nothing", async () => {
    const world = worldOf({ "s/a": "1", "t/x": "kept" });
    const abort = new AbortController();
    const result = await between(world, {
      signal: abort.signal,
      onEvent: ({ type }) => {
        if (type === "phase") abort.abort();
      },
    });
    expect(result.summary.status).toBe("interrupted");
    expect(contents(world, "t")).toEqual({ x: "kept" });
  });

  test("while it asks changes nothing", async () => {
    const world = worldOf({ "s/a": "1", "t/x": "kept" });
    const abort = new AbortController();
    const confirm = async (): Promise<boolean> => {
      abort.abort();
      return false;
    };
    const result = await between(world, { signal: abort.signal, confirm });
    expect(result.summary.status).toBe("interrupted");
    expect(contents(world, "t")).toEqual({ x: "kept" });
  });

  test("while it applies says what it has done", async () => {
    const world = worldOf({ "s/a": "1", "s/b": "1", "s/c": "1", "t/x": "kept" });
    const abort = new AbortController();
    const result = await between(world, {
      signal: abort.signal,
      onEvent: (event) => {
        if (event.type === "action" && event.action.path === "b") abort.abort();
      },
    });
    expect(result.summary).toMatchObject({
      status: "interrupted",
      totals: { created: 2, deleted: 0 },
    });
    expect(contents(world, "t")).toEqual({ a: "1", b: "1", x: "kept" });
  });
});

describe("a run that fails as a whole", () => {
  test("is said, with what was done until then", async () => {
    const world = worldOf({ "s/a": "1", "t/x": "gone" });
    const target: Endpoint = {
      ...openMemory(world, "/t"),
      flush: async () => {
        throw new SyncError("TARGET_UNWRITABLE", "the disk has gone", { hint: "Mount it." });
      },
    };
    const result = await runMirror(openMemory(world, "/s"), target);
    expect(result.events).toContainEqual({
      type: "error",
      target: "/t",
      code: "TARGET_UNWRITABLE",
      message: "the disk has gone",
      hint: "Mount it.",
    });
    expect(result.summary).toMatchObject({ status: "failed", totals: { created: 1, deleted: 0 } });
    expect(contents(world, "t")).toEqual({ a: "1", x: "gone" });
  });

  test("where the target cannot be scanned", async () => {
    const world = worldOf({ "s/a": "1", "t/x": "kept" });
    const [source, target] = [openMemory(world, "/s"), openMemory(world, "/t")];
    const root = await target.root();
    uproot(world, path("t"));
    const result = await runMirror(source, { ...target, root: async () => root });
    expect(told(result).slice(2)).toEqual(["error ROOT_UNREADABLE"]);
    expect(result.summary.status).toBe("failed");
  });

  test("with anything but a SyncError is a bug, and thrown", async () => {
    const world = worldOf({ "s/a": "1" });
    const bug = new TypeError("a bug");
    const target: Endpoint = {
      ...openMemory(world, "/t"),
      makeRoot: async () => {
        throw bug;
      },
    };
    await expect(runMirror(openMemory(world, "/s"), target)).rejects.toBe(bug);
  });
});

describe("flushing", () => {
  const flushes = async (
    flush: boolean,
    files: Readonly<Record<string, string>>,
  ): Promise<string[]> => {
    const world = worldOf(files);
    const log: string[] = [];
    const target: Endpoint = {
      ...openMemory(world, "/t"),
      flush: async () => void log.push("flush"),
    };
    await runMirror(openMemory(world, "/s"), target, {
      settings: { flush },
      onEvent: (event) => {
        if (event.type === "action") log.push(`${event.action.type} ${event.action.path}`);
      },
    });
    return log;
  };

  test("comes before anything is removed, and at the end", async () => {
    expect(await flushes(true, { "s/a": "1", "t/x": "gone", "t/y": "gone" })).toEqual([
      "put-file a",
      "flush",
      "remove y",
      "remove x",
      "flush",
    ]);
    expect(await flushes(true, { "s/a": "1", "t/b": "kept" })).toEqual([
      "put-file a",
      "flush",
      "remove b",
      "flush",
    ]);
  });

  test("does not come where nothing is done, or where it is not wanted", async () => {
    expect(await flushes(true, { "s/a": "1", "t/a": "1" })).toEqual([]);
    expect(await flushes(false, { "s/a": "1", "t/x": "gone" })).toEqual(["put-file a", "remove x"]);
  });
});

describe("several targets", () => {
  /** All targets compare with one scan of the source, as `app` does it. */
  const mirrorInto = async (
    source: Endpoint,
    targets: readonly Endpoint[],
    onPrepared: () => void = () => {},
  ): Promise<{ readonly summaries: RunSummary[]; readonly events: RunEvent[] }> => {
    const events: RunEvent[] = [];
    const { signal } = new AbortController();
    const prepared: PreparedTarget[] = [];
    for (const target of targets) {
      prepared.push(
        prepareTarget({
          source,
          sourceRoot: await source.root(),
          target,
          targetRoot: await target.root(),
          knownMounts: undefined,
          memory: undefined,
          preserve: keptByBoth(source, target),
          single: undefined,
          startedAt: lateClock.now(),
          startedMonotonic: 0,
          settings: defaultSettings,
          confirm: async () => true,
          watch: () => {},
          report: (event) => events.push(event),
          clock: lateClock,
        }),
      );
    }
    onPrepared();
    const preserve = keptByBoth(source, source);
    const scan = source.scan(scanRequestOf(defaultSettings, preserve, "source"), signal);
    const ready = prepared.filter(({ wantsScan }) => wantsScan);
    const streams = broadcast(scan, ready.length);
    await Promise.all(
      ready.map((one, i) => one.plan({ type: "begun", chunks: streams[i]! }, signal)),
    );
    const summaries: RunSummary[] = [];
    for (const one of prepared) summaries.push(await one.carryOut(signal));
    return { summaries, events };
  };

  const many = Object.fromEntries(Array.from({ length: 200 }, (_, n) => [`s/f${n}`, `${n}`]));

  test("are all made from one scan", async () => {
    const world = worldOf({ ...many, "t1/x": "gone", "t3/f7": "7" }, { chunkRows: 10 });
    const source = openMemory(world, "/s");
    const targets = ["/t1", "/t2", "/t3"].map((at) => openMemory(world, at));
    const { summaries } = await mirrorInto(source, targets);
    expect(summaries.map(({ status }) => status)).toEqual(["done", "done", "done"]);
    for (const at of ["t1", "t2", "t3"]) expect(contents(world, at)).toEqual(contents(world, "s"));
    expect(source.progress().entries).toBe(201);
  });

  test("do not stop one another: not by a scan that fails, not by one that cannot begin", async () => {
    const world = worldOf(
      { ...many, "t1/x": "kept", "t2/x": "kept", "t3/x": "gone" },
      { chunkRows: 10 },
    );
    const broken = openMemory(world, "/t1");
    const target1: Endpoint = {
      ...broken,
      scan: () => ({
        [Symbol.asyncIterator]: () => ({
          next: () => Promise.reject(new SyncError("ROOT_UNREADABLE", "the disk has gone")),
        }),
      }),
    };
    const lost = openMemory(world, "/t2");
    let isLost = false;
    const target2: Endpoint = {
      ...lost,
      get capabilities() {
        if (isLost) throw new SyncError("ROOT_MISSING", "the disk has gone");
        return lost.capabilities;
      },
    };
    const target3 = openMemory(world, "/t3");
    const targets = [target1, target2, target3];
    const { summaries } = await mirrorInto(openMemory(world, "/s"), targets, () => (isLost = true));
    expect(summaries.map(({ status }) => status)).toEqual(["failed", "failed", "done"]);
    expect([contents(world, "t1"), contents(world, "t2")]).toEqual([{ x: "kept" }, { x: "kept" }]);
    expect(contents(world, "t3")).toEqual(contents(world, "s"));
  });

  test("fail together where the source cannot be read", async () => {
    const world = worldOf({ ...many, "t1/x": "kept", "t2/x": "kept" }, { chunkRows: 10 });
    const source = openMemory(world, "/s");
    const broken: Endpoint = {
      ...source,
      async *scan(request, signal) {
        for await (const chunk of source.scan(request, signal)) {
          yield chunk;
          throw new SyncError("ROOT_UNREADABLE", "the disk has gone");
        }
      },
    };
    const targets = ["/t1", "/t2"].map((at) => openMemory(world, at));
    const { summaries } = await mirrorInto(broken, targets);
    expect(summaries.map(({ status }) => status)).toEqual(["failed", "failed"]);
    expect([contents(world, "t1"), contents(world, "t2")]).toEqual([{ x: "kept" }, { x: "kept" }]);
  });
});

test("progress can be sampled all the while", async () => {
  const world = worldOf({ "s/a": "123", "s/b/c": "4", "t/x": "gone" });
  let sample: (() => ProgressView) | undefined;
  const samples: ProgressView[] = [];
  await between(world, {
    watch: (sampler) => (sample = sampler),
    onEvent: ({ type }) => {
      if (type === "phase" || type === "action") samples.push(sample!());
    },
  });
  const [first] = samples;
  expect(first).toMatchObject({ phase: "scan", totalFiles: 0, totalBytes: 0 });
  const last = sample!();
  expect(last).toMatchObject({ phase: "flush", totalFiles: 2, totalBytes: 4 });
  expect(last.source.entries).toBe(4);
  // Looked at twice: the second time for a file of the same content as the new one.
  expect(last.target).toEqual({ entries: 4, files: 2, bytes: 4 });
  for (const [i, one] of samples.slice(1).entries()) {
    expect(one.target.bytes).toBeGreaterThanOrEqual(samples[i]!.target.bytes);
    expect(one.target.files).toBeGreaterThanOrEqual(samples[i]!.target.files);
  }
});
