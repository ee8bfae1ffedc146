import type { FileEntry } from "../../core/entry.ts";
import type { RelPath } from "../../core/path.ts";
import { findingAt, nameAt } from "../../core/snapshot.ts";
import type { SnapshotChunk } from "../../core/snapshot.ts";
import type { FileDriver } from "../../fs/driver.ts";
import type { HashBinding } from "../../fs/hasher.ts";
import { newHasher } from "../../fs/hasher.ts";
import { compress } from "../../fs/squeeze.ts";
import { packHash } from "../../wire/content-hasher.ts";
import { PackWriter } from "../../wire/pack-writer.ts";
import type { PackSqueeze } from "../../wire/pack-writer.ts";
import { asEntryProblem } from "./applier.ts";
import type { PackJob, PackResult } from "./jobs.ts";
import { countedFiles } from "./jobs.ts";
import type { FileReader, PackHashers } from "./read-file.ts";
import { openReader, readOn } from "./read-file.ts";

/** The large file that this thread has in hand. */
let inHand: (FileReader & Disposable) | undefined;
let hashers: PackHashers | undefined;
const writer = new PackWriter();
const nothing: PackResult = { type: "pack", pack: new Uint8Array(0), isOpen: false };

/** Reads files into a pack. Trouble with a file is a record; what is thrown concerns the root. */
export async function runPack(
  driver: FileDriver,
  job: PackJob,
  binding: HashBinding | undefined,
): Promise<PackResult> {
  hashers ??= {
    pack: await newHasher("blake3", binding),
    file: await newHasher("blake3", binding),
  };
  if (job.series === undefined) return packMany(driver, job);
  if (job.series !== "go-on") letGo();
  if (job.series === "drop") return nothing;
  const continues = job.series === "go-on";
  writer.begin(roomOf(job), continues ? job.first + 1 : job.first, continues);
  inHand ??= openReader(driver, job, hashers);
  const isDone = packOn(inHand, job, 0);
  if (isDone) letGo();
  return sealed(job, !isDone);
}

function packMany(driver: FileDriver, job: PackJob): PackResult {
  writer.begin(roomOf(job), job.first, false);
  using reader = openReader(driver, job, hashers!);
  for (let row = 0; row < job.files.count; row++) {
    packOn(reader, job, row);
  }
  return sealed(job, false);
}

/** Reads on in one file. True when it is done with, well or not. */
function packOn(reader: FileReader, job: PackJob, row: number): boolean {
  const index = job.first + row;
  try {
    const entry = findingAt(job.files, row) as FileEntry;
    const basis = job.bases.get(row);
    const isDone = readOn(reader, writer, { index, path: pathAt(job.files, row), entry, basis });
    if (isDone) job.counters[countedFiles]!++;
    return isDone;
  } catch (error) {
    const { code, message } = asEntryProblem("source", error);
    reader.leave();
    writer.problem(index, code, message);
    return true;
  }
}

function pathAt(files: SnapshotChunk, row: number): RelPath {
  return nameAt(files, row) as string as RelPath;
}

function letGo(): void {
  inHand?.[Symbol.dispose]();
  inHand = undefined;
}

/** Enough for what the files are expected to hold, so that memory is taken once. */
function roomOf({ files, series }: PackJob): number {
  if (series !== undefined) return (1 << 20) + 4096;
  let bytes = 4096;
  for (let row = 0; row < files.count; row++) bytes += files.size[row]! + 16;
  return bytes;
}

function sealed({ level }: PackJob, isOpen: boolean): PackResult {
  const squeeze = level === undefined ? keep : squeezeAt(level);
  const pack = writer.seal(isOpen, packHash(hashers!.pack), squeeze);
  return { type: "pack", pack, isOpen };
}

const keep: PackSqueeze = () => undefined;
/** Bytes that are tried first, and the least that has to be gained for compressing to pay. */
const sampleBytes = 64 * 1024;
const worthwhile = 0.92;

/** Whether the last pack of this thread yielded: the next one is probably like it. */
let hasYielded = true;

/** Compresses what yields. Where the last pack did not, a sample from the middle tells of this one. */
function squeezeAt(level: number): PackSqueeze {
  return (records) => {
    if (!hasYielded && records.length > 2 * sampleBytes) {
      const from = (records.length - sampleBytes) >>> 1;
      const sample = compress(records.subarray(from, from + sampleBytes), "zstd", -5);
      if (sample.length > sampleBytes * worthwhile) return undefined;
    }
    const squeezed = compress(records, "zstd", level);
    hasYielded = squeezed.length <= records.length * worthwhile;
    return hasYielded ? squeezed : undefined;
  };
}
