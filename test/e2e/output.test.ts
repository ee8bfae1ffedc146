import { readdirSync, readFileSync, symlinkSync } from "node:fs";

import { expect, test } from "vitest";

import { newPlace } from "../support/place.ts";
import { countsOf, eventsOf, mirror, ofType, summaryOf, syncline } from "../support/syncline.ts";
import { files, makeTree, manyFiles } from "../support/trees.ts";

test("the summary has every field of the contract, and the numbers are right", async () => {
  using place = newPlace();
  makeTree(place.source, files({ a: "12345", "d/b": "123" }));
  makeTree(place.target, files({ a: "1", gone: "1" }));
  const result = await mirror(place, [place.source, place.target]);
  expect(eventsOf(result).at(-1)).toEqual({
    type: "summary",
    version: 1,
    run: 1,
    source: place.source,
    target: place.target,
    checked: 3,
    created: 2,
    updated: 1,
    moved: 0,
    copied: 0,
    deleted: 1,
    metadata: expect.any(Number),
    skipped: 0,
    problems: 0,
    conflicts: 0,
    bytesSent: 0,
    bytesReceived: 0,
    bytesCopied: 8,
    bytesAvoided: 0,
    durationMs: expect.any(Number),
    exitCode: 0,
  });
  const second = await mirror(place, [place.source, place.target]);
  expect(summaryOf(second)).toMatchObject({ run: 2, checked: 3 });
});

test("--no-state leaves no history, and the run has no number", async () => {
  using place = newPlace();
  makeTree(place.source, files({ a: "a" }));
  const result = await mirror(place, ["--no-state", place.source, place.target]);
  expect(summaryOf(result)["run"]).toBeNull();
});

test("a path that is not UTF-8 comes with its bytes", async () => {
  using place = newPlace();
  makeTree(place.source, [
    { path: "\u00ff\u00fe", kind: "file" },
    { path: "d\u00e9/f\n", kind: "file" },
    { path: "\u00c3\u00a9", kind: "file" },
  ]);
  const result = await mirror(place, [place.source, place.target]);
  const bytes = ofType(result, "action").map(({ path, pathBytes }) =>
    typeof pathBytes === "string" ? Buffer.from(pathBytes, "base64").toString("latin1") : path,
  );
  expect(new Set(bytes)).toEqual(new Set(["d\u00e9", "d\u00e9/f\n", "é", "\u00ff\u00fe"]));
});

test("with --json, standard output has objects alone, and people are told on standard error", async () => {
  using place = newPlace();
  makeTree(place.source, manyFiles(30, "x"));
  const result = await mirror(place, ["-v", place.source, place.target]);
  expect(eventsOf(result).every(({ type }) => typeof type === "string")).toBe(true);
  expect(result.stderr).toContain("✓");
  const quiet = await mirror(place, ["-q", place.source, place.target]);
  expect([quiet.stderr, eventsOf(quiet).at(-1)?.type]).toEqual(["", "summary"]);
});

test("-q says nothing where all is well, and still says what went wrong", async () => {
  using place = newPlace();
  makeTree(place.source, files({ a: "a" }));
  const well = await syncline(place, ["mirror", "-q", place.source, place.target]);
  expect([well.code, well.stdout, well.stderr]).toEqual([0, "", ""]);
  const wrong = await syncline(place, ["mirror", "-q", place.path("nowhere"), place.target]);
  expect([wrong.code, wrong.stderr.length > 20]).toEqual([5, true]);
});

test("--log appends every action, problem and summary as JSON lines", async () => {
  using place = newPlace();
  makeTree(place.source, manyFiles(30, "x"));
  const line = ["mirror", "-q", "--log", "log", place.source, place.target];
  await syncline(place, line);
  await syncline(place, line);
  const logged = { stdout: readFileSync(place.path("log"), "utf8") };
  expect([ofType(logged, "action").length, ofType(logged, "summary").length]).toEqual([31, 2]);
  expect(countsOf(logged)["created"]).toBe(0);
});

test("--log-max-size starts a new file, and nothing is lost in between", async () => {
  using place = newPlace();
  makeTree(place.source, manyFiles(200, "x"));
  await syncline(place, [
    "mirror",
    "-q",
    "--log",
    "log",
    "--log-max-size",
    "8K",
    place.source,
    place.target,
  ]);
  const logs = readdirSync(place.dir).filter((name) => name.startsWith("log"));
  expect(logs.length).toBeGreaterThan(1);
  expect(logs.length).toBeLessThanOrEqual(6);
  for (const name of logs) {
    expect(() => eventsOf({ stdout: readFileSync(place.path(name), "utf8") })).not.toThrow();
  }
});

test("a log is not written through somebody's link into a file that is not one", async () => {
  using place = newPlace();
  makeTree(place.source, files({ a: "a" }));
  makeTree(place.dir, [{ path: "fifo", kind: "fifo" }]);
  const fifo = await syncline(place, ["mirror", "--log", "fifo", place.source, place.target], {
    timeoutMs: 10_000,
  });
  expect(fifo.code).not.toBe(0);
  symlinkSync("/dev/full", place.path("full"));
  const full = await syncline(place, ["mirror", "--log", "full", place.source, place.target]);
  expect(full.stderr).not.toMatch(/^\s+at /m);
});

test("a history that cannot be kept does not stop a mirror from being made, or says clearly why", async () => {
  using place = newPlace();
  makeTree(place.source, files({ a: "a" }));
  makeTree(place.dir, files({ "home/state": "a file where a directory should be" }));
  const result = await syncline(place, ["mirror", place.source, place.target]);
  expect([0, 1, 2]).toContain(result.code);
  expect(result.stderr).not.toMatch(/\bbug\b|^\s+at /m);
});
