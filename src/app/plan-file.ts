import {
  closeSync,
  constants,
  fstatSync,
  fsyncSync,
  lstatSync,
  openSync,
  readSync,
  renameSync,
  statSync,
  unlinkSync,
  writeSync,
} from "node:fs";
import { dirname, resolve } from "node:path";

import { SyncError } from "../base/errors.ts";
import { planLimits } from "../state/plan/plan-document.ts";

const pieceBytes = 1024 * 1024;

/** The bytes of a plan file, piece by piece. Throws `USAGE` where it cannot be read. */
export function* readPlanFile(name: string): Generator<Uint8Array> {
  const fd = openToRead(name);
  try {
    for (;;) {
      const piece = Buffer.allocUnsafe(pieceBytes);
      const length = readSync(fd, piece);
      if (length === 0) return;
      yield piece.subarray(0, length);
    }
  } finally {
    closeSync(fd);
  }
}

function openToRead(name: string): number {
  let fd: number;
  try {
    // O_NONBLOCK only matters for what is refused anyway: opening a named pipe would wait for a writer.
    fd = openSync(name, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (cause) {
    throw new SyncError("USAGE", `${name}: ${reasonOf(cause)}`, { cause });
  }
  const stat = fstatSync(fd);
  const refusal = !stat.isFile()
    ? "it is not a regular file"
    : stat.size > planLimits.file
      ? "it is too large for a plan"
      : undefined;
  if (refusal === undefined) return fd;
  closeSync(fd);
  throw new SyncError("USAGE", `${name}: ${refusal}`);
}

/** Throws `USAGE` where a plan cannot be put: better before the work than after it. */
export function checkPlanFile(name: string): void {
  const path = resolve(name);
  const parent = statSync(dirname(path), { throwIfNoEntry: false });
  if (name === "" || parent?.isDirectory() !== true) {
    throw new SyncError("USAGE", `-o ${name}: there is no such directory`);
  }
  const stat = lstatSync(path, { throwIfNoEntry: false });
  if (stat === undefined || stat.isFile() || stat.isSymbolicLink()) return;
  throw new SyncError("USAGE", `-o ${name}: something else than a file is there`);
}

/**
 * Writes a plan that only its owner can read, in the place of whatever file or link has the name: never through a link,
 * and never half of it. Throws `STATE` where that fails.
 */
export function writePlanFile(name: string, id: string, lines: readonly string[]): void {
  const path = resolve(name);
  const temp = `${path}.${id}.new`;
  try {
    const { O_WRONLY, O_CREAT, O_EXCL, O_NOFOLLOW } = constants;
    const fd = openSync(temp, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600);
    try {
      for (let at = 0; at < lines.length; at += 4096) {
        writeAll(fd, Buffer.from(lines.slice(at, at + 4096).join("")));
      }
      fsyncSync(fd);
    } catch (error) {
      unlinkSync(temp);
      throw error;
    } finally {
      closeSync(fd);
    }
    renameSync(temp, path);
  } catch (cause) {
    const message = `-o ${name}: the plan could not be written: ${reasonOf(cause)}`;
    throw new SyncError("STATE", message, { cause });
  }
}

function writeAll(fd: number, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length;) at += writeSync(fd, bytes, at);
}

function reasonOf(error: unknown): string {
  switch (error instanceof Error && "code" in error ? error.code : undefined) {
    case "ENOENT":
    case "ENOTDIR":
      return "there is no such file";
    case "EACCES":
    case "EPERM":
      return "permission denied";
    case "ENOSPC":
    case "EDQUOT":
      return "there is no space left";
    case "EEXIST":
      return "another run is writing it, or has been interrupted while it did";
    default:
      return error instanceof Error ? error.message : String(error);
  }
}
