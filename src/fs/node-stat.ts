import { type BigIntStats, fstatSync, lstatSync } from "node:fs";

import { BLOCK_DEVICE, CHARACTER_DEVICE, FILE } from "../core/snapshot.ts";
import type { DescriptorPaths } from "./descriptor-paths.ts";
import type { FileDriver, Stat } from "./driver.ts";
import { kindOfType } from "./stat.ts";

/** `stat` over `node:fs`. */
export function nodeStatCalls(paths: DescriptorPaths): Pick<FileDriver, "stat" | "statDescriptor"> {
  return {
    stat(dir, name, out) {
      fillStat(lstatSync(paths.in(dir, name), { bigint: true }), out);
    },
    statDescriptor(fd, out) {
      fillStat(fstatSync(fd, { bigint: true }), out);
    },
  };
}

function fillStat(stats: BigIntStats, out: Stat): void {
  const mode = Number(stats.mode);
  const kind = kindOfType[(mode >>> 12) & 15]!;
  const isDevice = kind === BLOCK_DEVICE || kind === CHARACTER_DEVICE;
  out.kind = kind;
  out.mode = mode & 0o7777;
  out.size = kind === FILE ? Number(stats.size) : 0;
  out.blocks = Number(stats.blocks);
  out.ctimeSec = seconds(stats.ctimeNs);
  out.ctimeNs = nanoseconds(stats.ctimeNs);
  out.birthSec = seconds(stats.birthtimeNs);
  out.birthNs = nanoseconds(stats.birthtimeNs);
  out.mtimeSec = seconds(stats.mtimeNs);
  out.mtimeNs = nanoseconds(stats.mtimeNs);
  out.nlink = Number(stats.nlink);
  out.uid = Number(stats.uid);
  out.gid = Number(stats.gid);
  out.inoHigh = Number((stats.ino >> 32n) & 0xffffffffn);
  out.inoLow = Number(stats.ino & 0xffffffffn);
  // As the libc driver packs them: what `makedev` makes of Linux's device numbers fits into 32 bits.
  out.rdev = isDevice ? Number(BigInt.asUintN(32, stats.rdev)) : 0;
  out.dev = Number(BigInt.asUintN(32, stats.dev));
}

// Rounded down, so that nanoseconds count upwards before 1970 as well.
const nanoseconds = (time: bigint): number =>
  Number(((time % 1_000_000_000n) + 1_000_000_000n) % 1_000_000_000n);
const seconds = (time: bigint): number =>
  Number((time - BigInt(nanoseconds(time))) / 1_000_000_000n);
