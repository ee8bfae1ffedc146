import fc from "fast-check";
import { expect, test } from "vitest";

import { file, path } from "../../test/model/findings.ts";
import type { FileEntry } from "./entry.ts";
import type { LinkPair } from "./unlike-links.ts";
import { unlikeLinks } from "./unlike-links.ts";

/** A name of the file with that number; 0 stands for a file of its own. */
function named(inode: number): FileEntry {
  return { ...file(), inoLow: inode, nlink: inode === 0 ? 1 : 2 };
}

function pairs(inodes: readonly (readonly [source: number, target: number])[]): LinkPair[] {
  return inodes.map(([source, target], i) => ({
    path: path(`f${String(i).padStart(3, "0")}`),
    source: named(source),
    target: named(target),
  }));
}

test.each<[string, readonly (readonly [number, number])[], readonly string[]]>([
  [
    "the same groups",
    [
      [1, 9],
      [1, 9],
      [2, 8],
      [2, 8],
    ],
    [],
  ],
  [
    "apart in the target",
    [
      [1, 0],
      [1, 0],
      [1, 0],
    ],
    ["f001", "f002"],
  ],
  [
    "apart in the source",
    [
      [0, 5],
      [0, 5],
    ],
    ["f001"],
  ],
  [
    "another group",
    [
      [1, 9],
      [2, 8],
      [1, 8],
      [2, 9],
    ],
    ["f002", "f003"],
  ],
  [
    "further names elsewhere",
    [
      [1, 0],
      [0, 2],
    ],
    [],
  ],
])("%s", (_what, inodes, unlike) => {
  expect([...unlikeLinks(pairs(inodes))]).toEqual(unlike);
});

test("nothing is unlike exactly where every two names are together in both or in neither", () => {
  const inode = fc.nat(3);
  fc.assert(
    fc.property(fc.array(fc.tuple(inode, inode), { maxLength: 8 }), (inodes) => {
      const together = (a: number, b: number): boolean => a !== 0 && a === b;
      const isAlike = inodes.every(([s, t], i) =>
        inodes.slice(i + 1).every(([u, v]) => together(s, u) === together(t, v)),
      );
      expect(unlikeLinks(pairs(inodes)).size === 0).toBe(isAlike);
    }),
  );
});
