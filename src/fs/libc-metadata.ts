import { constants } from "node:fs";

import type { ByteString } from "../base/byte-string.ts";
import { SYMLINK } from "../core/snapshot.ts";
import type { Descriptor, FileDriver, Stat } from "./driver.ts";
import { FileError } from "./file-error.ts";
import type { LibcCalls } from "./libc-calls.ts";
import { nameWriter, nativeMemory, stringWriter } from "./native-memory.ts";
import { openFlags } from "./open-flags.ts";
import { newStat } from "./stat.ts";

const AT_FDCWD = -100;
const AT_SYMLINK_NOFOLLOW = 0x100;
const UTIME_OMIT = 0x3ffffffe;

type MetadataCalls = Pick<
  FileDriver,
  "setMode" | "setOwner" | "setTimes" | "setModeAt" | "setOwnerAt" | "setTimesAt"
>;

/** Calls that set mode, owner and times. */
export function metadataCalls(
  libc: LibcCalls,
  statDescriptor: (fd: Descriptor, out: Stat) => void,
): MetadataCalls {
  const write = nameWriter();
  const writePath = stringWriter("fchmodat");
  const times = timesWriter();
  const found = newStat();
  return {
    setMode(fd, mode) {
      libc.fchmod(fd, mode);
    },
    setOwner(fd, uid, gid) {
      libc.fchown(fd, uid, gid);
    },
    setTimes(fd, mtimeSec, mtimeNs, access) {
      libc.futimens(fd, times(mtimeSec, mtimeNs, access));
    },
    setModeAt(dir, name, mode) {
      // A descriptor that opens nothing holds the node; its own path in /proc then reaches that very node, and no link.
      const flags = openFlags.pathOnly | constants.O_NOFOLLOW | openFlags.closeOnExec;
      const fd = libc.openat(dir, write(name), flags, 0) as Descriptor;
      try {
        statDescriptor(fd, found);
        if (found.kind === SYMLINK) throw new FileError("ENOTSUP", "fchmodat");
        libc.fchmodat(AT_FDCWD, writePath(`/proc/self/fd/${fd}` as ByteString), mode, 0);
      } finally {
        libc.close(fd);
      }
    },
    setOwnerAt(dir, name, uid, gid) {
      libc.fchownat(dir, write(name), uid, gid, AT_SYMLINK_NOFOLLOW);
    },
    setTimesAt(dir, name, mtimeSec, mtimeNs, access) {
      libc.utimensat(dir, write(name), times(mtimeSec, mtimeNs, access), AT_SYMLINK_NOFOLLOW);
    },
  };
}

/**
 * Writes the two `struct timespec` of the utimens family: the access time, left alone or set to this moment, then the
 * modification time.
 */
function timesWriter(): (sec: number, ns: number, access?: "now") => number {
  const { address, words } = nativeMemory(32);
  return (sec, ns, access) => {
    const now = access === undefined ? 0 : Math.floor(Date.now() / 1000);
    words[0] = now;
    words[1] = 0;
    words[2] = access === undefined ? UTIME_OMIT : 0;
    words[4] = sec;
    words[5] = Math.floor(sec / 4294967296);
    words[6] = ns;
    return address;
  };
}
