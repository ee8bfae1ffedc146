import { digestBytes } from "../../core/content-hash.ts";
import type { FileEntry } from "../../core/entry.ts";
import type { RelPath } from "../../core/path.ts";
import { findingAt, nameAt } from "../../core/snapshot.ts";
import type { Directories } from "../../fs/directories.ts";
import { openDirectories } from "../../fs/directories.ts";
import type { FileDriver, Stat } from "../../fs/driver.ts";
import { isAsExpected, sameTime } from "../../fs/expectation.ts";
import type { HashContext } from "../../fs/hash.ts";
import { hashFile } from "../../fs/hash.ts";
import type { HashBinding } from "../../fs/hasher.ts";
import { openHasher } from "../../fs/hasher.ts";
import { newStat } from "../../fs/stat.ts";
import { EntryProblem } from "../endpoint.ts";
import { asReadProblem } from "./applier.ts";
import type { HashJob, HashResult, RowProblem } from "./jobs.ts";
import { countedBytes, countedFiles, stopFlag } from "./jobs.ts";

const exact = { timeResolution: 1 };
const bufferBytes = 256 * 1024;
const stat: Stat = newStat();
let buffer: Buffer | undefined;

/** Hashes files, one after the other; stops within a file when told to. Waits only until the hasher is loaded. */
export async function runHash(
  driver: FileDriver,
  job: HashJob,
  binding: HashBinding | undefined,
): Promise<HashResult> {
  const { files, algorithm, signals, counters, side } = job;
  const goesOn = (): boolean => Atomics.load(signals, stopFlag) === 0;
  const onBytes = (bytes: number): void => {
    counters[countedBytes]! += bytes;
  };
  const hasher = await openHasher(algorithm, binding);
  buffer ??= Buffer.allocUnsafeSlow(bufferBytes);
  const ctx: HashContext = { driver, hasher, buffer, onBytes, goesOn };
  const length = digestBytes[algorithm];
  const digests = new Uint8Array(files.count * length);
  const problems: RowProblem[] = [];
  using dirs = openDirectories(driver, job.root, job.followLinks);
  let row = 0;
  for (; row < files.count && goesOn(); row++) {
    try {
      digests.set(hashRow(ctx, dirs, job, row), row * length);
    } catch (error) {
      const problem = asReadProblem(side, error);
      problems.push({ row, side, code: problem.code, message: problem.message });
    }
    counters[countedFiles]!++;
  }
  return { type: "hash", done: row, digests, problems };
}

function hashRow(ctx: HashContext, dirs: Directories, job: HashJob, row: number): Uint8Array {
  const { driver } = ctx;
  const entry = findingAt(job.files, row) as FileEntry;
  const fd = dirs.openFile(nameAt(job.files, row) as string as RelPath);
  try {
    driver.statDescriptor(fd, stat);
    const before = { ...stat };
    const digest = isAsScanned(before, entry, job.timeResolution)
      ? hashFile(ctx, fd, entry.size, job.full[row] === 1 ? "full" : "quick")
      : undefined;
    driver.statDescriptor(fd, stat);
    if (digest !== undefined && isUnchanged(stat, before)) return digest;
    throw new EntryProblem(job.side, "changed", "it has changed since it was scanned");
  } finally {
    driver.close(fd);
  }
}

/**
 * A file with several names, too, and one whose mtime was put back: ctime tells. Of a file that is known by its place alone,
 * the time may be another's that counts as equal.
 */
export function isAsScanned(now: Stat, entry: FileEntry, timeResolution: number): boolean {
  const isKnown = entry.inoLow !== 0 || entry.inoHigh !== 0;
  const tolerance = isKnown ? exact : { timeResolution };
  if (!isAsExpected(now, entry, tolerance) || !sameTime(now, entry, tolerance)) return false;
  const hasCtime = entry.ctimeSec !== 0 || entry.ctimeNs !== 0;
  return !hasCtime || (now.ctimeSec === entry.ctimeSec && now.ctimeNs === entry.ctimeNs);
}

function isUnchanged(now: Stat, before: Stat): boolean {
  const isSame = now.size === before.size && sameTime(now, before, exact);
  return isSame && now.ctimeSec === before.ctimeSec && now.ctimeNs === before.ctimeNs;
}
