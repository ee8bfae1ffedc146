/** An agent that is the client of another one: three programs in one process, and two lines in memory. */
import { mkdirSync, readdirSync, readFileSync, utimesSync, writeFileSync } from "node:fs";
import { setImmediate } from "node:timers/promises";
import { expect, test } from "vitest";

import {
  applyAll,
  entryAt,
  fileAt,
  inBrief,
  knownAt,
  path,
} from "../../../test/contract/endpoint-place.ts";
import { newDirectory } from "../../../test/model/disk.ts";
import type { AgentPair, Beyond } from "../../../test/support/agent-pair.ts";
import { newBeyond, openAgentPair, someHost } from "../../../test/support/agent-pair.ts";
import { noise } from "../../../test/support/noise.ts";
import type { ConnectOn } from "../../agent/other-hosts.ts";
import { bytesOfText } from "../../base/byte-string.ts";
import { SyncError } from "../../base/errors.ts";
import type { Action } from "../../core/plan.ts";
import type { OtherHost } from "../../wire/other-host.ts";
import { openLocalHost } from "../local/host.ts";
import { openAgent } from "./agent-endpoint.ts";
import type { AgentEndpoint } from "./remote.ts";

const MiB = 2 ** 20;

interface Scene extends AsyncDisposable {
  readonly root: string;
  /** The client's line to the agent, and the lines of that to further hosts. */
  readonly pair: AgentPair;
  readonly beyond: Beyond;
  readonly source: AgentEndpoint;
  readonly target: AgentEndpoint;
  put(name: string): Promise<string>;
  isEqual(name: string): boolean;
  /** Bytes that crossed the client's line, both ways. */
  crossed(): number;
}

interface Setting {
  readonly retries?: number;
  readonly on?: Partial<OtherHost>;
  /** In place of a host that can be reached. */
  readonly connectOn?: ConnectOn;
}

function openScene({ retries = 0, on, connectOn }: Setting = {}): Scene {
  const dir = newDirectory();
  const root = dir.path;
  for (const side of ["source", "target"]) mkdirSync(`${root}/${side}`);
  const openHost = () => openLocalHost(undefined);
  const beyond = newBeyond(openHost);
  const pair = openAgentPair({ openHost, retries, connectOn: connectOn ?? beyond.connectOn });
  const source = pair.open(`${root}/source`);
  const target = pair.open(`${root}/target`, { ...someHost, ...on });
  return {
    root,
    pair,
    beyond,
    source,
    target,
    async put(name) {
      const names = readdirSync(`${root}/target`);
      const action: Action = {
        type: "put-file",
        path: path(name),
        expected: names.includes(name) ? await entryAt(target, name) : undefined,
        entry: await fileAt(source, name),
      };
      const [outcome] = await applyAll(target, [action], source, { ordered: false });
      return inBrief(outcome!);
    },
    isEqual: (name) =>
      readFileSync(`${root}/source/${name}`).equals(readFileSync(`${root}/target/${name}`)),
    crossed() {
      const { sent, received } = pair.line.traffic();
      return sent + received;
    },
    async [Symbol.asyncDispose]() {
      await pair[Symbol.asyncDispose]();
      await beyond.over();
      dir[Symbol.dispose]();
    },
  };
}

function write(at: string, content: Uint8Array): void {
  writeFileSync(at, content);
  utimesSync(at, new Date(1_500_000_000_000), new Date(1_500_000_000_000));
}

/** Bytes that have gone to hosts beyond. */
function gone({ connections }: Beyond): number {
  return connections.reduce((sum, { client }) => sum + client.traffic().sent, 0);
}

async function until(isTrue: () => boolean): Promise<void> {
  while (!isTrue()) await setImmediate();
}

/** What it fails with. */
async function failureOf(work: Promise<unknown>): Promise<unknown> {
  const [settled] = await Promise.allSettled([work]);
  if (settled.status === "fulfilled") throw new Error("it went well");
  const { code, message } = settled.reason as SyncError;
  return { code, message };
}

test("content goes from one to the other, and not by way of the client", async () => {
  await using scene = openScene();
  const old = noise(16 * MiB, 1);
  write(`${scene.root}/source/f`, old);
  expect(await scene.put("f")).toBe("done");
  expect(scene.isEqual("f")).toBe(true);
  expect(scene.crossed()).toBeLessThan(64 * 1024);
  expect(gone(scene.beyond)).toBeGreaterThan(16 * MiB);
  expect(scene.beyond.connections.length).toBe(1);
  // What one sends to the other is no traffic of the client's; progress it is.
  expect(scene.target.traffic()).toEqual({ sent: 0, received: 0 });
  expect(scene.target.progress()).toMatchObject({ files: 1, bytes: 16 * MiB });

  // And of a file that has changed only what is new goes.
  write(`${scene.root}/source/f`, Buffer.concat([old, noise(99, 2)]));
  expect(await scene.put("f")).toBe("done");
  expect(scene.isEqual("f")).toBe(true);
  expect(gone(scene.beyond)).toBeLessThan(17 * MiB);

  // Of one that is like it, too, as far as the client knows what there is.
  write(`${scene.root}/source/g`, Buffer.concat([noise(99, 3), old]));
  const known = new Map([[path("g"), [await knownAt(scene.target, "f")]]]);
  const entry = await fileAt(scene.source, "g");
  const action: Action = { type: "put-file", path: path("g"), expected: undefined, entry };
  const [outcome] = await applyAll(scene.target, [action], scene.source, { known });
  expect(inBrief(outcome!)).toBe("done");
  expect(scene.isEqual("g")).toBe(true);
  expect(gone(scene.beyond)).toBeLessThan(17.5 * MiB);
  expect(outcome!.chunks!.list).toEqual((await knownAt(scene.target, "g")).list);
});

test("both are not at hand for one agent: what is compared are hashes", async () => {
  await using scene = openScene();
  const { source, target } = scene;
  const options = { preserve: {} as never, followLinks: false };
  const { signal } = new AbortController();
  expect(target.compareContent([], source, options, signal)).toBeUndefined();
  expect(source.compareContent([], target, options, signal)).toBeUndefined();
  expect(source.compareContent([], source, options, signal)).toBeInstanceOf(Promise);
  // Who asks all the same is told so.
  const live = scene.pair.line.live();
  await Promise.all([source.remote.place(live), target.remote.place(live)]);
  const numbers = { endpoint: target.remote.number, source: source.remote.number };
  const { messages } = live.ask({ type: "compare", ...numbers, options });
  await messages.send((out) => void out.varint(0).varint(0));
  await expect(messages.expect(() => {})).rejects.toMatchObject({
    failure: { code: "ENDPOINT_PROTOCOL" },
  });
});

test("a line between the two that breaks is made again by the one, and the client is told", async () => {
  await using scene = openScene({ on: { retries: 3 } });
  const { beyond, pair } = scene;
  write(`${scene.root}/source/f`, noise(24 * MiB, 1));
  const cut = async (): Promise<void> => {
    await until(() => gone(beyond) > 14 * MiB);
    beyond.connections.at(-1)!.cut("error");
  };
  expect((await Promise.all([scene.put("f"), cut()]))[0]).toBe("done");
  expect(scene.isEqual("f")).toBe(true);
  expect(beyond.connections.length).toBe(2);
  // What had arrived is not sent again.
  expect(gone(beyond)).toBeLessThan(36 * MiB);
  expect(pair.notices).toEqual([
    "there: beyond: the connection was lost: the connection was lost; trying again (1 of 3)",
  ]);
});

test("a line between the two that is lost for good is the end, and the client tries nothing again", async () => {
  await using scene = openScene({ retries: 3 });
  const { beyond, pair } = scene;
  write(`${scene.root}/source/f`, noise(24 * MiB, 1));
  const cut = async (): Promise<void> => {
    await until(() => gone(beyond) > 14 * MiB);
    beyond.connections.at(-1)!.cut("error");
  };
  const [failure] = await Promise.all([failureOf(scene.put("f")), cut()]);
  expect(failure).toEqual({
    code: "ENDPOINT_LOST",
    message: "there: beyond: the connection was lost: the connection was lost",
  });
  expect(beyond.connections.length).toBe(1);
  expect(pair.notices).toEqual([]);
});

test("when the client's line breaks, all is opened again, and goes on where it was", async () => {
  await using scene = openScene({ retries: 3 });
  const { beyond, pair } = scene;
  write(`${scene.root}/source/f`, noise(24 * MiB, 1));
  const cut = async (): Promise<void> => {
    await until(() => gone(beyond) > 14 * MiB);
    pair.connection().cut("error");
  };
  expect((await Promise.all([scene.put("f"), cut()]))[0]).toBe("done");
  expect(scene.isEqual("f")).toBe(true);
  expect(beyond.connections.length).toBe(2);
  expect(gone(beyond)).toBeLessThan(36 * MiB);
  expect(readdirSync(`${scene.root}/target`)).toEqual(["f"]);
});

test("a file in hand is finished when the client wants to stop", async () => {
  await using scene = openScene();
  for (const name of ["f", "g"]) write(`${scene.root}/source/${name}`, noise(24 * MiB, 1));
  const stop = new AbortController();
  const actions = await Promise.all(
    ["f", "g"].map(async (name): Promise<Action> => ({
      type: "put-file",
      path: path(name),
      expected: undefined,
      entry: await fileAt(scene.source, name),
    })),
  );
  const stopInTime = async (): Promise<void> => {
    await until(() => gone(scene.beyond) > 10 * MiB);
    stop.abort();
  };
  const way = { ordered: true, signal: stop.signal };
  const applying = applyAll(scene.target, actions, scene.source, way);
  const [outcomes] = await Promise.all([applying, stopInTime()]);
  expect(outcomes.map(inBrief)).toEqual(["done"]);
  expect(readdirSync(`${scene.root}/target`)).toEqual(["f"]);
});

test("why a host cannot be reached is told as it was found, and it may be asked for again", async () => {
  const asked: OtherHost[] = [];
  const connectOn: ConnectOn = (on, onNotice) => {
    asked.push(on);
    onNotice("they do not know you there");
    const error = new SyncError("ENDPOINT_HOST_KEY", "beyond: the host key is not known", {
      hint: "Ask.",
    });
    const facts = Promise.reject(error);
    facts.catch(() => {});
    return { facts, transport: brokenTransport(error) };
  };
  await using scene = openScene({ retries: 3, connectOn });
  const address = { host: "fe80::1%eth0", user: "mé@realm", port: 2222 };
  const on = { address, remoteNode: "~/my node", timeout: 1500, retries: 7, bytesPerSecond: 1e6 };
  for (const round of [1, 2]) {
    expect(await failureOf(scene.pair.open(scene.root, on).root())).toEqual({
      code: "ENDPOINT_HOST_KEY",
      message: "there: beyond: the host key is not known",
    });
    expect(asked.length).toBe(round);
    expect(scene.pair.notices.length).toBe(round);
  }
  expect(asked[0]).toEqual(on);
  expect(scene.pair.notices[0]).toBe("there: they do not know you there");
  // The agent's own place is none the worse for it.
  expect(await scene.source.root()).toMatchObject({ kind: "directory" });
});

function brokenTransport(error: Error): ReturnType<ConnectOn>["transport"] {
  return {
    write: () => undefined,
    traffic: () => ({ sent: 0, received: 0 }),
    destroy: () => {},
    incoming: failing(error),
  };
}

async function* failing(error: Error): AsyncGenerator<Uint8Array> {
  yield* [];
  throw error;
}

test("hosts that no location could name are refused", async () => {
  await using scene = openScene();
  const { address } = someHost;
  const hosts: Partial<OtherHost>[] = [
    { address: { ...address, host: "-oProxyCommand=x" } },
    { address: { ...address, host: "" } },
    { address: { ...address, host: "a;b" } },
    { address: { ...address, user: "-l" } },
    { address: { ...address, user: "$(x)`" } },
    { address: { ...address, port: 0 } },
    { remoteNode: "a\nb" },
    { remoteNode: "--eval" },
    { timeout: 0 },
    { bytesPerSecond: -1 },
    { bytesPerSecond: 0 },
  ];
  const failures = [];
  for (const [i, host] of hosts.entries()) {
    const on = { ...someHost, ...host };
    const place = { number: 100 + i, location: "x", path: bytesOfText("/"), on };
    failures.push(await failureOf(openAgent(scene.pair.line, place).root()));
  }
  const codes = failures.map((failure) => (failure as { code: string }).code);
  expect(new Set(codes)).toEqual(new Set(["ENDPOINT_PROTOCOL"]));
  expect(scene.beyond.connections.length).toBe(0);
});

test("places on one host share a line, and there are only so many hosts", async () => {
  await using scene = openScene();
  const { pair, beyond, root } = scene;
  for (const name of ["source", "target"]) await pair.open(`${root}/${name}`, someHost).root();
  expect(beyond.connections.length).toBe(1);
  const open = (i: number): Promise<unknown> => {
    const address = { ...someHost.address, host: `host${i}` };
    return pair.open(root, { ...someHost, address }).root();
  };
  for (let i = 1; i < 32; i++) await open(i);
  expect(await failureOf(open(32))).toEqual({
    code: "UNSUPPORTED",
    message: "there: these are too many hosts",
  });
});
