import { rmSync } from "node:fs";

import { expect, test } from "vitest";

import { fingerprint, judge, walk } from "../support/judge.ts";
import { mountMemory, remount } from "../support/mounts.ts";
import type { Place } from "../support/place.ts";
import { newPlace } from "../support/place.ts";
import { outcome } from "../support/proof.ts";
import { tool } from "../support/python.ts";
import { mirror, NOTHING_TO_DO, ofType, start, syncline } from "../support/syncline.ts";
import { RENAME, strace, tracedBy } from "../support/trace.ts";
import { everything, files, makeTree, manyFiles } from "../support/trees.ts";

/** Exit codes of the targets' own summaries, by target. */
function codes(result: { stdout: string }): Record<string, unknown> {
  return Object.fromEntries(ofType(result, "summary").map((s) => [s["target"], s["exitCode"]]));
}

test("one source, three targets in different states: all are made equal", async () => {
  using place = newPlace();
  makeTree(place.source, everything(50));
  makeTree(place.path("t2"), manyFiles(30, "stray"));
  tool("cp", ["-a", place.source, place.path("t3")]);
  const targets = ["t1", "t2", "t3"].map(place.path);
  const result = await mirror(place, ["--max-delete", "100%", place.source, ...targets]);
  expect(outcome(result)).toEqual({ code: 0, problems: [], stderr: "" });
  expect(targets.map((target) => judge(place.source, target))).toEqual([[], [], []]);
  const third = ofType(result, "summary").find(({ target }) => target === targets[2]);
  expect(third).toMatchObject(NOTHING_TO_DO);
});

test("events name their target, and each target has one summary, its last object", async () => {
  using place = newPlace();
  makeTree(place.source, manyFiles(200, "x"));
  const targets = ["t1", "t2"].map(place.path);
  const result = await mirror(place, [place.source, ...targets]);
  const actions = ofType(result, "action").map(({ target }) => target);
  expect(new Set(actions)).toEqual(new Set(targets));
  const summaries = ofType(result, "summary").map(({ target }) => target);
  expect([summaries.length, new Set(summaries)]).toEqual([2, new Set(targets)]);
});

/** Four targets: one good, one that a guard halts, one read-only, one that is a file. */
function badTargets(place: Place): { good: string; guarded: string; closed: string; file: string } {
  makeTree(place.source, manyFiles(50, "x"));
  makeTree(place.path("guarded"), [
    ...manyFiles(50, "x"),
    ...files(Object.fromEntries(Array.from({ length: 900 }, (_, n) => [`extra/${n}`, ""]))),
  ]);
  mountMemory(place.path("closed"), "size=8m");
  remount(place.path("closed"), "ro");
  makeTree(place.dir, files({ file: "a file" }));
  return {
    good: place.path("good"),
    guarded: place.path("guarded"),
    closed: place.path("closed"),
    file: place.path("file"),
  };
}

test("a target that fails, whichever and wherever it stands, does not stop the others", async () => {
  using place = newPlace();
  const { good, guarded, closed, file } = badTargets(place);
  const before = [guarded, closed].map(fingerprint);
  for (const order of [
    [good, guarded, closed, file],
    [file, closed, guarded, good],
  ]) {
    rmSync(good, { recursive: true, force: true });
    const result = await mirror(place, [place.source, ...order]);
    expect(result.code).toBe(1);
    expect(judge(place.source, good)).toEqual([]);
    expect(codes(result)).toMatchObject({ [good]: 0, [guarded]: 5 });
  }
  expect([guarded, closed].map(fingerprint)).toEqual(before);
  expect(tool("cat", [file])).toBe("a file");
});

test("the exit code is the first of 1, 5, 3, 0 that applies to any target", async () => {
  using place = newPlace();
  const { good, guarded, file } = badTargets(place);
  const troubled = place.path("troubled");
  makeTree(troubled, manyFiles(50, "old"));
  // A file that something is mounted on cannot be replaced: EBUSY, even for root.
  tool("mount", ["--bind", file, `${troubled}/d0/f7`]);
  const codeOf = async (...targets: string[]) =>
    (await mirror(place, [place.source, ...targets])).code;
  expect(await codeOf(good)).toBe(0);
  expect(await codeOf(good, troubled)).toBe(3);
  expect(await codeOf(troubled, good, guarded)).toBe(5);
  expect(await codeOf(guarded, troubled, good, file)).toBe(1);
});

test("a signal beats whatever else is true", async () => {
  using place = newPlace();
  const { good, guarded } = badTargets(place);
  makeTree(place.source, manyFiles(900, "x").slice(50));
  const running = start(place, ["mirror", place.source, guarded, good], {
    through: strace(RENAME, "delay_enter=20000"),
  });
  await running.until(/not in the source/);
  process.kill(tracedBy(running.child.pid), "SIGINT");
  expect((await running.done).code).toBe(130);
});

test("text with several targets says which one each line means", async () => {
  using place = newPlace();
  const { good, guarded } = badTargets(place);
  const result = await syncline(place, ["mirror", place.source, good, guarded]);
  expect(result.code).toBe(5);
  expect(result.stdout).toContain(`→ ${good}`);
  expect(result.stderr).toContain(guarded);
  expect(walk(good).length).toBe(52);
});
