import { existsSync } from "node:fs";

import { describe, expect, test } from "vitest";

import { fingerprint } from "../support/judge.ts";
import { newPlace } from "../support/place.ts";
import { DRIVERS } from "../support/proof.ts";
import { tool } from "../support/python.ts";
import type { JsonEvent, Result } from "../support/syncline.ts";
import { countsOf, guardsOf, mirror, ofType, summaryOf, syncline } from "../support/syncline.ts";
import type { TreeEntry } from "../support/trees.ts";
import { everything, files, makeTree, manyFiles } from "../support/trees.ts";

/** What is said of each action but whether it has been done. */
function actions(result: Result): Omit<JsonEvent, "outcome">[] {
  return ofType(result, "action").map(({ outcome: _outcome, ...action }) => action);
}

/** Two trees that have something of everything: to make, change, replace, relabel and remove. */
function unlikeTrees(): { source: TreeEntry[]; target: TreeEntry[] } {
  const nodes = (path: string) => /special|fifo/.test(path);
  return {
    source: [
      ...everything(30).filter(({ path }) => !nodes(path)),
      ...manyFiles(500, "new"),
      ...files({ "swap/a": "dir becomes file", "swap/b/c": "file becomes dir" }),
    ],
    target: [
      ...manyFiles(700, "old").filter((_, n) => n % 7 !== 0),
      ...files({ "swap/a/x/y": "1", "swap/b": "2", "names/*": "3", "zz/1/2/3": "4" }),
      { path: "links", kind: "symlink", target: "elsewhere" },
      { path: "sparse", kind: "directory", mode: 0o500 },
    ],
  };
}

describe.each(DRIVERS)("$driver", ({ options }) => {
  test("a dry run says exactly what the run then does, in the same order, and touches nothing", async () => {
    using place = newPlace();
    const { source, target } = unlikeTrees();
    makeTree(place.source, source);
    makeTree(place.target, target);
    const line = ["--max-delete", "100%", place.source, place.target];
    const before = [fingerprint(place.source), fingerprint(place.target)];
    const dry = await mirror(place, ["--dry-run", ...line], options);
    expect(dry.code).toBe(0);
    expect([fingerprint(place.source), fingerprint(place.target)]).toEqual(before);
    expect(existsSync(place.stateHome)).toBe(false);
    const dryAgain = await mirror(place, [...line, "-n"], options);
    expect(actions(dryAgain)).toEqual(actions(dry));
    const real = await mirror(place, line, options);
    expect(real.code).toBe(0);
    expect(actions(real).length).toBeGreaterThan(600);
    expect(actions(real)).toEqual(actions(dry));
    expect(countsOf(real)).toEqual(countsOf(dry));
    const outcomes = (result: Result) => new Set(ofType(result, "action").map((a) => a["outcome"]));
    expect([outcomes(dry), outcomes(real)]).toEqual([new Set(["planned"]), new Set(["done"])]);
  });
});

test("a dry run of a missing target does not make it", async () => {
  using place = newPlace();
  makeTree(place.source, files({ "a/b": "c" }));
  const target = place.path("not/yet");
  const dry = await mirror(place, ["-n", place.source, target]);
  const real = [dry.code, existsSync(place.path("not")), existsSync(place.stateHome)];
  expect(real).toEqual([0, false, false]);
  expect(actions(await mirror(place, [place.source, target]))).toEqual(actions(dry));
});

test("a dry run meets the same guards, and says the same of them", async () => {
  using place = newPlace();
  makeTree(place.source, files({ a: "a" }));
  makeTree(place.target, manyFiles(200, "old"));
  const dry = await mirror(place, ["-n", place.source, place.target]);
  const real = await mirror(place, [place.source, place.target]);
  expect([dry.code, guardsOf(dry)]).toEqual([5, ["deletes"]]);
  expect([real.code, ofType(real, "guard")]).toEqual([5, ofType(dry, "guard")]);
});

test("a dry run adds up: the summary's numbers are those of its actions", async () => {
  using place = newPlace();
  const { source, target } = unlikeTrees();
  makeTree(place.source, source);
  makeTree(place.target, target);
  const dry = await mirror(place, ["-n", "--max-delete", "100%", place.source, place.target]);
  const counted = actions(dry).map(({ action }) => String(action));
  const number = (...names: string[]) => counted.filter((name) => names.includes(name)).length;
  const { created, updated, deleted, metadata } = countsOf(dry);
  expect({ created, updated, deleted, metadata }).toEqual({
    created: number("create", "mkdir"),
    updated: number("update"),
    deleted: number("delete"),
    metadata: number("metadata"),
  });
  expect(summaryOf(dry)["exitCode"]).toBe(0);
});

test("the text of a dry run is that of the run with -v, but for the summary", async () => {
  using place = newPlace();
  const { source, target } = unlikeTrees();
  makeTree(place.source, source);
  makeTree(place.target, target);
  const line = ["--max-delete", "100%", place.source, place.target];
  const dry = await syncline(place, ["mirror", "--dry-run", ...line]);
  const real = await syncline(place, ["mirror", "-v", ...line]);
  const listed = (result: Result) => result.stdout.trimEnd().split("\n").slice(0, -1);
  expect(listed(real)).toEqual(listed(dry));
  // Nothing that a name holds may reach a terminal as a command.
  const control = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e]/;
  expect(control.exec(dry.stdout + dry.stderr)).toBeNull();
});

test("a dry run works where nothing can be written", async () => {
  using place = newPlace();
  makeTree(place.source, files({ a: "a" }));
  makeTree(place.target, files({ b: "b" }));
  tool("mount", ["--bind", place.target, place.target]);
  tool("mount", ["-o", "remount,bind,ro", place.target]);
  const env = { HOME: "/proc/none", XDG_STATE_HOME: "/proc/none" };
  const dry = await mirror(place, ["-n", place.source, place.target], { env });
  expect([dry.code, actions(dry).map(({ action, path }) => [action, path])]).toEqual([
    0,
    expect.arrayContaining([
      ["create", "a"],
      ["delete", "b"],
    ]),
  ]);
});
