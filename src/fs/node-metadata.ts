import {
  type BigIntStats,
  chmodSync,
  closeSync,
  constants,
  fchmodSync,
  fchownSync,
  fstatSync,
  futimesSync,
  lchownSync,
  lstatSync,
  lutimesSync,
  openSync,
} from "node:fs";

import type { DescriptorPaths } from "./descriptor-paths.ts";
import type { Descriptor, FileDriver } from "./driver.ts";
import { FileError } from "./file-error.ts";
import { nodeTime } from "./node-time.ts";
import { openFlags } from "./open-flags.ts";

type MetadataCalls = Pick<
  FileDriver,
  "setMode" | "setOwner" | "setTimes" | "setModeAt" | "setOwnerAt" | "setTimesAt"
>;

/** Mode, owner and times over `node:fs`. */
export function nodeMetadataCalls(paths: DescriptorPaths): MetadataCalls {
  return {
    setMode(fd, mode) {
      fchmodSync(fd, mode);
    },
    setOwner(fd, uid, gid) {
      fchownSync(fd, uid, gid);
    },
    setTimes(fd, mtimeSec, mtimeNs) {
      const before = fstatSync(fd, { bigint: true });
      futimesSync(fd, accessTime(before), nodeTime(mtimeSec, mtimeNs));
    },
    setModeAt(dir, name, mode) {
      const path = paths.in(dir, name);
      if (!paths.throughDescriptor) {
        // RACE: a link put here after the look at it would be followed.
        refuseLink(lstatSync(path, { bigint: true }));
        chmodSync(path, mode);
        return;
      }
      // A descriptor that opens nothing holds the node; its own path in /proc then reaches that very node, and no link.
      const fd = openSync(path, openFlags.pathOnly | constants.O_NOFOLLOW) as Descriptor;
      try {
        refuseLink(fstatSync(fd, { bigint: true }));
        chmodSync(paths.of(fd), mode);
      } finally {
        closeSync(fd);
      }
    },
    setOwnerAt(dir, name, uid, gid) {
      lchownSync(paths.in(dir, name), uid, gid);
    },
    setTimesAt(dir, name, mtimeSec, mtimeNs) {
      const path = paths.in(dir, name);
      const before = lstatSync(path, { bigint: true });
      lutimesSync(path, accessTime(before), nodeTime(mtimeSec, mtimeNs));
    },
  };
}

function refuseLink(stats: BigIntStats): void {
  if (stats.isSymbolicLink()) throw new FileError("ENOTSUP", "chmod");
}

// `node:fs` can leave no time out, so the access time is written again as it was, to the microsecond.
function accessTime({ atimeNs }: BigIntStats): string {
  const ns = Number(((atimeNs % 1_000_000_000n) + 1_000_000_000n) % 1_000_000_000n);
  return nodeTime(Number((atimeNs - BigInt(ns)) / 1_000_000_000n), ns);
}
