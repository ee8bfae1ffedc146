import type { FileEntry } from "./entry.ts";

/** How often a source that changes while it is read is read again. */
export const attempts = 3;

/** A file may grow by this much after the scan and still be copied in this run. */
export const mostGrowth: number = 4 << 20;

/** Whether what a file has become since it was scanned may be put where it was planned: not without end, and not where nothing else will do. */
export function mayBecome(
  now: FileEntry,
  planned: FileEntry,
  { asPlanned }: { readonly asPlanned?: boolean },
): boolean {
  return asPlanned !== true && now.size <= planned.size + mostGrowth;
}

/** What the shortest record of a file counts as. */
const leastCounted = 64;

/** Counts what comes of one file, whatever becomes of it. */
export interface FileMeter {
  /** Says whether it still is what somebody may send who reads it {@link attempts} times, and each time as far as it may have grown. */
  count(bytes: number): boolean;
}

export function meterOf({ size }: FileEntry): FileMeter {
  const most = attempts * (size + mostGrowth);
  let came = 0;
  return {
    count(bytes) {
      came += Math.max(bytes, leastCounted);
      return came <= most;
    },
  };
}
