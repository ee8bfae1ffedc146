import type { ChunkList } from "../../core/chunk-list.ts";
import { chunkDigestBytes } from "../../core/chunk-list.ts";
import { sampleBytes } from "../../core/chunk-sample.ts";
import { chunkBuffers, newChunk, pushFinding } from "../../core/snapshot.ts";
import type { HostPath } from "../../fs/driver.ts";
import type { ChunkOptions, ChunkRequest } from "../endpoint.ts";
import { batchesOf } from "./hash-files.ts";
import type { LocalHost } from "./host.ts";
import type { ChunkJob, ChunkResult, Counters, Signals } from "./jobs.ts";
import { runChunks } from "./run-chunks.ts";
import { withSignals } from "./with-signals.ts";

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
  const { host } = work;
  const { extent } = work.options;
  const bytesOf = ({ entry: { size } }: ChunkRequest): number =>
    extent === "full" ? size : sampleBytes(size);
  const isSmall = requests.reduce((sum, request) => sum + bytesOf(request), 0) < smallBytes;
  const batches = batchesOf(requests, bytesOf);
  const results = await withSignals(signal, (signals) =>
    Promise.all(
      batches.map((batch) => {
        const job = jobOf(work, batch, signals);
        if (isSmall) return runChunks(host.driver, job, host.binding);
        return host.pool.run<ChunkResult>(job, chunkBuffers(job.files));
      }),
    ),
  );
  return results.flatMap(listsOf);
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
