/** What is odd about a place at the other end, or about its surroundings. */
import { lstatSync, readFileSync, renameSync, writeFileSync } from "node:fs";

import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { compareWalks, fingerprint, judge, walk } from "../../support/judge.ts";
import { stampsIn } from "../../support/kept.ts";
import { newPlace } from "../../support/place.ts";
import { done, outcome } from "../../support/proof.ts";
import { tool } from "../../support/python.ts";
import type { Scene } from "../../support/remote.ts";
import { isSftp, newScene, typed, WAYS } from "../../support/remote.ts";
import { sftpServerPath } from "../../support/sftp-server.ts";
import type { Sshd } from "../../support/sshd.ts";
import { startSshd } from "../../support/sshd.ts";
import { countsOf, mirror, ofType, problemsOf } from "../../support/syncline.ts";
import { files, makeTree, manyFiles } from "../../support/trees.ts";

let sshd: Sshd;

beforeAll(async () => {
  sshd = await startSshd();
});

afterAll(() => sshd[Symbol.asyncDispose]());

const pathsIn = (root: string): string[] => walk(root).map(({ path }) => path);

describe.each([WAYS.push, WAYS.pull, WAYS.sftpPush])("$name", (way) => {
  test("a dry run makes nothing, --no-delete keeps what only the target has, and a root's own directory is nobody's", async () => {
    using scene = newScene(way, sshd);
    makeTree(scene.source, files({ ".syncline/a": "source's", "d/.syncline/b": "b", x: "x" }));
    const nothing = fingerprint(scene.dir);
    const dry = await scene.mirror("--dry-run", "--no-state");
    expect([dry.code, countsOf(dry)["created"]]).toEqual([0, 4]);
    expect(fingerprint(scene.dir) === nothing).toBe(true);

    makeTree(scene.target, files({ ".syncline/versions": "target's", "d/own": "own", x: "old" }));
    const kept = await scene.mirror("--no-delete");
    expect([outcome(kept), pathsIn(scene.target)]).toEqual([
      done,
      ["", ".syncline", ".syncline/versions", "d", "d/.syncline", "d/.syncline/b", "d/own", "x"],
    ]);
    expect((await scene.mirror()).code).toBe(0);
    expect(pathsIn(scene.target)).not.toContain("d/own");
  });
});

describe.each([WAYS.push, WAYS.sftpPush])("$name", (way) => {
  test("old copies go there when they are old enough", async () => {
    using scene = newScene(way, sshd);
    const store = `${scene.target}/.syncline/versions`;
    makeTree(scene.source, []);
    const run = async (content: string) => {
      writeFileSync(`${scene.source}/f`, content);
      const result = await scene.mirror("--versions", "trash:2d", "--max-delete", "100%");
      expect(outcome(result)).toEqual(done);
    };
    for (const content of ["1", "22"]) await run(content);
    const [, first] = stampsIn(scene.target);
    const old = new Date(Date.now() - 3 * 86_400_000).toISOString().replaceAll(":", "-");
    for (const end of ["", ".jsonl"])
      renameSync(`${store}/${first}${end}`, `${store}/${old}${end}`);
    // As if the store had been thinned until now all the time.
    const note = JSON.parse(readFileSync(`${store}/thinned.json`, "utf8")) as object;
    writeFileSync(`${store}/thinned.json`, JSON.stringify({ ...note, asOf: Date.now() }));
    expect(stampsIn(scene.target)).toContain(old);
    await run("333");
    expect(stampsIn(scene.target)).not.toContain(old);
    expect(tool("sh", ["-c", 'cat "$0"/*/f', store])).toBe("22");
  });
});

test.each(["777"])("umask %s there changes nothing", async (mask) => {
  const server = `[ "$SSH_ORIGINAL_COMMAND" != internal-sftp ] || exec ${sftpServerPath()}`;
  const force = `umask ${mask}\n${server}\nexec sh -c "$SSH_ORIGINAL_COMMAND"`;
  await using other = await startSshd({ force });
  for (const way of [WAYS.push, WAYS.sftpPush]) {
    using scene = newScene(way, other);
    makeTree(scene.source, manyFiles(12, "x"));
    expect(outcome(await scene.mirror())).toEqual(done);
    expect(judge(scene.source, scene.target, scene.tolerance)).toEqual([]);
  }
});

/** Directories inside each other, with a path far longer than the system takes at once. */
function deepen({ source }: Scene): void {
  const script = `
import os, sys
os.mkdir(sys.argv[1]); os.chdir(sys.argv[1])
for n in range(300):
    os.mkdir("d" * 30); os.chdir("d" * 30)
open("bottom", "w").write("x")`;
  tool("python3", ["-c", script, source]);
}

test.each([WAYS.push, WAYS.pull])(
  "a path that is too long for the system is none for us: $name",
  async (way) => {
    using scene = newScene(way, sshd);
    deepen(scene);
    expect((await scene.mirror()).code).toBe(0);
    expect(compareWalks(walk(scene.source), walk(scene.target))).toEqual([]);
  },
);

test("over SFTP such a path is a problem, on its way there and back", async () => {
  using scene = newScene(WAYS.push, sshd);
  deepen(scene);
  const there = typed("sftp", scene.target);
  const pushed = await mirror(scene, [scene.source, there], scene.options);
  expect([pushed.code, problemsOf(pushed).length > 0]).toEqual([3, true]);
  const back = await mirror(
    scene,
    [typed("sftp", scene.source), scene.path("back")],
    scene.options,
  );
  expect([back.code, problemsOf(back).length > 0]).toEqual([3, true]);
  expect(`${pushed.stderr}${back.stderr}`).not.toMatch(/\bbug\b|^\s+at /m);
});

test("data behind the fourth gigabyte of a file with holes arrives where it was", async () => {
  using scene = newScene(WAYS.push, sshd);
  const size = 2 ** 32 + 2 ** 20;
  const segments = [2 ** 31 - 5, 2 ** 32 - 5].map((at) => ({ at, length: 10, fill: 65 }));
  makeTree(scene.source, [{ path: "large", kind: "file", size, segments }]);
  expect((await scene.mirror("--accept", "space")).code).toBe(0);
  const around = (root: string, at: number) =>
    tool("sh", ["-c", 'tail -c "+$1" "$0" | head -c 32 | od -c', `${root}/large`, String(at)]);
  for (const at of [2 ** 31 - 10, 2 ** 32 - 10]) {
    expect(around(scene.target, at)).toBe(around(scene.source, at));
    expect(around(scene.target, at)).toContain("A   A");
  }
  expect(lstatSync(`${scene.target}/large`).size).toBe(size);
});

test.each([WAYS.pull, WAYS.sftpPull])(
  "files whose size is a lie, as in /sys, are problems or arrive whole: $name",
  async (way) => {
    using scene = newScene(way, sshd);
    const from = typed(way.source, "/sys/kernel/mm/ksm");
    const result = await mirror(scene, [from, scene.target], {
      ...scene.options,
      timeoutMs: 30_000,
    });
    expect([0, 3]).toContain(result.code);
    expect(result.stderr).not.toMatch(/\bbug\b|^\s+at /m);
  },
);

test("attributes that the target has no room for are problems; the content arrives all the same", async () => {
  using scene = newScene(WAYS.push, sshd);
  using disk = newPlace("disk");
  const large = { "user.large": "v".repeat(30_000) };
  makeTree(scene.source, [
    { path: "f", kind: "file", content: "content", xattrs: large },
    ...files({ g: "g" }),
  ]);
  const result = await mirror(scene, [scene.source, typed("agent", disk.target)], scene.options);
  expect([result.code, problemsOf(result)]).toEqual([3, ["f no-space"]]);
  expect(tool("cat", [`${disk.target}/f`, `${disk.target}/g`])).toBe("contentg");
});

test("special files are left out quietly over SFTP, and loudly when they were asked for", async () => {
  using scene = newScene(WAYS.sftpPush, sshd);
  makeTree(scene.source, [
    ...files({ a: "a" }),
    { path: "fifo", kind: "fifo" },
    { path: "socket", kind: "socket" },
  ]);
  const quiet = await scene.mirror();
  expect([quiet.code, pathsIn(scene.target)]).toEqual([0, ["", "a"]]);
  const asked = await scene.mirror("--preserve", "specials");
  expect([asked.code, ofType(asked, "problem").map(({ path, code }) => [path, code])]).toEqual([
    3,
    [
      ["fifo", "unsupported"],
      ["socket", "unsupported"],
    ],
  ]);
  expect(isSftp(WAYS.sftpPush)).toBe(true);
});
