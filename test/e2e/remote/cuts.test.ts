/** A line that breaks, at any moment and in any way: nothing is half-written, nothing is lost, and little is sent twice. */
import { lstatSync, mkdirSync, readdirSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

import type { CutScene, CutTrees } from "../../support/cut-scene.ts";
import {
  agentsOf,
  halves,
  MiB,
  newCutScene,
  parentOf,
  plantCutTrees,
} from "../../support/cut-scene.ts";
import { fingerprint, judge, walk } from "../../support/judge.ts";
import { done, outcome } from "../../support/proof.ts";
import type { Way } from "../../support/remote.ts";
import { newScene, WAYS } from "../../support/remote.ts";
import type { Sshd } from "../../support/sshd.ts";
import { startSshd } from "../../support/sshd.ts";
import type { Result, Running } from "../../support/syncline.ts";
import { ofType } from "../../support/syncline.ts";
import type { TreeEntry } from "../../support/trees.ts";
import { makeTree, manyFiles, MOMENT } from "../../support/trees.ts";

const { push, pull, sftpPush, sftpPull } = WAYS;
let sshd: Sshd;
let trees: CutTrees;
/** Bytes that cross where nothing breaks. */
const usual = new Map<Way, number>();

beforeAll(async () => {
  sshd = await startSshd();
  trees = plantCutTrees();
  // Brings the agent.
  using first = newScene(push, sshd);
  mkdirSync(first.source);
  await first.mirror();
  await Promise.all([push, pull, sftpPush, sftpPull].map(measure));
});

afterAll(async () => {
  trees[Symbol.dispose]();
  await sshd[Symbol.asyncDispose]();
});

const open = (way: Way): Promise<CutScene> => newCutScene(way, sshd, trees);

async function measure(way: Way): Promise<void> {
  await using scene = await open(way);
  proveEqual(scene, await scene.begin().done);
  usual.set(way, await scene.crossed());
}

/** Bytes that may be lost with a connection: what was under way in buffers of kernels and programs, and what makes another. */
const lost = 3 * MiB;

/** Proves that little has crossed twice, where so many connections were lost with content on its way. */
async function proveSparing(scene: CutScene, way: Way, losses = 1): Promise<void> {
  expect(await scene.crossed()).toBeLessThan(usual.get(way)! + losses * lost);
}

/** Proves that a run went well, in spite of everything. */
function proveEqual(scene: CutScene, result: Result): void {
  expect(outcome(result)).toEqual(done);
  // What is left over would be extra.
  expect(judge(scene.source, scene.target, scene.tolerance)).toEqual([]);
}

/** Proves that a run that was given up says why, and that its target holds nothing half-written, and all that was finished. */
function proveGivenUp(scene: CutScene, result: Result, why: RegExp): void {
  const errors = ofType(result, "error").map(({ code, message, hint }) => [code, message, hint]);
  const hint = /What was finished stays finished; the next run goes on from there\.$/;
  expect([result.code, result.signal, ...errors]).toEqual([
    10,
    null,
    ["ENDPOINT_LOST", expect.stringMatching(why), expect.stringMatching(hint)],
  ]);
  expect(result.stderr.match(/^syncline: .*$/gm)).toEqual([expect.stringMatching(why)]);
  const now = walk(scene.target);
  expect(halves(trees.seen, now)).toEqual([]);
  const there = new Set(now.map(({ path }) => path));
  expect(putBy(result).filter((path) => !there.has(path))).toEqual([]);
}

/** Paths at which a run has put something. */
function putBy(result: Result): string[] {
  return ofType(result, "action")
    .filter(({ action, outcome: is }) => is === "done" && /create|update/.test(String(action)))
    .map(({ path }) => String(path));
}

/** Files are the same as before if they have the same inodes. */
function inodesOf({ target }: CutScene, paths: readonly string[]): unknown[] {
  return paths.map((path) => [path, lstatSync(`${target}/${path}`).ino]);
}

/** Runs to the end what was given up, and proves that what had arrived is still there, and is not sent again. */
async function proveResumed(scene: CutScene, way: Way, first: Result): Promise<void> {
  const paths = putBy(first);
  const before = inodesOf(scene, paths);
  proveEqual(scene, await scene.begin().done);
  expect(inodesOf(scene, paths)).toEqual(before);
  await proveSparing(scene, way);
}

/** What people were told of each connection that was lost. */
function lossesIn(result: Result): string[] {
  const told = ofType(result, "notice").map(({ message }) => String(message));
  return told.filter((message) => /; trying again \(\d of \d\)$/.test(message));
}

describe.concurrent("a line that is cut", () => {
  test.each([
    // In the login, in the listing, among small files, and in a large one.
    [push, [3000, 16_000, 400_000, 4 * MiB, 4 * MiB]],
    [pull, [3000, 16_000, 400_000, 4 * MiB, 4 * MiB]],
    [sftpPush, [3000, 16_000, 500_000, 7 * MiB]],
    [sftpPull, [3000, 16_000, 500_000, 7 * MiB]],
  ])("again and again keeps no run from its end: $name", async (way, cuts) => {
    await using scene = await open(way);
    await scene.proxy.cutAfter(...cuts);
    const result = await scene.begin().done;
    proveEqual(scene, result);
    expect(lossesIn(result)).toHaveLength(cuts.length);
    await proveSparing(scene, way, cuts.length - 2);
  });

  test.each([push, pull])("near the end does not, either: $name", async (way) => {
    await using scene = await open(way);
    await scene.proxy.cutAfter(usual.get(way)! - 5000);
    const result = await scene.begin().done;
    proveEqual(scene, result);
    expect(lossesIn(result)).toHaveLength(1);
    await proveSparing(scene, way);
  });

  test("while the agent is brought along leaves no half of it", async () => {
    await using fresh = await startSshd();
    await using scene = await newCutScene(push, fresh, trees);
    await scene.proxy.cutAfter(1 * MiB);
    const result = await scene.begin().done;
    proveEqual(scene, result);
    expect(lossesIn(result)).toHaveLength(1);
    const kept = readdirSync(`${fresh.home}/.cache/syncline/agent`);
    expect(kept.filter((name) => name.startsWith("."))).toEqual([]);
  });
});

describe.concurrent("without another attempt", () => {
  test.each([
    { way: push, moment: "among small files", at: 400_000 },
    { way: push, moment: "in a large file", at: 9 * MiB },
    { way: push, moment: "near the end", at: -5000 },
    { way: pull, moment: "in a large file", at: 12 * MiB },
    { way: pull, moment: "near the end", at: -5000 },
    { way: sftpPush, moment: "among small files", at: 400_000 },
    { way: sftpPush, moment: "in a large file", at: 10 * MiB },
    { way: sftpPull, moment: "among small files", at: 400_000 },
  ])("the next run finishes what was cut $moment: $way.name", async ({ way, at }) => {
    await using scene = await open(way);
    await scene.proxy.cutAfter(at > 0 ? at : usual.get(way)! + at);
    const first = await scene.begin("--retries", "0").done;
    proveGivenUp(scene, first, /here: the connection was lost/);
    await proveResumed(scene, way, first);
  });

  test("a large file is begun anew where it came over SFTP", async () => {
    await using scene = await open(sftpPull);
    await scene.proxy.cutAfter(10 * MiB);
    const first = await scene.begin("--retries", "0").done;
    proveGivenUp(scene, first, /here: the connection was lost/);
    proveEqual(scene, await scene.begin().done);
    // FIXME: what has come of it is not made use of; of other ways it is.
    expect(await scene.crossed()).toBeGreaterThan(usual.get(sftpPull)! + lost);
  });

  test.each([push, pull, sftpPull])(
    "a listing that broke off changes nothing: $name",
    async (way) => {
      await using scene = await newCutScene(way, sshd);
      makeTree(scene.source, crowd(2000, MOMENT));
      makeTree(scene.target, crowd(2500, MOMENT + 5_000_000_000n));
      const before = fingerprint(scene.target);
      expect(outcome(await scene.begin("--dry-run").done)).toEqual(done);
      const listed = await scene.crossed();
      for (const share of [0.6, 0.95]) {
        await scene.proxy.cutAfter(Math.floor(listed * share));
        const result = await scene.begin("--retries", "0").done;
        expect([share, result.code, ofType(result, "plan")]).toEqual([share, 10, []]);
        expect(fingerprint(scene.target)).toBe(before);
      }
    },
  );

  const crowd = (count: number, mtime: bigint): TreeEntry[] =>
    manyFiles(count, "any").map((entry) => ({ ...entry, mtime }));
});

/** A run that has got into the middle of its large file, over a line that is slow enough to be met there. */
async function inTheMiddle(scene: CutScene, ...args: string[]): Promise<Running> {
  await scene.proxy.setOptions({ bytesPerSecond: 10e6 });
  const running = scene.begin(...args);
  await scene.reached(6 * MiB);
  return running;
}

describe("a line that falls silent", () => {
  test("is made again", async () => {
    await using scene = await open(push);
    const running = await inTheMiddle(scene, "--timeout", "1s");
    await scene.proxy.stall();
    const began = performance.now();
    await running.until(/for 1 s; trying again \(1 of 3\)/);
    expect(performance.now() - began).toBeLessThan(4000);
    // What was held back comes then, too, and whoever waited for it may still be there.
    await scene.proxy.resume();
    proveEqual(scene, await running.done);
  });

  test("and stays silent is given up", async () => {
    await using scene = await open(pull);
    const running = await inTheMiddle(scene, "--timeout", "1s", "--retries", "1");
    await scene.proxy.stall();
    const began = performance.now();
    const result = await running.done;
    expect(performance.now() - began).toBeLessThan(8000);
    proveGivenUp(scene, result, /here: nothing was heard from it for 1 seconds/);
    await scene.proxy.resume();
    await proveResumed(scene, pull, result);
  });
});

describe("a host that lets nobody in any more", () => {
  test("is given up after so many attempts", async () => {
    await using scene = await open(push);
    const running = await inTheMiddle(scene, "--retries", "1");
    await scene.proxy.refuse();
    await scene.proxy.cut();
    const began = performance.now();
    const result = await running.done;
    expect(performance.now() - began).toBeLessThan(5000);
    proveGivenUp(scene, result, /here: the connection was refused/);
    await scene.proxy.resume();
    await proveResumed(scene, push, result);
  });

  test.each([pull, sftpPush])("and comes back in time is no trouble: $name", async (way) => {
    await using scene = await open(way);
    const running = await inTheMiddle(scene);
    await scene.proxy.refuse();
    await scene.proxy.cut();
    await running.until(/the connection was refused.*; trying again \(2 of 3\)/);
    await scene.proxy.resume();
    proveEqual(scene, await running.done);
  });
});

describe("a program that is killed", () => {
  const theAgent = (): number => {
    const agents = agentsOf(sshd);
    expect(agents).toHaveLength(1);
    return agents[0]!;
  };
  const allGone = (): Promise<void> =>
    expect.poll(() => agentsOf(sshd), { timeout: 3000 }).toEqual([]);

  test("on this side leaves no agent, and nothing locked", async () => {
    await using scene = await open(push);
    const running = await inTheMiddle(scene);
    theAgent();
    running.child.kill("SIGKILL");
    await allGone();
    expect(halves(trees.seen, walk(scene.target))).toEqual([]);
    await proveResumed(scene, push, await running.done);
  });

  test.each([push, pull])("on the other one is started again: $name", async (way) => {
    await using scene = await open(way);
    const running = await inTheMiddle(scene);
    process.kill(theAgent(), "SIGKILL");
    proveEqual(scene, await running.done);
    await proveSparing(scene, way);
    await allGone();
  });

  test("in between, for one session, leaves nobody behind", async () => {
    await using scene = await open(push);
    const running = await inTheMiddle(scene);
    process.kill(parentOf(theAgent()), "SIGKILL");
    proveEqual(scene, await running.done);
    await proveSparing(scene, push);
    await allGone();
  });
});
