import type { ChunkList, KnownFile } from "../../core/chunk-list.ts";
import {
  deltaBytes,
  firstChunks,
  mostBasisChunks,
  rememberedBytes,
} from "../../core/chunk-list.ts";
import type { Entry, FileEntry } from "../../core/entry.ts";
import type { RelPath } from "../../core/path.ts";
import { joinPath, parentPath } from "../../core/path.ts";
import type { PutFile } from "../../core/put-action.ts";
import type { Directories } from "../../fs/directories.ts";
import { openDirectories } from "../../fs/directories.ts";
import type { Descriptor, FileDriver } from "../../fs/driver.ts";
import { errnoOf } from "../../fs/file-error.ts";
import type { Hasher } from "../../fs/hasher.ts";
import { openHasher } from "../../fs/hasher.ts";
import type { ApplyWork } from "./apply-stream.ts";
import type { Basis, BasisFile } from "./basis.ts";
import { chunkHere } from "./chunk-files.ts";
import type { HeldFiles } from "./hold-files.ts";
import { isAsKnown } from "./hold-files.ts";
import { newCounters } from "./jobs.ts";
import type { Part } from "./parts.ts";
import { findParts, partBytes } from "./parts.ts";

/** A file that may hold some of what another one is going to be. */
interface Candidate {
  /** Of the file that it may serve. */
  readonly index: number;
  readonly path: RelPath;
  /** To be read, where nobody remembers what it consists of. */
  readonly entry: FileEntry | undefined;
  readonly list: ChunkList | undefined;
  readonly partSize: number | undefined;
  readonly held: Descriptor | undefined;
}

/** Bytes that would have to be read to find a basis of the file. */
export function bytesToRead({ entry, expected }: PutFile): number {
  return isWorthIt(entry, expected) ? expected.size : 0;
}

/**
 * Finds out what the target has already of files that are to come, by their numbers: of what a run could not finish, of old
 * ones, and of others that are known to have some of it.
 */
export async function findBases(
  work: ApplyWork,
  puts: readonly PutFile[],
  held: HeldFiles,
  signal: AbortSignal,
): Promise<ReadonlyMap<number, Basis>> {
  const candidates = await findCandidates(work, puts, held);
  const bases = new Map(emptyBases(work, puts));
  if (candidates.length === 0) return bases;
  const lists = await listsOf(work, candidates, signal);
  const byIndex = Map.groupBy(candidates, ({ index }) => index);
  for (const [index, some] of byIndex) {
    const basis = basisOf(some, lists);
    if (basis.length > 0) bases.set(index, basis);
  }
  return bases;
}

/**
 * Nothing at all, of the files of which it shall be remembered what they consist of: they come in chunks. That takes the source
 * half a second of cutting for each GiB, and nobody more hashing than the whole content would, so it is not saved for later.
 */
export function emptyBases(
  { known }: ApplyWork,
  puts: readonly PutFile[],
): ReadonlyMap<number, Basis> {
  const bases = new Map<number, Basis>();
  if (known === undefined) return bases;
  for (const [index, { entry }] of puts.entries())
    if (entry.size >= rememberedBytes) bases.set(index, []);
  return bases;
}

/** What is remembered is not read again: what has become of it since it was looked at shows when it is made use of. */
async function listsOf(
  { host, target: root }: ApplyWork,
  candidates: readonly Candidate[],
  signal: AbortSignal,
): Promise<ReadonlyMap<Candidate, ChunkList>> {
  const lists = new Map<Candidate, ChunkList>();
  for (const candidate of candidates)
    if (candidate.list !== undefined) lists.set(candidate, candidate.list);
  const unknown = candidates.flatMap((candidate) =>
    candidate.entry === undefined ? [] : [{ ...candidate, entry: candidate.entry, candidate }],
  );
  const options = { side: "target", followLinks: false, extent: "full" } as const;
  // Counted are files that were put in place, and no others.
  const work = { host, root, options, counters: newCounters() };
  const read = await chunkHere(work, unknown, signal);
  for (const [i, { candidate }] of unknown.entries()) {
    const list = read[i];
    if (list !== undefined) lists.set(candidate, list);
  }
  return lists;
}

async function findCandidates(
  { host, target, known }: ApplyWork,
  puts: readonly PutFile[],
  held: HeldFiles,
): Promise<Candidate[]> {
  const out: Candidate[] = [];
  const hasher = await openHasher("blake3", host.binding);
  using dirs = openDirectories(host.driver, target, false);
  const knownOf = (index: number, file: KnownFile): Candidate[] => {
    const { path, list } = file;
    const fd = held.files.get(path);
    const isUseful = fd !== undefined || isAsKnown(host.driver, dirs, file);
    const found = { index, path, list, held: fd, entry: undefined, partSize: undefined };
    return isUseful ? [found] : [];
  };
  for (const [index, { path, entry, expected }] of puts.entries()) {
    const files = known?.get(path) ?? [];
    const own = files.filter((file) => file.path === path).flatMap((it) => knownOf(index, it));
    const others = files.filter((file) => file.path !== path).flatMap((it) => knownOf(index, it));
    const unread = { index, held: undefined, list: undefined };
    const parts = entry.size < partBytes ? [] : partsIn(host.driver, dirs, path, hasher);
    for (const { name, entry: part } of parts) {
      const at = joinPath(parentPath(path), name);
      out.push({ ...unread, path: at, entry: part, partSize: part.size });
    }
    if (own.length > 0) out.push(...own);
    else if (isWorthIt(entry, expected))
      out.push({ ...unread, path, entry: expected, partSize: undefined });
    out.push(...others);
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
  return expected?.kind === "file" && expected.size >= deltaBytes && entry.size >= deltaBytes;
}

/** All files whose chunks are known, up to as many as can be asked with. */
function basisOf(
  candidates: readonly Candidate[],
  lists: ReadonlyMap<Candidate, ChunkList>,
): Basis {
  const basis: BasisFile[] = [];
  let room = mostBasisChunks;
  for (const candidate of candidates) {
    const { path, partSize, held } = candidate;
    // The same list, where there is room for all of it: whoever knows it already need not be told again.
    const list = firstChunks(lists.get(candidate) ?? noChunks, room);
    if (list.sizes.length === 0) continue;
    room -= list.sizes.length;
    basis.push({ path, list, partSize, held });
  }
  return basis;
}

const noChunks: ChunkList = { sizes: new Uint32Array(), digests: new Uint8Array() };
