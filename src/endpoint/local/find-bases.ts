import type { ChunkList } from "../../core/chunk-list.ts";
import { firstChunks, joinChunkLists, mostBasisChunks } from "../../core/chunk-list.ts";
import type { Entry, FileEntry } from "../../core/entry.ts";
import type { Name, RelPath } from "../../core/path.ts";
import { baseName, joinPath, parentPath } from "../../core/path.ts";
import type { Directories } from "../../fs/directories.ts";
import { openDirectories } from "../../fs/directories.ts";
import type { FileDriver } from "../../fs/driver.ts";
import { errnoOf } from "../../fs/file-error.ts";
import type { Hasher } from "../../fs/hasher.ts";
import { openHasher } from "../../fs/hasher.ts";
import type { ApplyWork } from "./apply-stream.ts";
import type { Basis, BasisFile } from "./basis.ts";
import { chunkHere } from "./chunk-files.ts";
import { newCounters } from "./jobs.ts";
import type { Part } from "./parts.ts";
import { findParts, partBytes } from "./parts.ts";
import type { PutFile } from "../../core/put-action.ts";

/** A file of fewer bytes, old or new, is not worth asking what it consists of. */
const leastBytes = 128 * 1024;

/** A file that may hold some of what another one is going to be. */
interface Candidate {
  /** Of the file that it may serve. */
  readonly index: number;
  readonly path: RelPath;
  readonly name: Name;
  readonly entry: FileEntry;
  readonly isPart: boolean;
}

/** Bytes that would have to be read to find a basis of the file. */
export function bytesToRead({ entry, expected }: PutFile): number {
  return isWorthIt(entry, expected) ? expected.size : 0;
}

/** Finds out what the target has already of files that are to come, by their numbers: of old ones, and of what a run could not finish. */
export async function findBases(
  work: ApplyWork,
  puts: readonly PutFile[],
  signal: AbortSignal,
): Promise<ReadonlyMap<number, Basis>> {
  const candidates = await findCandidates(work, puts);
  if (candidates.length === 0) return new Map();
  const lists = await listsOf(work, candidates, signal);
  const found = new Map<number, FoundFile[]>();
  for (const candidate of candidates) {
    const list = lists.get(candidate);
    if (list === undefined || list.sizes.length === 0) continue;
    const files = found.get(candidate.index);
    if (files === undefined) found.set(candidate.index, [{ candidate, list }]);
    else files.push({ candidate, list });
  }
  return new Map(Array.from(found, ([index, files]) => [index, basisOf(files)]));
}

/** What is remembered is not read again: what has become of it meanwhile shows when it is made use of. */
async function listsOf(
  { host, target: root, known }: ApplyWork,
  candidates: readonly Candidate[],
  signal: AbortSignal,
): Promise<ReadonlyMap<Candidate, ChunkList | undefined>> {
  const lists = new Map<Candidate, ChunkList | undefined>();
  for (const candidate of candidates) {
    const list = candidate.isPart ? undefined : known?.get(candidate.path);
    if (list !== undefined) lists.set(candidate, list);
  }
  const unknown = candidates.filter((candidate) => !lists.has(candidate));
  const options = { side: "target" } as const;
  // Counted are files that were put in place, and no others.
  const work = { host, root, options, counters: newCounters() };
  const read = await chunkHere(work, unknown, signal);
  for (const [i, candidate] of unknown.entries()) lists.set(candidate, read[i]);
  return lists;
}

async function findCandidates(
  { host, target }: ApplyWork,
  puts: readonly PutFile[],
): Promise<Candidate[]> {
  const out: Candidate[] = [];
  const hasher = await openHasher("blake3", host.binding);
  using dirs = openDirectories(host.driver, target, false);
  for (const [index, { path, entry, expected }] of puts.entries()) {
    const dir = parentPath(path);
    const parts = entry.size < partBytes ? [] : partsIn(host.driver, dirs, path, hasher);
    for (const part of parts) {
      out.push({ ...part, index, path: joinPath(dir, part.name), isPart: true });
    }
    if (isWorthIt(entry, expected)) {
      out.push({ index, path, name: baseName(path), entry: expected, isPart: false });
    }
  }
  return out;
}

/** Directories that cannot be opened have nothing of use; whoever writes into them will say so. */
function partsIn(driver: FileDriver, dirs: Directories, path: RelPath, hasher: Hasher): Part[] {
  try {
    return findParts(driver, dirs.open(parentPath(path)), path, hasher);
  } catch (error) {
    if (errnoOf(error) === undefined) throw error;
    return [];
  }
}

function isWorthIt(entry: FileEntry, expected: Entry | undefined): expected is FileEntry {
  return expected?.kind === "file" && expected.size >= leastBytes && entry.size >= leastBytes;
}

interface FoundFile {
  readonly candidate: Candidate;
  readonly list: ChunkList;
}

/** One list for all files, up to as much as can be asked with. */
function basisOf(found: readonly FoundFile[]): Basis {
  const files: BasisFile[] = [];
  const lists: ChunkList[] = [];
  let room = mostBasisChunks;
  for (const { candidate, list } of found) {
    const { name, isPart, entry } = candidate;
    const kept = firstChunks(list, room);
    const chunks = kept.sizes.length;
    room -= chunks;
    lists.push(kept);
    files.push({ name, isPart, chunks, size: entry.size });
  }
  // The same list, where it is one: whoever knows it already need not be told again.
  return { list: lists.length === 1 ? lists[0]! : joinChunkLists(lists), files };
}
