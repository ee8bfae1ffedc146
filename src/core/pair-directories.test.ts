import { describe, expect, test } from "vitest";

import { directory, file, path } from "../../test/model/findings.ts";
import type { HeldTree } from "./held-tree.ts";
import { holdRows, newTree } from "./held-tree.ts";
import { pairDirectories, rebased } from "./pair-directories.ts";
import { baseName } from "./path.ts";
import { newChunk, pushFinding } from "./snapshot.ts";
import type { TreeCensus } from "./tree-census.ts";
import { takeCensus } from "./tree-census.ts";

/** A tree of files, by path below it, each with a content that stands for its size and time. */
function tree(top: string, files: Readonly<Record<string, number>>): TreeCensus {
  const chunk = newChunk(100);
  pushFinding(chunk, 0, baseName(path(top)), directory());
  const made = new Set<string>();
  for (const at of Object.keys(files).toSorted()) {
    const names = at.split("/");
    for (let depth = 1; depth < names.length; depth++) {
      const dir = names.slice(0, depth).join("/");
      if (!made.has(dir)) pushFinding(chunk, depth, names[depth - 1]!, directory());
      made.add(dir);
    }
    const content = files[at]!;
    pushFinding(chunk, names.length, names.at(-1)!, file({ size: content, mtimeSec: content }));
  }
  const out: HeldTree = newTree(path(top), 0);
  holdRows(out as ReturnType<typeof newTree>, chunk, 0, chunk.count);
  return takeCensus(out);
}

interface Circumstances {
  readonly former?: Readonly<Record<string, string>>;
  readonly settled?: readonly string[];
  readonly foldsCase?: boolean;
}

function paired(
  vanished: readonly TreeCensus[],
  appeared: readonly TreeCensus[],
  { former = {}, settled = [], foldsCase = false }: Circumstances = {},
): string[] {
  const pairs = pairDirectories({
    vanished,
    appeared,
    formerPath: (now) => (now.path in former ? path(former[now.path]!) : undefined),
    isSettled: (now) => settled.includes(now),
    foldsCase,
  });
  return pairs.map(({ old, now, isCertain }) => `${old.path} > ${now.path}${isCertain ? "!" : ""}`);
}

describe("a directory has moved", () => {
  test.each<[string, TreeCensus[], TreeCensus[], string[], (Circumstances | undefined)?]>([
    ["whole", [tree("a", { x: 1, "d/y": 2 })], [tree("b", { x: 1, "d/y": 2 })], ["a > b"]],
    [
      "though much in it is new",
      [tree("a", { x: 1, y: 2 })],
      [tree("b", { x: 1, y: 3, z: 4, t: 5 })],
      ["a > b"],
    ],
    [
      "out of one that stays behind",
      [tree("a", { "in/x": 1, "in/y": 2, p: 3, q: 4, r: 5 })],
      [tree("b", { x: 1, y: 2 })],
      ["a/in > b"],
    ],
    [
      "into one that is new",
      [tree("a", { x: 1, y: 2 })],
      [tree("n", { "m/a/x": 1, "m/a/y": 2, "m/t": 9 })],
      ["a > n/m/a"],
    ],
    [
      "two of them, swapped",
      [tree("a", { x: 1 }), tree("b", { x: 2 })],
      [tree("c", { x: 2 }), tree("d", { x: 1 })],
      ["b > c", "a > d"],
    ],
    [
      "by what is remembered, with nothing in it",
      [tree("a", {})],
      [tree("b", {})],
      ["a > b!"],
      { former: { b: "a" } },
    ],
    [
      "by what is remembered, against what it holds",
      [tree("a", { x: 1 }), tree("b", { x: 2 })],
      [tree("c", { x: 2 })],
      ["a > c!"],
      { former: { c: "a" } },
    ],
    [
      "by its name, where names fold",
      [tree("OLD", {})],
      [tree("old", {})],
      ["OLD > old"],
      { foldsCase: true },
    ],
  ])("%s", (_name, vanished, appeared, pairs, circumstances) => {
    expect(paired(vanished, appeared, circumstances)).toEqual(pairs);
  });

  test.each<[string, TreeCensus[], TreeCensus[], (Circumstances | undefined)?]>([
    ["that holds nothing", [tree("a", {})], [tree("b", {})]],
    ["of which only little came", [tree("a", { x: 1, y: 2, z: 3 })], [tree("b", { x: 1 })]],
    [
      "whose files look like too many others",
      [tree("a", { "1/x": 7, "2/x": 7, "3/x": 7, "4/x": 7, "5/x": 7 })],
      [tree("b", { x: 7 })],
    ],
    [
      "in which another one has arrived",
      [tree("a", { x: 1 })],
      [tree("b", { x: 1 })],
      { settled: ["b"] },
    ],
    [
      "that is remembered at another place",
      [tree("a", {})],
      [tree("b", {})],
      { former: { b: "elsewhere" } },
    ],
  ])("not one %s", (_name, vanished, appeared, circumstances) => {
    expect(paired(vanished, appeared, circumstances)).toEqual([]);
  });

  test("no pair lies inside another one", () => {
    const old = tree("a", { "in/x": 1, "in/y": 2 });
    expect(paired([old], [tree("b", { "in/x": 1, "in/y": 2 }), tree("c", { x: 1, y: 2 })])).toEqual(
      ["a > b"],
    );
    const former = { b: "a/in", c: "a" };
    expect(paired([old], [tree("b", {}), tree("c", {})], { former })).toEqual(["a/in > b!"]);
  });
});

test.each([
  ["a/b", "a", "c/d", "c/d/b"],
  ["a", "a", "c", "c"],
  ["ab", "a", "c", "ab"],
  ["b/a", "a", "c", "b/a"],
])("%s, when %s has moved to %s, is %s", (at, from, to, now) => {
  expect(rebased(path(at), path(from), path(to))).toBe(now);
});
