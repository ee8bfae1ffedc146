import { describe, expect, test } from "vitest";

import { directory, file, path, snapshotOf, symlink } from "../../test/model/findings.ts";
import type { Rows } from "../../test/model/findings.ts";
import type { HeldTree } from "./held-tree.ts";
import { holdRows, newTree } from "./held-tree.ts";
import { nameAt } from "./snapshot.ts";
import { cutTree, takeCensus } from "./tree-census.ts";

/** A tree as compare holds it: the directory at `top` of a snapshot, in chunks of so many rows. */
async function held(top: string, rows: Rows, chunkRows = 3): Promise<HeldTree> {
  const depth = top.split("/").length;
  const tree = newTree(path(top), depth);
  const above = top
    .split("/")
    .map((_, n, all) => [all.slice(0, n + 1).join("/"), directory()] as const);
  for await (const chunk of snapshotOf([...above, ...rows], chunkRows)) {
    for (let row = 0; row < chunk.count; row++)
      if (chunk.depth[row]! >= depth) holdRows(tree, chunk, row, row + 1);
  }
  return tree;
}

/** Depth and name of every row. */
function rowsOf(tree: HeldTree): string[] {
  return tree.chunks.flatMap((chunk) =>
    Array.from({ length: chunk.count }, (_, row) => `${chunk.depth[row]} ${nameAt(chunk, row)}`),
  );
}

const sample: Rows = [
  ["in/old/a", file({ size: 1 })],
  ["in/old/d", directory()],
  ["in/old/d/empty", file({ size: 0 })],
  ["in/old/d/x", file({ size: 2 })],
  ["in/old/d/y", directory()],
  ["in/old/d/y/z", file({ size: 4 })],
  ["in/old/e", directory()],
  ["in/old/e/link", symlink()],
  ["in/old/f", file({ size: 8 })],
];

describe("a census", () => {
  test("knows every directory, what is below it, and where its rows are", async () => {
    const { directories } = takeCensus(await held("in/old", sample));
    expect(
      directories.map(({ path: at, files, bytes, first, end, parent }) => [
        at,
        files,
        bytes,
        first,
        end,
        parent?.name,
      ]),
    ).toEqual([
      ["in/old", 4, 15, 0, 10, undefined],
      ["in/old/d", 2, 6, 2, 7, "old"],
      ["in/old/d/y", 1, 4, 5, 7, "d"],
      ["in/old/e", 0, 0, 7, 9, "old"],
    ]);
  });

  test("gives files of one name, size and time one number, wherever they are", async () => {
    const rows = (top: string, over: object): Rows => [
      [`${top}/x`, file({ mtimeNs: 5_000, ...over })],
    ];
    const keyOf = async (top: string, over: object, tick?: number) =>
      takeCensus(await held(top, rows(top, over)), tick).fileKeys[0];
    const key = await keyOf("a", {});
    expect(await keyOf("b", {})).toBe(key);
    expect(await keyOf("b", { size: 11 })).not.toBe(key);
    expect(await keyOf("b", { mtimeSec: 1001 })).not.toBe(key);
    expect(await keyOf("b", { mtimeNs: 5_999 })).not.toBe(key);
    // As finely as both sides keep times.
    const coarse = await keyOf("a", {}, 1000);
    expect(await keyOf("b", { mtimeNs: 5_999 }, 1000)).toBe(coarse);
    expect(await keyOf("b", { mtimeNs: 6_000 }, 1000)).not.toBe(coarse);
    expect(await keyOf("b", { mtimeSec: 1001 }, 2e9)).toBe(await keyOf("a", {}, 2e9));
  });
});

describe("cutting", () => {
  test("takes directories out, each as a tree of its own, and leaves the rest", async () => {
    const tree = await held("in/old", sample);
    const { directories } = takeCensus(tree);
    const { inner, rest } = cutTree(tree, [directories[3]!, directories[1]!]);
    expect(inner.map((one) => [one.path, ...rowsOf(one)])).toEqual([
      ["in/old/e", "0 e", "1 link"],
      ["in/old/d", "0 d", "1 empty", "1 x", "1 y", "2 z"],
    ]);
    expect([rest?.path, ...rowsOf(rest!)]).toEqual(["in/old", "0 old", "1 a", "1 f"]);
  });

  test("a tree that goes as a whole leaves nothing", async () => {
    const tree = await held("in/old", sample);
    const { inner, rest } = cutTree(tree, [takeCensus(tree).directories[0]!]);
    expect([rowsOf(inner[0]!), rest]).toEqual([rowsOf(tree), undefined]);
  });
});
