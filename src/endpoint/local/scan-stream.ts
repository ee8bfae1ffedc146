import type { SnapshotChunk } from "../../core/snapshot.ts";
import { chunkBytes, chunkRows, newChunk } from "../../core/snapshot.ts";
import type { HostPath } from "../../fs/driver.ts";
import type { WalkRequest } from "../../fs/walk.ts";
import type { LocalHost } from "./host.ts";
import type { Counters, ScanJob } from "./jobs.ts";
import { countedEntries, credits, firstSlot, newCounters, newSignals, stopFlag } from "./jobs.ts";
import { runScan } from "./run-job.ts";
import type { ArrivedChunk } from "./worker-pool.ts";

/**
 * Chunks that exist at a time. A few would do while the reader keeps up. But where one replica has a large directory that
 * the other one lacks, nobody reads the other's rows until that is over, and its scan shall go on: 50 000 rows are enough
 * for that, and memory that is never used is never taken.
 */
const slotCount = 26;
/** Rows up to which a tree is scanned in this thread: less work than starting another one. */
const smallRows = 250;

/** A scan in a worker, begun. */
interface RunningScan {
  readonly job: ScanJob;
  readonly arrived: ArrivedChunk[];
  /** Settles when the worker is done, one way or the other. */
  readonly done: Promise<unknown>;
  over: boolean;
  wake: PromiseWithResolvers<void>;
}

/**
 * A scan as a stream of chunks, at the reader's pace. It begins at once, so that a worker starts while the caller still has
 * other things to do; it ends when the reader leaves, or when the signal aborts.
 */
export function scanStream(
  host: LocalHost,
  root: HostPath,
  request: WalkRequest,
  counters: Counters,
  signal: AbortSignal,
): AsyncIterable<SnapshotChunk> {
  try {
    const small = scanSmall(host, root, request, counters);
    if (small !== undefined) return single(small);
  } catch (error) {
    return failed(error);
  }
  return readChunks(startScan(host, root, request, counters, signal), signal);
}

async function* single(chunk: SnapshotChunk): AsyncGenerator<SnapshotChunk> {
  yield chunk;
}

/** A stream that fails before its first chunk. */
async function* failed(error: unknown): AsyncGenerator<SnapshotChunk> {
  yield* fail(error);
}

function fail(error: unknown): AsyncIterable<SnapshotChunk> {
  throw error;
}

function startScan(
  host: LocalHost,
  root: HostPath,
  request: WalkRequest,
  counters: Counters,
  signal: AbortSignal,
): RunningScan {
  const slots = Array.from({ length: slotCount }, () => new SharedArrayBuffer(chunkBytes()));
  const signals = newSignals(slotCount);
  const job: ScanJob = { type: "scan", root, request, slots, signals, counters };
  const arrived: ArrivedChunk[] = [];
  const done = host.pool.run(job, [], (chunk) => {
    arrived.push(chunk);
    scan.wake.resolve();
  });
  const scan: RunningScan = { job, arrived, done, over: false, wake: Promise.withResolvers() };
  const stop = (): void => stopScan(job);
  signal.addEventListener("abort", stop);
  const finish = (): void => {
    scan.over = true;
    signal.removeEventListener("abort", stop);
    scan.wake.resolve();
  };
  done.then(finish, finish);
  return scan;
}

function stopScan(job: ScanJob): void {
  Atomics.store(job.signals, stopFlag, 1);
  Atomics.notify(job.signals, credits);
}

async function* readChunks(scan: RunningScan, signal: AbortSignal): AsyncGenerator<SnapshotChunk> {
  const { job, arrived, done } = scan;
  const slots = job.slots.map((buffer) => newChunk(chunkRows, buffer));
  const roomy = slots.map((slot) => slot.names);
  try {
    for (;;) {
      signal.throwIfAborted();
      const filled = arrived.shift();
      if (filled !== undefined) {
        const { slot, count, extras, names = roomy[slot]! } = filled;
        yield Object.assign(slots[slot]!, { count, extras, names });
        Atomics.store(job.signals, firstSlot + slot, 0);
        Atomics.add(job.signals, credits, 1);
        Atomics.notify(job.signals, credits);
      } else if (scan.over) {
        await done;
        return;
      } else {
        await scan.wake.promise;
        scan.wake = Promise.withResolvers();
      }
    }
  } finally {
    stopScan(job);
    await Promise.allSettled([done]);
  }
}

/** Scans here and now; gives up as soon as the tree turns out not to be small. */
function scanSmall(
  host: LocalHost,
  root: HostPath,
  request: WalkRequest,
  counters: Counters,
): SnapshotChunk | undefined {
  const chunks: SnapshotChunk[] = [];
  // Content is not read twice, should the tree turn out not to be small.
  const { twin: _twin, ...plain } = request;
  const limited = { ...plain, rowLimit: smallRows };
  const signals = newSignals(0);
  // What comes to nothing is not counted: whoever looks on would see the count go back.
  const own = newCounters();
  const job: ScanJob = { type: "scan", root, request: limited, slots: [], signals, counters: own };
  const take = (): SnapshotChunk => newChunk(smallRows + 2);
  runScan(host.driver, job, take, (chunk) => chunks.push(chunk));
  const [only] = chunks;
  if (chunks.length !== 1 || only === undefined || only.count > smallRows) return undefined;
  counters[countedEntries]! += only.count;
  return only;
}
