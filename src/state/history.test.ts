import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterEach, beforeEach, expect, test } from "vitest";
import { peekState } from "./peek.ts";
import { migrations } from "./schema.ts";
import type { RunRecord, StateStore } from "./state.ts";
import { openState } from "./store.ts";

let dir = "";
let notices: string[] = [];
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "syncline-history-"));
  notices = [];
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const path = (): string => join(dir, "syncline.db");
const open = (): Promise<StateStore> =>
  openState(dir, { onNotice: (message) => notices.push(message) });

const run: RunRecord = {
  source: "/a",
  target: "/b",
  startedAt: "2026-01-02T03:04:05.678Z",
  durationMs: 12.5,
  exitCode: 0,
  summary: { created: 1 },
  sourceMount: "/",
  targetMount: "/mnt",
};
const lines = (count: number, what = "line"): string[] =>
  Array.from({ length: count }, (_, i) =>
    JSON.stringify({ type: "action", path: `${what} ${i} é` }),
  );

test("what a run did comes back line by line, few lines or many", async () => {
  await using store = await open();
  for (const count of [1, 20_000])
    store.recordRun(run, { lines: lines(count), dropped: count - 1 });
  store.recordRun(run, { lines: [], dropped: 0 });
  store.recordRun(run);
  expect([1, 2, 3, 4, 5].map((number) => store.listEvents(number))).toEqual([
    { run: { number: 1, ...run }, body: { lines: lines(1), dropped: 0 } },
    { run: { number: 2, ...run }, body: { lines: lines(20_000), dropped: 19_999 } },
    { run: { number: 3, ...run }, body: undefined },
    { run: { number: 4, ...run }, body: undefined },
    undefined,
  ]);
  expect(notices).toEqual([]);
});

test("it is kept of the last fifty runs that did something", async () => {
  await using store = await open();
  for (let i = 1; i <= 60; i++) {
    store.recordRun(run, { lines: lines(1, `run ${i},`), dropped: 0 });
    store.recordRun(run);
  }
  const kept = Array.from({ length: 120 }, (_, i) => i + 1).filter(
    (number) => store.listEvents(number)?.body !== undefined,
  );
  expect(kept).toEqual(Array.from({ length: 50 }, (_, i) => 2 * (i + 10) + 1));
  expect([store.listRuns(999).length, store.listEvents(21)?.body?.lines]).toEqual([
    120,
    lines(1, "run 11,"),
  ]);
});

test("a body that is damaged is as good as not kept", async () => {
  await using store = await open();
  store.recordRun(run, { lines: lines(1), dropped: 0 });
  store.recordRun(run, { lines: lines(500), dropped: 0 });
  {
    using database = new DatabaseSync(path());
    database.exec("UPDATE run_bodies SET body = CAST('{\"cut' AS BLOB)");
  }
  expect([store.listEvents(1), store.listEvents(2), notices]).toEqual([
    { run: { number: 1, ...run }, body: undefined },
    { run: { number: 2, ...run }, body: undefined },
    [],
  ]);
});

test("a database of the first version is looked at as it is, and brought up to date when it is used", async () => {
  {
    using database = new DatabaseSync(path());
    database.exec(`${migrations[0]} PRAGMA user_version = 1; PRAGMA journal_mode = WAL;
      INSERT INTO runs (source, target, started_at, duration_ms, exit_code, summary, source_mount)
      VALUES ('/a', '/b', '2025-01-01T00:00:00.000Z', 1, 0, '{}', '/old')`);
  }
  const before = readFileSync(path());
  {
    await using peek = peekState(dir);
    expect([
      peek.openBaseline("/a", "/b").isKnown(),
      peek.knownMounts("/a", "/b"),
      readdirSync(dir),
      readFileSync(path()).equals(before),
    ]).toEqual([false, { source: "/old", target: undefined }, ["syncline.db"], true]);
  }
  await using store = await open();
  expect([
    store.recordRun(run, { lines: lines(1), dropped: 0 }),
    store.listRuns(9).map(({ number, startedAt }) => [number, startedAt]),
    store.listEvents(2)?.body?.lines,
    notices,
  ]).toEqual([
    2,
    [
      [2, run.startedAt],
      [1, "2025-01-01T00:00:00.000Z"],
    ],
    lines(1),
    [],
  ]);
});

test("looking at what is not there makes nothing", async () => {
  await using peek = peekState(join(dir, "nowhere"));
  expect([peek.knownMounts("/a", "/b"), peek.openBaseline("/a", "/b").isKnown()]).toEqual([
    undefined,
    false,
  ]);
  expect(existsSync(join(dir, "nowhere"))).toBe(false);
});
