/** Targets that others change while a run from or to another host is on. */
import { renameSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";

import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { meddle } from "../../support/background.ts";
import { fingerprint, judge, walk } from "../../support/judge.ts";
import { noise } from "../../support/noise.ts";
import { leftovers } from "../../support/proof.ts";
import { tool } from "../../support/python.ts";
import type { Scene } from "../../support/remote.ts";
import { newScene, WAYS } from "../../support/remote.ts";
import type { Sshd } from "../../support/sshd.ts";
import { startSshd } from "../../support/sshd.ts";
import { problemsOf, start } from "../../support/syncline.ts";
import type { TreeEntry } from "../../support/trees.ts";
import { files, makeTree, manyFiles } from "../../support/trees.ts";

let sshd: Sshd;

beforeAll(async () => {
  sshd = await startSshd();
});

afterAll(() => sshd[Symbol.asyncDispose]());

const RUNS = 2;

/** What the source says of one run: names come, change, turn into other kinds and go. */
function generation(n: number): TreeEntry[] {
  return Array.from({ length: 90 }, (_, i) => i).flatMap((i): TreeEntry[] => {
    const path = `top/sub/f${i}`;
    const kind = (i + n) % 6;
    if (kind === 0) return [];
    if (kind === 1) return [{ path, kind: "directory", mode: 0o700 + (n % 8) }];
    if (kind === 2) return [{ path, kind: "symlink", target: `t${n}` }];
    return [{ path, kind: "file", content: `${"generation ".repeat(n)} ${i}`, mode: 0o600 + n }];
  });
}

/** A directory beside the replica with the same names in it, which no run may touch. */
function plantCanaries(scene: Scene): string {
  const outside = scene.path("outside/canary");
  makeTree(outside, [
    ...generation(0),
    ...files(Object.fromEntries(Array.from({ length: 90 }, (_, i) => [`f${i}`, "canary"]))),
    ...files({ "sub/f3": "canary", "only-here": "canary" }),
  ]);
  makeTree(scene.path("outside"), [{ path: "link", kind: "symlink", target: outside }]);
  return outside;
}

test.each([
  { way: WAYS.push, component: "top/sub" },
  { way: WAYS.pull, component: "top" },
])(
  "$way.name: the target's $component becomes a link to an outside directory and back: nothing out there is touched",
  async ({ way, component }) => {
    using scene = newScene(way, sshd);
    const outside = plantCanaries(scene);
    makeTree(scene.source, generation(1));
    await scene.mirror();
    const before = fingerprint(outside);
    {
      const link = scene.path("outside/link");
      await using _flipper = await meddle("flip", `${scene.target}/${component}`, link, outside);
      for (let n = 2; n < 2 + RUNS; n++) {
        tool("rm", ["-rf", scene.source]);
        makeTree(scene.source, generation(n));
        const result = await scene.mirror("--max-delete", "100%");
        expect([0, 3]).toContain(result.code);
        expect(result.stderr).not.toMatch(/\bbug\b|\.js:\d+/);
        expect(fingerprint(outside) === before).toBe(true);
      }
    }
    await scene.prove("--max-delete", "100%");
    expect(fingerprint(outside) === before).toBe(true);
    expect(leftovers(walk(scene.target))).toEqual([]);
  },
);

describe.each([WAYS.push, WAYS.pull])("$name", (way) => {
  test("the roots become links after the run has begun: nothing behind them is touched or read", async () => {
    using scene = newScene(way, sshd);
    makeTree(scene.source, manyFiles(150, "new"));
    // In many packs, so that most is still to come.
    writeFileSync(`${scene.source}/d0/a-large`, noise(1_200_000, 1));
    utimesSync(`${scene.source}/d0/a-large`, 1.6e9, 1.6e9);
    makeTree(scene.target, [...manyFiles(100, "old"), ...files({ "gone/x": "x" })]);
    const [secret, outside] = [scene.path("secret"), scene.path("outside")];
    makeTree(secret, manyFiles(150, "SECRET"));
    makeTree(outside, [...manyFiles(100, "outside"), ...files({ "gone/x": "x" })]);
    const before = fingerprint(outside);
    const line = ["mirror", "--json", "-y", "--bwlimit", "500K", scene.from, scene.to];
    const running = start(scene, line, scene.options);
    await running.until(/"type":"plan"/);
    for (const [root, other] of [
      [scene.source, secret],
      [scene.target, outside],
    ] as const) {
      renameSync(root, `${root}.moved`);
      symlinkSync(other, root);
    }
    const result = await running.done;
    expect([0, 1, 3]).toContain(result.code);
    expect(result.stderr).not.toMatch(/\bbug\b/);
    expect(fingerprint(outside) === before).toBe(true);
    const arrived = `${scene.target}.moved`;
    expect(tool("sh", ["-c", 'grep -rl SECRET "$0" || true', arrived])).toBe("");
  });
});

describe.each([WAYS.push, WAYS.pull, WAYS.sftpPush])("$name", (way) => {
  test("links, and what stands at temporary names, are replaced and not followed; what holds something is kept", async () => {
    using scene = newScene(way, sshd);
    const outside = plantCanaries(scene);
    makeTree(scene.source, [...generation(1), ...files({ "d/new": "new" })]);
    makeTree(scene.target, [
      { path: "d", kind: "symlink", target: outside },
      { path: "top", kind: "directory" },
      { path: "top/sub", kind: "symlink", target: outside },
      { path: "top/.syncline~aaaaaaaaaa~0", kind: "symlink", target: `${outside}/f3` },
      { path: "top/.syncline~bbbbbbbbbb~1", kind: "file", content: "left over" },
      { path: ".syncline~cccccccccc~2", kind: "directory" },
      ...files({ ".syncline~dddddddddd~3/inner": "somebody's" }),
    ]);
    const before = fingerprint(outside);
    const first = await scene.mirror();
    expect([first.code, problemsOf(first)]).toEqual([3, [".syncline~dddddddddd~3 not-empty"]]);
    expect(tool("cat", [`${scene.target}/.syncline~dddddddddd~3/inner`])).toBe("somebody's");
    tool("rm", ["-r", `${scene.target}/.syncline~dddddddddd~3`]);
    tool("touch", ["-r", scene.source, scene.target]);
    expect(judge(scene.source, scene.target, scene.tolerance)).toEqual([]);
    expect(fingerprint(outside) === before).toBe(true);
  });

  test("what somebody changes after it was looked at is left alone, and is a problem", async () => {
    using scene = newScene(way, sshd);
    makeTree(scene.source, files({ "a/edited": "new", "a/appeared": "new", "z/last": "new" }));
    writeFileSync(`${scene.source}/0-large`, noise(700_000, 2));
    makeTree(scene.target, files({ "a/edited": "old one", "gone/x": "x" }));
    const line = ["mirror", "--json", "-y", "--bwlimit", "500K", scene.from, scene.to];
    const running = start(scene, line, scene.options);
    await running.until(/"type":"plan"/);
    writeFileSync(`${scene.target}/a/edited`, "by somebody else");
    writeFileSync(`${scene.target}/a/appeared`, "somebody's own");
    writeFileSync(`${scene.target}/gone/y`, "precious");
    const result = await running.done;
    const content = (path: string) => tool("cat", [`${scene.target}/${path}`]);
    expect([result.code, content("a/edited"), content("a/appeared"), content("gone/y")]).toEqual([
      3,
      "by somebody else",
      "somebody's own",
      "precious",
    ]);
    expect(content("z/last")).toBe("new");
    expect(new Set(problemsOf(result).map((text) => text.split(" ")[0]))).toEqual(
      new Set(["a/appeared", "a/edited", "gone"]),
    );
  });
});
