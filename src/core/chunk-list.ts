import type { RelPath } from "./path.ts";

/** Bytes of the largest chunk: it fits a frame, and where content never cuts itself an edit costs no more than that. */
export const maxChunk: number = 256 * 1024;
/** Bytes of the digest of one chunk: the first half of its BLAKE3. */
export const chunkDigestBytes = 16;

/**
 * The most chunks of a basis: those of some 60 GiB, in 20 MiB. What a larger file has beyond them is sent, unless it is
 * equal to what comes before.
 */
export const mostBasisChunks: number = 1 << 20;

/**
 * What a file, or several, consist of: content-defined chunks in order. Chunk `i` has `sizes[i]` bytes, and its digest is
 * `digests[i * 16 .. (i + 1) * 16]`. Whoever makes one knows where each chunk stands; whoever is sent one needs not to.
 */
export interface ChunkList {
  readonly sizes: Uint32Array;
  readonly digests: Uint8Array;
}

/** What tells whether a file still is what it was when somebody looked into it: times, and identity. */
export interface FileFacts {
  readonly size: number;
  readonly mtimeSec: number;
  readonly mtimeNs: number;
  readonly ctimeSec: number;
  readonly ctimeNs: number;
  readonly dev: number;
  readonly inoHigh: number;
  readonly inoLow: number;
}

/** A file, as it is, and what it consists of. */
export interface ChunkedFile {
  readonly facts: FileFacts;
  readonly list: ChunkList;
}

/** A file of a replica, as it was when it was last looked into, and what it consisted of then. */
export interface KnownFile extends ChunkedFile {
  readonly path: RelPath;
}

/** What a file of at least as many bytes consists of is worth being asked, before it is sent or replaced. */
export const deltaBytes: number = 128 * 1024;
/** What a file of at least as many bytes consists of is worth being remembered: another run need not read it to know. */
export const rememberedBytes: number = 1 << 20;

/**
 * Whether a file seems to be what it was. A ctime of 0 is not known: somebody has touched the file without looking into it,
 * and has not seen what time it got.
 */
export function isStill(was: FileFacts, now: FileFacts): boolean {
  const hasCtime = was.ctimeSec !== 0 || was.ctimeNs !== 0;
  return (
    was.size === now.size &&
    was.mtimeSec === now.mtimeSec &&
    was.mtimeNs === now.mtimeNs &&
    was.dev === now.dev &&
    was.inoHigh === now.inoHigh &&
    was.inoLow === now.inoLow &&
    (!hasCtime || (was.ctimeSec === now.ctimeSec && was.ctimeNs === now.ctimeNs))
  );
}

/** A chunk list in the making. */
export interface ChunkListDraft {
  /** Adds a chunk; of a longer digest the beginning counts. */
  add(size: number, digest: Uint8Array): void;
  /** What was added so far, in memory of its own. */
  list(): ChunkList;
}

/** Begins a list; `expected` chunks find room at once. */
export function draftChunkList(expected = 64): ChunkListDraft {
  let sizes = new Uint32Array(Math.max(1, expected));
  let digests = new Uint8Array(sizes.length * chunkDigestBytes);
  let count = 0;
  const grow = (): void => {
    const [oldSizes, oldDigests] = [sizes, digests];
    sizes = new Uint32Array(oldSizes.length * 2);
    digests = new Uint8Array(oldDigests.length * 2);
    sizes.set(oldSizes);
    digests.set(oldDigests);
  };
  return {
    add(size, digest) {
      if (count === sizes.length) grow();
      sizes[count] = size;
      digests.set(digest.subarray(0, chunkDigestBytes), count * chunkDigestBytes);
      count++;
    },
    list: () => ({
      sizes: sizes.slice(0, count),
      digests: digests.slice(0, count * chunkDigestBytes),
    }),
  };
}

/** Where each chunk begins, and at the end where the last one ends. */
export function chunkStarts({ sizes }: ChunkList): Float64Array<ArrayBuffer> {
  const starts = new Float64Array(sizes.length + 1);
  for (const [i, size] of sizes.entries()) starts[i + 1] = starts[i]! + size;
  return starts;
}

/** The beginning of a list. */
export function firstChunks(list: ChunkList, count: number): ChunkList {
  if (list.sizes.length <= count) return list;
  const { sizes, digests } = list;
  return { sizes: sizes.slice(0, count), digests: digests.slice(0, count * chunkDigestBytes) };
}

/** Several lists as one. Where a chunk of one begins is told by the lengths of those before it. */
export function joinChunkLists(lists: readonly ChunkList[]): ChunkList {
  if (lists.length === 1) return lists[0]!;
  const count = lists.reduce((sum, { sizes }) => sum + sizes.length, 0);
  const sizes = new Uint32Array(count);
  const digests = new Uint8Array(count * chunkDigestBytes);
  let at = 0;
  for (const list of lists) {
    sizes.set(list.sizes, at);
    digests.set(list.digests, at * chunkDigestBytes);
    at += list.sizes.length;
  }
  return { sizes, digests };
}
