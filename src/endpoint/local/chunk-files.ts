import type { ChunkList } from "../../core/chunk-list.ts";
import { chunkDigestBytes } from "../../core/chunk-list.ts";
import { chunkBuffers, newChunk, pushFinding } from "../../core/snapshot.ts";
import type { HostPath } from "../../fs/driver.ts";
import type { ChunkOptions, ChunkRequest } from "../endpoint.ts";
import { batchesOf } from "./hash-files.ts";
import type { LocalHost } from "./host.ts";
import type { ChunkJob, ChunkResult, Counters, Signals } from "./jobs.ts";
import { newSignals, stopFlag } from "./jobs.ts";
import { runChunks } from "./run-chunks.ts";

/** Where files are cut into chunks. */
export interface ChunkWork {
  readonly host: LocalHost;
  readonly root: HostPath;
  readonly options: ChunkOptions;
  readonly counters: Counters;
}

/** Up to this much is read in this thread: less work than starting another one. */
const smallBytes = 1 << 20;

/** Cuts files into chunks in worker threads, several batches at once. */
export async function chunkHere(
  work: ChunkWork,
  requests: readonly ChunkRequest[],
  signal: AbortSignal,
): Promise<(ChunkList | undefined)[]> {
  signal.throwIfAborted();
  const { host } = work;
  const signals = newSignals(0);
  const stop = (): void => void Atomics.store(signals, stopFlag, 1);
  signal.addEventListener("abort", stop);
  try {
    const isSmall = requests.reduce((sum, { entry }) => sum + entry.size, 0) < smallBytes;
    const run = (batch: readonly ChunkRequest[]): Promise<ChunkResult> => {
      const job = jobOf(work, batch, signals);
      if (isSmall) return runChunks(host.driver, job, host.binding);
      return host.pool.run<ChunkResult>(job, chunkBuffers(job.files));
    };
    const batches = batchesOf(requests, ({ entry }) => entry.size);
    const results = await Promise.all(batches.map(run));
    signal.throwIfAborted();
    return results.flatMap(listsOf);
  } finally {
    // What is still under way after a failure has nobody left to do it for.
    stop();
    signal.removeEventListener("abort", stop);
  }
}

function jobOf(
  { root, options, counters }: ChunkWork,
  batch: readonly ChunkRequest[],
  signals: Signals,
): ChunkJob {
  const files = newChunk(batch.length);
  for (const { path, entry } of batch) pushFinding(files, 0, path, entry);
  return { type: "chunks", root, ...options, files, signals, counters };
}

function listsOf({ counts, sizes, digests }: ChunkResult): (ChunkList | undefined)[] {
  let from = 0;
  return Array.from(counts, (count) => {
    if (count === -1) return undefined;
    const end = from + count;
    // In memory of its own: whoever hands it on to a thread hands on all of its memory.
    const list = {
      sizes: sizes.slice(from, end),
      digests: digests.slice(from * chunkDigestBytes, end * chunkDigestBytes),
    };
    from = end;
    return list;
  });
}
