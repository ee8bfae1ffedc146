import { mkdirSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { setImmediate } from "node:timers/promises";
import { expect, test } from "vitest";

import {
  allChunks,
  applyAll,
  entryAt,
  fileAt,
  inBrief,
  knownAt,
  path,
} from "../../../test/contract/endpoint-place.ts";
import { newDirectory } from "../../../test/model/disk.ts";
import { reachNobody, untilGone } from "../../../test/support/agent-pair.ts";
import { noise } from "../../../test/support/noise.ts";
import type { TransportPair } from "../../../test/support/transport-pair.ts";
import { transportPair } from "../../../test/support/transport-pair.ts";
import type { ConnectOn } from "../../agent/other-hosts.ts";
import { serve } from "../../agent/serve.ts";
import type { ByteString } from "../../base/byte-string.ts";
import type { Action } from "../../core/plan.ts";
import type { ApplyOptions, Endpoint } from "../endpoint.ts";
import type { LocalHost } from "../local/host.ts";
import { openLocalHost } from "../local/host.ts";
import { openLocal } from "../local/local-endpoint.ts";
import { openAgent } from "./agent-endpoint.ts";
import type { AgentLine } from "./agent-line.ts";
import { newAgentLine } from "./agent-line.ts";

const MiB = 2 ** 20;

interface Scene extends AsyncDisposable {
  readonly root: string;
  readonly line: AgentLine;
  /** One of both is at the other end of the line. */
  readonly source: Endpoint;
  readonly target: Endpoint;
  /** The connections so far. */
  readonly pairs: TransportPair[];
  put(name: string): Promise<string>;
  isEqual(name: string): boolean;
  /** Bytes that crossed, both ways. */
  crossed(): number;
}

/** A local host and an agent in one process, and a line between them that can be cut. */
async function openScene(remoteSide: "source" | "target"): Promise<Scene> {
  const dir = newDirectory();
  const root = dir.path;
  for (const side of ["source", "target"]) mkdirSync(`${root}/${side}`);
  const host = await openLocalHost(undefined);
  const pairs: TransportPair[] = [];
  const serving: Promise<void>[] = [];
  const line = newAgentLine({
    name: "there",
    connect() {
      const pair = transportPair({ capacity: MiB });
      pairs.push(pair);
      const openHost = (): Promise<LocalHost> => openLocalHost(undefined);
      const connectOn = async (): Promise<ConnectOn> => reachNobody;
      serving.push(serve(pair.server, { openHost, home: root, connectOn }));
      return pair.client;
    },
    retries: 3,
    timeout: 30_000,
    sleep: untilGone,
    onNotice: () => {},
  });
  const there = openAgent(line, {
    number: 1,
    location: `there:${root}/${remoteSide}`,
    path: `${root}/${remoteSide}` as ByteString,
  });
  const here = openLocal(`${root}/${remoteSide === "source" ? "target" : "source"}`, host);
  const [source, target] = remoteSide === "source" ? [there, here] : [here, there];
  return {
    root,
    line,
    source,
    target,
    pairs,
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
      const { sent, received } = line.traffic();
      return sent + received;
    },
    async [Symbol.asyncDispose]() {
      await line[Symbol.asyncDispose]();
      await Promise.allSettled(serving);
      await host[Symbol.asyncDispose]();
      dir[Symbol.dispose]();
    },
  };
}

function write(at: string, content: Uint8Array): void {
  writeFileSync(at, content);
  utimesSync(at, new Date(1_500_000_000_000), new Date(1_500_000_000_000));
}

/** Cuts the line as soon as so many bytes have crossed. */
function cutAfter({ line, pairs }: Scene, bytes: number): { readonly done: Promise<void> } {
  const before = line.traffic();
  const done = (async () => {
    for (;;) {
      const { sent, received } = line.traffic();
      if (sent + received - before.sent - before.received >= bytes) break;
      await setImmediate();
    }
    pairs.at(-1)!.cut("error");
  })();
  return { done };
}

test.each(["source", "target"] as const)(
  "of a file that has changed in places little more than those crosses (the %s is remote)",
  async (side) => {
    await using scene = await openScene(side);
    const old = noise(16 * MiB, 1);
    const parts = [old.subarray(0, 3 * MiB), noise(99, 2), old.subarray(3 * MiB)];
    write(`${scene.root}/target/f`, old);
    write(`${scene.root}/source/f`, Buffer.concat(parts));
    const before = scene.crossed();
    expect(await scene.put("f")).toBe("done");
    expect(scene.isEqual("f")).toBe(true);
    expect(scene.crossed() - before).toBeLessThan(MiB / 2);
  },
);

test.each(["source", "target"] as const)(
  "a file goes on where it was when the line broke (the %s is remote)",
  async (side) => {
    await using scene = await openScene(side);
    write(`${scene.root}/source/f`, noise(24 * MiB, 1));
    const before = scene.crossed();
    const [outcome] = await Promise.all([scene.put("f"), cutAfter(scene, 14 * MiB).done]);
    expect(outcome).toBe("done");
    expect(scene.isEqual("f")).toBe(true);
    expect(scene.pairs.length).toBe(2);
    // Some of what was under way is lost, but not what had arrived.
    expect(scene.crossed() - before).toBeLessThan(36 * MiB);
    expect(readdirSync(`${scene.root}/target`)).toEqual(["f"]);
  },
);

test("what is remembered of a file at the other end need not cross again", async () => {
  await using scene = await openScene("target");
  const old = noise(32 * MiB, 1);
  write(`${scene.root}/target/f`, old);
  let known: ApplyOptions["known"] = new Map();
  const crossed: number[] = [];
  for (const [i, content] of [noise(32 * MiB, 2), noise(32 * MiB, 3)].entries()) {
    // All but a little of it is as before.
    old.set(content.subarray(0, 10), i * MiB);
    write(`${scene.root}/source/f`, old);
    const action: Action = {
      type: "put-file",
      path: path("f"),
      expected: await entryAt(scene.target, "f"),
      entry: await fileAt(scene.source, "f"),
    };
    const before = scene.line.traffic();
    const [outcome] = await applyAll(scene.target, [action], scene.source, { known });
    expect(inBrief(outcome!)).toBe("done");
    expect(scene.isEqual("f")).toBe(true);
    known = new Map([[path("f"), [{ path: path("f"), ...outcome!.chunks! }]]]);
    crossed.push(scene.line.traffic().sent - before.sent);
    expect((await fileAt(scene.target, "f")).ctimeNs).toBe(outcome!.chunks!.facts.ctimeNs);
  }
  expect(Math.max(...crossed)).toBeLessThan(MiB / 2);
});

test.each(["source", "target"] as const)(
  "of files that another one at the target has most of little crosses (the %s is remote)",
  async (side) => {
    await using scene = await openScene(side);
    const old = noise(16 * MiB, 1);
    write(`${scene.root}/target/old`, old);
    const names = ["f", "g"];
    for (const [i, name] of names.entries()) {
      const parts = [noise(99, i), old.subarray(i * MiB, 9 * MiB), old.subarray(10 * MiB)];
      write(`${scene.root}/source/${name}`, Buffer.concat(parts));
    }
    const file = await knownAt(scene.target, "old");
    const known = new Map(names.map((name) => [path(name), [file]]));
    const actions = await Promise.all(
      names.map(async (name): Promise<Action> => {
        const entry = await fileAt(scene.source, name);
        return { type: "put-file", path: path(name), expected: undefined, entry };
      }),
    );
    const before = scene.crossed();
    const options = { ordered: false, known } as const;
    const outcomes = await applyAll(scene.target, actions, scene.source, options);
    expect(outcomes.map(inBrief)).toEqual(["done", "done"]);
    expect(names.map((name) => scene.isEqual(name))).toEqual([true, true]);
    expect(scene.crossed() - before).toBeLessThan(1.5 * MiB);
    // And what they consist of is known from now on.
    for (const [i, { chunks }] of outcomes.entries())
      expect(chunks!.list).toEqual((await knownAt(scene.target, names[i]!)).list);
  },
);

test("what is known of a file is told once, whatever it serves, and never told back", async () => {
  await using scene = await openScene("target");
  write(`${scene.root}/target/old`, noise(300_000, 1));
  const facts = await fileAt(scene.target, "old");
  // Two MiB of chunks that nobody has.
  const sizes = new Uint32Array(100_000).fill(20_000);
  const file = { path: path("old"), facts, list: { sizes, digests: noise(sizes.length * 16, 2) } };
  const names = ["f", "g", "h"];
  for (const [i, name] of names.entries())
    write(`${scene.root}/source/${name}`, noise(200_000, i + 3));
  const known = new Map(names.map((name) => [path(name), [file]]));
  const actions = await Promise.all(
    names.map(async (name): Promise<Action> => {
      const entry = await fileAt(scene.source, name);
      return { type: "put-file", path: path(name), expected: undefined, entry };
    }),
  );
  const before = scene.line.traffic();
  await applyAll(scene.target, actions, scene.source, { ordered: false, known });
  expect(names.map((name) => scene.isEqual(name))).toEqual([true, true, true]);
  const { sent, received } = scene.line.traffic();
  expect(sent - before.sent).toBeLessThan(3 * MiB);
  expect(received - before.received).toBeLessThan(100_000);
});

test("a file that somebody puts elsewhere while the line is broken is no basis any more", async () => {
  await using scene = await openScene("target");
  const old = noise(24 * MiB, 1);
  write(`${scene.root}/target/old`, old);
  const now = Buffer.concat([noise(12 * MiB, 2), old]);
  write(`${scene.root}/source/f`, now);
  const known = new Map([[path("f"), [await knownAt(scene.target, "old")]]]);
  const entry = await fileAt(scene.source, "f");
  const action: Action = { type: "put-file", path: path("f"), expected: undefined, entry };
  const cut = cutAfter(scene, 6 * MiB).done.then(() => rmSync(`${scene.root}/target/old`));
  const applied = applyAll(scene.target, [action], scene.source, { ordered: false, known });
  const [outcomes] = await Promise.all([applied, cut]);
  expect(outcomes.map(inBrief)).toEqual(["done"]);
  expect(scene.isEqual("f")).toBe(true);
  expect(readdirSync(`${scene.root}/target`)).toEqual(["f"]);
});

test("what files at the other end consist of is told as if they were here", async () => {
  await using scene = await openScene("target");
  for (const [i, size] of [0, 1, 3 * MiB, 200_000].entries())
    for (const side of ["source", "target"]) write(`${scene.root}/${side}/f${i}`, noise(size, i));
  const listsOf = async (endpoint: Endpoint): Promise<unknown> => {
    const names = [0, 1, 2, 3].map((i) => `f${i}`);
    const requests = await Promise.all(
      names.map(async (name) => ({ path: path(name), entry: await fileAt(endpoint, name) })),
    );
    requests.push({ path: path("gone"), entry: requests[0]!.entry });
    return endpoint.chunks(requests, allChunks, new AbortController().signal);
  };
  expect(await listsOf(scene.target)).toEqual(await listsOf(scene.source));
});
