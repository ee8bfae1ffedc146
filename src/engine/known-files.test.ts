import { describe, expect, test } from "vitest";

import { allChunks, never, rowsOf } from "../../test/contract/endpoint-place.ts";
import { newDirectory } from "../../test/model/disk.ts";
import { directory, path } from "../../test/model/findings.ts";
import { noise } from "../../test/support/noise.ts";
import { byteString } from "../base/byte-string.ts";
import type { ChunkedFile, KnownFile } from "../core/chunk-list.ts";
import { deltaBytes } from "../core/chunk-list.ts";
import type { FileEntry } from "../core/entry.ts";
import type { RelPath } from "../core/path.ts";
import type { Action } from "../core/plan.ts";
import type { ChunkRequest, Endpoint } from "../endpoint/endpoint.ts";
import { openMemory } from "../endpoint/memory/memory-endpoint.ts";
import { plant } from "../endpoint/memory/memory-tree.ts";
import { newWorld } from "../endpoint/memory/memory-world.ts";
import type { ChunkMemory } from "../state/state.ts";
import { openState } from "../state/store.ts";
import { knownFiles } from "./known-files.ts";

const MiB = 2 ** 20;

interface Scene extends AsyncDisposable {
  readonly memory: ChunkMemory;
  /** What was looked up in the memory so far, in one go each. */
  readonly lookups: (readonly RelPath[])[];
  /** What the source was asked so far. */
  readonly asked: ChunkRequest[];
  /** Finds what is known for files of the source; those named behind them are replaced. */
  known(...how: Parameters<Scene["find"]>): Promise<Record<string, readonly KnownFile[]>>;
  /** The same, by their names. */
  find(
    names: readonly string[],
    replaced?: readonly string[],
    signal?: AbortSignal,
  ): Promise<unknown>;
}

interface SceneSpec {
  readonly source: Readonly<Record<string, Uint8Array>>;
  /** Remembered, in this order. */
  readonly target: Readonly<Record<string, Uint8Array>>;
  readonly usesBasis?: boolean;
}

async function openScene({ source, target, usesBasis = true }: SceneSpec): Promise<Scene> {
  const dir = newDirectory();
  const world = newWorld();
  for (const [side, files] of Object.entries({ source, target })) {
    plant(world, path(side), { kind: "directory" });
    for (const [name, bytes] of Object.entries(files))
      plant(world, path(`${side}/${name}`), {
        kind: "file",
        content: byteString(bytes),
        mtime: 7n,
      });
  }
  const store = await openState(dir.path);
  const memory = store.openChunks("t");
  const there = openMemory(world, "/target");
  const entries = await entriesOf(there);
  for (const [at, facts] of entries)
    memory.note([{ type: "put", path: at, file: await cut(there, at, facts) }]);
  const [asked, lookups]: [ChunkRequest[], (readonly RelPath[])[]] = [[], []];
  const here = openMemory(world, "/source");
  const asking: Endpoint = {
    ...here,
    usesBasis,
    chunks(requests, ...how) {
      asked.push(...requests);
      return here.chunks(requests, ...how);
    },
  };
  const known: Scene["known"] = async (names, replaced = [], signal = never) => {
    const olds = new Map(entries);
    const news = new Map(await entriesOf(here));
    const actions = names.map((name): Action => {
      const expected = replaced.includes(name) ? olds.get(path(name)) : undefined;
      return { type: "put-file", path: path(name), expected, entry: news.get(path(name))! };
    });
    const watched: ChunkMemory = {
      ...memory,
      lookup(paths) {
        lookups.push(paths);
        return memory.lookup(paths);
      },
    };
    const work = { memory: watched, source: asking, followLinks: false };
    const found = await knownFiles(work, actions, signal);
    return Object.fromEntries(found.known!);
  };
  return {
    memory,
    lookups,
    asked,
    known,
    async find(...how) {
      const found = Object.entries(await known(...how));
      return Object.fromEntries(found.map(([at, files]) => [at, files.map((file) => file.path)]));
    },
    async [Symbol.asyncDispose]() {
      await store[Symbol.asyncDispose]();
      dir[Symbol.dispose]();
    },
  };
}

async function entriesOf(endpoint: Endpoint): Promise<[RelPath, FileEntry][]> {
  const rows = await rowsOf(endpoint);
  return rows.flatMap(([at, entry]) => (entry.kind === "file" ? [[at, entry]] : []));
}

async function cut(endpoint: Endpoint, at: RelPath, facts: FileEntry): Promise<ChunkedFile> {
  const [list] = await endpoint.chunks([{ path: at, entry: facts }], allChunks, never);
  return { facts, list: list! };
}

const join = (...parts: readonly Uint8Array[]): Buffer => Buffer.concat(parts);
const [one, two, three] = [1, 2, 3].map((seed) => noise(2 * MiB, seed)) as [
  Uint8Array,
  Uint8Array,
  Uint8Array,
];

test("without a memory nothing is known, and nothing is asked to be told of", async () => {
  const source = openMemory(newWorld(), "/source");
  const work = { memory: undefined, source, followLinks: false };
  expect(await knownFiles(work, [], never)).toEqual({});
});

test("with a memory that is empty, or nothing large to be put, nobody is asked", async () => {
  await using empty = await openScene({ source: { f: one }, target: {} });
  expect(await empty.find(["f"])).toEqual({});
  await using small = await openScene({
    source: { f: one.subarray(0, deltaBytes - 1) },
    target: { g: one },
  });
  expect(await small.find(["f"])).toEqual({});
  expect([empty, small].map(({ asked, lookups }) => [asked, lookups])).toEqual([
    [[], []],
    [[], []],
  ]);
});

describe("for a file that is to be put", () => {
  test("there is the one that it replaces, as long as that is what is remembered", async () => {
    await using scene = await openScene({ source: { f: one }, target: { f: one } });
    expect(await scene.find(["f"], ["f"])).toEqual({ f: ["f"] });
    const [file] = scene.memory.lookup([path("f")]);
    const facts = { ...file!.facts, mtimeSec: 8 };
    scene.memory.note([{ type: "put", path: path("f"), file: { ...file!, facts } }]);
    expect(await scene.find(["f"], ["f"])).toEqual({ f: [] });
  });

  test("there are those that share most with it, whatever their names are", async () => {
    await using scene = await openScene({
      source: { "d/f": join(noise(99, 9), one.subarray(0, MiB / 4), two) },
      target: { "x/1": three, "x/2": two, "x/3": one },
    });
    expect(await scene.find(["d/f"])).toEqual({ "d/f": ["x/3", "x/2"] });
  });

  test("there is one with a name like its that shares nothing with a sample", async () => {
    await using scene = await openScene({
      source: { "app.log.1": join(noise(MiB, 9), one) },
      target: { "app.log": one, other: two },
    });
    expect(await scene.find(["app.log.1"])).toEqual({ "app.log.1": ["app.log"] });
    // But for one that replaces a large file, that is as likely as any.
    await using old = await openScene({
      source: { "app.log.1": three },
      target: { "app.log": one, "app.log.1": two },
    });
    expect(await old.find(["app.log.1"], ["app.log.1"])).toEqual({ "app.log.1": ["app.log.1"] });
  });

  test("there is the one that it replaces before all others", async () => {
    await using scene = await openScene({
      source: { f: join(one.subarray(0, MiB / 4), two) },
      target: { f: one, g: two },
    });
    expect(await scene.find(["f"], ["f"])).toEqual({ f: ["f", "g"] });
  });

  test("there is only that where the source cannot make use of more, or it is time to stop", async () => {
    const files = { source: { f: join(one, two) }, target: { f: one, g: two } };
    await using far = await openScene({ ...files, usesBasis: false });
    expect(await far.find(["f"], ["f"])).toEqual({ f: ["f"] });
    expect(far.asked).toEqual([]);
    await using scene = await openScene(files);
    expect(await scene.find(["f"], ["f"], AbortSignal.abort())).toEqual({ f: ["f"] });
  });

  test("nothing is told of a file that the source cannot read", async () => {
    await using scene = await openScene({ source: { f: one }, target: { g: one } });
    const action: Action = {
      type: "put-file",
      path: path("f"),
      expected: undefined,
      entry: { ...directory(), kind: "file", size: 2 * MiB, xattrs: undefined },
    };
    const source = { ...openMemory(newWorld(), "/nowhere"), usesBasis: true };
    const work = { memory: scene.memory, source, followLinks: false };
    expect((await knownFiles(work, [action], never)).known).toEqual(new Map());
  });
});

test("a file that serves several is the same for all of them, so that it need be told of once", async () => {
  await using scene = await openScene({ source: { a: one, b: one }, target: { g: one } });
  const files = Object.values(await scene.known(["a", "b"])).flat();
  expect(files.length).toBe(2);
  expect(files[0]).toBe(files[1]);
});

test("no more of a large memory is looked at than what is to be sent is worth", async () => {
  const target = Object.fromEntries(
    Array.from({ length: 200 }, (_, i) => [`t${i}`, noise(20_000, i + 1)]),
  );
  await using scene = await openScene({ source: { f: noise(4 * deltaBytes, 500) }, target });
  await scene.find(["f"]);
  const looked = scene.lookups.flat();
  expect(looked.length).toBeGreaterThan(100);
  expect(looked.length).toBeLessThan(150);
  // Those that were put last.
  expect(looked[0]).toBe(scene.memory.files()[0]!.path);
});
