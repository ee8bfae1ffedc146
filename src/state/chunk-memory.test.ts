import * as fc from "fast-check";
import { expect, test } from "vitest";

import { newDirectory } from "../../test/model/disk.ts";
import { noise } from "../../test/support/noise.ts";
import type { ChunkedFile, FileFacts } from "../core/chunk-list.ts";
import type { RelPath } from "../core/path.ts";
import { openDatabase } from "./sqlite.ts";
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

test("what a file consists of is known as long as nothing about it has changed", async () => {
  using dir = newDirectory();
  await using store = await openState(dir.path);
  const chunks = store.openChunks("ssh://host/data");
  const file = fileOf([16_384, 262_144, 1]);
  chunks.put(path("a/b"), file);
  const { facts } = file;
  expect(chunks.lookup([{ path: path("a/b"), facts }])).toEqual([file.list]);
  for (const key of Object.keys(facts) as (keyof FileFacts)[]) {
    const other = { ...facts, [key]: facts[key] + 1 };
    expect(chunks.lookup([{ path: path("a/b"), facts: other }])).toEqual([undefined]);
  }
  const elsewhere = [
    { path: path("a"), facts },
    { path: path("a/b/c"), facts },
  ];
  expect(chunks.lookup(elsewhere)).toEqual([undefined, undefined]);
  expect(store.openChunks("/data").lookup([{ path: path("a/b"), facts }])).toEqual([undefined]);
});

test("a list takes the place of the one before, and outlives the store", async () => {
  using dir = newDirectory();
  const [old, now] = [fileOf([20_000]), fileOf([30_000, 40_000])];
  {
    await using store = await openState(dir.path);
    for (const file of [old, now]) store.openChunks("/t").put(path("f"), file);
  }
  await using store = await openState(dir.path);
  const asked = [old, now].map(({ facts }) => ({ path: path("f"), facts }));
  expect(store.openChunks("/t").lookup(asked)).toEqual([undefined, now.list]);
});

test("any list comes back as it was", async () => {
  using dir = newDirectory();
  await using store = await openState(dir.path);
  const chunks = store.openChunks("/t");
  const sizes = fc.array(fc.integer({ min: 1, max: 262_144 }), { maxLength: 50 });
  fc.assert(
    fc.property(sizes, fc.string({ unit: "binary", minLength: 1 }), (all, name) => {
      const file = fileOf(all);
      chunks.put(path(name.replaceAll("\0", "0")), file);
      const asked = [{ path: path(name.replaceAll("\0", "0")), facts: file.facts }];
      expect(chunks.lookup(asked)).toEqual([file.list]);
    }),
    { numRuns: 50 },
  );
});

test("the lists that were put longest ago go when there are too many", async () => {
  using dir = newDirectory();
  await using store = await openState(dir.path);
  const chunks = store.openChunks("/t");
  // Eight of these are just below 64 MiB; of twice as many chunks again there is no list at all.
  const large = fileOf(Array.from({ length: 420_000 }, () => 20_000));
  for (let i = 0; i < 8; i++) chunks.put(path(`f${i}`), large);
  chunks.put(path("f0"), large);
  chunks.put(path("f8"), large);
  chunks.put(path("f9"), fileOf(Array.from({ length: 4_000_000 }, () => 20_000)));
  const asked = Array.from({ length: 10 }, (_, i) => ({ path: path(`f${i}`), facts: large.facts }));
  const gone = chunks.lookup(asked).flatMap((list, i) => (list === undefined ? [i] : []));
  expect(gone).toEqual([1, 9]);
});

test("what is damaged is as good as nothing", async () => {
  using dir = newDirectory();
  const file = fileOf([20_000, 30_000]);
  {
    await using store = await openState(dir.path);
    for (const name of ["short", "other", "none"]) store.openChunks("/t").put(path(name), file);
  }
  const database = openDatabase(`${dir.path}/syncline.db`, 1000);
  database.exec("UPDATE chunk_lists SET list = x'0102' WHERE path = CAST('short' AS BLOB)");
  database.exec(
    "UPDATE chunk_lists SET list = zeroblob(length(list)) WHERE path = CAST('other' AS BLOB)",
  );
  database.exec("UPDATE chunk_lists SET list = x'' WHERE path = CAST('none' AS BLOB)");
  database.close();
  await using store = await openState(dir.path);
  const asked = ["short", "other", "none"].map((name) => ({ path: path(name), facts: file.facts }));
  expect(store.openChunks("/t").lookup(asked)).toEqual([undefined, undefined, undefined]);
});
