import type { SnapshotChunk } from "../../core/snapshot.ts";
import type { RelPath } from "../../core/path.ts";
import type { Action } from "../../core/plan.ts";
import type { Side } from "../../core/problem.ts";
import type { Directories } from "../../fs/directories.ts";
import { openDirectories } from "../../fs/directories.ts";
import type { Descriptor, FileDriver } from "../../fs/driver.ts";
import type { ComparePair } from "../../fs/same-content.ts";
import { newComparePair, sameContent } from "../../fs/same-content.ts";
import { newStat } from "../../fs/stat.ts";
import { tempNames, tempRun } from "../../fs/temp-names.ts";
import { walk } from "../../fs/walk.ts";
import { decodeAction } from "../../core/action-batch.ts";
import { applyAgain, resultsSoFar } from "./already.ts";
import type { Applier } from "./applier.ts";
import { asReadProblem } from "./applier.ts";
import { applyAction } from "./apply-action.ts";
import type {
  ApplyJob,
  ApplyResult,
  ContentJob,
  ContentResult,
  FlushJob,
  RowProblem,
  ScanJob,
} from "./jobs.ts";
import {
  countedBytes,
  countedEntries,
  countedFiles,
  credits,
  firstSlot,
  splitPaths,
  stopFlag,
} from "./jobs.ts";
import { openVersionStore } from "./version-store.ts";

/** Bytes of the buffer that content is copied through, and of each of the two that it is compared in. */
const bufferBytes = 256 * 1024;

/** Scans; `take` may wait for room. */
export function runScan(
  driver: FileDriver,
  job: ScanJob,
  take: () => SnapshotChunk,
  give: (chunk: SnapshotChunk) => void,
): void {
  walk(driver, job.root, job.request, {
    take,
    give(chunk) {
      job.counters[countedEntries]! += chunk.count;
      give(chunk);
      return Atomics.load(job.signals, stopFlag) === 0;
    },
    reading: {
      onBytes(bytes) {
        job.counters[countedBytes]! += bytes;
      },
      goesOn: () => Atomics.load(job.signals, stopFlag) === 0,
    },
  });
}

/** Waits until the reader has taken a chunk; for worker threads. */
export function waitForCredit(job: ScanJob): void {
  while (Atomics.load(job.signals, stopFlag) === 0) {
    const left = Atomics.load(job.signals, credits);
    if (left > 0) {
      Atomics.sub(job.signals, credits, 1);
      return;
    }
    Atomics.wait(job.signals, credits, left);
  }
}

/** The first slot that is free: as long as the reader keeps up, the same few are used again and again. */
export function takeSlot({ signals, slots }: ScanJob): number {
  for (let slot = 0; slot < slots.length; slot++) {
    if (Atomics.compareExchange(signals, firstSlot + slot, 0, 1) === 0) return slot;
  }
  // Only when told to stop: then nobody reads what is filled in.
  return 0;
}

let comparePair: ComparePair | undefined;

/** Compares contents, file by file. */
export function runContent(driver: FileDriver, job: ContentJob): ContentResult {
  comparePair ??= newComparePair(bufferBytes);
  const paths = splitPaths(job.paths);
  const contents = job.contents === undefined ? paths : splitPaths(job.contents);
  const equal = new Uint8Array(paths.length);
  const problems: RowProblem[] = [];
  using source = openDirectories(driver, job.source, job.followLinks);
  using target = openDirectories(driver, job.target, false);
  const count = (bytes: number): void => {
    job.counters[countedBytes]! += bytes;
  };
  let row = 0;
  for (; row < paths.length && Atomics.load(job.signals, stopFlag) === 0; row++) {
    const path = paths[row]!;
    const fds: Descriptor[] = [];
    try {
      fds.push(openFor("source", source, contents[row]!), openFor("target", target, path));
      const [left, right] = [fds[0]!, fds[1]!];
      equal[row] = Number(sameContent(driver, left, right, job.sizes[row]!, comparePair, count));
    } catch (error) {
      const { side, code, message } = asReadProblem("source", error);
      problems.push({ row, side, code, message });
    } finally {
      for (const fd of fds) driver.close(fd);
    }
    job.counters[countedFiles]!++;
  }
  return { type: "content", done: row, equal, problems };
}

function openFor(side: Side, dirs: Directories, path: RelPath): Descriptor {
  try {
    return dirs.openFile(path);
  } catch (error) {
    throw asReadProblem(side, error);
  }
}

let copyBuffer: Uint8Array | undefined;
let nextTemp: ReturnType<typeof tempNames> | undefined;

/** Makes what actions are carried out with; to be closed by the caller. */
export function openApplier(
  driver: FileDriver,
  job: Pick<ApplyJob, "target" | "options" | "self" | "timeResolution" | "counters">,
): Applier & Disposable {
  copyBuffer ??= Buffer.allocUnsafeSlow(bufferBytes);
  nextTemp ??= tempNames(tempRun(Math.random));
  const target = openDirectories(driver, job.target, false);
  const linkTargets = openDirectories(driver, job.target, false);
  const { kernelCopy, renameFlags } = driver.features;
  const { versions: run } = job.options;
  const versions =
    run === undefined ? undefined : openVersionStore(driver, job.target, run, job.self);
  return {
    driver,
    target,
    linkTargets,
    options: job.options,
    self: job.self,
    tolerance: { timeResolution: job.timeResolution },
    nextTemp,
    copy: {
      driver,
      buffer: copyBuffer,
      reflink: kernelCopy,
      kernelCopy,
      onBytes: (bytes) => {
        job.counters[countedBytes]! += bytes;
      },
    },
    stat: newStat(),
    versions,
    renameFlags,
    [Symbol.dispose]() {
      target[Symbol.dispose]();
      linkTargets[Symbol.dispose]();
      versions?.[Symbol.dispose]();
    },
  };
}

export function runFlush(driver: FileDriver, { root }: FlushJob): void {
  const fd = driver.openRoot(root);
  try {
    driver.flush(fd);
  } finally {
    driver.close(fd);
  }
}

/** Carries out the actions of a batch in order; stops between two of them when told to. */
export function runApply(driver: FileDriver, job: ApplyJob): ApplyResult {
  const { batch } = job;
  const rows = batch.entries.count;
  const bytes = new Float64Array(rows);
  const shared = new Float64Array(rows);
  const problems: ApplyResult["problems"][number][] = [];
  using ctx = openApplier(driver, job);
  using source =
    job.source === undefined
      ? undefined
      : openDirectories(driver, job.source, job.options.followLinks);
  const isAgain = job.options.again === true;
  const known = isAgain ? resultsSoFar(ctx, actionsOf(batch)) : undefined;
  const apply = isAgain ? applyAgain : applyAction;
  let row = 0;
  for (; row < rows && Atomics.load(job.signals, stopFlag) === 0; row++) {
    const action = decodeAction(batch, row);
    const result = known?.get(row) ?? apply(ctx, source, action);
    if ("done" in result) {
      bytes[row] = result.done.bytes;
      shared[row] = result.done.shared;
    }
    if (result.problem !== undefined) {
      const { side, code, message } = result.problem;
      problems.push({ row, side, code, message, partly: "done" in result });
    }
    if (action.type === "put-file") job.counters[countedFiles]!++;
  }
  return { type: "apply", done: row, bytes, shared, problems };
}

function actionsOf(batch: ApplyJob["batch"]): Action[] {
  return Array.from(batch.types, (_, row) => decodeAction(batch, row));
}
