import {
  existsSync,
  chmodSync,
  closeSync,
  lstatSync,
  mkdirSync,
  openSync,
  type Stats,
  statSync,
} from "node:fs";
import { dirname, parse, resolve } from "node:path";
import { SyncError } from "../base/errors.ts";

const hint = "Name another directory with --state, or go without it with --no-state.";

/**
 * Makes a directory that only its owner can enter, with its parents. Throws `STATE` where it cannot be made, is no
 * directory, or is reached through somebody else's symbolic link.
 */
export function makePrivateDirectory(dir: string): void {
  refuseForeignLinks(dir);
  try {
    makeWithParents(resolve(dir));
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause);
    throw new SyncError("STATE", `the state directory ${dir} cannot be used: ${message}`, {
      hint,
      cause,
    });
  }
  if (statSync(dir).isDirectory()) return;
  throw new SyncError("STATE", `the state directory ${dir} is not a directory`, { hint });
}

/** One by one: Node's own way of making parents never ends where a file system refuses them as /proc does. */
function makeWithParents(dir: string): void {
  if (existsSync(dir)) return;
  makeWithParents(dirname(dir));
  try {
    mkdirSync(dir, { mode: 0o700 });
  } catch (error) {
    // RACE: another process made it meanwhile, as it must be.
    if (!isErrno(error, "EEXIST") || !existsSync(dir)) throw error;
  }
}

/**
 * Makes a file that only its owner can read, unless it is there. Never opens one that exists: closing any descriptor
 * of a file drops all locks that the process has on it (POSIX), those of SQLite included.
 */
export function makePrivateFile(path: string): void {
  const stats = lstatIfAny(path);
  if (stats?.isSymbolicLink() === true) refuseForeignLinks(path);
  if (stats === undefined) {
    try {
      closeSync(openSync(path, "wx", 0o600));
      return;
    } catch (error) {
      // RACE: another process made it meanwhile, as it must be.
      if (!isErrno(error, "EEXIST")) throw error;
    }
  } else if (stats.isFile() && (stats.mode & 0o077) !== 0) {
    chmodSync(path, 0o600);
  }
}

/** Throws `STATE` where a component of the path is a symbolic link that neither root nor the user made. */
export function refuseForeignLinks(path: string, user: number = process.geteuid?.() ?? 0): void {
  const { root } = parse(resolve(path));
  for (let at = resolve(path); at !== root; at = dirname(at)) {
    const stats = lstatIfAny(at);
    if (stats?.isSymbolicLink() !== true || stats.uid === 0 || stats.uid === user) continue;
    const message = `${at} is a symbolic link made by user ${stats.uid}; state is not kept behind it`;
    throw new SyncError("STATE", message, { hint });
  }
}

/** Whether a system call failed for that reason. */
export function isErrno(error: unknown, code: string): boolean {
  return error instanceof Error && "code" in error && error.code === code;
}

function lstatIfAny(path: string): Stats | undefined {
  try {
    return lstatSync(path, { throwIfNoEntry: false });
  } catch (error) {
    // What hides behind a file or a closed directory is met again, with a message of its own, when it is used.
    if (isErrno(error, "ENOTDIR") || isErrno(error, "EACCES")) return undefined;
    throw error;
  }
}
