import type { DatabaseSync, SQLOutputValue } from "node:sqlite";
import { inTransaction } from "./database.ts";
import { pack, unpack } from "./packed.ts";
import type { KnownMounts, NumberedRun, RunBody, RunEvents, RunRecord } from "./state.ts";

/** Of how many runs it is kept what they did. Runs that did nothing have nothing to keep. */
const keptBodies = 50;

export function selectMounts(
  database: DatabaseSync,
  source: string,
  target: string,
): KnownMounts | undefined {
  const row = database
    .prepare(
      `SELECT source_mount, target_mount FROM runs
       WHERE source = ? AND target = ? AND exit_code IN (0, 3, 7) ORDER BY number DESC LIMIT 1`,
    )
    .get(source, target);
  if (row === undefined) return undefined;
  return { source: textOrNone(row["source_mount"]), target: textOrNone(row["target_mount"]) };
}

/** Adds a run, with its body where it has one. Returns its number. */
export function insertRun(database: DatabaseSync, run: RunRecord, body?: RunBody): number {
  if (body === undefined || body.lines.length === 0) return insertSummary(database, run);
  // Before the transaction: others may be waiting for it.
  const lines = pack(new TextEncoder().encode(body.lines.join("\n")));
  return inTransaction(database, () => {
    const number = insertSummary(database, run);
    database
      .prepare("INSERT INTO run_bodies (run, dropped, encoding, body) VALUES (?, ?, ?, ?)")
      .run(number, body.dropped, lines.encoding, lines.body);
    database
      .prepare(
        `DELETE FROM run_bodies
         WHERE run <= (SELECT run FROM run_bodies ORDER BY run DESC LIMIT 1 OFFSET ?)`,
      )
      .run(keptBodies);
    return number;
  });
}

function insertSummary(database: DatabaseSync, run: RunRecord): number {
  const result = database
    .prepare(
      `INSERT INTO runs (source, target, started_at, duration_ms, exit_code, summary, source_mount, target_mount)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
    )
    .run(
      run.source,
      run.target,
      run.startedAt,
      run.durationMs,
      run.exitCode,
      JSON.stringify(run.summary),
      run.sourceMount ?? null,
      run.targetMount ?? null,
    );
  return Number(result.lastInsertRowid);
}

export function selectRuns(database: DatabaseSync, limit: number): readonly NumberedRun[] {
  return database
    .prepare("SELECT * FROM runs ORDER BY number DESC LIMIT ?")
    .all(Math.max(0, limit))
    .map(runOf);
}

/** A run with what it did; `undefined` where there is no run of that number. */
export function selectEvents(database: DatabaseSync, number: number): RunEvents | undefined {
  const run = database.prepare("SELECT * FROM runs WHERE number = ?").get(number);
  if (run === undefined) return undefined;
  const row = database
    .prepare("SELECT dropped, encoding, body FROM run_bodies WHERE run = ?")
    .get(number);
  const bytes = unpack(row?.["encoding"], row?.["body"]);
  if (bytes === undefined) return { run: runOf(run), body: undefined };
  const lines = new TextDecoder().decode(bytes).split("\n");
  const body = { lines, dropped: Number(row?.["dropped"]) };
  return { run: runOf(run), body: lines.every(isJson) ? body : undefined };
}

/** What is damaged is as good as not kept. */
function isJson(line: string): boolean {
  try {
    JSON.parse(line);
    return true;
  } catch {
    return false;
  }
}

function runOf(row: Readonly<Record<string, SQLOutputValue>>): NumberedRun {
  return {
    number: Number(row["number"]),
    source: String(row["source"]),
    target: String(row["target"]),
    startedAt: String(row["started_at"]),
    durationMs: Number(row["duration_ms"]),
    exitCode: Number(row["exit_code"]),
    summary: JSON.parse(String(row["summary"])) as Readonly<Record<string, unknown>>,
    sourceMount: textOrNone(row["source_mount"]),
    targetMount: textOrNone(row["target_mount"]),
  };
}

function textOrNone(value: SQLOutputValue | undefined): string | undefined {
  return typeof value === "string" ? value : undefined;
}
