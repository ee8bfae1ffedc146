import { describe, expect, test } from "vitest";

import { judge, walk } from "../support/judge.ts";
import { grow, KINDS, NODES, pairs } from "../support/kind-pairs.ts";
import { newPlace } from "../support/place.ts";
import { leftovers, mirrorAndProve, planned, outcome, DRIVERS } from "../support/proof.ts";
import { countsOf, mirror, NOTHING_TO_DO } from "../support/syncline.ts";
import type { TreeEntry } from "../support/trees.ts";
import { makeTree, MOMENT } from "../support/trees.ts";

describe.each(DRIVERS)("$driver", ({ driver, options, tolerance }) => {
  const kinds = KINDS.filter((kind) => driver === "libc" || !NODES.includes(kind));

  test.each(["", "inner/"])("every kind replaces every kind, in %j", async (prefix) => {
    using place = newPlace();
    const { old, now } = pairs(kinds, prefix);
    makeTree(place.target, old);
    makeTree(place.source, now);
    await mirrorAndProve(place, { args: ["--max-delete", "100%"], options, tolerance });
    expect(leftovers(walk(place.target))).toEqual([]);
  });

  test("every kind replaces every kind in directories that are not writable", async () => {
    using place = newPlace();
    const { old, now } = pairs(kinds, "closed/");
    const close: TreeEntry = { path: "closed", kind: "directory", mode: 0o500, mtime: MOMENT };
    makeTree(place.target, [...old, close]);
    makeTree(place.source, [...now, close]);
    await mirrorAndProve(place, { args: ["--max-delete", "100%"], options, tolerance });
  });
});

test("the same without asking for hard links, and by content", async () => {
  using place = newPlace();
  const { old, now } = pairs(KINDS, "");
  makeTree(place.target, old);
  makeTree(place.source, now);
  const line = [
    "--no-preserve",
    "hardlinks",
    "--compare",
    "content",
    "--max-delete",
    "100%",
    place.source,
    place.target,
  ];
  expect(outcome(await mirror(place, line))).toEqual({ code: 0, problems: [], stderr: "" });
  const tolerance = { except: ["groups"] as const };
  expect(judge(place.source, place.target, tolerance)).toEqual([]);
  expect(await planned(place, line)).toEqual({ ...NOTHING_TO_DO, actions: [], code: 0 });
});

test("a replacement is counted and named as what it is", async () => {
  using place = newPlace();
  makeTree(place.target, [...grow("to-file", "symlink", 1), ...grow("to-dir", "file", 1)]);
  makeTree(place.source, [...grow("to-file", "file", 2), ...grow("to-dir", "empty-dir", 2)]);
  const result = await mirror(place, [place.source, place.target]);
  const { created, updated, deleted } = countsOf(result);
  // A name that changes its kind is one update, or one delete and one create; it never counts for nothing.
  expect([
    [0, 2, 0],
    [2, 0, 2],
    [1, 1, 1],
  ]).toContainEqual([created, updated, deleted]);
});
