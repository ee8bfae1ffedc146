import { existsSync } from "node:fs";
import type { DatabaseSync, SQLOutputValue } from "node:sqlite";
import { makePrivateFile } from "./private-files.ts";
import { isBusy, openDatabase } from "./sqlite.ts";
import type { KnownMounts, NumberedRun, RunRecord } from "./state.ts";

/** Past runs, in one database. Whatever is wrong with it costs the history and nothing else. */
export interface History extends Disposable {
  knownMounts(source: string, target: string): KnownMounts | undefined;
  recordRun(run: RunRecord): number;
  listRuns(limit: number): readonly NumberedRun[];
}

/** Each brings the schema from the version that is its index to the next. Only ever appended to. */
const migrations: readonly string[] = [
  `CREATE TABLE runs (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    source TEXT NOT NULL,
    target TEXT NOT NULL,
    started_at TEXT NOT NULL,
    duration_ms REAL NOT NULL,
    exit_code INTEGER NOT NULL,
    summary TEXT NOT NULL,
    source_mount TEXT,
    target_mount TEXT
  ) STRICT;
  CREATE INDEX runs_by_pair ON runs (source, target, number);`,
];

const busyTimeoutMs = 1000;

/** Nothing is opened before it is needed. `onNotice` is called once at most, after which the history is empty. */
export function openHistory(path: string, onNotice: (message: string) => void): History {
  let database: DatabaseSync | undefined;
  let isOff = false;
  const close = (): void => {
    const open = database;
    database = undefined;
    open?.close();
  };
  const attempt = <T>(fallback: T, work: (open: DatabaseSync) => T): T => {
    if (isOff) return fallback;
    try {
      database ??= openCurrent(path);
      return work(database);
    } catch (error) {
      isOff = true;
      onNotice(`there is no history of runs this time: ${path}: ${reasonOf(error)}`);
      return fallback;
    }
  };
  const read = <T>(fallback: T, work: (open: DatabaseSync) => T): T =>
    database === undefined && !existsSync(path) ? fallback : attempt(fallback, work);
  return {
    knownMounts: (source, target) => read(undefined, (open) => selectMounts(open, source, target)),
    recordRun: (run) => attempt(0, (open) => insertRun(open, run)),
    listRuns: (limit) => read([], (open) => selectRuns(open, limit)),
    [Symbol.dispose]: () => {
      try {
        close();
      } catch (error) {
        if (!isOff)
          onNotice(`the history of runs was not closed well: ${path}: ${reasonOf(error)}`);
      }
    },
  };
}

/** Opens the database and brings its schema up to date, whoever else does so at the same time. */
function openCurrent(path: string): DatabaseSync {
  makePrivateFile(path);
  const database = openDatabase(path, busyTimeoutMs);
  try {
    if (schemaVersion(database) < migrations.length) migrate(database);
    if (schemaVersion(database) > migrations.length) {
      throw new Error("a newer version of syncline has changed it; this version cannot read it");
    }
    // DURABILITY: a power cut may cost the last runs, never the database.
    database.exec("PRAGMA synchronous = NORMAL");
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

function migrate(database: DatabaseSync): void {
  database.exec("BEGIN IMMEDIATE");
  try {
    // RACE: another process may have migrated since the version was read.
    for (const sql of migrations.slice(schemaVersion(database))) database.exec(sql);
    if (schemaVersion(database) < migrations.length) {
      database.exec(`PRAGMA user_version = ${migrations.length}`);
    }
    database.exec("COMMIT");
  } catch (error) {
    if (database.isTransaction) database.exec("ROLLBACK");
    throw error;
  }
  try {
    database.exec("PRAGMA journal_mode = WAL");
  } catch (error) {
    // The mode is kept in the file, and changing it does not wait for others: they are changing it too.
    if (!isBusy(error)) throw error;
  }
}

function schemaVersion(database: DatabaseSync): number {
  return Number(database.prepare("PRAGMA user_version").get()?.["user_version"]);
}

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

function insertRun(database: DatabaseSync, run: RunRecord): number {
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

function selectRuns(database: DatabaseSync, limit: number): readonly NumberedRun[] {
  return database
    .prepare("SELECT * FROM runs ORDER BY number DESC LIMIT ?")
    .all(Math.max(0, limit))
    .map((row) => ({
      number: Number(row["number"]),
      source: String(row["source"]),
      target: String(row["target"]),
      startedAt: String(row["started_at"]),
      durationMs: Number(row["duration_ms"]),
      exitCode: Number(row["exit_code"]),
      summary: JSON.parse(String(row["summary"])) as Readonly<Record<string, unknown>>,
      sourceMount: textOrNone(row["source_mount"]),
      targetMount: textOrNone(row["target_mount"]),
    }));
}

function textOrNone(value: SQLOutputValue | undefined): string | undefined {
  return typeof value === "string" ? value : undefined;
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
