import { attempts } from "../../core/changed-file.ts";
import type { FileEntry } from "../../core/entry.ts";
import type { Stat } from "../../fs/driver.ts";
import { isAsExpected, sameTime } from "../../fs/expectation.ts";
import { EntryProblem } from "../endpoint.ts";

/** Milliseconds within which two changes of a file can leave the same mtime: kernels stamp times at every tick. */
const tick = 20;

const exactly = { timeResolution: 1 };

/** Whether an open file is the one that somebody has planned with, unchanged. */
export function isPlanned(stat: Stat, planned: FileEntry): boolean {
  return isAsExpected(stat, planned, exactly) && sameTime(stat, planned, exactly);
}

/** Whether nothing at all has been done to a file since it was scanned. */
export function isUntouched(stat: Stat, planned: FileEntry): boolean {
  return stat.ctimeSec === planned.ctimeSec && stat.ctimeNs === planned.ctimeNs;
}

export function isSameMoment(a: Stat, b: Stat): boolean {
  return (
    a.size === b.size &&
    a.mtimeSec === b.mtimeSec &&
    a.mtimeNs === b.mtimeNs &&
    a.ctimeSec === b.ctimeSec &&
    a.ctimeNs === b.ctimeNs
  );
}

/**
 * Waits until a change of the file would show in its mtime. Otherwise one made after the copy, but within the same tick,
 * would never be seen: size and mtime would be equal for ever.
 */
export function waitOutTick(stat: Stat): void {
  const age = Date.now() - (stat.mtimeSec * 1000 + stat.mtimeNs / 1e6);
  if (age >= 0 && age < tick) sleep(tick - age);
}

/** Gives whoever changes a file time to come to an end, longer each time. */
export function pause(attempt: number): void {
  sleep(attempt * 30);
}

const sleeper = new Int32Array(new SharedArrayBuffer(4));

function sleep(ms: number): void {
  Atomics.wait(sleeper, 0, 0, ms);
}

export function noFile(): EntryProblem {
  return new EntryProblem("source", "changed", "it is no file any more; the next run will see");
}

export function changedSincePlan(): EntryProblem {
  return new EntryProblem("source", "changed", "it has changed since the plan was made");
}

export function changedOften(): EntryProblem {
  return new EntryProblem(
    "source",
    "changed",
    `it changed while it was read, ${attempts} times in a row; the next run will try again`,
  );
}
