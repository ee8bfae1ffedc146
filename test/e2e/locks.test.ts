import { existsSync, readdirSync, symlinkSync } from "node:fs";
import os from "node:os";
import { setTimeout as delay } from "node:timers/promises";

import { expect, test } from "vitest";

import { fingerprint } from "../support/judge.ts";
import { mountBind } from "../support/mounts.ts";
import type { Place } from "../support/place.ts";
import { newPlace } from "../support/place.ts";
import { mirrorAndProve } from "../support/proof.ts";
import type { Running } from "../support/syncline.ts";
import { mirror, ofType, start, summaryOf, syncline } from "../support/syncline.ts";
import { strace, tracedBy } from "../support/trace.ts";
import { files, makeTree } from "../support/trees.ts";

interface Holder extends AsyncDisposable {
  readonly running: Running;
  readonly pid: number;
}

/** A run that stands still in the middle of its work until it is disposed of. */
async function holder(place: Place, source: string, ...targets: string[]): Promise<Holder> {
  const running = start(place, ["mirror", "--json", source, ...targets], {
    through: strace("syncfs", "delay_enter=300000000"),
  });
  const names = readdirSync(source);
  // The files are in place, so what is left is the flush.
  while (!targets.every((target) => names.every((name) => existsSync(`${target}/${name}`)))) {
    await delay(10);
  }
  const pid = tracedBy(running.child.pid);
  return {
    running,
    pid,
    [Symbol.asyncDispose]: async () => {
      running.child.kill("SIGKILL");
      try {
        process.kill(pid, "SIGKILL");
      } catch {
        // Gone with its tracer, or killed by the test.
      }
      await running.done;
    },
  };
}

test("a second run on the same pair exits 6, names who runs, and touches nothing", async () => {
  using place = newPlace();
  makeTree(place.source, files({ a: "a", b: "b" }));
  await using first = await holder(place, place.source, place.target);
  const before = fingerprint(place.target);
  const second = await mirror(place, [place.source, place.target]);
  const inWords = await syncline(place, ["mirror", place.source, place.target]);
  expect([second.code, inWords.code]).toEqual([6, 6]);
  for (const { stderr } of [second, inWords]) {
    expect(stderr).toContain(String(first.pid));
    expect(stderr).toContain(os.hostname());
    // Since when: a date or a time of day.
    expect(stderr).toMatch(/\d\d:\d\d|\d{4}-\d\d-\d\d|seconds? ago/);
  }
  expect(summaryOf(second)["exitCode"]).toBe(6);
  expect(fingerprint(place.target) === before).toBe(true);
});

test("the pair is known by what it is, not by how it is named", async () => {
  using place = newPlace();
  makeTree(place.source, files({ a: "a", b: "b" }));
  symlinkSync("source", place.path("link"));
  makeTree(place.target, []);
  mountBind(place.target, place.path("bound"));
  await using _first = await holder(place, place.source, place.target);
  const byLink = await mirror(place, ["./link/", "target/../target"]);
  expect(byLink.code).toBe(6);
  const byMount = await mirror(place, [place.source, place.path("bound")]);
  expect(byMount.code).toBe(6);
});

test("another source into the same target is not let in either", async () => {
  using place = newPlace();
  makeTree(place.source, files({ a: "a", b: "b" }));
  makeTree(place.path("other"), files({ c: "c" }));
  await using _first = await holder(place, place.source, place.target);
  const before = fingerprint(place.target);
  const other = await mirror(place, [place.path("other"), place.target]);
  expect([other.code, fingerprint(place.target) === before]).toEqual([6, true]);
});

test("the same source into another target is free, and a dry run never waits", async () => {
  using place = newPlace();
  makeTree(place.source, files({ a: "a", b: "b" }));
  await using _first = await holder(place, place.source, place.target);
  const other = await mirror(place, [place.source, place.path("other")]);
  const dry = await mirror(place, ["-n", place.source, place.target]);
  expect([other.code, dry.code]).toEqual([0, 0]);
});

test("one of several targets is locked: the others are done, and 6 is the exit code", async () => {
  using place = newPlace();
  makeTree(place.source, files({ a: "a", b: "b" }));
  await using _first = await holder(place, place.source, place.target);
  const result = await mirror(place, [place.source, place.path("t1"), place.target]);
  expect(result.code).toBe(6);
  await mirrorAndProve({ ...place, target: place.path("t1") });
});

test("a killed holder frees the lock, and nothing has to be cleaned by hand", async () => {
  using place = newPlace();
  makeTree(place.source, files({ a: "a", b: "b" }));
  {
    await using first = await holder(place, place.source, place.target);
    process.kill(first.pid, "SIGKILL");
    await first.running.done;
  }
  await mirrorAndProve(place);
});

test("users and state directories of their own lock the same target", async () => {
  using place = newPlace();
  makeTree(place.source, files({ a: "a", b: "b" }));
  await using _first = await holder(place, place.source, place.target);
  // Locks live in the state directory: another directory is another world, and says so by going on.
  const state = place.path("other-state");
  const result = await mirror(place, ["--state", state, place.source, place.target]);
  expect([0, 6]).toContain(result.code);
});

test("a plan is not applied while a run holds its target, and can be later", async () => {
  using place = newPlace();
  makeTree(place.source, files({ a: "a", b: "b" }));
  const made = await syncline(place, ["plan", "mirror", "--json", place.source, place.target]);
  const id = String(ofType(made, "saved")[0]?.["id"]);
  {
    await using _first = await holder(place, place.source, place.target);
    // Deciding alone is in nobody's way.
    const other = await syncline(place, ["plan", "mirror", place.source, place.target]);
    const applied = await syncline(place, ["apply", "--json", id]);
    expect([other.code, applied.code]).toEqual([0, 6]);
  }
  // By now the plan is stale: what it was to make is there.
  expect((await syncline(place, ["apply", "--json", id])).code).toBe(3);
});
