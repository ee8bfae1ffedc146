import { closeSync, constants, fstatSync, openSync, renameSync, writeSync } from "node:fs";

import { SyncError } from "../base/errors.ts";

/** How many old files are kept, as FILE.1 (the youngest) to FILE.5. */
const keptFiles = 5;
const fullEnough = 65_536;

/** A file that lines are added to. It starts afresh when it has grown to its size. */
export interface LogFile {
  readonly write: (line: string) => void;
  readonly flush: () => void;
  readonly close: () => void;
}

/**
 * Opens a log: a regular file, never through a link, for nobody but its owner if it is new. Throws a usage error where
 * that cannot be. What fails later is told to `complain`, once, and the lines are lost.
 */
export function openLogFile(
  name: string,
  maxSize: number,
  complain: (message: string) => void,
): LogFile {
  let { fd, size } = openOrRefuse(name);
  let lines = "";
  let isBroken = false;
  /** What was written last ended within a line. */
  let isTorn = false;

  const rotate = () => {
    for (let i = keptFiles; i > 0; i--) {
      renameIfThere(i === 1 ? name : `${name}.${i - 1}`, `${name}.${i}`);
    }
    const next = openRegular(name);
    closeSync(fd);
    ({ fd, size } = next);
    isTorn = false;
  };
  const append = (bytes: Buffer) => {
    let at = 0;
    while (at < bytes.length) {
      const count = writeSync(fd, bytes, at);
      at += count;
      size += count;
      isTorn = at < bytes.length;
    }
  };
  const flush = () => {
    if (lines === "") return;
    const bytes = Buffer.from(isTorn ? `\n${lines}` : lines);
    lines = "";
    try {
      if (size > 0 && size + bytes.length > maxSize) rotate();
      append(bytes);
    } catch (error) {
      if (!isBroken) complain(`the log ${name} cannot be written: ${reasonOf(error)}`);
      isBroken = true;
    }
  };
  return {
    write: (line) => {
      lines += `${line}\n`;
      if (lines.length >= Math.min(fullEnough, maxSize)) flush();
    },
    flush,
    close: () => {
      flush();
      closeSync(fd);
    },
  };
}

function openOrRefuse(name: string): { fd: number; size: number } {
  try {
    return openRegular(name);
  } catch (error) {
    if (error instanceof SyncError) throw error;
    throw new SyncError("USAGE", `--log ${name}: ${reasonOf(error)}`, { cause: error });
  }
}

function openRegular(name: string): { fd: number; size: number } {
  const { O_WRONLY, O_APPEND, O_CREAT, O_NOFOLLOW, O_NONBLOCK } = constants;
  // O_NONBLOCK only matters for what is refused anyway: opening a named pipe would wait for a reader.
  const fd = openSync(name, O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_NONBLOCK, 0o600);
  const stat = fstatSync(fd);
  if (stat.isFile()) return { fd, size: stat.size };
  closeSync(fd);
  throw new SyncError("USAGE", `--log ${name}: this is not a regular file`);
}

function renameIfThere(from: string, to: string): void {
  try {
    renameSync(from, to);
  } catch (error) {
    if (codeOf(error) !== "ENOENT") throw error;
  }
}

function reasonOf(error: unknown): string {
  switch (codeOf(error)) {
    case "ELOOP":
      return "this is a symbolic link; logs are not written through links";
    case "ENOENT":
      return "there is no such directory";
    case "EACCES":
    case "EPERM":
      return "you may not write there";
    case "ENXIO":
    case "EISDIR":
      return "this is not a regular file";
    case "ENOSPC":
    case "EDQUOT":
      return "there is no space left";
    default:
      return error instanceof Error ? error.message : String(error);
  }
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && "code" in error ? error.code : undefined;
}
