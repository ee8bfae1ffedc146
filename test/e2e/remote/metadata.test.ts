/** Links of both kinds, times, holes and comparisons, between hosts. */
import { linkSync, lstatSync, rmSync, writeFileSync } from "node:fs";

import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { fingerprint, judge, walk } from "../../support/judge.ts";
import { KINDS, pairs } from "../../support/kind-pairs.ts";
import { done, outcome } from "../../support/proof.ts";
import { tool } from "../../support/python.ts";
import type { Scene } from "../../support/remote.ts";
import { newScene, WAYS } from "../../support/remote.ts";
import type { Sshd } from "../../support/sshd.ts";
import { startSshd } from "../../support/sshd.ts";
import { countsOf, NOTHING_TO_DO, ofType, problemsOf, summaryOf } from "../../support/syncline.ts";
import type { TreeEntry } from "../../support/trees.ts";
import { files, makeTree, MOMENT } from "../../support/trees.ts";

let sshd: Sshd;

beforeAll(async () => {
  sshd = await startSshd();
});

afterAll(() => sshd[Symbol.asyncDispose]());

const hard = (path: string, target: string): TreeEntry => ({ path, kind: "link", target });
const soft = (path: string, target: string): TreeEntry => ({ path, kind: "symlink", target });
const MIB = 1 << 20;

async function isMade(scene: Scene, ...args: string[]): Promise<void> {
  expect(outcome(await scene.mirror(...args))).toEqual(done);
  expect(judge(scene.source, scene.target, scene.tolerance)).toEqual([]);
}

/** Has nothing to do, by these options. */
async function isDone(scene: Scene, ...args: string[]): Promise<void> {
  const again = await scene.mirror(...args);
  expect([again.code, countsOf(again), ofType(again, "action")]).toEqual([0, NOTHING_TO_DO, []]);
}

describe.each([WAYS.push, WAYS.pull])("$name", (way) => {
  test("hard links are broken and joined as the source has them, and nobody else's content is touched", async () => {
    using scene = newScene(way, sshd);
    makeTree(scene.source, [
      ...files({ "a/one": "group", "a/two": "group", "a/three": "was alone", "b/x": "x", k: "k" }),
      hard("b/one", "a/one"),
      hard("b/three", "a/three"),
      hard("b/y", "b/x"),
      ...files({ excess: "new one", "excess-b": "old" }),
    ]);
    makeTree(scene.target, [
      ...files({ excess: "old", "gone/d": "x" }),
      hard("excess-b", "excess"),
      hard("gone/e", "excess"),
    ]);
    // A name outside of the replica shares the file too, and must keep what it has.
    linkSync(`${scene.target}/excess`, scene.path("bystander"));
    await isMade(scene);
    expect(tool("cat", [scene.path("bystander")])).toBe("old");

    const source = (name: string) => `${scene.source}/${name}`;
    // Broken here, joined there, one group moved over to another, and one with new content.
    rmSync(source("b/one"));
    writeFileSync(source("b/one"), "group");
    rmSync(source("a/two"));
    linkSync(source("a/one"), source("a/two"));
    rmSync(source("b/y"));
    linkSync(source("a/three"), source("b/y"));
    writeFileSync(source("b/three"), "after, in place");
    linkSync(source("b/x"), source("b/new-name"));
    await isMade(scene);
    expect(lstatSync(`${scene.target}/a/three`).nlink).toBe(3);
    // The same content and times, so that nothing but the link itself can tell.
    tool("cp", ["-a", "--remove-destination", source("a/one"), source("a/two")]);
    await isMade(scene);
    rmSync(source("a/two"));
    linkSync(source("a/one"), source("a/two"));
    await scene.prove();
  });
});

test.each([WAYS.push])("an update keeps a sparse file sparse: $name", async (way) => {
  using scene = newScene(way, sshd);
  const image = (fill: number): TreeEntry => ({
    path: "disk.img",
    kind: "file",
    size: 64 * MIB,
    segments: [3, 40].map((at) => ({ at: at * MIB + 4096, length: 8192, fill })),
  });
  makeTree(scene.target, [image(1)]);
  makeTree(scene.source, [image(2)]);
  const result = await scene.mirror();
  expect(outcome(result)).toEqual(done);
  // What lies beside the data may be told of with it.
  expect(judge(scene.source, scene.target, { except: ["holes"] })).toEqual([]);
  expect(Number(summaryOf(result)["bytesSent"])).toBeLessThan(4 * MIB);
  expect(lstatSync(`${scene.target}/disk.img`).blocks * 512).toBeLessThan(4 * MIB);
});

/** Links that stay within the tree, by what they say alone, and links that do not. */
const SAFE = {
  plain: "file",
  inner: "dir/x",
  "dir/up": "../file",
  "dir/sub/roundabout": "../../dir/../dir/x",
  dangling: "no/such",
  "dir/self": ".",
};
const UNSAFE = {
  absolute: "/etc/hostname",
  climbs: "../outside/secret",
  "dir/sub/deep": "../../../outside",
  parent: "..",
};

describe.each([WAYS.push, WAYS.sftpPull])("$name", (way) => {
  test("--links skip and safe leave links out, and follow ends however they are laid", async () => {
    using scene = newScene(way, sshd);
    makeTree(scene.source, [
      ...files({ file: "content", "dir/x": "x", "dir/sub/y": "y" }),
      ...Object.entries({ ...SAFE, ...UNSAFE }).map(([path, target]) => soft(path, target)),
    ]);
    makeTree(scene.path("outside"), files({ secret: "SECRET" }));
    const before = fingerprint(scene.path("outside"));
    makeTree(scene.target, [soft("file", "../outside/secret"), soft("dir", "../outside")]);
    const links = () =>
      walk(scene.target).flatMap(({ kind, path }) => (kind === "symlink" ? [path] : []));
    const safe = await scene.mirror("--links", "safe");
    expect([safe.code, links()]).toEqual([0, Object.keys(SAFE).sort()]);
    await isDone(scene, "--links", "safe");
    const skip = await scene.mirror("--links", "skip");
    expect([skip.code, walk(scene.target).filter(({ kind }) => kind === "file").length]).toEqual([
      0, 3,
    ]);
    // What it leads to holds the target.
    rmSync(`${scene.source}/parent`);
    const follow = await scene.mirror("--links", "follow");
    const troubled = ["dangling", "dir/self"];
    expect([follow.code, links()]).toEqual([3, troubled]);
    expect(problemsOf(follow).map((text) => text.split(" ")[0])).toEqual(troubled);
    expect(tool("cat", [`${scene.target}/plain`, `${scene.target}/climbs`])).toBe("contentSECRET");
    expect(fingerprint(scene.path("outside")) === before).toBe(true);
  });
});

describe.each([WAYS.pull, WAYS.sftpPush])("$name", (way) => {
  test("--compare, --modify-window and --no-preserve: what each can see, and leaves alone", async () => {
    using scene = newScene(way, sshd);
    const at = (path: string, content: string, seconds: bigint): TreeEntry => ({
      path,
      kind: "file",
      content,
      mtime: MOMENT + seconds * 1_000_000_000n,
    });
    const root: TreeEntry = { path: "", kind: "directory", mtime: MOMENT };
    const plant = () => {
      rmSync(scene.target, { recursive: true, force: true });
      makeTree(scene.target, [
        at("other", "old", 0n),
        at("later", "old", 0n),
        at("longer", "old", 0n),
        root,
      ]);
    };
    makeTree(scene.source, [
      at("other", "new", 0n),
      at("later", "old", 5n),
      at("longer", "longer", 0n),
      root,
    ]);
    const seen = async (...args: string[]) => {
      plant();
      const result = await scene.mirror(...args);
      const did = ofType(result, "action").map(
        ({ action, path }) => `${String(action)} ${String(path)}`,
      );
      return [result.code, did.filter((text) => !text.endsWith(" ")).toSorted()];
    };
    expect(await seen()).toEqual([
      0,
      [expect.stringMatching(/^(metadata|update) later$/), "update longer"],
    ]);
    expect(await seen("--compare", "content")).toEqual([
      0,
      ["metadata later", "update longer", "update other"],
    ]);
    expect(await seen("--compare", "size")).toEqual([0, ["metadata later", "update longer"]]);
    expect(await seen("--modify-window", "6s")).toEqual([0, ["update longer"]]);
    plant();
    tool("chmod", ["600", `${scene.target}/other`]);
    tool("chown", ["6:7", `${scene.target}/other`]);
    const list = ["--no-preserve", "mode,owner,group"];
    expect((await scene.mirror(...list)).code).toBe(0);
    const other = () => walk(scene.target).find(({ path }) => path === "other");
    expect(other()).toMatchObject({ mode: 0o600, uid: 6, gid: 7 });
    await isMade(scene, "--compare", "content");
  });
});

test("every kind replaces every kind without hard links being asked for, and by content", async () => {
  using scene = newScene(WAYS.push, sshd);
  const { old, now } = pairs(KINDS, "");
  makeTree(scene.target, old);
  makeTree(scene.source, now);
  const line = ["--no-preserve", "hardlinks", "--compare", "content", "--max-delete", "100%"];
  expect(outcome(await scene.mirror(...line))).toEqual(done);
  expect(judge(scene.source, scene.target, { except: ["groups"] })).toEqual([]);
  await isDone(scene, ...line);
});
