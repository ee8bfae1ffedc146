import { access, constants } from "node:fs";
import { isMainThread } from "node:worker_threads";

import type { ByteString } from "../base/byte-string.ts";
import type { Descriptor } from "./driver.ts";
import { FileError } from "./file-error.ts";
import { lastErrno, type LibcCalls } from "./libc-calls.ts";
import { stringWriter } from "./native-memory.ts";
import { openFlags } from "./open-flags.ts";

const AT_FDCWD = -100;
const CLONE_FS = 0x200;

/**
 * A working directory of this thread alone, for calls that know no `…at` form: entering the directory once and then
 * using bare names is several times as fast as a path through `/proc/self/fd` each time.
 */
export interface ThreadDirectory {
  /** Makes `dir` the working directory. False where this thread has to share it with the others, and so must not. */
  enter(dir: Descriptor): boolean;
  /** To be told before a descriptor is closed: its number will soon mean another directory. */
  leave(dir: Descriptor): void;
}

/** The first `enter` decides: only worker threads may have a directory of their own, and containers often forbid it. */
export function threadDirectory(libc: LibcCalls): ThreadDirectory {
  let home: number | undefined;
  let current = -1;
  return {
    enter(dir) {
      if (dir === current) return true;
      home ??= isMainThread ? -1 : separate(libc);
      if (home === -1) return false;
      if (libc.fchdir(dir) < 0) throw new FileError(lastErrno(), "fchdir");
      current = dir;
      return true;
    },
    leave(dir) {
      if (dir !== current) return;
      current = -1;
      // Back to where the process is, or the thread would keep the directory's file system from being unmounted. Where
      // that fails it stays, which does no harm: bare names are used only after an `enter`.
      libc.fchdir(home!);
    },
  };
}

/** Gives the thread its own working directory; returns a descriptor of the one it had, or -1 where that is refused. */
function separate(libc: LibcCalls): number {
  // A thread made by this one would share its directory. Node's pool is made by whoever needs it first, so it is asked
  // for something now, while this thread still shares the process's directory.
  access("/", () => undefined);
  const write = stringWriter("openat");
  const flags = constants.O_DIRECTORY | openFlags.pathOnly | openFlags.closeOnExec;
  try {
    const home = libc.openat(AT_FDCWD, write("." as ByteString), flags, 0);
    if (libc.unshare(CLONE_FS) >= 0) return home;
    libc.close(home);
    return -1;
  } catch (error) {
    if (error instanceof FileError) return -1;
    throw error;
  }
}
