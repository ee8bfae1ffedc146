import type { SnapshotChunk } from "../../core/snapshot.ts";
import type { HostPath } from "../../fs/driver.ts";
import type { WalkRequest } from "../../fs/walk.ts";
import type { LocalHost } from "./host.ts";
import type { Counters, ScanJob } from "./jobs.ts";
import { countedEntries, credits, newSignals, stopFlag } from "./jobs.ts";
import { runScan } from "./run-job.ts";

/** Chunks that a scan may be ahead of its reader. */
const chunksAhead = 3;
/** Rows up to which a tree is scanned in this thread: less work than starting another one. */
const smallRows = 1000;

/** A scan as a stream of chunks, at the reader's pace. */
export async function* scanStream(
  host: LocalHost,
  root: HostPath,
  request: WalkRequest,
  counters: Counters,
  signal: AbortSignal,
): AsyncGenerator<SnapshotChunk> {
  const small = scanSmall(host, root, request, counters);
  if (small !== undefined) {
    yield small;
    return;
  }
  const job: ScanJob = { type: "scan", root, request, signals: newSignals(chunksAhead), counters };
  const arrived: SnapshotChunk[] = [];
  let wake = Promise.withResolvers<void>();
  let over = false;
  const stop = (): void => {
    Atomics.store(job.signals, stopFlag, 1);
    Atomics.notify(job.signals, credits);
  };
  signal.addEventListener("abort", stop);
  const done = host.pool
    .run(job, [], (chunk) => {
      arrived.push(chunk);
      wake.resolve();
    })
    .finally(() => {
      over = true;
      wake.resolve();
    });
  done.catch(() => {});
  try {
    for (;;) {
      signal.throwIfAborted();
      const chunk = arrived.shift();
      if (chunk !== undefined) {
        yield chunk;
        Atomics.add(job.signals, credits, 1);
        Atomics.notify(job.signals, credits);
      } else if (over) {
        await done;
        return;
      } else {
        await wake.promise;
        wake = Promise.withResolvers();
      }
    }
  } finally {
    signal.removeEventListener("abort", stop);
    stop();
    await done.catch(() => {});
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
  const job: ScanJob = { type: "scan", root, request, signals: newSignals(0), counters };
  runScan(host.driver, { ...job, request: { ...request, rowLimit: smallRows } }, (chunk) =>
    chunks.push(chunk),
  );
  const [only] = chunks;
  if (chunks.length === 1 && only !== undefined && only.count <= smallRows) return only;
  counters[countedEntries] = 0;
  return undefined;
}
