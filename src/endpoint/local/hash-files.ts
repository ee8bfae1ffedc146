import type { ByteString } from "../../base/byte-string.ts";
import { digestBytes } from "../../core/content-hash.ts";
import { chunkBuffers, newChunk, pushFinding } from "../../core/snapshot.ts";
import type { HostPath } from "../../fs/driver.ts";
import type { HashOptions, HashRequest, HashVerdict } from "../endpoint.ts";
import type { LocalHost } from "./host.ts";
import type { Counters, HashJob, HashResult, Signals } from "./jobs.ts";
import { runHash } from "./run-hash.ts";
import { withSignals } from "./with-signals.ts";

/** Where files are hashed, and how. */
export interface HashWork {
  readonly host: LocalHost;
  readonly root: HostPath;
  readonly options: HashOptions;
  readonly counters: Counters;
  readonly timeResolution: number;
}

/** Bounds of a batch: enough to make handing it over cheap, little enough to keep all threads busy to the end. */
const batchFiles = 512;
const batchBytes = 16 << 20;
/** Up to this much is done in this thread: less work than starting another one. */
const smallFiles = 16;
const smallBytes = 1 << 20;

/** Hashes files in worker threads, several batches at once. */
export async function hashHere(
  work: HashWork,
  requests: readonly HashRequest[],
  signal: AbortSignal,
): Promise<HashVerdict[]> {
  const { host } = work;
  const isSmall = requests.length <= smallFiles && bytesOf(requests) < smallBytes;
  const batches = batchesOf(requests, ({ size }) => size);
  const results = await withSignals(signal, (signals) =>
    Promise.all(
      batches.map((batch) => {
        const job = jobOf(work, batch, signals);
        if (isSmall) return runHash(host.driver, job, host.binding);
        return host.pool.run<HashResult>(job, chunkBuffers(job.files));
      }),
    ),
  );
  return batches.flatMap((batch, i) => verdictsOf(batch, results[i]!, work.options));
}

function jobOf(
  { root, options, counters, timeResolution }: HashWork,
  batch: readonly HashRequest[],
  signals: Signals,
): HashJob {
  const files = newChunk(batch.length);
  // The size is said twice; what was asked for counts.
  for (const { path, entry, size } of batch) pushFinding(files, 0, path, { ...entry, size });
  const full = Uint8Array.from(batch, ({ what }) => Number(what === "full"));
  const { algorithm, followLinks, side } = options;
  const rows = { files, full, timeResolution };
  return { type: "hash", root, followLinks, side, algorithm, ...rows, signals, counters };
}

/** Batches of files to be read, in order. */
export function batchesOf<T>(
  requests: readonly T[],
  sizeOf: (request: T) => number,
): (readonly T[])[] {
  const out: (readonly T[])[] = [];
  let from = 0;
  let bytes = 0;
  for (const [i, request] of requests.entries()) {
    bytes += sizeOf(request);
    if (i + 1 - from < batchFiles && bytes < batchBytes) continue;
    out.push(requests.slice(from, i + 1));
    from = i + 1;
    bytes = 0;
  }
  if (from < requests.length) out.push(requests.slice(from));
  return out;
}

function bytesOf(requests: readonly HashRequest[]): number {
  return requests.reduce((sum, { size }) => sum + size, 0);
}

/** Puts a worker's rows beside their requests. */
function verdictsOf(
  batch: readonly HashRequest[],
  { digests, problems }: HashResult,
  { algorithm }: HashOptions,
): HashVerdict[] {
  const troubles = new Map(problems.map(({ row, ...problem }) => [row, problem]));
  const length = digestBytes[algorithm];
  // All at once: one by one, this costs as much as everything else here.
  const bytes = Buffer.from(digests.buffer).toString("latin1") as ByteString;
  return batch.map(({ path }, row): HashVerdict => {
    const trouble = troubles.get(row);
    return trouble === undefined
      ? { path, digest: bytes.slice(row * length, (row + 1) * length) as ByteString }
      : { path, problem: { path, ...trouble } };
  });
}
