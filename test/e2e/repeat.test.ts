import { renameSync, rmSync, writeFileSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";

import { expect, test } from "vitest";

import { judge } from "../support/judge.ts";
import type { Place } from "../support/place.ts";
import { newPlace } from "../support/place.ts";
import { tool } from "../support/python.ts";
import type { Running } from "../support/syncline.ts";
import { eventsOf, ofType, start, syncline } from "../support/syncline.ts";
import { processorTime, RENAME, strace } from "../support/trace.ts";
import { files, makeTree } from "../support/trees.ts";

/** Starts `mirror --json` with standard input open. */
function repeating(place: Place, ...args: string[]): Running {
  return start(place, ["mirror", "--json", ...args, place.source, place.target], {
    keepInput: true,
  });
}

/** Waits until so many runs have ended, counted from the start. */
async function runs(running: Running, count: number): Promise<void> {
  await running.until(new RegExp(`(?:"type":"summary"[^]*?){${count}}`));
}

test("--every runs again and picks up what has changed; the word quit ends it after the run in hand", async () => {
  using place = newPlace();
  makeTree(place.source, files({ a: "1" }));
  const running = repeating(place, "--every", "1s");
  await runs(running, 1);
  makeTree(place.source, files({ "new/b": "2" }));
  rmSync(`${place.source}/a`);
  await runs(running, 3);
  running.say("quit\n");
  const result = await running.done;
  expect([result.code, judge(place.source, place.target)]).toEqual([0, []]);
  const numbers = ofType(result, "summary").map(({ created, deleted }) => [created, deleted]);
  expect(numbers.length).toBeGreaterThanOrEqual(3);
  expect(numbers).toContainEqual([2, 1]);
  expect(numbers.at(-1)).toEqual([0, 0]);
});

test("other words on standard input end nothing, and half of one is no word", async () => {
  using place = newPlace();
  makeTree(place.source, files({ a: "1" }));
  const running = repeating(place, "--every", "1s");
  await runs(running, 1);
  running.say("quitting is for others\nqu");
  await runs(running, 2);
  running.say("it\r\n");
  expect((await running.done).code).toBe(0);
});

test.each(["SIGTERM", "SIGINT", "SIGHUP"] as const)("%s ends it while it waits", async (signal) => {
  using place = newPlace();
  makeTree(place.source, files({ a: "1" }));
  const running = repeating(place, "--every", "1h");
  await runs(running, 1);
  running.child.kill(signal);
  expect((await running.done).code).toBe(130);
});

test("a signal lets the run in hand finish, and no other begins", async () => {
  using place = newPlace();
  makeTree(place.source, files({ a: "1", b: "2", c: "3" }));
  const running = start(place, ["mirror", "--json", "--every", "1s", place.source, place.target], {
    keepInput: true,
    through: strace(RENAME, "delay_enter=300000"),
  });
  await running.until(/"type":"plan"/);
  tool("pkill", ["-TERM", "-P", String(running.child.pid)]);
  const result = await running.done;
  expect([result.code, judge(place.source, place.target)]).toEqual([130, []]);
  expect(ofType(result, "summary").length).toBe(1);
});

test("without standard input it goes on, and does not spin while it waits", async () => {
  using place = newPlace();
  makeTree(place.source, files({ a: "1" }));
  const running = start(place, ["mirror", "--json", "--every", "1h", place.source, place.target]);
  await runs(running, 1);
  await delay(300);
  const { pid = 0 } = running.child;
  const before = processorTime(pid);
  await delay(1500);
  expect(processorTime(pid) - before).toBeLessThan(500);
  expect(ofType({ stdout: running.stdout() }, "summary").length).toBe(1);
  running.child.kill("SIGTERM");
  expect((await running.done).code).toBe(130);
});

test("intervals count from start to start: a long run is followed at once, and never overlapped", async () => {
  using place = newPlace();
  makeTree(place.source, files({ a: "1" }));
  const log = place.path("log");
  const running = start(
    place,
    ["mirror", "--json", "--every", "1s", "--log", log, place.source, place.target],
    { keepInput: true, through: strace("syncfs", "delay_enter=1500000") },
  );
  await runs(running, 1);
  writeFileSync(`${place.source}/b`, "2");
  await runs(running, 2);
  running.say("quit\n");
  const types = eventsOf(await running.done).map(({ type }) => type);
  const order = types.filter((type) => type === "start" || type === "summary");
  expect(order.every((type, n) => type === (n % 2 === 0 ? "start" : "summary"))).toBe(true);
});

test("a run that fails is reported, the next one happens, and recovers", async () => {
  using place = newPlace();
  makeTree(place.source, files({ a: "1" }));
  const running = repeating(place, "--every", "1s");
  await runs(running, 1);
  renameSync(place.source, place.path("away"));
  await running.until(/missing-source/);
  makeTree(place.path("away"), files({ b: "2" }));
  renameSync(place.path("away"), place.source);
  await running.until(/"path":"b"[^\n]*"done"/);
  const seen = ofType({ stdout: running.stdout() }, "summary").length;
  await runs(running, seen + 1);
  running.say("quit\n");
  const result = await running.done;
  expect([result.code, judge(place.source, place.target)]).toEqual([0, []]);
  expect(ofType(result, "summary").map(({ exitCode }) => exitCode)).toContain(5);
});

test("--start-after waits first; quit ends it before anything has run", async () => {
  using place = newPlace();
  makeTree(place.source, files({ a: "1" }));
  const running = repeating(place, "--every", "1s", "--start-after", "1h");
  await delay(500);
  running.say("quit\n");
  const result = await running.done;
  expect([result.code, ofType(result, "summary")]).toEqual([0, []]);
  const once = await syncline(place, [
    "mirror",
    "--start-after",
    "1s",
    "-y",
    place.source,
    place.target,
  ]);
  expect([once.code, judge(place.source, place.target)]).toEqual([0, []]);
});

test("--cron runs when it is due", async () => {
  using place = newPlace();
  makeTree(place.source, files({ a: "1" }));
  // Six fields are not promised: the next full minute may be far, so only the waiting is looked at.
  const running = repeating(place, "--cron", "0 0 1 1 *");
  await running.until(/next run/);
  running.say("quit\n");
  const result = await running.done;
  expect([result.code, ofType(result, "summary")]).toEqual([0, []]);
});

test("each run leaves nothing behind: no descriptor, no worker, no lock", async () => {
  using place = newPlace();
  makeTree(place.source, files({ a: "1" }));
  const running = repeating(place, "--every", "1s");
  const { pid = 0 } = running.child;
  const held = () => Number(tool("sh", ["-c", `ls /proc/${pid}/fd /proc/${pid}/task | wc -l`]));
  await runs(running, 2);
  await delay(200);
  const early = held();
  await runs(running, 5);
  await delay(200);
  expect(held()).toBeLessThanOrEqual(early + 2);
  running.say("quit\n");
  expect((await running.done).code).toBe(0);
});
