import { mkdirSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import path from "node:path";

import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { fingerprint, judge, walk } from "../../support/judge.ts";
import { mountMemory, unmount } from "../../support/mounts.ts";
import { noise } from "../../support/noise.ts";
import { done, leftovers, outcome } from "../../support/proof.ts";
import type { Scene } from "../../support/remote.ts";
import { newScene, WAYS } from "../../support/remote.ts";
import type { Sshd } from "../../support/sshd.ts";
import { startSshd } from "../../support/sshd.ts";
import { countsOf, guardsOf, mirror, ofType, start, summaryOf } from "../../support/syncline.ts";
import { files, makeTree, manyFiles, MOMENT } from "../../support/trees.ts";

let sshd: Sshd;
/** Long past. */
const early = new Date(1_600_000_000_000);

beforeAll(async () => {
  sshd = await startSshd({ sharesLogin: true });
});

afterAll(() => sshd[Symbol.asyncDispose]());

/** Runs, and proves that the guard tripped, said all it should, and that nothing was changed. */
async function halts(scene: Scene, guard: string, ...line: string[]): Promise<void> {
  const before = fingerprint(scene.target);
  const halted = await mirror(
    scene,
    line.length > 0 ? line : [scene.from, scene.to],
    scene.options,
  );
  expect([halted.code, guardsOf(halted)]).toEqual([5, [guard]]);
  expect(ofType(halted, "guard")[0]).toMatchObject({
    saw: expect.stringMatching(/\w/),
    would: expect.stringMatching(/\w/),
    advice: expect.stringMatching(/\w/),
    accepted: false,
  });
  expect(fingerprint(scene.target) === before).toBe(true);
}

describe.each([WAYS.push, WAYS.pull, WAYS.sftpPush, WAYS.sftpPull])("$name", (way) => {
  test("a source that is missing or empty, and too many deletions", async () => {
    using scene = newScene(way, sshd);
    // So few that their deletion alone is no reason to halt.
    makeTree(scene.target, manyFiles(5, "x"));
    await halts(scene, "missing-source");
    makeTree(scene.source, []);
    await halts(scene, "empty-source");
    makeTree(scene.source, files({ a: "a" }));
    rmSync(scene.target, { recursive: true });
    makeTree(scene.target, manyFiles(30, "x"));
    await halts(scene, "deletes");
    await scene.prove("--accept", "deletes");
  });
});

describe.each([WAYS.push, WAYS.pull])("$name", (way) => {
  test("a disk that is not mounted any more, or too small", async () => {
    using scene = newScene(way, sshd);
    mountMemory(scene.source, "size=8m");
    makeTree(scene.source, [
      ...files({ a: "a", "b/c": "c" }),
      { path: "large", kind: "file", size: 6_000_000, fill: 1 },
    ]);
    mountMemory(scene.target, "size=4m");
    await halts(scene, "space");
    unmount(scene.target);
    rmSync(scene.target, { recursive: true });
    await scene.prove();
    unmount(scene.source);
    makeTree(scene.source, files({ a: "a", "b/other": "c" }));
    await halts(scene, "identity");
  });
});

test("places that are the same or hold one another are seen, however they are reached", async () => {
  using scene = newScene(WAYS.push, sshd);
  makeTree(scene.source, files({ a: "a", "inner/b": "b" }));
  makeTree(scene.target, []);
  mkdirSync(scene.path("link-to"));
  makeTree(scene.dir, [{ path: "link", kind: "symlink", target: "source" }]);
  const there = (name: string) => `here:${scene.path(name)}`;
  await halts(scene, "same", scene.source, there("link"));
  await halts(scene, "same", there("source"), scene.source);
  await halts(scene, "same", there("source"), `ssh://root@here${scene.path("link")}`);
  await halts(scene, "nested", scene.source, there("source/inner"));
  await halts(scene, "nested", there("source/inner"), there("source"));
  await halts(scene, "nested", scene.source, there("source/inner/new"));
  await halts(scene, "same", `sftp://here${scene.source}`, `sftp://here${scene.path("link")}`);
  expect(walk(scene.source).map(({ path }) => path)).toEqual(["", "a", "inner", "inner/b"]);
});

test("a target in use is not touched by a second run, nor by one from there; a killed one frees it", async () => {
  using scene = newScene(WAYS.push, sshd);
  mkdirSync(scene.source);
  // In more than one pack, however well it is compressed.
  writeFileSync(path.join(scene.source, "large"), noise(6_000_000, 1));
  utimesSync(path.join(scene.source, "large"), early, early);
  makeTree(scene.path("other"), files({ a: "a" }));
  makeTree(scene.target, []);
  const line = ["mirror", "--json", "--bwlimit", "500K", scene.from, scene.to];
  const first = start(scene, line, scene.options);
  await first.until(/"phase":"apply"|"type":"plan"/);
  const runs = await Promise.all([
    scene.mirror(),
    mirror(scene, [scene.path("other"), `ssh://root@here${scene.target}`], scene.options),
    mirror(scene, [scene.path("other"), scene.target]),
  ]);
  expect(runs.map(({ code }) => code)).toEqual([6, 6, 6]);
  expect(runs[0].stderr).toContain(String(first.child.pid));
  expect(summaryOf(runs[0])["exitCode"]).toBe(6);
  first.child.kill("SIGKILL");
  await first.done;
  await scene.prove();
  expect(leftovers(walk(scene.target))).toEqual([]);
});

test("of several targets each is done, or not, for itself", async () => {
  using scene = newScene(WAYS.push, sshd);
  makeTree(scene.source, manyFiles(60, "x"));
  makeTree(scene.path("guarded"), manyFiles(900, "x"));
  const there = (name: string) => `here:${scene.path(name)}`;
  const gone = `nowhere:${scene.path("gone")}`;
  const targets = [gone, there("t1"), scene.path("t2"), `sftp://here${scene.path("t3")}`];
  const all = [...targets, there("guarded")];
  const result = await mirror(scene, [scene.source, ...all], scene.options);
  expect(result.code).toBe(5);
  const codes = ofType(result, "summary").map(({ target, exitCode }) => [target, exitCode]);
  expect(new Map(codes as [string, number][])).toEqual(
    new Map(all.map((target, n) => [target, [10, 0, 0, 0, 5][n]!])),
  );
  for (const name of ["t1", "t2", "t3"]) {
    const tolerance = name === "t3" ? { timesTo: 1_000_000_000n } : {};
    expect(judge(scene.source, scene.path(name), tolerance)).toEqual([]);
  }
  const again = await mirror(scene, [scene.source, ...targets], scene.options);
  expect(again.code).toBe(10);
  const unreachable = await mirror(scene, [gone, there("t1"), scene.path("t2")], scene.options);
  expect(unreachable.code).toBe(10);
  expect(judge(scene.source, scene.path("t1"))).toEqual([]);
  // What comes from there goes to several places as well.
  const back = await mirror(
    scene,
    [there("t1"), scene.path("t4"), `ssh://root@here${scene.path("t5")}`, there("t6")],
    scene.options,
  );
  expect(outcome(back)).toEqual(done);
  for (const name of ["t4", "t5", "t6"]) {
    expect(judge(scene.source, scene.path(name))).toEqual([]);
  }
});

test("a single file goes to its new place, or into a directory, and comes from there", async () => {
  using scene = newScene(WAYS.push, sshd);
  makeTree(scene.dir, [
    { path: "file", kind: "file", content: "content", mtime: MOMENT, mode: 0o640 },
    { path: "dir", kind: "directory" },
    ...files({ "dir/bystander": "stays" }),
  ]);
  const there = (name: string) => `here:${scene.path(name)}`;
  const run = (from: string, to: string) => mirror(scene, [from, to], scene.options);
  const runs = [
    await run(scene.path("file"), there("new/copy")),
    await run(scene.path("file"), there("dir")),
    await run(there("file"), scene.path("pulled")),
    await run(there("file"), there("beside")),
    await run(scene.path("file"), `sftp://here${scene.path("by-sftp")}`),
    await run(`sftp://here${scene.path("file")}`, scene.path("dir/from-sftp")),
  ];
  expect(runs.map(outcome)).toEqual(runs.map(() => done));
  const seen = walk(scene.dir).filter(
    ({ kind, path }) => kind === "file" && !path.startsWith("home"),
  );
  expect(seen.map(({ path, mode, size }) => [path, mode, size])).toEqual([
    ["beside", 0o640, 7],
    ["by-sftp", 0o640, 7],
    ["dir/bystander", 0o644, 5],
    ["dir/file", 0o640, 7],
    ["dir/from-sftp", 0o640, 7],
    ["file", 0o640, 7],
    ["new/copy", 0o640, 7],
    ["pulled", 0o640, 7],
  ]);
  const again = await run(scene.path("file"), there("dir"));
  expect([countsOf(again)["updated"], countsOf(again)["created"]]).toEqual([0, 0]);
});
