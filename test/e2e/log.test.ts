import { existsSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { DatabaseSync } from "node:sqlite";

import { expect, test } from "vitest";

import { newPlace, ORDINARY_USER } from "../support/place.ts";
import type { Place } from "../support/place.ts";
import { eventsOf, mirror, NOTHING_TO_DO, countsOf, syncline } from "../support/syncline.ts";
import { files, makeTree } from "../support/trees.ts";

const log = (place: Place, ...args: string[]) => syncline(place, ["log", ...args]);
const databaseOf = (place: Place): string => path.join(place.stateHome, "syncline", "syncline.db");

/** What a run reported of what it did and how it ended. */
const doings = (result: { stdout: string }) =>
  eventsOf(result).filter(({ type }) => ["action", "problem", "summary"].includes(type));

function plant(place: Place): void {
  makeTree(place.source, [
    { path: "dir/\u00ff\u00fe", kind: "file", content: "bytes" },
    { path: "dir/new\nline\u001b[2J", kind: "file", content: "nasty" },
    { path: "dir/\u00c3\u00a9", kind: "symlink", target: "nowhere" },
    { path: "one", kind: "file", content: "1" },
    { path: "two", kind: "link", target: "one" },
  ]);
}

test("a run is told as mirror -v told it, and as --json did", async () => {
  using place = newPlace();
  plant(place);
  const first = await syncline(place, ["mirror", "-v", place.source, place.target]);
  writeFileSync(path.join(place.source, "one"), "changed");
  makeTree(place.source, files({ "dir/more": "m" }));
  rmSync(path.join(place.target, "two"));
  makeTree(place.target, files({ "gone/x": "x" }));
  const second = await mirror(place, [place.source, place.target]);
  const told = await log(place, "1");
  expect([told.code, told.stdout, told.stderr]).toEqual([0, first.stdout, ""]);
  const objects = await log(place, "--json", "2");
  expect([objects.code, eventsOf(objects)]).toEqual([0, doings(second)]);
  expect(doings(second).length).toBeGreaterThan(4);
});

test("problems are told with what was done", async () => {
  using place = newPlace();
  makeTree(place.source, files({ fine: "f", "shut/away": "s" }));
  makeTree(place.source, [{ path: "secret", kind: "file", mode: 0o000 }]);
  makeTree(place.dir, [{ path: "target", kind: "directory", uid: ORDINARY_USER }]);
  const run = ["mirror", "-v", place.source, place.target];
  const ran = await syncline(place, run, { asUser: true });
  const told = await syncline(place, ["log", "1"], { asUser: true });
  expect([ran.code, told.code]).toEqual([3, 0]);
  const lines = told.stdout.split("\n");
  expect(lines.filter((line) => line.startsWith("! secret: "))).toHaveLength(1);
  expect(lines.toSorted()).toEqual(
    `${ran.stdout}${ran.stderr}`
      .split("\n")
      .filter((line) => !line.startsWith("mirroring ") && line !== "")
      .concat("")
      .toSorted(),
  );
});

test("each of several targets has a run of its own", async () => {
  using place = newPlace();
  makeTree(place.source, files({ a: "a", b: "b" }));
  const targets = [place.path("t1"), place.path("t2")];
  makeTree(targets[1]!, files({ c: "c" }));
  const result = await mirror(place, [place.source, ...targets]);
  for (const [i, target] of targets.entries()) {
    const told = await log(place, String(i + 1), "--json");
    expect(eventsOf(told)).toEqual(doings(result).filter((event) => event["target"] === target));
  }
});

test("a run that did nothing has nothing but its summary to tell", async () => {
  using place = newPlace();
  plant(place);
  for (let i = 0; i < 2; i++) await mirror(place, [place.source, place.target]);
  const told = await log(place, "2", "--json");
  expect([told.code, eventsOf(told).length, countsOf(told), told.stderr]).toEqual([
    0,
    1,
    NOTHING_TO_DO,
    "",
  ]);
});

test("of a run whose actions are not kept any more there is the summary, and a word about it", async () => {
  using place = newPlace();
  plant(place);
  const ran = await mirror(place, [place.source, place.target]);
  {
    using database = new DatabaseSync(databaseOf(place));
    database.exec("DELETE FROM run_bodies");
  }
  const told = await log(place, "1");
  const objects = await log(place, "1", "--json");
  const message = "what run 1 did is not kept any more";
  expect([told.code, told.stderr, told.stdout.split("\n").length]).toEqual([
    0,
    `note: ${message}\n`,
    2,
  ]);
  expect(eventsOf(objects)).toEqual([{ type: "notice", message }, doings(ran).at(-1)]);
});

test("a run that there is not is a mistake, and looking for it makes nothing", async () => {
  using place = newPlace();
  const nothing = await log(place, "1");
  expect([nothing.code, nothing.stdout, existsSync(place.stateHome)]).toEqual([2, "", false]);
  expect(nothing.stderr).toMatch(/^syncline: there is no run 1 in the history\n/);
  plant(place);
  await mirror(place, ["-n", place.source, place.target]);
  await mirror(place, ["--no-state", place.source, place.target]);
  expect((await log(place, "1")).code).toBe(2);
  await mirror(place, [place.source, place.target]);
  const codes = await Promise.all(["1", "2", "0", "-1", "x"].map((run) => log(place, run)));
  expect(codes.map(({ code }) => code)).toEqual([0, 2, 2, 2, 2]);
});

test("--no-state keeps neither runs nor what they did", async () => {
  using place = newPlace();
  plant(place);
  await mirror(place, ["--no-state", place.source, place.target]);
  const names = existsSync(place.stateHome)
    ? readdirSync(place.stateHome, { recursive: true, encoding: "utf8" })
    : [];
  expect(names.filter((name) => name.includes("syncline.db"))).toEqual([]);
});

test("a database that is none costs a notice, and the mirror is made", async () => {
  using place = newPlace();
  plant(place);
  await mirror(place, [place.source, place.target]);
  writeFileSync(databaseOf(place), "a shopping list\n".repeat(500));
  makeTree(place.source, files({ more: "m" }));
  const ran = await syncline(place, ["mirror", place.source, place.target]);
  const told = await log(place, "1");
  expect([ran.code, told.code, told.stdout]).toEqual([0, 2, ""]);
  for (const { stderr } of [ran, told]) {
    expect(stderr.match(/^note: there is no history of runs this time/gm)).toHaveLength(1);
    expect(stderr).not.toMatch(/\bbug\b|^\s+at /m);
  }
});
