/** Disks at the other end that are full, small, read-only, or hold what cannot be changed. */
import { rmSync, statSync, utimesSync, writeFileSync } from "node:fs";

import { afterAll, beforeAll, describe, expect, test } from "vitest";

import type { Seen } from "../../support/judge.ts";
import { fingerprint, judge, walk } from "../../support/judge.ts";
import { mountMemory, remount } from "../../support/mounts.ts";
import { noise } from "../../support/noise.ts";
import { leftovers } from "../../support/proof.ts";
import { tool } from "../../support/python.ts";
import type { Scene } from "../../support/remote.ts";
import { newScene, WAYS } from "../../support/remote.ts";
import type { Sshd } from "../../support/sshd.ts";
import { startSshd } from "../../support/sshd.ts";
import type { Result } from "../../support/syncline.ts";
import { countsOf, NOTHING_TO_DO, ofType, problemsOf, start } from "../../support/syncline.ts";
import type { TreeEntry } from "../../support/trees.ts";
import { files, makeTree, manyFiles } from "../../support/trees.ts";

let sshd: Sshd;

beforeAll(async () => {
  sshd = await startSshd();
});

afterAll(() => sshd[Symbol.asyncDispose]());

/** What is in the target is what the source has or what was there before, and nothing is missing of the latter. */
function expectOldOrNew({ source, target }: Scene, old: readonly Seen[]): void {
  const now = walk(target);
  const content = (seen: readonly Seen[]) =>
    new Map(seen.map(({ path, kind, sha256, target: to }) => [path, `${kind} ${sha256 ?? to}`]));
  const [before, wanted, found] = [content(old), content(walk(source)), content(now)];
  const strange = [...found].filter(
    ([path, value]) => value !== before.get(path) && value !== wanted.get(path),
  );
  expect(strange).toEqual([]);
  expect([...before.keys()].filter((path) => !found.has(path))).toEqual([]);
  expect(leftovers(now)).toEqual([]);
}

/** Every problem says where, why, and something in words. What is still to be deleted waits for better times. */
function expectExplained(result: Result, code: string, words: RegExp): void {
  const problems = ofType(result, "problem").filter((problem) => problem["code"] !== "blocked");
  for (const problem of problems) {
    expect(problem).toMatchObject({ code, side: "target", message: expect.stringMatching(words) });
  }
  expect(problems.length).toBeGreaterThan(0);
}

function large(path: string, size: number, seed: number, root: string): void {
  writeFileSync(`${root}/${path}`, noise(size, seed));
  utimesSync(`${root}/${path}`, 1.6e9, 1.6e9);
}

describe.each([WAYS.push, WAYS.pull, WAYS.sftpPush])("$name", (way) => {
  test("a full disk: what fits arrives, nothing is deleted, and with room the next run ends it", async () => {
    using scene = newScene(way, sshd);
    mountMemory(scene.target, "size=2m");
    const old: TreeEntry[] = [
      { path: "m/update", kind: "file", size: 300_000, fill: 9 },
      ...files({ "z/gone": "to be deleted", a: "old one" }),
    ];
    makeTree(scene.target, old);
    const before = walk(scene.target);
    makeTree(scene.source, files({ a: "new", "b/small": "", "z/small": "small", "dir/empty": "" }));
    for (const [n, name] of ["b/large-1", "b/large-2"].entries())
      large(name, 1_200_000, n, scene.source);
    makeTree(scene.source, [{ path: "m", kind: "directory" }]);
    large("m/update", 1_300_000, 3, scene.source);
    const full = await scene.mirror("--accept", "space");
    expect(full.code).toBe(3);
    expectExplained(full, "no-space", /no space is left/);
    expectOldOrNew(scene, before);
    const arrived = walk(scene.target).map(({ path }) => path);
    expect(arrived).toEqual(expect.arrayContaining(["b", "dir", "m/update", "z/gone"]));
    expect(full.stderr).toContain("no space is left on the target");
    remount(scene.target, "size=64m");
    await scene.prove();
  });
});

test.each([WAYS.sftpPush])("no inode is left: $name", async (way) => {
  using scene = newScene(way, sshd);
  mountMemory(scene.target, "size=8m,nr_inodes=40");
  makeTree(scene.source, [
    ...manyFiles(60, "x"),
    { path: "empty", kind: "directory" },
    { path: "link", kind: "symlink", target: "t".repeat(100) },
  ]);
  makeTree(scene.target, files({ "d0/f1": "old", gone: "x" }));
  const before = walk(scene.target);
  const full = await scene.mirror("--accept", "space");
  expect(full.code).toBe(3);
  expectExplained(full, "no-space", /no space is left/);
  expectOldOrNew(scene, before);
  remount(scene.target, "nr_inodes=1000");
  await scene.prove();
});

test.each([WAYS.push])("the space vanishes while the run is on: $name", async (way) => {
  using scene = newScene(way, sshd);
  mountMemory(scene.target, "size=3m");
  makeTree(scene.source, files({ "z/last": "x" }));
  for (const n of [0, 1, 2]) large(`f${n}`, 400_000, n, scene.source);
  const line = ["mirror", "--json", "--bwlimit", "1M", scene.from, scene.to];
  const running = start(scene, line, scene.options);
  await running.until(/"type":"plan"/);
  // A server for SFTP says only that it failed; then what is free is looked at, and a little may be.
  writeFileSync(`${scene.target}/filler`, noise(2_900_000, 7));
  const result = await running.done;
  expect(result.code).toBe(3);
  expectExplained(result, "no-space", /no space is left/);
  expect(leftovers(walk(scene.target))).toEqual([]);
  rmSync(`${scene.target}/filler`);
  await scene.prove();
});

describe.each([WAYS.push, WAYS.sftpPush])("$name", (way) => {
  test("a read-only target: every change is a problem or the run fails, none is made, and it is said plainly", async () => {
    using scene = newScene(way, sshd);
    mountMemory(scene.target, "size=8m");
    makeTree(scene.source, manyFiles(12, "newer"));
    makeTree(scene.target, manyFiles(18, "old"));
    remount(scene.target, "ro");
    const before = fingerprint(scene.target);
    const result = await scene.mirror();
    expect(result.code).toBe(3);
    expectExplained(result, "read-only", /mounted read-only/);
    const missing = await scene.run("mirror", scene.from, `${scene.to}/new/place`);
    expect([missing.code, missing.stderr]).toEqual([
      1,
      expect.stringMatching(/it cannot be made: .*mounted read-only/),
    ]);
    expect(fingerprint(scene.target) === before).toBe(true);
    // Nothing to write is nothing to fail at.
    remount(scene.target, "rw");
    expect((await scene.mirror()).code).toBe(0);
    remount(scene.target, "ro");
    const nothing = await scene.mirror();
    expect([nothing.code, countsOf(nothing)]).toEqual([0, NOTHING_TO_DO]);
  });
});

test("immutable and append-only entries are problems of their own; all around them is done", async () => {
  using scene = newScene(WAYS.push, sshd);
  const tree = (content: string) =>
    files({
      "fixed-file": content,
      "fixed-dir/a": content,
      "fixed-dir/b/c": content,
      log: content,
    });
  makeTree(scene.source, [...tree("new"), ...files({ "z/free": "new", "fixed-dir/new": "n" })]);
  rmSync(`${scene.source}/fixed-dir/a`);
  makeTree(scene.target, [...tree("older"), ...files({ "z/free": "older", "z/gone": "1" })]);
  const fixed = ["fixed-file", "fixed-dir"].map((name) => `${scene.target}/${name}`);
  tool("chattr", ["+i", ...fixed]);
  tool("chattr", ["+a", `${scene.target}/log`]);
  const result = await scene.mirror();
  expect(result.code).toBe(3);
  expectExplained(result, "not-permitted", /does not permit/);
  expect(problemsOf(result).map((line) => line.split(" ")[0])).toEqual(
    expect.arrayContaining(["fixed-dir/a", "fixed-dir/new", "fixed-file", "log"]),
  );
  const content = (path: string) => tool("cat", [`${scene.target}/${path}`]);
  expect(["z/free", "fixed-file", "fixed-dir/a", "fixed-dir/b/c", "log"].map(content)).toEqual([
    "new",
    "older",
    "older",
    "new",
    "older",
  ]);
  expect(walk(scene.target).map(({ path }) => path)).not.toContain("z/gone");
  tool("chattr", ["-i", ...fixed]);
  tool("chattr", ["-a", `${scene.target}/log`]);
  await scene.prove();
});

describe.each([WAYS.push, WAYS.sftpPull])("$name", (way) => {
  test("--one-file-system: mounts are left alone at either end", async () => {
    using scene = newScene(way, sshd);
    makeTree(scene.source, files({ a: "a", "d/b": "b" }));
    makeTree(scene.target, files({ "d/mounted/own": "the target's own", "gone/x": "x" }));
    mountMemory(`${scene.source}/d/mounted`, "size=1m");
    makeTree(`${scene.source}/d/mounted`, files({ other: "other disk" }));
    mountMemory(`${scene.target}/gone/mounted`, "size=1m");
    makeTree(`${scene.target}/gone/mounted`, files({ precious: "other disk" }));
    const first = await scene.mirror("--one-file-system");
    expect([0, 3]).toContain(first.code);
    expect(tool("cat", [`${scene.target}/gone/mounted/precious`])).toBe("other disk");
    expect(tool("cat", [`${scene.target}/d/mounted/own`])).toBe("the target's own");
    expect(statSync(`${scene.target}/d/b`).size).toBe(1);
    // Without the option, mounts are directories like any other.
    tool("umount", [`${scene.target}/gone/mounted`]);
    await scene.mirror();
    expect(judge(scene.source, scene.target, scene.tolerance)).toEqual([]);
  });
});
