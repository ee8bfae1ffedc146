/** Runs with another host that are stopped in the middle of their work. */
import { utimesSync, writeFileSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";

import { afterAll, beforeAll, describe, expect, test } from "vitest";

import type { Seen } from "../../support/judge.ts";
import { judge, walk } from "../../support/judge.ts";
import { noise } from "../../support/noise.ts";
import { done, leftovers, outcome } from "../../support/proof.ts";
import type { Scene } from "../../support/remote.ts";
import { newScene, WAYS } from "../../support/remote.ts";
import type { Sshd } from "../../support/sshd.ts";
import { startSshd } from "../../support/sshd.ts";
import { commandOnTerminal } from "../../support/terminal.ts";
import type { Running } from "../../support/syncline.ts";
import { environment, ofType, start, summaryOf, synclineCommand } from "../../support/syncline.ts";
import { files, makeTree, manyFiles } from "../../support/trees.ts";

let sshd: Sshd;

beforeAll(async () => {
  sshd = await startSshd();
});

afterAll(() => sshd[Symbol.asyncDispose]());

/** Two seconds of work at the rate below, in many files and a large one in their middle. */
function plant({ source, target }: Scene): void {
  makeTree(source, files({ "z/last": "z", "a/changed": "now" }));
  for (let n = 0; n < 40; n++) writeFileSync(`${source}/a/f${n}`, noise(10_000, n));
  writeFileSync(`${source}/b-large`, noise(500_000, 99));
  utimesSync(`${source}/b-large`, 1.6e9, 1.6e9);
  makeTree(target, [...files({ "a/changed": "before", "gone/x": "x" }), ...manyFiles(5, "gone")]);
}

const SLOWLY = ["--bwlimit", "400K", "--max-delete", "100%"];

function startSlowly({ from, to, options, ...place }: Scene): Running {
  return start(place, ["mirror", "--json", "-y", ...SLOWLY, from, to], options);
}

/** A name holds its old content or its new one, whole; what is to go goes last. */
function expectOldOrNew({ source, target }: Scene, old: readonly Seen[]): void {
  const content = (seen: readonly Seen[]) =>
    new Map(seen.map(({ path, kind, sha256 }) => [path, `${kind} ${sha256 ?? ""}`]));
  const [before, wanted] = [content(old), content(walk(source))];
  const now = walk(target);
  const found = content(now);
  const hidden = leftovers(now);
  expect(
    [...found].filter(
      ([path, is]) => is !== before.get(path) && is !== wanted.get(path) && !hidden.includes(path),
    ),
  ).toEqual([]);
  expect([...before.keys()].filter((path) => !found.has(path))).toEqual([]);
}

async function expectNobodyLeft(): Promise<void> {
  await expect.poll(() => sshd.serving(), { timeout: 5000 }).toEqual([]);
}

/** The next run ends it, and leaves nothing of the one before. */
async function expectRecovery(scene: Scene): Promise<void> {
  expect(outcome(await scene.mirror("--max-delete", "100%"))).toEqual(done);
  expect(judge(scene.source, scene.target, scene.tolerance)).toEqual([]);
  expect(leftovers(walk(scene.target))).toEqual([]);
}

describe.each([WAYS.push, WAYS.pull, WAYS.relay, WAYS.sftpPush, WAYS.sftpPull])("$name", (way) => {
  test("a signal stops it after the files in hand: 130, valid, and nobody stays behind", async () => {
    using scene = newScene(way, sshd);
    plant(scene);
    const old = walk(scene.target);
    const running = startSlowly(scene);
    await running.until(/"type":"plan"/);
    await delay(400);
    running.child.kill(way === WAYS.push ? "SIGTERM" : "SIGINT");
    const result = await running.done;
    expect([result.code, summaryOf(result)["exitCode"]]).toEqual([130, 130]);
    expect(result.stderr).not.toMatch(/\bbug\b|^\s+at |lost/m);
    expectOldOrNew(scene, old);
    // Not all of it was done: it stopped, and did not just say so.
    const did = ofType(result, "action").filter(({ outcome }) => outcome === "done");
    expect(did.map(({ path }) => path)).not.toContain("z/last");
    await expectNobodyLeft();
    await expectRecovery(scene);
  });
});

test.each([
  { way: WAYS.push, what: "a kill" },
  { way: WAYS.pull, what: "a second signal" },
  { way: WAYS.sftpPush, what: "a second signal" },
])("$way.name: $what ends it at once, and nobody stays behind", async ({ way, what }) => {
  using scene = newScene(way, sshd);
  plant(scene);
  const old = walk(scene.target);
  const running = startSlowly(scene);
  await running.until(/"type":"plan"/);
  await delay(300);
  if (what === "a kill") running.child.kill("SIGKILL");
  else {
    running.child.kill("SIGINT");
    // Sooner it would be taken for an echo of the first.
    await delay(250);
    running.child.kill("SIGINT");
  }
  const result = await running.done;
  expect(result.code).toBe(what === "a kill" ? null : 130);
  await expectNobodyLeft();
  expectOldOrNew(scene, old);
  await expectRecovery(scene);
});

test("Ctrl-C on a terminal is for Syncline, and the connection stays for the files in hand", async () => {
  using scene = newScene(WAYS.push, sshd);
  plant(scene);
  const old = walk(scene.target);
  const words = [...synclineCommand(scene), "mirror", "-y", ...SLOWLY, scene.from, scene.to];
  const variables = { ...environment(scene), ...scene.options.env };
  const running = commandOnTerminal(words, scene.dir, variables);
  await running.until(/Apply|apply|files/);
  await delay(500);
  running.say("\u0003");
  const result = await running.done;
  expect(result.stdout).toContain("exit code 130");
  expect(result.stdout).toContain("interrupted");
  expect(result.stdout).not.toMatch(/lost|unreachable/);
  expectOldOrNew(scene, old);
  await expectNobodyLeft();
  await expectRecovery(scene);
});
