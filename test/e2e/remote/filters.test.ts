import { utimesSync, writeFileSync } from "node:fs";

import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { fingerprint, judge, walk } from "../../support/judge.ts";
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
  sshd = await startSshd({ sharesLogin: true });
});

afterAll(() => sshd[Symbol.asyncDispose]());

function paths(root: string, keep: (path: string, kind: string) => boolean = () => true): string[] {
  return walk(root)
    .filter(({ path, kind }) => path !== "" && keep(path, kind))
    .map(({ path }) => path);
}

/** Has nothing to do, by these rules. */
async function isDone(scene: Scene, args: readonly string[]): Promise<void> {
  const again = await scene.mirror(...args);
  expect([again.code, countsOf(again)]).toEqual([0, NOTHING_TO_DO]);
}

const link = (path: string, target: string): TreeEntry => ({ path, kind: "symlink", target });

describe.each([WAYS.push, WAYS.pull, WAYS.relay, WAYS.sftpPull])("$name", (way) => {
  test("what is ignored, excluded or of the wrong size is neither sent nor deleted", async () => {
    using scene = newScene(way, sshd);
    makeTree(scene.source, [
      ...files({ ".gitignore": "*.o\n/top\n!keep.o\nlogs/\n", "a.o": "", "keep.o": "", top: "" }),
      ...files({ "sub/top": "", "sub/.gitignore": "!a.o\nlocal\r\n# note\n\\#x\n", "sub/a.o": "" }),
      ...files({ "sub/local": "", "sub/#x": "", "sub/b.o": "", "other/local": "", "logs/x": "" }),
      ...files({ "sub/logs/y": "", "logs/.gitignore": "!x\n", "file/logs": "", "a.txt": "new" }),
    ]);
    tool("git", ["init", "-q", scene.source]);
    const listed = tool("git", ["-C", scene.source, "ls-files", "--others", "--exclude-standard"]);
    makeTree(scene.source, [
      ...files({ "skip.me/x": "source", "large/f": "x".repeat(3000) }),
      { path: "\u00ffbad", kind: "file" },
    ]);
    makeTree(scene.target, [
      ...files({ "a.txt": "old one", "gone/x": "1", "gone/y.local": "2", "also.local/z": "3" }),
      ...files({ "skip.me/own": "4", "sub/b.local": "5" }),
      link("link.local", "/etc"),
    ]);
    writeFileSync(scene.path("rules"), Buffer.from("*.local\n\u00ffb*\n/.git\n", "latin1"));
    const own = (path: string) => /local$|local\/|skip\.me/.test(path) && path !== "other/local";
    const before = walk(scene.target).filter(({ path }) => own(path));
    const rules = ["--filter-from", scene.path("rules"), "--exclude", "skip.me", "--gitignore"];
    const line = [...rules, "--max-size", "2K"];
    expect(outcome(await scene.mirror(...line))).toEqual(done);
    const after = walk(scene.target);
    expect(after.filter(({ path }) => own(path))).toEqual(before);
    expect(paths(scene.target, (path, kind) => kind === "file" && !own(path))).toEqual(
      listed.trimEnd().split("\n").sort(),
    );
    await isDone(scene, line);
    const swept = await scene.mirror(...line, "--delete-excluded", "--max-delete", "100%");
    expect(outcome(swept)).toEqual(done);
    expect(paths(scene.target, own)).toEqual([]);
  });

  test("links are kept, left out or followed as the source has them", async () => {
    using scene = newScene(way, sshd);
    makeTree(scene.source, [
      ...files({ file: "content", "dir/x": "x" }),
      link("a-file", "file"),
      link("a-dir", "dir"),
      link("chain", "a-file"),
      link("outside", "../outside"),
      link("dir/nothing", "no/such"),
    ]);
    makeTree(scene.path("outside"), files({ asked: "for" }));
    const outside = fingerprint(scene.path("outside"));
    makeTree(scene.target, [link("file", "../outside/asked"), link("dir", "../outside")]);
    await scene.prove();
    expect(fingerprint(scene.path("outside")) === outside).toBe(true);

    const line = ["--links", "follow"];
    const followed = await scene.mirror(...line);
    expect([followed.code, problemsOf(followed).map((text) => text.split(" ")[0])]).toEqual([
      3,
      ["a-dir/nothing", "dir/nothing"],
    ]);
    const content = (path: string) => tool("cat", [`${scene.target}/${path}`]);
    expect(["a-file", "chain", "a-dir/x", "outside/asked"].map(content)).toEqual([
      "content",
      "content",
      "x",
      "for",
    ]);
    tool("rm", [`${scene.source}/dir/nothing`]);
    expect(outcome(await scene.mirror(...line))).toEqual(done);
    await isDone(scene, line);
  });

  test("content is compared where that was asked for, and where size and time cannot tell", async () => {
    using scene = newScene(way, sshd);
    const tree = (content: string): TreeEntry[] =>
      Array.from({ length: 300 }, (_, n) => ({
        path: `d${n % 7}/f${n}`,
        kind: "file",
        content: n % 97 === 0 ? `${content} ${n}` : `same ${n}`,
        mtime: MOMENT,
      }));
    const large = (fill: number): TreeEntry => ({
      path: "large",
      kind: "file",
      size: 1_000_000,
      fill,
      mtime: MOMENT,
    });
    makeTree(scene.source, [...tree("ours"), large(1)]);
    makeTree(scene.target, [...tree("them"), large(1)]);
    tool("touch", ["-r", scene.source, scene.target]);
    const blind = await scene.mirror();
    expect(countsOf(blind)).toMatchObject({ created: 0, updated: 0, problems: 0 });
    const seen = await scene.mirror("--compare", "content");
    expect([seen.code, countsOf(seen)["updated"]]).toEqual([0, 4]);
    expect(judge(scene.source, scene.target, scene.tolerance)).toEqual([]);
    utimesSync(`${scene.source}/large`, 1_700_000_000, 1_700_000_000);
    const touched = await scene.mirror("--compare", "content");
    expect(ofType(touched, "action").map(({ action, path }) => [action, path])).toEqual([
      ["metadata", "large"],
    ]);
    if (way.source !== "sftp") {
      const { bytesSent, bytesReceived } = summaryOf(touched);
      expect(Number(bytesSent) + Number(bytesReceived)).toBeLessThan(300_000);
    }
  });
});
