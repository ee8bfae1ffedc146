import { rmSync } from "node:fs";

import { describe, expect, test } from "vitest";

import { fingerprint, judge, walk } from "../support/judge.ts";
import { mountImage, mountMemory, remount } from "../support/mounts.ts";
import type { Place } from "../support/place.ts";
import { newPlace } from "../support/place.ts";
import { DRIVERS, leftovers, mirrorAndProve } from "../support/proof.ts";
import { tool } from "../support/python.ts";
import type { Result } from "../support/syncline.ts";
import { mirror, ofType, problemsOf, start, summaryOf } from "../support/syncline.ts";
import { RENAME, strace } from "../support/trace.ts";
import type { TreeEntry } from "../support/trees.ts";
import { files, makeTree, manyFiles } from "../support/trees.ts";

/** What is in the target is what the source has or what was there before; nothing is in between. */
function expectOldOrNew(place: Place, old: ReturnType<typeof walk>): void {
  const now = walk(place.target);
  const content = (seen: ReturnType<typeof walk>) =>
    new Map(seen.map(({ path, kind, sha256, target }) => [path, `${kind} ${sha256 ?? target}`]));
  const [before, wanted] = [content(old), content(walk(place.source))];
  const strange = [...content(now)].filter(
    ([path, value]) => value !== before.get(path) && value !== wanted.get(path),
  );
  expect(strange).toEqual([]);
  expect(leftovers(now)).toEqual([]);
}

/** Every problem says where, why, and something in words. What is still to be deleted may wait for better times. */
function expectExplained(result: Result, code: string): void {
  const problems = ofType(result, "problem");
  const codes = new Set(problems.map((problem) => problem["code"]));
  codes.delete("blocked");
  expect(codes).toEqual(new Set([code]));
  for (const { path, side, message } of problems) {
    expect([typeof path, side, String(message).length > 10]).toEqual(["string", "target", true]);
  }
}

describe.each(DRIVERS)("a full disk, $driver", ({ options, tolerance }) => {
  test("what fits arrives, what does not is a problem, and with room the next run ends it", async () => {
    using place = newPlace();
    mountMemory(place.target, "size=6m");
    const old: TreeEntry[] = [
      { path: "m/update", kind: "file", size: 1_000_000, fill: 9 },
      ...files({ "z/gone": "to be deleted", a: "old" }),
    ];
    makeTree(place.target, old);
    const before = walk(place.target);
    makeTree(
      place.source,
      [
        ...files({ a: "new", "z/small": "small" }),
        { path: "b/large-1", kind: "file", size: 3_000_000, fill: 1 },
        { path: "b/large-2", kind: "file", size: 3_000_000, fill: 2 },
        { path: "m/update", kind: "file", size: 3_000_000, fill: 3 },
        { path: "dir/empty", kind: "directory" },
      ].sort((one, other) => (one.path < other.path ? -1 : 1)) as TreeEntry[],
    );
    const line = ["--accept", "space", place.source, place.target];
    const full = await mirror(place, line, options);
    expect(full.code).toBe(3);
    expectExplained(full, "no-space");
    expectOldOrNew(place, before);
    const arrived = walk(place.target).map(({ path }) => path);
    expect(arrived).toEqual(expect.arrayContaining(["a", "z/small", "dir/empty", "m/update"]));
    remount(place.target, "size=64m");
    await mirrorAndProve(place, { options, tolerance });
  });

  test("no inode is left", async () => {
    using place = newPlace();
    mountMemory(place.target, "size=8m,nr_inodes=60");
    makeTree(place.source, [
      ...manyFiles(90, "x"),
      { path: "empty", kind: "directory" },
      { path: "link", kind: "symlink", target: "t".repeat(100) },
    ]);
    makeTree(place.target, files({ "d0/f1": "old" }));
    const before = walk(place.target);
    const full = await mirror(place, ["--accept", "space", place.source, place.target], options);
    expect(full.code).toBe(3);
    expectExplained(full, "no-space");
    expectOldOrNew(place, before);
    remount(place.target, "nr_inodes=1000");
    await mirrorAndProve(place, { options, tolerance });
  });
});

test("the space vanishes while the run is on", async () => {
  using place = newPlace();
  mountMemory(place.target, "size=12m");
  makeTree(
    place.source,
    Array.from({ length: 8 }, (_, n): TreeEntry => ({
      path: `f${n}`,
      kind: "file",
      size: 1_000_000,
      fill: n,
    })),
  );
  const running = start(place, ["mirror", "--json", place.source, place.target], {
    through: strace(RENAME, "delay_enter=150000"),
  });
  await running.until(/"type":"(plan|start)"/);
  makeTree(place.target, [{ path: "filler", kind: "file", size: 6_000_000, fill: 77 }]);
  const result = await running.done;
  expect(result.code).toBe(3);
  expectExplained(result, "no-space");
  rmSync(`${place.target}/filler`);
  expect(leftovers(walk(place.target))).toEqual([]);
  await mirrorAndProve(place);
});

test("a read-only target: the run fails, or every change is a problem; none is made", async () => {
  using place = newPlace();
  mountMemory(place.target, "size=8m");
  makeTree(place.source, manyFiles(20, "new"));
  makeTree(place.target, manyFiles(30, "old"));
  remount(place.target, "ro");
  const before = fingerprint(place.target);
  const result = await mirror(place, [place.source, place.target]);
  expect([1, 3]).toContain(result.code);
  expect(`${result.stdout}${result.stderr}`).toMatch(/read-only/i);
  expect(fingerprint(place.target) === before).toBe(true);
  // Nothing to write is nothing to fail at.
  remount(place.target, "rw");
  await mirrorAndProve(place);
  remount(place.target, "ro");
  const nothing = await mirror(place, [place.source, place.target]);
  expect(nothing.code).toBe(0);
});

test("the target becomes read-only while the run is on", async () => {
  using place = newPlace();
  mountMemory(place.target, "size=8m");
  makeTree(place.source, manyFiles(300, "new"));
  makeTree(place.target, manyFiles(200, "old"));
  const before = walk(place.target);
  const running = start(place, ["mirror", "--json", place.source, place.target], {
    through: strace(RENAME, "delay_enter=20000"),
  });
  await running.until(/"type":"plan"/);
  for (let done = false; !done;) {
    try {
      remount(place.target, "ro");
      done = true;
    } catch {
      // A file is open for writing just now.
    }
  }
  const result = await running.done;
  expect([1, 3]).toContain(result.code);
  remount(place.target, "rw");
  const strange = walk(place.target).filter(({ path }) => !path.includes(".syncline~"));
  expect(strange.length).toBeGreaterThanOrEqual(before.length - 1);
  await mirrorAndProve(place);
  expect(leftovers(walk(place.target))).toEqual([]);
});

test("immutable and append-only entries are problems of their own; all around them is done", async () => {
  using place = newPlace("disk");
  mountImage(place.target, "ext4", "24M");
  const tree = (content: string) =>
    files({
      "fixed-file": content,
      "fixed-dir/a": content,
      "fixed-dir/b/c": content,
      log: content,
    });
  makeTree(place.source, [...tree("new"), ...files({ "z/free": "new", "fixed-dir/new": "n" })]);
  rmSync(`${place.source}/fixed-dir/a`);
  makeTree(place.target, [...tree("older"), ...files({ "z/free": "older", "z/gone": "1" })]);
  tool("rmdir", [`${place.target}/lost+found`]);
  const fixed = ["fixed-file", "fixed-dir"].map((name) => `${place.target}/${name}`);
  tool("chattr", ["+i", ...fixed]);
  tool("chattr", ["+a", `${place.target}/log`]);
  const result = await mirror(place, [place.source, place.target]);
  expect(result.code).toBe(3);
  expectExplained(result, "not-permitted");
  expect(problemsOf(result).map((line) => line.split(" ")[0])).toEqual(
    expect.arrayContaining(["fixed-dir/a", "fixed-dir/new", "fixed-file", "log"]),
  );
  const content = (path: string) => tool("cat", [`${place.target}/${path}`]);
  expect(["z/free", "fixed-file", "fixed-dir/a", "fixed-dir/b/c", "log"].map(content)).toEqual([
    "new",
    "older",
    "older",
    "new",
    "older",
  ]);
  expect(walk(place.target).map(({ path }) => path)).not.toContain("z/gone");
  expect(leftovers(walk(place.target))).toEqual([]);
  expect(summaryOf(result)["problems"]).toBe(ofType(result, "problem").length);
  tool("chattr", ["-i", ...fixed]);
  tool("chattr", ["-a", `${place.target}/log`]);
  await mirrorAndProve(place);
});

test("a mount inside the target is not deleted, nor what is in it", async () => {
  using place = newPlace();
  makeTree(place.source, files({ a: "a" }));
  makeTree(place.target, files({ "gone/x": "x" }));
  mountMemory(`${place.target}/gone/mounted`, "size=1m");
  makeTree(`${place.target}/gone/mounted`, files({ precious: "other disk" }));
  const result = await mirror(place, ["--one-file-system", place.source, place.target]);
  expect([0, 3]).toContain(result.code);
  expect(tool("cat", [`${place.target}/gone/mounted/precious`])).toBe("other disk");
});

test("--one-file-system: a mount in the source is an empty directory that is left alone", async () => {
  using place = newPlace();
  makeTree(place.source, files({ a: "a", "d/b": "b" }));
  mountMemory(`${place.source}/d/mounted`, "size=1m");
  makeTree(`${place.source}/d/mounted`, files({ other: "other disk" }));
  makeTree(`${place.target}/d/mounted`, files({ own: "the target's own" }));
  const line = ["--one-file-system", place.source, place.target];
  const first = await mirror(place, line);
  const again = await mirror(place, line);
  expect([first.code, again.code]).toEqual([0, 0]);
  expect(walk(place.target).map(({ path }) => path)).toEqual([
    "",
    "a",
    "d",
    "d/b",
    "d/mounted",
    "d/mounted/own",
  ]);
  // Without the option, mounts are directories like any other.
  await mirrorAndProve(place);
  expect(judge(place.source, place.target)).toEqual([]);
});
