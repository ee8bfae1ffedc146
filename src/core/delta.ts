import type { ChunkList } from "./chunk-list.ts";
import { chunkDigestBytes } from "./chunk-list.ts";

/** Finds chunks of a list by what they hold. Sixteen bytes a chunk at most, and the list. */
export interface ChunkIndex {
  readonly list: ChunkList;
  readonly digests: DataView;
  /** Numbers of chunks, plus one, each at or shortly after the place that its digest names; 0 is free. */
  readonly slots: Int32Array<ArrayBuffer>;
}

/**
 * How many places are looked at for one digest. Digests come from the other side, which could have chosen them to lie in
 * one heap: what is not found soon counts as not there, and is sent.
 */
const mostProbes = 64;

/** Of equal chunks the first one is indexed. */
export function indexChunks(list: ChunkList): ChunkIndex {
  const { buffer, byteOffset, byteLength } = list.digests;
  const digests = new DataView(buffer, byteOffset, byteLength);
  const count = list.sizes.length;
  const slots = new Int32Array(2 ** Math.ceil(Math.log2(Math.max(1, count) * 2)));
  const index: ChunkIndex = { list, digests, slots };
  for (let chunk = 0; chunk < count; chunk++) {
    const slot = probe(index, digests, chunk * chunkDigestBytes, list.sizes[chunk]!);
    if (slot !== -1 && slots[slot] === 0) slots[slot] = chunk + 1;
  }
  return index;
}

/**
 * The number of a chunk of that digest and size; -1 where there is none. Of several equal ones it is `preferred`, if that is
 * one: naming the successor of the chunk before keeps a run going, in a file of zeros for one.
 */
export function findChunk(
  index: ChunkIndex,
  { digest, size }: FoundChunk,
  preferred: number,
): number {
  const wanted = new DataView(digest.buffer, digest.byteOffset, digest.byteLength);
  const count = index.list.sizes.length;
  if (preferred < count && isChunk(index, preferred, { digests: wanted, at: 0, size }))
    return preferred;
  const slot = probe(index, wanted, 0, size);
  return slot === -1 ? -1 : index.slots[slot]! - 1;
}

/** Tells of each chunk of another list that is in the index: its number there, and in the list. */
export function findEach(
  index: ChunkIndex,
  list: ChunkList,
  onFound: (indexed: number, chunk: number) => void,
): void {
  const { buffer, byteOffset, byteLength } = list.digests;
  const digests = new DataView(buffer, byteOffset, byteLength);
  for (let chunk = 0; chunk < list.sizes.length; chunk++) {
    const slot = probe(index, digests, chunk * chunkDigestBytes, list.sizes[chunk]!);
    if (slot !== -1 && index.slots[slot] !== 0) onFound(index.slots[slot]! - 1, chunk);
  }
}

/** Of a longer digest the beginning counts. */
export interface FoundChunk {
  readonly digest: Uint8Array;
  readonly size: number;
}

/** The slot of an equal chunk, or a free one; -1 where neither is in reach. */
function probe(index: ChunkIndex, digests: DataView, at: number, size: number): number {
  const { slots } = index;
  const mask = slots.length - 1;
  let slot = digests.getInt32(at, true) & mask;
  for (let probes = 0; probes < mostProbes; probes++) {
    const held = slots[slot]!;
    if (held === 0 || isChunk(index, held - 1, { digests, at, size })) return slot;
    slot = (slot + 1) & mask;
  }
  return -1;
}

interface SoughtChunk {
  readonly digests: DataView;
  readonly at: number;
  readonly size: number;
}

function isChunk({ list, digests }: ChunkIndex, chunk: number, sought: SoughtChunk): boolean {
  if (list.sizes[chunk] !== sought.size) return false;
  const from = chunk * chunkDigestBytes;
  for (let word = 0; word < chunkDigestBytes; word += 4) {
    if (digests.getInt32(from + word) !== sought.digests.getInt32(sought.at + word)) return false;
  }
  return true;
}

/** Chunks of a list in a row. */
export interface ChunkRun {
  readonly first: number;
  readonly count: number;
}

/** Puts numbers of chunks that follow each other together. */
export interface RunMerger {
  /** The number that would go on with the run in hand; one past the last chunk at most. */
  readonly next: number;
  add(chunk: number): void;
  /** Ends the run in hand. */
  flush(): void;
}

export function mergeRuns(onRun: (run: ChunkRun) => void): RunMerger {
  let first = 0;
  let count = 0;
  const flush = (): void => {
    if (count > 0) onRun({ first, count });
    first += count;
    count = 0;
  };
  return {
    get next() {
      return first + count;
    },
    add(chunk) {
      if (chunk !== first + count) {
        flush();
        first = chunk;
      }
      count++;
    },
    flush,
  };
}
