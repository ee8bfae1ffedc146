import { describe, expect, test } from "vitest";

import { judge, walk } from "../support/judge.ts";
import { newPlace } from "../support/place.ts";
import { leftovers, mirrorAndProve, planned, outcome, DRIVERS } from "../support/proof.ts";
import { countsOf, mirror, NOTHING_TO_DO } from "../support/syncline.ts";
import type { TreeEntry } from "../support/trees.ts";
import { makeTree, MOMENT } from "../support/trees.ts";

const KINDS = [
  "absent",
  "file",
  "empty-dir",
  "full-dir",
  "symlink",
  "fifo",
  "socket",
  "device",
  "hard-link",
] as const;
type Kind = (typeof KINDS)[number];

const NODES: readonly Kind[] = ["fifo", "socket", "device"];

/** One name of one kind; `age` makes the two sides differ where the kind is the same. */
function grow(path: string, kind: Kind, age: number): TreeEntry[] {
  const mtime = MOMENT + BigInt(age) * 1_000_000n;
  switch (kind) {
    case "absent":
      return [];
    case "file":
      return [{ path, kind: "file", content: `content ${age}`, mtime, mode: 0o600 + age }];
    case "empty-dir":
      return [{ path, kind: "directory", mtime, mode: 0o700 + age }];
    case "full-dir":
      return [
        { path, kind: "directory", mtime, mode: age === 1 ? 0o500 : 0o2750 },
        { path: `${path}/common`, kind: "file", content: `${age}` },
        { path: `${path}/only-${age}`, kind: "file", content: "x" },
        { path: `${path}/deep`, kind: "directory", mode: 0o555 },
        { path: `${path}/deep/er`, kind: "directory", mode: 0o500, mtime },
        { path: `${path}/deep/er/link`, kind: "symlink", target: `../../${age}` },
      ];
    case "symlink":
      return [{ path, kind: "symlink", target: `target-${age}`, mtime }];
    case "fifo":
      return [{ path, kind: "fifo", mtime, mode: 0o600 + age }];
    case "socket":
      return [{ path, kind: "socket", mtime, mode: 0o600 + age }];
    case "device":
      return [{ path, kind: "char", rdev: [1, 3 + age], mtime, mode: 0o600 + age }];
    case "hard-link":
      // The other name of the group stands before it, after it, and in another directory.
      return [
        { path, kind: "file", content: `linked ${age}`, mtime },
        { path: `${path}~after`, kind: "link", target: path },
        { path: `0-before/${path.replace("/", "-")}`, kind: "link", target: path },
      ];
  }
}

/** Every kind over every kind: a name for each pair, in one tree for each side. */
function pairs(kinds: readonly Kind[], prefix: string): { old: TreeEntry[]; now: TreeEntry[] } {
  const both = kinds.flatMap((from) => kinds.map((to): [Kind, Kind] => [from, to]));
  const tree = (age: number): TreeEntry[] => [
    { path: "0-before", kind: "directory" },
    ...(prefix === "" ? [] : [{ path: prefix.slice(0, -1), kind: "directory" } as const]),
    ...both.flatMap(([from, to]) => grow(`${prefix}${from} to ${to}`, age === 1 ? from : to, age)),
  ];
  return { old: tree(1), now: tree(2) };
}

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
