import { newChunk, pushFinding, chunkBuffers } from "../../core/snapshot.ts";
import type { ChunkList } from "../../core/chunk-list.ts";
import { joinChunkLists } from "../../core/chunk-list.ts";
import type { HostPath } from "../../fs/driver.ts";
import { codecsHere } from "../../fs/squeeze.ts";
import { usualPackBytes } from "../../wire/pack.ts";
import type { PackOptions, WantedFile } from "../endpoint.ts";
import type { LocalHost } from "./host.ts";
import type { Counters, PackJob, PackResult } from "./jobs.ts";
import { runPack } from "./pack-job.ts";

/** Where files are read from, and how. */
export interface PackWork {
  readonly host: LocalHost;
  readonly root: HostPath;
  readonly options: PackOptions;
  readonly counters: Counters;
}

/** A file from this size on is read alone, pack after pack. */
const largeBytes = 512 * 1024;
const mostTogether = 1024;
/** Up to this much is read in this thread: less work than starting another one. */
const smallFiles = 16;
const smallBytes = 256 * 1024;

/** What is read in one go. */
interface Part {
  readonly files: readonly WantedFile[];
  readonly first: number;
  readonly isLarge: boolean;
}

/** Reads files in worker threads, several parts at once, and yields their packs in order. */
export async function* packStream(
  work: PackWork,
  files: readonly WantedFile[],
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  const { host } = work;
  const isSmall =
    files.length <= smallFiles &&
    files.reduce((sum, { entry }) => sum + entry.size, 0) < smallBytes;
  const parts = partsOf(files)[Symbol.iterator]();
  const begun: { readonly part: Part; readonly result: Promise<PackResult> | undefined }[] = [];
  const ahead = isSmall ? 1 : host.threads + 2;
  for (;;) {
    while (begun.length < ahead && !signal.aborted) {
      const next = parts.next();
      if (next.done === true) break;
      begun.push({ part: next.value, result: beginPart(work, next.value, isSmall) });
    }
    const first = begun.shift();
    if (first === undefined) return;
    if (first.result === undefined) yield* packLarge(work, first.part);
    else yield (await first.result).pack;
  }
}

/** Small parts are begun ahead of their turn. */
function beginPart(work: PackWork, part: Part, isSmall: boolean): Promise<PackResult> | undefined {
  if (part.isLarge) return undefined;
  const { host } = work;
  const job = jobOf(work, part, undefined);
  const result = isSmall
    ? runPack(host.driver, job, host.binding)
    : host.pool.run<PackResult>(job, chunkBuffers(job.files));
  // Whoever waits for an earlier part still must not leave a rejection behind.
  result.catch(() => {});
  return result;
}

/** Reads one file in a thread that keeps it open, one pack ahead of whoever takes them. */
async function* packLarge(work: PackWork, part: Part): AsyncGenerator<Uint8Array> {
  using lease = await work.host.pool.lease();
  const read = (series: PackJob["series"]): Promise<PackResult> => {
    const result = lease.run<PackResult>(jobOf(work, part, series), []);
    result.catch(() => {});
    return result;
  };
  let next = read("begin");
  let isOver = false;
  try {
    for (;;) {
      const { pack, isOpen } = await next;
      if (isOpen) next = read("go-on");
      isOver = !isOpen;
      yield pack;
      if (isOver) return;
    }
  } finally {
    if (!isOver) {
      await Promise.allSettled([next]);
      await read("drop");
    }
  }
}

function jobOf(
  { root, options, counters, host }: PackWork,
  { files: wanted, first }: Part,
  series: PackJob["series"],
): PackJob {
  const files = newChunk(wanted.length);
  const bases = new Map<number, ChunkList>();
  for (const [row, { path, entry, basis }] of wanted.entries()) {
    pushFinding(files, 0, path, entry);
    if (basis !== undefined && series !== "go-on") bases.set(row, joinChunkLists(basis));
  }
  const isRoot = host.self.isRoot;
  const level = options.compress && codecsHere()[0] === "zstd" ? 1 : undefined;
  return {
    type: "pack",
    root,
    files,
    bases,
    first: first + (options.first ?? 0),
    options: { ...options, isRoot },
    level,
    series,
    counters,
  };
}

function* partsOf(files: readonly WantedFile[]): Generator<Part> {
  let from = 0;
  let bytes = 0;
  for (const [i, { entry }] of files.entries()) {
    const isLarge = entry.size >= largeBytes;
    if (isLarge && from < i) yield { files: files.slice(from, i), first: from, isLarge: false };
    if (isLarge) {
      yield { files: [files[i]!], first: i, isLarge };
      from = i + 1;
      bytes = 0;
      continue;
    }
    bytes += entry.size;
    if (bytes < usualPackBytes && i + 1 - from < mostTogether) continue;
    yield { files: files.slice(from, i + 1), first: from, isLarge: false };
    from = i + 1;
    bytes = 0;
  }
  if (from < files.length) yield { files: files.slice(from), first: from, isLarge: false };
}
