import * as fc from "fast-check";
import { describe, expect, test } from "vitest";

import { trees } from "../../test/model/arbitrary.ts";
import { directory, excluded, file, problem, snapshotOf } from "../../test/model/findings.ts";
import type { Rows } from "../../test/model/findings.ts";
import { rechunked } from "../../test/model/settings.ts";
import { factsOf } from "../../test/model/tree.ts";
import type { Cursor } from "./cursor.ts";
import { advance, compareNames, currentPath, ended, newCursor, refill } from "./cursor.ts";
import type { SnapshotChunk } from "./snapshot.ts";
import { newChunk, pushFinding } from "./snapshot.ts";

/** All paths that a cursor passes; they are asked for only at every `step`th row. */
async function pathsOf(chunks: AsyncIterable<SnapshotChunk>, step: number = 1): Promise<string[]> {
  const cursor = newCursor(chunks);
  const out: string[] = [];
  for (let n = 0; ; n++) {
    if (cursor.empty) await refill(cursor);
    if (cursor.depth === ended) return out;
    if (n % step === 0) out.push(currentPath(cursor));
    advance(cursor);
  }
}

const rows: Rows = [
  ["a", directory()],
  ["a/b", directory()],
  ["a/b/c", file()],
  ["a/d", excluded],
  ["e", problem()],
  ["f", directory()],
  ["f/b", directory()],
  ["f/b/c", file()],
];
const paths = ["", ...rows.map(([path]) => path)];

describe("the path of a cursor", () => {
  test.each([1, 2, 3, 4, 100])("is that of its row, in chunks of %i", async (chunkRows) => {
    expect(await pathsOf(snapshotOf(rows, chunkRows))).toEqual(paths);
  });

  test("is known even if nobody has asked for those before it", async () => {
    for (const chunkRows of [1, 2, 3, 100]) {
      for (const step of [2, 3, 5, 8]) {
        expect(await pathsOf(snapshotOf(rows, chunkRows), step)).toEqual(
          paths.filter((_, n) => n % step === 0),
        );
      }
    }
  });

  test("needs no chunk that is past, over all trees", async () => {
    await fc.assert(
      fc.asyncProperty(
        trees(),
        fc.integer({ min: 1, max: 9 }),
        fc.integer({ min: 1, max: 5 }),
        async (tree, chunkRows, step) => {
          const facts = factsOf(tree);
          const all: Rows = facts.map(({ path, kind }) => [
            path,
            kind === "directory" ? directory() : file(),
          ]);
          expect(await pathsOf(reused(snapshotOf(all, 100), chunkRows), step)).toEqual(
            facts.map(({ path }) => path).filter((_, n) => n % step === 0),
          );
        },
      ),
    );
  });
});

/** The same rows, each chunk made useless as soon as the next one is asked for, with empty ones in between. */
async function* reused(
  chunks: AsyncIterable<SnapshotChunk>,
  rows: number,
): AsyncGenerator<SnapshotChunk> {
  for await (const chunk of rechunked(chunks, rows)) {
    yield chunk;
    chunk.names.fill(0x21);
    chunk.kind.fill(0);
    chunk.depth.fill(99);
  }
}

test("a stream without rows is at its end at once, and stays there", async () => {
  const cursor = newCursor(snapshotOf([["", directory()]], 1));
  await refill(cursor);
  expect([cursor.depth, cursor.empty]).toEqual([0, false]);
  advance(cursor);
  expect(cursor.empty).toBe(true);
  await refill(cursor);
  expect([cursor.depth, cursor.empty]).toEqual([ended, false]);
  expect(await pathsOf((async function* () {})())).toEqual([]);
});

describe("names of two cursors", () => {
  const at = async (name: string): Promise<Cursor> => {
    const chunk = newChunk(2);
    pushFinding(chunk, 1, "before", file());
    pushFinding(chunk, 1, name, file());
    const cursor = newCursor(
      (async function* () {
        yield chunk;
      })(),
    );
    await refill(cursor);
    advance(cursor);
    return cursor;
  };

  test.each([
    ["a", "a", 0],
    ["a", "b", -1],
    ["a", "aa", -1],
    ["a.b", "a-b", 1],
    ["a", "A", 1],
    ["\u00ff", "a", 1],
    ["\u0080", "\u007f", 1],
    ["z", "\u00c3\u00a9", -1],
  ])("%j against %j: %i", async (a, b, sign) => {
    const [left, right] = [await at(a), await at(b)];
    expect(Math.sign(compareNames(left, right))).toBe(sign);
    expect(Math.sign(compareNames(right, left))).toBe(0 - sign);
  });

  test("are in the order of strings, whatever their bytes", async () => {
    const name = fc
      .uint8Array({ minLength: 1, maxLength: 4 })
      .map((raw) => String.fromCharCode(...raw));
    await fc.assert(
      fc.asyncProperty(name, name, async (a, b) => {
        const sign = Math.sign(compareNames(await at(a), await at(b)));
        expect(sign).toBe(a < b ? -1 : a > b ? 1 : 0);
      }),
    );
  });
});
