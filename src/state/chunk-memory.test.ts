import * as fc from "fast-check";
import { expect, test } from "vitest";

import { newDirectory } from "../../test/model/disk.ts";
import { noise } from "../../test/support/noise.ts";
import type { ChunkedFile, FileFacts } from "../core/chunk-list.ts";
import type { RelPath } from "../core/path.ts";
import { openDatabase } from "./sqlite.ts";
import type { ChunkChange } from "./state.ts";
import { openState } from "./store.ts";

const path = (text: string): RelPath => text as RelPath;

function fileOf(sizes: readonly number[], over: Partial<FileFacts> = {}): ChunkedFile {
  const size = sizes.reduce((sum, one) => sum + one, 0);
  const times = { mtimeSec: -5, mtimeNs: 999_999_999, ctimeSec: 1_700_000_000, ctimeNs: 7 };
  const facts = { size, ...times, dev: 65_024, inoHigh: 3, inoLow: 4_294_967_295, ...over };
  return {
    facts,
    list: { sizes: Uint32Array.from(sizes), digests: noise(sizes.length * 16, size) },
  };
}

const put = (at: string, file: ChunkedFile) => ({ type: "put", path: path(at), file }) as const;

test("what a file consists of is known by its path, in one replica", async () => {
  using dir = newDirectory();
  await using store = await openState(dir.path);
  const chunks = store.openChunks("ssh://host/data");
  const file = fileOf([16_384, 262_144, 1]);
  chunks.note([put("a/b", file)]);
  const asked = [path("a/b"), path("a"), path("a/b/c")];
  expect(chunks.lookup(asked)).toEqual([file, undefined, undefined]);
  expect(chunks.files()).toEqual([{ path: path("a/b"), facts: file.facts }]);
  const elsewhere = store.openChunks("/data");
  expect([elsewhere.lookup(asked.slice(0, 1)), elsewhere.files()]).toEqual([[undefined], []]);
});

test("a list takes the place of the one before, and outlives the store", async () => {
  using dir = newDirectory();
  const [old, now] = [fileOf([20_000]), fileOf([30_000, 40_000])];
  {
    await using store = await openState(dir.path);
    store.openChunks("/t").note([put("f", old), put("g", old), put("f", now)]);
  }
  await using store = await openState(dir.path);
  const chunks = store.openChunks("/t");
  expect(chunks.lookup([path("f"), path("g")])).toEqual([now, old]);
  // Those that were put last come first.
  expect(chunks.files().map((file) => file.path)).toEqual([path("f"), path("g")]);
});

test("any list comes back as it was", async () => {
  using dir = newDirectory();
  await using store = await openState(dir.path);
  const chunks = store.openChunks("/t");
  const sizes = fc.array(fc.integer({ min: 1, max: 262_144 }), { maxLength: 50 });
  fc.assert(
    fc.property(sizes, fc.string({ unit: "binary", minLength: 1 }), (all, name) => {
      const file = fileOf(all);
      const at = name.replaceAll("\0", "0");
      chunks.note([put(at, file)]);
      expect(chunks.lookup([path(at)])).toEqual([file]);
    }),
    { numRuns: 50 },
  );
});

/** Paths that hold each other, and some that only begin alike. */
const anyPath = fc.constantFrom("a", "a/b", "a/b/c", "a/bc", "ab", "b", "b/b").map(path);
const anyChange: fc.Arbitrary<ChunkChange> = fc.oneof(
  fc.record({
    type: fc.constant("put" as const),
    path: anyPath,
    file: fc.integer({ min: 1, max: 9 }).map((size) => fileOf([size])),
  }),
  fc.record({ type: fc.constant("forget" as const), path: anyPath }),
  fc
    .record({ type: fc.constant("move" as const), from: anyPath, to: anyPath })
    .filter(({ from, to }) => !`${from}/`.startsWith(`${to}/`) && !`${to}/`.startsWith(`${from}/`)),
  fc.record({
    type: fc.constant("touch" as const),
    path: anyPath,
    mtime: fc.option(fc.record({ mtimeSec: fc.integer(), mtimeNs: fc.constant(5) }), {
      nil: undefined,
    }),
  }),
);

/** The same, as it is said. */
function followed(known: Map<RelPath, ChunkedFile>, change: ChunkChange): void {
  const touch = (at: RelPath, mtime = {}): void => {
    const file = known.get(at);
    const times = { ...mtime, ctimeSec: 0, ctimeNs: 0 };
    if (file !== undefined) known.set(at, { ...file, facts: { ...file.facts, ...times } });
  };
  switch (change.type) {
    case "put":
      known.set(change.path, change.file);
      return;
    case "forget":
      known.delete(change.path);
      return;
    case "touch":
      touch(change.path, change.mtime);
      return;
    case "move": {
      const { from, to } = change;
      touch(from);
      for (const at of known.keys()) if (`${at}/`.startsWith(`${to}/`)) known.delete(at);
      for (const [at, file] of known) {
        if (!`${at}/`.startsWith(`${from}/`)) continue;
        known.delete(at);
        known.set(path(to + at.slice(from.length)), file);
      }
    }
  }
}

test("what is done to files is followed", async () => {
  using dir = newDirectory();
  await using store = await openState(dir.path);
  let replica = 0;
  fc.assert(
    fc.property(fc.array(anyChange, { maxLength: 12 }), fc.boolean(), (changes, isOne) => {
      const chunks = store.openChunks(`/t${replica++}`);
      const known = new Map<RelPath, ChunkedFile>();
      for (const change of changes) followed(known, change);
      if (isOne) chunks.note(changes);
      else for (const change of changes) chunks.note([change]);
      const paths = chunks.files().map((file) => file.path);
      expect(paths.toSorted()).toEqual([...known.keys()].toSorted());
      expect(chunks.lookup(paths)).toEqual(paths.map((at) => known.get(at)));
    }),
    { numRuns: 100 },
  );
});

test("the lists that were put longest ago go when there are too many", async () => {
  using dir = newDirectory();
  await using store = await openState(dir.path);
  const chunks = store.openChunks("/t");
  // Eight of these are just below 64 MiB; of twice as many chunks again there is no list at all.
  const large = fileOf(Array.from({ length: 420_000 }, () => 20_000));
  for (let i = 0; i < 8; i++) chunks.note([put(`f${i}`, large)]);
  chunks.note([put("f0", large)]);
  chunks.note([put("f8", large)]);
  chunks.note([put("f9", fileOf(Array.from({ length: 4_000_000 }, () => 20_000)))]);
  const asked = Array.from({ length: 10 }, (_, i) => path(`f${i}`));
  const gone = chunks.lookup(asked).flatMap((file, i) => (file === undefined ? [i] : []));
  expect(gone).toEqual([1, 9]);
});

test("what is damaged is as good as nothing", async () => {
  using dir = newDirectory();
  const names = ["short", "other", "none", "facts"];
  {
    await using store = await openState(dir.path);
    const file = fileOf([20_000, 30_000]);
    store.openChunks("/t").note(names.map((name) => put(name, file)));
  }
  const database = openDatabase(`${dir.path}/syncline.db`, 1000);
  for (const [name, damage] of [
    ["short", "list = x'0102'"],
    ["other", "list = zeroblob(length(list))"],
    ["none", "list = x''"],
    ["facts", "facts = x'01'"],
  ]) {
    database.exec(`UPDATE chunk_lists SET ${damage} WHERE path = CAST('${name}' AS BLOB)`);
  }
  database.close();
  await using store = await openState(dir.path);
  const chunks = store.openChunks("/t");
  expect(chunks.lookup(names.map(path))).toEqual(names.map(() => undefined));
  // It cannot be touched, either.
  chunks.note([{ type: "touch", path: path("facts"), mtime: undefined }]);
  expect(
    chunks
      .files()
      .map((file) => file.path)
      .includes(path("facts")),
  ).toBe(false);
});
