import type { Entry } from "../core/entry.ts";
import { kinds } from "../core/snapshot.ts";
import type { Stat } from "./driver.ts";

/** How far what was planned for may be from what is there. */
export interface Tolerance {
  /** Nanoseconds to which times can be told apart. */
  readonly timeResolution: number;
}

/**
 * Whether what stands on disk still is what a scan saw. Directories are the same directory; anything else has the same
 * identity, size and mtime. A file with several names may have got another mtime through one of them, in this very run.
 */
export function isAsExpected(stat: Stat, expected: Entry, tolerance: Tolerance): boolean {
  if (kinds[stat.kind] !== expected.kind) return false;
  const hasIdentity = expected.inoHigh !== 0 || expected.inoLow !== 0;
  if (
    hasIdentity &&
    (stat.inoLow !== expected.inoLow ||
      stat.inoHigh !== expected.inoHigh ||
      stat.dev !== expected.dev)
  ) {
    return false;
  }
  if (expected.kind === "directory") return true;
  if (stat.size !== expected.size) return false;
  return expected.nlink > 1 || sameTime(stat, expected, tolerance);
}

/** Whether two mtimes are the same as far as they can be told apart. */
export function sameTime(
  a: { readonly mtimeSec: number; readonly mtimeNs: number },
  b: { readonly mtimeSec: number; readonly mtimeNs: number },
  { timeResolution }: Tolerance,
): boolean {
  if (a.mtimeSec === b.mtimeSec && a.mtimeNs === b.mtimeNs) return true;
  const apart = (a.mtimeSec - b.mtimeSec) * 1e9 + (a.mtimeNs - b.mtimeNs);
  return Math.abs(apart) < timeResolution;
}
