/** Trees that change while they are read for another host. */
import { readFileSync } from "node:fs";

import { afterAll, beforeAll, expect, test } from "vitest";

import type { Step } from "../../support/background.ts";
import { meddleInTurns } from "../../support/background.ts";
import { fingerprint, walk } from "../../support/judge.ts";
import { leftovers } from "../../support/proof.ts";
import { tool } from "../../support/python.ts";
import type { Scene } from "../../support/remote.ts";
import { isSftp, newScene, WAYS } from "../../support/remote.ts";
import type { Sshd } from "../../support/sshd.ts";
import { startSshd } from "../../support/sshd.ts";
import { ofType } from "../../support/syncline.ts";
import { files, makeTree } from "../../support/trees.ts";

let sshd: Sshd;

beforeAll(async () => {
  sshd = await startSshd();
});

afterAll(() => sshd[Symbol.asyncDispose]());

const RUNS = 2;
const WHOLE = 600_000;

/** What changes, and what lies beside it and has to arrive whatever happens. */
function plant(scene: Scene): void {
  const moving = ["log", "shrinks", "vanishes", "edited", "to-link", "to-fifo", "to-dir"];
  const numbered = (content: string) =>
    files(Object.fromEntries(Array.from({ length: 40 }, (_, n) => [`f${n}`, `${content} ${n}`])));
  makeTree(scene.source, [
    ...files({ "a/before": "1", "m/beside": "2", "z/after": "3" }),
    ...moving.map(
      (name, n) => ({ path: `m/${name}`, kind: "file", size: WHOLE, fill: n }) as const,
    ),
  ]);
  makeTree(`${scene.source}/m/sub`, numbered("public"));
  makeTree(scene.path("outside/secret"), [...numbered("SECRET"), ...files({ own: "SECRET" })]);
  makeTree(scene.path("outside"), [
    { path: "link", kind: "symlink", target: "secret/f1" },
    { path: "dir-link", kind: "symlink", target: "secret" },
    { path: "fifo", kind: "fifo" },
    { path: "dir", kind: "directory" },
  ]);
}

/** What files go through every day, and what only somebody hostile does: that is nothing SFTP is safe from. */
function steps(scene: Scene, isHostile: boolean): Step[] {
  const at = (name: string) => `${scene.source}/m/${name}`;
  const flip = (name: string, other: string): Step => [
    "flip",
    at(name),
    scene.path(`outside/${other}`),
  ];
  const daily: Step[] = [
    ["grow", at("log")],
    ["shrink", at("shrinks")],
    ["vanish", at("vanishes")],
    ["replace", at("edited")],
  ];
  if (!isHostile) return daily;
  const hostile = [flip("to-link", "link"), flip("to-fifo", "fifo"), flip("to-dir", "dir")];
  return [...daily, ...hostile, flip("sub", "dir-link")];
}

/** Whatever is there of a file has been its content, or the beginning of it. */
function expectWhole(scene: Scene, vanishing: Buffer): void {
  const content = (root: string, name: string): Buffer | undefined => {
    const seen = walk(`${root}/m`).find(({ path }) => path === name);
    return seen?.kind === "file" ? readFileSync(`${root}/m/${name}`) : undefined;
  };
  const copy = (name: string) => content(scene.target, name) ?? Buffer.alloc(0);
  const isBeginning = (part: Buffer, whole: Buffer) => whole.subarray(0, part.length).equals(part);
  expect(isBeginning(copy("log"), readFileSync(`${scene.source}/m/log`))).toBe(true);
  expect(isBeginning(copy("vanishes"), vanishing)).toBe(true);
  // A version of the editor's, or the first one.
  const edited = copy("edited");
  const isVersion = edited.length === 300_000 && edited.every((byte) => byte === edited[0]);
  expect(isVersion || edited.length === WHOLE || edited.length === 0).toBe(true);
}

test.each([WAYS.push, WAYS.pull, WAYS.sftpPull])(
  "what grows, shrinks, vanishes or becomes something else arrives whole, or not at all, and nothing outside is read: $name",
  async (way) => {
    using scene = newScene(way, sshd);
    plant(scene);
    const outside = fingerprint(scene.path("outside/secret"));
    const vanishing = readFileSync(`${scene.source}/m/vanishes`);
    {
      await using _somebody = await meddleInTurns(steps(scene, !isSftp(way)));
      for (let n = 0; n < RUNS; n++) {
        // Something else every time, so that there is always something to be sent.
        makeTree(scene.source, [{ path: `more/${n}`, kind: "file", size: 400_000, fill: n }]);
        const result = await scene.mirror("--max-delete", "100%");
        expect([0, 3]).toContain(result.code);
        expect(result.code === 3).toBe(ofType(result, "problem").length > 0);
        expect(result.stderr).not.toMatch(/\bbug\b|\.js:\d+/);
        const seen = walk(scene.target);
        expect(leftovers(seen)).toEqual([]);
        const still = seen.filter(({ path }) => /before|beside|after|^more\/\d/.test(path));
        expect(still.map(({ size }) => size)).toEqual([1, 1, ...Array(n + 1).fill(400_000), 1]);
        expectWhole(scene, vanishing);
        expect(tool("sh", ["-c", 'grep -rl SECRET "$0" || true', scene.target])).toBe("");
        tool("rm", ["-rf", `${scene.target}/m/sub`]);
      }
    }
    expect(fingerprint(scene.path("outside/secret")) === outside).toBe(true);
    // What was torn, if anything was, is not taken for whole once it lies still.
    tool("sh", ["-c", 'rm -f "$0"/m/*~', scene.source]);
    await scene.prove();
  },
);
