import type { ChunkList } from "../../core/chunk-list.ts";
import { joinChunkLists } from "../../core/chunk-list.ts";
import type { FileEntry } from "../../core/entry.ts";
import type { RelPath } from "../../core/path.ts";
import { findingAt, nameAt } from "../../core/snapshot.ts";
import { chunkBufferBytes, chunkFile, sampleFile } from "../../fs/chunk.ts";
import type { Directories } from "../../fs/directories.ts";
import { openDirectories } from "../../fs/directories.ts";
import type { FileDriver } from "../../fs/driver.ts";
import type { HashContext } from "../../fs/hash.ts";
import type { HashBinding } from "../../fs/hasher.ts";
import { openHasher } from "../../fs/hasher.ts";
import { newStat } from "../../fs/stat.ts";
import { asReadProblem } from "./applier.ts";
import type { ChunkJob, ChunkResult } from "./jobs.ts";
import { countedBytes, countedFiles, stopFlag } from "./jobs.ts";
import { isAsScanned } from "./run-hash.ts";

const stat = newStat();
let buffer: Buffer | undefined;

/** Cuts files into chunks, one after the other; stops within a file when told to. Waits only until the hasher is loaded. */
export async function runChunks(
  driver: FileDriver,
  job: ChunkJob,
  binding: HashBinding | undefined,
): Promise<ChunkResult> {
  const { files, signals, counters } = job;
  const goesOn = (): boolean => Atomics.load(signals, stopFlag) === 0;
  const onBytes = (bytes: number): void => {
    counters[countedBytes]! += bytes;
  };
  const hasher = await openHasher("blake3", binding);
  buffer ??= Buffer.allocUnsafeSlow(chunkBufferBytes);
  const ctx: HashContext = { driver, hasher, buffer, onBytes, goesOn };
  const counts = new Int32Array(files.count).fill(-1);
  const lists: ChunkList[] = [];
  using dirs = openDirectories(driver, job.root, job.followLinks);
  for (let row = 0; row < files.count && goesOn(); row++) {
    const list = chunkRow(ctx, dirs, job, row);
    if (list !== undefined) {
      counts[row] = list.sizes.length;
      lists.push(list);
    }
    counters[countedFiles]!++;
  }
  return { type: "chunks", counts, ...joinChunkLists(lists) };
}

function chunkRow(
  ctx: HashContext,
  dirs: Directories,
  { files, side, extent }: ChunkJob,
  row: number,
): ChunkList | undefined {
  const { driver } = ctx;
  const entry = findingAt(files, row) as FileEntry;
  try {
    const fd = dirs.openFile(nameAt(files, row) as string as RelPath);
    try {
      driver.statDescriptor(fd, stat);
      if (!isAsScanned(stat, entry, 1)) return undefined;
      const cut = extent === "full" ? chunkFile : sampleFile;
      const list = cut(ctx, fd, entry.size);
      driver.statDescriptor(fd, stat);
      return isAsScanned(stat, entry, 1) ? list : undefined;
    } finally {
      driver.close(fd);
    }
  } catch (error) {
    // Whatever the system has against it will be said by whoever needs the file; anything else is thrown on.
    asReadProblem(side, error);
    return undefined;
  }
}
