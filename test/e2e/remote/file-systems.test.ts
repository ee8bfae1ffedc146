/** A disk at the other end that keeps next to nothing: exFAT. */
import { writeFileSync } from "node:fs";

import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { fingerprint, walk } from "../../support/judge.ts";
import { mountExfat } from "../../support/mounts.ts";
import { done, outcome } from "../../support/proof.ts";
import { tool } from "../../support/python.ts";
import type { Scene, Way } from "../../support/remote.ts";
import { newScene, WAYS } from "../../support/remote.ts";
import type { Sshd } from "../../support/sshd.ts";
import { startSshd } from "../../support/sshd.ts";
import { countsOf, guardsOf, NOTHING_TO_DO, ofType } from "../../support/syncline.ts";
import type { TreeEntry } from "../../support/trees.ts";
import { files, makeTree, MOMENT } from "../../support/trees.ts";

let sshd: Sshd;

beforeAll(async () => {
  sshd = await startSshd();
});

afterAll(() => sshd[Symbol.asyncDispose]());

/** A scene with one end on such a disk. */
function exfatScene(way: Way, end: "source" | "target" = "target"): Scene {
  const scene = newScene(way, sshd);
  mountExfat(scene[end], "16M");
  return scene;
}

/** Names, sizes, times in whole seconds and content: all that such a disk keeps. */
function plain(root: string): unknown[] {
  return walk(root)
    .filter(({ path }) => path !== "")
    .map(({ path, kind, sha256, mtime }) => [path, kind, sha256, BigInt(mtime) / 2_000_000_000n]);
}

async function expectNothingToDo(scene: Scene): Promise<void> {
  const again = await scene.mirror();
  expect([again.code, countsOf(again), ofType(again, "action")]).toEqual([0, NOTHING_TO_DO, []]);
}

const PLAIN_TREE: readonly TreeEntry[] = [
  ...files({ "Documents/Letter.txt": "dear", "Documents/empty": "", "a b/c": "x" }),
  { path: "odd second", kind: "file", content: "1", mtime: MOMENT, mode: 0o640 },
  { path: "script", kind: "file", content: "#!", mtime: MOMENT + 1_500_000_000n, mode: 0o755 },
  { path: "other's", kind: "file", content: "x", uid: 12345, gid: 6 },
  { path: "unicode \u00c3\u00a9", kind: "file", content: "x" },
  { path: "Documents", kind: "directory", mtime: MOMENT },
];

describe.each([WAYS.push])("$name", (way) => {
  test("no modes, owners or fractions of a second; a second run plans nothing all the same", async () => {
    using scene = exfatScene(way);
    makeTree(scene.source, PLAIN_TREE);
    expect(outcome(await scene.mirror())).toEqual(done);
    expect(plain(scene.target)).toEqual(plain(scene.source));
    await expectNothingToDo(scene);
    writeFileSync(`${scene.source}/odd second`, "2");
    const update = await scene.mirror();
    expect([update.code, countsOf(update)]).toEqual([0, { ...NOTHING_TO_DO, updated: 1 }]);
    expect(plain(scene.target)).toEqual(plain(scene.source));
  });

  test("names, links and special files that it cannot keep are said, and all the rest arrives", async () => {
    using scene = exfatScene(way);
    makeTree(scene.source, [
      ...files({ a: "a", "d/b": "b", "what?": "2", "a:b": "3", "z\nz": "4", zz: "5" }),
      { path: "d/link", kind: "symlink", target: "b" },
      { path: "d/hard", kind: "link", target: "d/b" },
      { path: "fifo", kind: "fifo" },
    ]);
    const result = await scene.mirror();
    const troubled = ofType(result, "problem").map(
      ({ path, side }) => `${String(path)} ${String(side)}`,
    );
    const names = ["a:b", "what?", "z\nz"];
    expect([result.code, troubled.toSorted()]).toEqual([3, names.map((name) => `${name} target`)]);
    const said = ofType(result, "notice").map(({ message }) => String(message));
    expect(said).toContainEqual(`symbolic links cannot be kept on ${scene.to}; they are left out`);
    expect(walk(scene.target).map(({ path }) => path)).toEqual([
      "",
      "a",
      "d",
      "d/b",
      "d/hard",
      "zz",
    ]);
    expect(tool("cat", [`${scene.target}/a`, `${scene.target}/d/hard`])).toBe("ab");
  });
});

describe.each([WAYS.push, WAYS.sftpPush])("$name", (way) => {
  test("two names that would become one are a guard", async () => {
    using scene = exfatScene(way);
    makeTree(scene.source, files({ "d/Readme": "one", "d/README": "two", x: "x" }));
    makeTree(scene.target, files({ x: "old" }));
    const before = fingerprint(scene.target);
    const halted = await scene.mirror();
    expect([halted.code, guardsOf(halted)]).toEqual([5, ["folding"]]);
    expect(fingerprint(scene.target) === before).toBe(true);
    const accepted = await scene.mirror("--accept", "folding");
    expect([0, 3]).toContain(accepted.code);
    // One of the two is there, whole, and it stays the same one.
    const content = () => tool("sh", ["-c", 'cat "$0"/d/*', scene.target]);
    const first = content();
    expect(["one", "two"]).toContain(first);
    await scene.mirror("--accept", "folding");
    expect(content()).toBe(first);
  });
});

test("a name that only changes its case is a move there", async () => {
  using scene = exfatScene(WAYS.push);
  makeTree(scene.target, files({ "d/readme": "content", "OLD/x": "x", empty: "", edited: "old" }));
  makeTree(
    scene.source,
    files({ "d/README": "content", "old/x": "x", Empty: "", EDITED: "new", other: "" }),
  );
  // Not now: what is less than two seconds apart would be equal there, and may yet be rounded to two times.
  for (const root of [scene.target, scene.source])
    tool("find", [root, "-depth", "-exec", "touch", "-d", "@1600000000", "{}", "+"]);
  const result = await scene.mirror();
  expect(outcome(result)).toEqual(done);
  expect(countsOf(result)).toMatchObject({ created: 1, moved: 4, updated: 1, deleted: 0 });
  expect(plain(scene.target)).toEqual(plain(scene.source));
  await expectNothingToDo(scene);
});

test("as the source, what it does not know is not asked of the target", async () => {
  using scene = exfatScene(WAYS.pull, "source");
  makeTree(scene.source, files({ "Documents/Letter.txt": "dear", "a b/c": "x", empty: "" }));
  expect(outcome(await scene.mirror())).toEqual(done);
  expect(plain(scene.target)).toEqual(plain(scene.source));
  tool("chmod", ["-R", "u=rwX,go=", scene.target]);
  await expectNothingToDo(scene);
});
