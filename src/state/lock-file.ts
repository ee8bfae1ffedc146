import { readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import type { DatabaseSync } from "node:sqlite";
import { setTimeout as delay } from "node:timers/promises";
import { SyncError } from "../base/errors.ts";
import { isErrno, makePrivateDirectory, makePrivateFile } from "./private-files.ts";
import { isBusy, openDatabase } from "./sqlite.ts";
import type { Lock, LockHolder } from "./state.ts";

/** Databases of the locks that this process holds. Without a reference they would be collected, and their locks with them. */
const held = new Set<DatabaseSync>();

/**
 * How long a lock may be held without saying by whom, in milliseconds: the time between taking it and writing the note.
 */
const patienceMs = 200;

/**
 * Takes a lock, or says who has it. A lock is an open transaction on an empty database of its own, which the system ends
 * with the process, however it dies; a note beside it says whose it is, and means nothing without the lock.
 * Throws `STATE` where the file system cannot lock.
 */
export async function takeLock(dir: string, key: string, what: string): Promise<Lock | LockHolder> {
  makePrivateDirectory(dir);
  const name = fileNameOf(key);
  const [path, note] = [join(dir, `${name}.lock`), join(dir, `${name}.json`)];
  const until = performance.now() + patienceMs;
  for (;;) {
    const database = tryLock(path, dir);
    if (database !== undefined) return keepLock(database, key, note, what);
    const holder = readNote(note);
    if (holder !== undefined && !isGone(holder)) return holder;
    // RACE: the holder has its lock but not yet its note; what stands there is nothing, or was left by one that died.
    if (performance.now() > until) {
      proveLocking(dir);
      return (
        holder ?? { pid: 0, host: hostname(), since: new Date().toISOString(), what: "unknown" }
      );
    }
    // Two that try at the same moment can get into each other's way so that neither gets the lock.
    await delay(5 + Math.random() * 10);
  }
}

/** `undefined` where somebody else has the lock. */
function tryLock(path: string, dir: string): DatabaseSync | undefined {
  let database: DatabaseSync | undefined;
  try {
    makePrivateFile(path);
    // INVARIANT: this process never opens the file but through SQLite, which knows of all its own descriptors.
    database = openDatabase(path, 0);
    // Nothing is ever written, so that a journal would only be one more file to find after a kill.
    database.exec("PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE");
    return database;
  } catch (cause) {
    database?.close();
    if (isBusy(cause)) return undefined;
    throw unlockable(dir, cause);
  }
}

function keepLock(database: DatabaseSync, key: string, note: string, what: string): Lock {
  held.add(database);
  const holder: LockHolder = {
    pid: process.pid,
    host: hostname(),
    since: new Date().toISOString(),
    what,
  };
  writeNote(note, holder);
  return {
    key,
    [Symbol.asyncDispose]: async () => {
      if (!held.delete(database)) return;
      // The note goes first: once the lock is free it may be another's.
      rmSync(note, { force: true });
      database.close();
    },
  };
}

/** The lock holds without its note, which is for people; so trouble with it is nobody's trouble. */
function writeNote(note: string, holder: LockHolder): void {
  // Only the holder of the lock writes here, so that one name for the draft is enough.
  const draft = `${note}.new`;
  try {
    writeFileSync(draft, `${JSON.stringify(holder)}\n`, { mode: 0o600 });
    renameSync(draft, note);
  } catch {
    rmSync(draft, { force: true });
  }
}

function readNote(note: string): LockHolder | undefined {
  try {
    const { pid, host, since, what } = JSON.parse(readFileSync(note, "utf8")) as Partial<
      Record<string, unknown>
    >;
    const isComplete =
      typeof pid === "number" &&
      typeof host === "string" &&
      typeof since === "string" &&
      typeof what === "string";
    return isComplete ? { pid, host, since, what } : undefined;
  } catch {
    return undefined;
  }
}

/** Whether the note was left by a process of this host that is no more. It may be wrong about other containers. */
function isGone({ pid, host }: LockHolder): boolean {
  if (host !== hostname() || !Number.isSafeInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
    return false;
  } catch (error) {
    return isErrno(error, "ESRCH");
  }
}

/**
 * Throws where not even a new file can be locked: file systems without locks, of which SQLite says the same as of a
 * file that is locked.
 */
function proveLocking(dir: string): void {
  const path = join(dir, `=probe-${process.pid}-${Math.random().toString(36).slice(2)}`);
  try {
    const database = tryLock(path, dir);
    if (database === undefined) throw unlockable(dir, undefined);
    database.close();
  } finally {
    rmSync(path, { force: true });
  }
}

/**
 * The key itself where it makes a file name, so that people can see what is what; else its hash. Loading `node:crypto`
 * takes longer than all else here together. No encoded key has a `=`.
 */
function fileNameOf(key: string): string {
  const name = key.isWellFormed() ? encodeURIComponent(key).replaceAll("*", "%2A") : "";
  if (name !== "" && name.length <= 200) return name;
  return `=${process.getBuiltinModule("node:crypto").hash("sha256", Buffer.from(key, "utf16le"))}`;
}

function unlockable(dir: string, cause: unknown): SyncError {
  const reason = cause instanceof Error ? cause.message : "its file system has no locks";
  return new SyncError("STATE", `no lock can be taken in ${dir}: ${reason}`, {
    hint: "Name a directory on a local, writable file system with --state, or go without locks with --no-state.",
    cause,
  });
}
