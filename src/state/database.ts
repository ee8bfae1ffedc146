import { existsSync } from "node:fs";
import { pathToFileURL } from "node:url";
import type { DatabaseSync } from "node:sqlite";
import { makePrivateFile } from "./private-files.ts";
import { migrations } from "./schema.ts";
import { isBusy, openDatabase } from "./sqlite.ts";

/** The one database, for whoever in this thread has something to keep. Whatever is wrong with it costs one notice. */
export interface StateDatabase extends Disposable {
  readonly path: string;
  /** Does something with the database, which is made where it is missing; `fallback` where it cannot be had. */
  attempt<T>(fallback: T, work: (open: DatabaseSync) => T): T;
  /** The same for what only looks, and so makes nothing. */
  read<T>(fallback: T, work: (open: DatabaseSync) => T): T;
  /** From now on there is no database; said once. */
  giveUp(reason: string): void;
}

const busyTimeoutMs = 1000;

/**
 * Nothing is opened before it is needed. `onNotice` is called once at most, with a sentence and with the reason alone; after
 * that the database is as good as none.
 */
export function stateDatabase(
  path: string,
  onNotice: (message: string, reason: string) => void,
): StateDatabase {
  let database: DatabaseSync | undefined;
  let isOff = false;
  const giveUp = (reason: string): void => {
    if (isOff) return;
    isOff = true;
    const message = "there is no history of runs this time, and no memory of files";
    onNotice(`${message}: ${path}: ${reason}`, reason);
  };
  const attempt: StateDatabase["attempt"] = (fallback, work) => {
    if (isOff) return fallback;
    try {
      database ??= openCurrent(path);
      return work(database);
    } catch (error) {
      giveUp(reasonOf(error));
      return fallback;
    }
  };
  return {
    path,
    attempt,
    read: (fallback, work) =>
      database === undefined && !existsSync(path) ? fallback : attempt(fallback, work),
    giveUp,
    [Symbol.dispose]: () => {
      const open = database;
      database = undefined;
      try {
        open?.close();
      } catch (error) {
        const reason = reasonOf(error);
        if (!isOff) onNotice(`the history of runs was not closed well: ${path}: ${reason}`, reason);
      }
    },
  };
}

/**
 * A database to be looked at without a lock, a side file or a change: what a dry run may see. Whatever is wrong with it,
 * nothing is known, and nothing said.
 */
export function untouchedDatabase(path: string): StateDatabase {
  let database: DatabaseSync | undefined;
  let isOff = !existsSync(path);
  const open = (): DatabaseSync | undefined => {
    try {
      if (!isOff) database ??= openUntouched(path);
    } catch {
      isOff = true;
    }
    return database;
  };
  const attempt: StateDatabase["attempt"] = (fallback, work) => {
    const opened = open();
    try {
      return opened === undefined ? fallback : work(opened);
    } catch {
      // A table that an older version does not have yet; or a page that somebody has just changed.
      return fallback;
    }
  };
  return {
    path,
    attempt,
    read: attempt,
    giveUp: () => {
      isOff = true;
    },
    [Symbol.dispose]: () => {
      database?.close();
      database = undefined;
    },
  };
}

/** Does all of it or nothing. Others who write meanwhile are waited for. */
export function inTransaction<T>(database: DatabaseSync, work: () => T): T {
  database.exec("BEGIN IMMEDIATE");
  try {
    const result = work();
    database.exec("COMMIT");
    return result;
  } catch (error) {
    if (database.isTransaction) database.exec("ROLLBACK");
    throw error;
  }
}

export function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Opens the database and brings its schema up to date, whoever else does so at the same time. */
function openCurrent(path: string): DatabaseSync {
  makePrivateFile(path);
  const database = openDatabase(path, busyTimeoutMs);
  try {
    // Rows are whole directories, a kilobyte or two: larger pages take a quarter of the writes. Heeded by a new file only.
    database.exec("PRAGMA page_size = 16384");
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

function openUntouched(path: string): DatabaseSync {
  const { DatabaseSync } = process.getBuiltinModule("node:sqlite");
  const url = new URL(`${pathToFileURL(path).href}?immutable=1`);
  const database = new DatabaseSync(url, { readOnly: true });
  if (schemaVersion(database) <= migrations.length) return database;
  database.close();
  throw new Error("a newer version of syncline has changed it; this version cannot read it");
}

function migrate(database: DatabaseSync): void {
  inTransaction(database, () => {
    // RACE: another process may have migrated since the version was read.
    for (const sql of migrations.slice(schemaVersion(database))) database.exec(sql);
    if (schemaVersion(database) < migrations.length) {
      database.exec(`PRAGMA user_version = ${migrations.length}`);
    }
  });
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
