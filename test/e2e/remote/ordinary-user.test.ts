/** Whoever logs in there is not root. */
import { chmodSync, writeFileSync } from "node:fs";

import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { walk } from "../../support/judge.ts";
import type { Place } from "../../support/place.ts";
import { newPlace } from "../../support/place.ts";
import { leftovers } from "../../support/proof.ts";
import { tool } from "../../support/python.ts";
import type { Scene, Way } from "../../support/remote.ts";
import { isSftp, kept, newScene, typed, WAYS } from "../../support/remote.ts";
import type { Sshd } from "../../support/sshd.ts";
import type { Result } from "../../support/syncline.ts";
import { countsOf, NOTHING_TO_DO, ofType, problemsOf } from "../../support/syncline.ts";
import type { TreeEntry } from "../../support/trees.ts";
import { everything, files, makeTree, MOMENT } from "../../support/trees.ts";
import { startUserSshd, USER_THERE } from "../../support/user-host.ts";

let place: Place;
let sshd: Sshd;

beforeAll(async () => {
  place = newPlace();
  sshd = await startUserSshd(place);
});

afterAll(async () => {
  await sshd[Symbol.asyncDispose]();
  place[Symbol.dispose]();
});

const TO: readonly Way[] = [WAYS.push, WAYS.sftpPush];
const FROM: readonly Way[] = [WAYS.pull, WAYS.sftpPull];

/** A tree that belongs to the user. */
function give(root: string, entries: readonly TreeEntry[]): void {
  makeTree(root, entries, USER_THERE);
}

function pathsOf(result: Result): string[] {
  return problemsOf(result).map((line) => line.split(" ")[0]!);
}

async function expectNothingToDo(scene: Scene): Promise<void> {
  const again = await scene.mirror();
  expect([again.code, countsOf(again), ofType(again, "action")]).toEqual([0, NOTHING_TO_DO, []]);
}

/** Directories that their owner may not write, and all that can change in them. */
function closed(n: number): TreeEntry[] {
  return [
    { path: "c", kind: "directory" },
    { path: "c/d", kind: "directory" },
    ...files({ "c/d/changes": `${n}`.repeat(n), [`c/d/only-${n}`]: "x", [`c/d/e-${n}/f`]: "x" }),
    {
      path: "c/d/becomes",
      ...(n === 1 ? { kind: "directory" } : { kind: "file", content: "2" }),
    },
    { path: "c/d/mode", kind: "file", content: "same", mtime: MOMENT, mode: 0o400 + n },
    { path: n === 1 ? "c/d/was" : "c/d/is", kind: "file", content: "moved along", mtime: MOMENT },
    ...(n === 1 ? files({ "c/gone/deep/x": "x" }) : []),
    ...(n === 1 ? [{ path: "c/gone/deep", kind: "directory", mode: 0o500 } as const] : []),
    { path: "c/d", kind: "directory", mode: 0o500, mtime: MOMENT },
    { path: "c", kind: "directory", mode: 0o555, mtime: MOMENT },
  ];
}

describe.each([...TO, ...FROM, WAYS.relay])("$name", (way) => {
  test("the user's own tree is mirrored exactly, and directories that may not be written are changed", async () => {
    using scene = newScene(way, sshd);
    // Over SFTP nobody knows whether a directory that may be listed and not entered is empty.
    const shutOut = isSftp(way)
      ? /^modes\/([fd]0|[fd]200|d\d*[0246]\d\d)$/
      : /^modes\/[fd](0|200)$/;
    const tree = kept(way, everything(20)).filter(
      ({ path }) => !shutOut.test(path) && !/^sparse|^large/.test(path),
    );
    const shut: TreeEntry = { path: "", kind: "directory", mode: 0o500, mtime: MOMENT };
    give(scene.target, [...closed(1), shut]);
    give(scene.source, [...tree, ...closed(2), shut]);
    const result = await scene.prove(...scene.all, "--max-delete", "100%");
    expect(ofType(result, "action")).toContainEqual(
      expect.objectContaining({ action: "move", from: "c/d/was", path: "c/d/is" }),
    );
    const arrived = walk(scene.target);
    expect(leftovers(arrived)).toEqual([]);
    expect(new Set(arrived.map(({ uid }) => uid))).toEqual(new Set([USER_THERE]));
  });
});

describe.each(FROM)("$name", (way) => {
  test("what cannot be read there is a problem, and is never taken for deleted", async () => {
    using scene = newScene(way, sshd);
    give(
      scene.source,
      files({ "closed/in/x": "new", secret: "new secret", open: "new", "list/x": "new" }),
    );
    give(scene.target, [
      ...files({ "closed/in/x": "older", "closed/in/own": "old", "closed/own": "old" }),
      ...files({
        secret: "older",
        open: "old one",
        gone: "old",
        "list/x": "older",
        "list/own": "",
      }),
    ]);
    for (const name of ["closed", "secret"]) chmodSync(`${scene.source}/${name}`, 0o000);
    // Names can be listed but not looked at.
    chmodSync(`${scene.source}/list`, 0o400);
    const below = (path: string) => /^closed\/|^list\/x|^secret/.test(path);
    const before = walk(scene.target).filter(({ path }) => below(path));
    const result = await scene.mirror();
    expect([result.code, new Set(problemsOf(result))]).toEqual([
      3,
      new Set([
        "closed unreadable",
        "secret unreadable",
        expect.stringMatching(/^list(\/x)? unreadable/),
      ]),
    ]);
    expect(ofType(result, "problem").map(({ side }) => side)).not.toContain("target");
    const after = walk(scene.target);
    expect(after.filter(({ path }) => below(path))).toEqual(before);
    expect(after.map(({ path }) => path)).not.toContain("gone");
    expect(tool("cat", [`${scene.target}/open`])).toBe("new");
    tool("chmod", ["-R", "u+rwX", scene.source, scene.target]);
    await scene.prove();
  });

  test("a source that cannot be read at all deletes nothing, and is told from one that is missing", async () => {
    using scene = newScene(way, sshd);
    makeTree(scene.source, [...files({ a: "a" }), { path: "", kind: "directory", mode: 0o700 }]);
    give(scene.target, files({ b: "b" }));
    const result = await scene.run("mirror", scene.from, scene.to);
    expect([result.code, result.stderr]).toEqual([
      1,
      expect.stringContaining(`${shown(scene.from)}: permission denied`),
    ]);
    const below = await scene.run("mirror", `${scene.from}/below`, scene.to);
    expect([below.code, below.stderr]).toEqual([
      1,
      expect.stringContaining(`${shown(scene.from)}/below: permission denied`),
    ]);
    expect(walk(scene.target).map(({ path }) => path)).toEqual(["", "b"]);
  });
});

test("what cannot be read there is a problem of a verification, and the rest is compared", async () => {
  using scene = newScene(WAYS.push, sshd);
  give(scene.source, files({ a: "a", b: "b", "closed/in": "x", z: "z" }));
  tool("cp", ["-aT", scene.source, scene.target]);
  for (const name of ["b", "closed"]) chmodSync(`${scene.target}/${name}`, 0);
  writeFileSync(`${scene.target}/z`, "?");
  for (const to of [scene.to, typed("sftp", scene.target)]) {
    const line = ["verify", "--json", "--no-preserve", "mode,times", scene.from, to];
    const result = await scene.run(...line);
    const seen = (type: string, ...keys: string[]) =>
      ofType(result, type).map((one) => keys.map((key) => one[key]));
    expect([result.code, seen("difference", "path", "aspects")]).toEqual([3, [["z", ["content"]]]]);
    expect(seen("problem", "path", "side", "code")).toEqual([
      ["b", "target", "unreadable"],
      ["closed", "target", "unreadable"],
    ]);
  }
});

/** An agent knows its host by one name. */
function shown(location: string): string {
  return location.replace(/^ssh:\/\/root@here/, "here:");
}

describe.each(TO)("$name", (way) => {
  test("what cannot be read there is a problem, and is left alone", async () => {
    using scene = newScene(way, sshd);
    give(scene.source, files({ "d/a": "new", b: "new" }));
    give(scene.target, files({ b: "older", "d/a": "older" }));
    // Not the user's own: permission cannot be taken either.
    makeTree(scene.target, [
      { path: "theirs", kind: "directory", mode: 0o700 },
      { path: "theirs/x", kind: "file", content: "root's" },
    ]);
    const result = await scene.mirror();
    expect([result.code, pathsOf(result)]).toEqual([3, ["theirs"]]);
    expect(tool("cat", [`${scene.target}/theirs/x`])).toBe("root's");
    expect(tool("cat", [`${scene.target}/d/a`, `${scene.target}/b`])).toBe("newnew");
  });

  test("others' files arrive as the user's own, without a word, and stay in sync", async () => {
    using scene = newScene(way, sshd);
    makeTree(scene.source, [
      { path: "", kind: "directory", mode: 0o755, mtime: MOMENT },
      { path: "theirs", kind: "file", content: "x", uid: 3, gid: 4, mode: 0o644, mtime: MOMENT },
      { path: "set", kind: "file", content: "x", uid: 3, mode: 0o6755, mtime: MOMENT },
      { path: "dir", kind: "directory", uid: 3, gid: 4, mode: 0o755, mtime: MOMENT },
      { path: "link", kind: "symlink", target: "dir", uid: 3 },
      { path: "device", kind: "char", rdev: [1, 3] },
    ]);
    const result = await scene.mirror();
    const said = ofType(result, "notice").map(({ message }) => String(message));
    expect([result.code, problemsOf(result), said.filter((text) => /owner/.test(text))]).toEqual([
      0,
      [],
      [],
    ]);
    expect(walk(scene.target).map(({ path, uid }) => [path, uid])).toEqual(
      ["", "dir", "link", "set", "theirs"].map((path) => [path, USER_THERE]),
    );
    // A program that runs as its owner must not come to run as whoever copied it.
    const set = walk(scene.target).find(({ path }) => path === "set");
    expect((set?.mode ?? 0) & 0o6000).toBe(0);
    await expectNothingToDo(scene);
  });

  test("owners asked for by name are problems where they cannot be given", async () => {
    using scene = newScene(way, sshd);
    const theirs = { kind: "file", content: "x", uid: 3, gid: 4 } as const;
    makeTree(scene.source, [{ path: "theirs", ...theirs }]);
    const result = await scene.mirror("--preserve", "owner,group");
    expect([result.code, pathsOf(result)]).toEqual([3, expect.arrayContaining(["theirs"])]);
    expect(tool("cat", [`${scene.target}/theirs`])).toBe("x");
  });

  test("a target that is somebody else's is not touched, and it is said why", async () => {
    using scene = newScene(way, sshd);
    give(scene.source, files({ a: "a", "d/c": "c" }));
    makeTree(scene.target, [{ path: "", kind: "directory", mode: 0o755 }, ...files({ b: "b" })]);
    const result = await scene.mirror();
    expect([result.code, new Set(pathsOf(result))]).toEqual([3, new Set(["", "a", "b", "d"])]);
    const said = ofType(result, "problem").map(({ code, message, side }) => [code, message, side]);
    for (const one of said) {
      expect(one).toEqual([
        expect.stringMatching(/^not-permitted$|^blocked$/),
        expect.stringMatching(/permission denied|does not permit|directory/),
        "target",
      ]);
    }
    chmodSync(scene.target, 0o700);
    const unreadable = await scene.run("mirror", scene.from, scene.to);
    expect([unreadable.code, unreadable.stderr]).toEqual([
      1,
      expect.stringMatching(/target: permission denied/),
    ]);
    const deeper = await scene.run("mirror", scene.from, `${scene.to}/new/place`);
    expect([deeper.code, deeper.stderr]).toEqual([1, expect.stringContaining("permission denied")]);
    chmodSync(scene.target, 0o755);
    const made = await scene.run("mirror", scene.from, `${scene.to}/new/place`);
    expect([made.code, made.stderr]).toEqual([
      1,
      expect.stringContaining("it cannot be made: permission denied"),
    ]);
    expect(walk(scene.target).map(({ path }) => path)).toEqual(["", "b"]);
  });
});

test("what an ordinary user has here comes with its owner, as root; set-id bits only where asked for", async () => {
  using scene = newScene(WAYS.pull, sshd);
  give(scene.source, [
    { path: "set", kind: "file", content: "x", mode: 0o4755, mtime: MOMENT },
    { path: "plain", kind: "file", content: "x", mtime: MOMENT },
  ]);
  const modes = () => walk(scene.target).map(({ path, mode }) => [path, mode & 0o6000]);
  expect((await scene.mirror()).code).toBe(0);
  expect(modes()).toEqual([
    ["", 0],
    ["plain", 0],
    ["set", 0],
  ]);
  await scene.prove("--preserve", "mode");
  expect(isSftp(WAYS.pull)).toBe(false);
});
