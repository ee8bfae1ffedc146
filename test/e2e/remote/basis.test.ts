/** Large files that have much of what the target has under other names: little of them crosses. */
import { mkdirSync, renameSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import path from "node:path";

import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { walk } from "../../support/judge.ts";
import { noise } from "../../support/noise.ts";
import { done, leftovers, outcome } from "../../support/proof.ts";
import type { Scene, Way } from "../../support/remote.ts";
import { newScene, WAYS } from "../../support/remote.ts";
import type { Sshd } from "../../support/sshd.ts";
import { startSshd } from "../../support/sshd.ts";
import type { Result } from "../../support/syncline.ts";
import { summaryOf } from "../../support/syncline.ts";

const MiB = 2 ** 20;

let sshd: Sshd;

beforeAll(async () => {
  sshd = await startSshd();
});

afterAll(() => sshd[Symbol.asyncDispose]());

/** Each is different from every other one, and from itself when it is edited. */
const content = (seed: number): Uint8Array => noise(4 * MiB, seed);
let edits = 0;

function edited(old: Uint8Array): Buffer {
  const come = noise(100, 1000 + ++edits);
  return Buffer.concat([come, old.subarray(0, 3 * MiB), come, old.subarray(3 * MiB + 50)]);
}

function write(
  scene: Scene,
  name: string,
  bytes: Uint8Array,
  side: "source" | "target" = "source",
) {
  const at = path.join(scene[side], name);
  mkdirSync(path.dirname(at), { recursive: true });
  writeFileSync(at, bytes);
  // Of the past, so that nobody has to wait until a change of it would show.
  utimesSync(at, 1.5e9 + edits, 1.5e9 + edits);
}

function crossed(result: Result): number {
  const { bytesSent, bytesReceived } = summaryOf(result);
  return Number(bytesSent) + Number(bytesReceived);
}

/** What is there before, and what becomes of it. No two have anything in common. */
const CHANGES: readonly {
  readonly name: string;
  readonly before: Readonly<Record<string, Uint8Array>>;
  readonly change: (scene: Scene, at: (name: string) => string) => void;
}[] = [
  {
    name: "the next release beside the one before",
    before: { "release-1.9.tar": content(1) },
    change: (scene) => write(scene, "release-1.10.tar", edited(content(1))),
  },
  {
    name: "what was moved and edited, so that the old one is deleted",
    before: { "old/place/f.img": content(2) },
    change(scene, at) {
      rmSync(at("old"), { recursive: true });
      write(scene, "new/g.bin", edited(content(2)));
    },
  },
  {
    name: "what was copied and edited, under a name that says nothing of it",
    before: { "f.img": content(3) },
    change: (scene) => write(scene, "elsewhere/1234", edited(content(3))),
  },
  {
    name: "a log that has moved on, and grown before that",
    before: { "app.log": content(4) },
    change(scene, at) {
      renameSync(at("app.log"), at("app.log.1"));
      write(scene, "app.log.1", Buffer.concat([content(4), noise(9999, 40)]));
      write(scene, "app.log", noise(200_000, 41));
    },
  },
  {
    name: "two that have changed places, and a bit",
    before: { one: content(5), two: content(6) },
    change(scene) {
      write(scene, "one", edited(content(6)));
      write(scene, "two", edited(content(5)));
    },
  },
  {
    name: "what was put together from several",
    before: { "part-a": content(7), "d/part-b": content(8) },
    change: (scene) => write(scene, "whole", Buffer.concat([content(7), content(8)])),
  },
  {
    name: "what was edited in a directory that has moved",
    before: { "dir/f": content(9), ...Object.fromEntries(smallFiles("dir")) },
    change(scene, at) {
      renameSync(at("dir"), at("moved"));
      write(scene, "moved/f", edited(content(9)));
      write(scene, "moved/copy", edited(content(9)));
    },
  },
];

/** Enough of them that a directory is known again. */
function smallFiles(dir: string): [string, Uint8Array][] {
  return Array.from({ length: 20 }, (_, i) => [`${dir}/s${i}`, noise(50, 500 + i)]);
}

const { push, pull, relay } = WAYS;

describe.each<Way>([push, pull, relay])("$name", (way) => {
  const lines = way === relay ? 2 : 1;

  test("of what the target has somewhere, only the rest crosses", async () => {
    using scene = newScene(way, sshd);
    for (const { before } of CHANGES)
      for (const [name, bytes] of Object.entries(before)) write(scene, name, bytes);
    expect(outcome(await scene.mirror())).toEqual(done);
    for (const { change } of CHANGES) change(scene, (name) => path.join(scene.source, name));
    const result = await scene.prove();
    // Each of them has four MiB that are there already.
    expect(Number(summaryOf(result)["bytesCopied"])).toBeGreaterThan(40 * MiB);
    expect(crossed(result)).toBeLessThan(lines * 3.9 * MiB);
    expect(leftovers(walk(scene.target))).toEqual([]);
  });

  test("what has changed behind our back is of no use, and does no harm", async () => {
    using scene = newScene(way, sshd);
    const names = ["f", "g", "h"];
    for (const [i, name] of names.entries()) write(scene, name, content(10 + i));
    expect(outcome(await scene.mirror())).toEqual(done);
    // Size and time are as before, and it goes in this very run: only its ctime tells.
    write(scene, "f", content(20), "target");
    rmSync(path.join(scene.source, "f"));
    rmSync(path.join(scene.target, "g"));
    for (const [i, name] of names.entries()) write(scene, `${name}2`, edited(content(10 + i)));
    const bytes = crossed(await scene.prove()) / lines;
    // What is like the first two crosses as a whole, and the second itself; the third is as good as ever.
    expect(bytes).toBeGreaterThan(12 * MiB);
    expect(bytes).toBeLessThan(14 * MiB);
  });
});

test("without a memory nothing is taken from anywhere", async () => {
  using scene = newScene(push, sshd);
  write(scene, "f", content(30));
  expect(outcome(await scene.mirror("--no-state"))).toEqual(done);
  write(scene, "f2", edited(content(30)));
  expect(crossed(await scene.prove("--no-state"))).toBeGreaterThan(4 * MiB);
});
