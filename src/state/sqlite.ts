import type { DatabaseSync } from "node:sqlite";

/** Opens a database. SQLite is loaded by the first call, so that whatever needs no state does not pay for it. */
export function openDatabase(path: string, busyTimeoutMs: number): DatabaseSync {
  const sqlite = process.getBuiltinModule("node:sqlite");
  return new sqlite.DatabaseSync(path, { timeout: busyTimeoutMs });
}

/** Whether SQLite failed because somebody else holds a lock (`SQLITE_BUSY` and what is derived from it). */
export function isBusy(error: unknown): boolean {
  return (
    error instanceof Error &&
    "errcode" in error &&
    typeof error.errcode === "number" &&
    (error.errcode & 0xff) === 5
  );
}
