import { chmodSync } from "node:fs";

import { describe, expect, test } from "vitest";

import { judge, walk } from "../support/judge.ts";
import type { Place } from "../support/place.ts";
import { newPlace, ORDINARY_USER } from "../support/place.ts";
import { DRIVERS, leftovers, mirrorAndProve, planned } from "../support/proof.ts";
import { tool } from "../support/python.ts";
import { mirror, NOTHING_TO_DO, ofType, problemsOf } from "../support/syncline.ts";
import type { TreeEntry } from "../support/trees.ts";
import { everything, files, makeTree, MOMENT } from "../support/trees.ts";

/** What the user can read of everything. */
function readable(entries: readonly TreeEntry[]): TreeEntry[] {
  const unreadable = (path: string) =>
    /^modes\/[fd]0$|^modes\/[fd]200$|^modes\/[fd]1000$/.test(path);
  return entries.filter(({ path }) => !unreadable(path));
}

/** A tree that belongs to the user. */
function give(root: string, entries: readonly TreeEntry[]): void {
  makeTree(root, entries, ORDINARY_USER);
}

describe.each(DRIVERS)("$driver", ({ driver, options: driverOptions, tolerance }) => {
  const options = { ...driverOptions, asUser: true };
  const nodes = /special|fifo/;

  test("the user's own tree is mirrored exactly, and a second run plans nothing", async () => {
    using place = newPlace();
    const tree = readable(everything(100)).filter(
      ({ path }) => driver === "libc" || !nodes.test(path),
    );
    give(place.source, tree);
    await mirrorAndProve(place, { options, tolerance });
    expect(new Set(walk(place.target).map(({ uid }) => uid))).toEqual(new Set([ORDINARY_USER]));
  });

  test("directories that their owner may not write are changed all the same, and left as they should be", async () => {
    using place = newPlace();
    const closed = (n: number): TreeEntry[] => [
      { path: "c", kind: "directory" },
      { path: "c/d", kind: "directory" },
      ...files({ "c/d/changes": `${n}`.repeat(n), [`c/d/only-${n}`]: "x", [`c/d/e-${n}/f`]: "x" }),
      {
        path: "c/d/becomes",
        ...(n === 1 ? { kind: "directory" } : { kind: "file", content: "2" }),
      },
      { path: "c/d/mode", kind: "file", content: "same", mtime: MOMENT, mode: 0o400 + n },
      { path: "c/d", kind: "directory", mode: 0o500, mtime: MOMENT },
      { path: "c", kind: "directory", mode: 0o555, mtime: MOMENT },
      { path: "", kind: "directory", mode: 0o500, mtime: MOMENT },
    ];
    give(place.target, closed(1));
    give(place.source, closed(2));
    await mirrorAndProve(place, { options, tolerance });
    expect(leftovers(walk(place.target))).toEqual([]);
  });

  test("whole directories without write permission are deleted", async () => {
    using place = newPlace();
    give(place.source, files({ a: "a" }));
    give(place.target, [
      ...files({ a: "a", "gone/deep/er/x": "x", "gone/y": "y" }),
      { path: "gone/deep/er", kind: "directory", mode: 0o500 },
      { path: "gone/deep", kind: "directory", mode: 0o555 },
      { path: "gone", kind: "directory", mode: 0o500 },
    ]);
    await mirrorAndProve(place, { options, tolerance });
  });

  test("what cannot be read is a problem, and is never taken for deleted", async () => {
    using place = newPlace();
    give(
      place.source,
      files({ "closed/in/x": "new", secret: "new secret", open: "new", "list/x": "new" }),
    );
    give(place.target, [
      ...files({
        "closed/in/x": "old",
        "closed/in/own": "old",
        "closed/own": "old",
        secret: "old",
      }),
      ...files({ open: "old", gone: "old", "list/x": "old", "list/own": "old" }),
    ]);
    chmodSync(`${place.source}/closed`, 0o000);
    chmodSync(`${place.source}/secret`, 0o000);
    // Names can be listed but not looked at.
    chmodSync(`${place.source}/list`, 0o400);
    const below = (path: string) => /^closed\/|^list\/x|^secret/.test(path);
    const before = walk(place.target).filter(({ path }) => below(path));
    const result = await mirror(place, [place.source, place.target], options);
    expect([result.code, problemsOf(result).map((line) => line.split(" ")[1])]).toEqual([
      3,
      expect.arrayContaining(["unreadable"]),
    ]);
    expect(problemsOf(result).map((line) => line.split(" ")[0])).toEqual(
      expect.arrayContaining(["closed", "secret"]),
    );
    const after = walk(place.target);
    expect(after.filter(({ path }) => below(path))).toEqual(before);
    expect(after.map(({ path }) => path)).not.toContain("gone");
    expect(tool("cat", [`${place.target}/open`])).toBe("new");
    // The target has the directory's mode by now, so it must be opened there as well.
    tool("chmod", ["-R", "u+rwX", place.source, place.target]);
    await mirrorAndProve(place, { options, tolerance });
  });

  test("what cannot be read on the target is a problem too, and is left alone", async () => {
    using place = newPlace();
    give(place.source, files({ "d/a": "new", b: "new" }));
    give(place.target, files({ b: "old", "d/a": "old" }));
    // Not the user's own: permission cannot be taken either.
    makeTree(place.target, [
      { path: "theirs", kind: "directory", mode: 0o700 },
      { path: "theirs/x", kind: "file", content: "root's" },
    ]);
    const result = await mirror(place, [place.source, place.target], options);
    expect([result.code, problemsOf(result).map((line) => line.split(" ")[0])]).toEqual([
      3,
      ["theirs"],
    ]);
    expect(tool("cat", [`${place.target}/theirs/x`])).toBe("root's");
    expect(tool("cat", [`${place.target}/d/a`, `${place.target}/b`])).toBe("newnew");
  });

  test("others' files arrive as the user's own, without a word, and stay in sync", async () => {
    using place = newPlace();
    makeTree(place.source, [
      { path: "", kind: "directory", mode: 0o755, mtime: MOMENT },
      { path: "theirs", kind: "file", content: "x", uid: 3, gid: 4, mode: 0o644, mtime: MOMENT },
      { path: "set", kind: "file", content: "x", uid: 3, mode: 0o755, mtime: MOMENT },
      { path: "dir", kind: "directory", uid: 3, gid: 4, mode: 0o755, mtime: MOMENT },
      { path: "device", kind: "char", rdev: [1, 3] },
      { path: "trusted", kind: "file", xattrs: { "trusted.x": "1" }, mtime: MOMENT },
    ]);
    const line = [place.source, place.target];
    const result = await mirror(place, line, options);
    expect([result.code, problemsOf(result)]).toEqual([0, []]);
    expect(walk(place.target).map(({ path, uid }) => [path, uid])).toEqual(
      ["", "dir", "set", "theirs", "trusted"].map((path) => [path, ORDINARY_USER]),
    );
    expect(await planned(place, line, options)).toEqual({ ...NOTHING_TO_DO, actions: [], code: 0 });
  });

  test("owners asked for by name are problems where they cannot be given", async () => {
    using place = newPlace();
    makeTree(place.source, [{ path: "theirs", kind: "file", content: "x", uid: 3, gid: 4 }]);
    const line = ["--preserve", "owner,group", place.source, place.target];
    const result = await mirror(place, line, options);
    expect([result.code, ofType(result, "problem").length > 0]).toEqual([3, true]);
    expect(tool("cat", [`${place.target}/theirs`])).toBe("x");
  });

  test("a target directory that is somebody else's", async () => {
    using place = newPlace();
    give(place.source, files({ a: "a" }));
    makeTree(place.target, [{ path: "", kind: "directory", mode: 0o755 }, ...files({ b: "b" })]);
    const result = await mirror(place, [place.source, place.target], options);
    expect([1, 3]).toContain(result.code);
    expect(`${result.stdout}${result.stderr}`).toMatch(/permi|denied|allowed|may not/i);
    expect(walk(place.target).map(({ path }) => path)).toEqual(["", "b"]);
  });

  test("a source that cannot be read at all deletes nothing", async () => {
    using place = newPlace();
    makeTree(place.source, [...files({ a: "a" }), { path: "", kind: "directory", mode: 0o700 }]);
    give(place.target, files({ b: "b" }));
    const result = await mirror(place, [place.source, place.target], options);
    expect([1, 3, 5]).toContain(result.code);
    expect(walk(place.target).map(({ path }) => path)).toEqual(["", "b"]);
    const beneath = await mirror(place, [place.path("source/a/b"), place.target], options);
    expect(beneath.code).not.toBe(0);
  });
});

test("set-id bits survive, and never stand with an owner they were not given for", async () => {
  using place = newPlace();
  makeTree(place.source, [
    { path: "theirs", kind: "file", content: "x", uid: 3, gid: 4, mode: 0o6755, mtime: MOMENT },
    { path: "own", kind: "file", content: "x", uid: ORDINARY_USER, mode: 0o4755, mtime: MOMENT },
  ]);
  const result = await mirror(place, [place.source, place.target], { asUser: true });
  expect(result.code).toBe(0);
  const modes = (place: Place) => walk(place.target).map(({ path, mode }) => [path, mode & 0o6000]);
  // A program that runs as its owner must not come to run as whoever copied it.
  expect(modes(place).slice(1)).toEqual([
    ["own", 0o4000],
    ["theirs", 0],
  ]);
  expect(judge(place.source, place.target, { except: ["owner", "mode", "times"] })).toEqual([]);
});
