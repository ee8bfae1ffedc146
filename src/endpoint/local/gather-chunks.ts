import type { ChunkList } from "../../core/chunk-list.ts";
import { chunkDigestBytes, draftChunkList, maxChunk } from "../../core/chunk-list.ts";
import type { ChunkRun } from "../../core/delta.ts";
import { zeroChunk } from "../../fs/chunk.ts";
import type { Hasher } from "../../fs/hasher.ts";

/** Writes down what a file consists of while it comes. */
export interface ChunkGatherer {
  /** One chunk, if who sends it keeps to the rule. */
  data(size: number, digest: Uint8Array): void;
  hole(length: number): void;
  known(list: ChunkList, run: ChunkRun): void;
  /** All that has come is void. */
  restart(): void;
  /** `undefined` where something has come that cannot be chunks. */
  list(): ChunkList | undefined;
}

/** The hasher is BLAKE3, and used up for chunks that nobody else hashes. */
export function gatherChunks(hasher: Hasher): ChunkGatherer {
  let draft = draftChunkList();
  let isSound = true;
  return {
    data(size, digest) {
      isSound &&= size > 0 && size <= maxChunk;
      if (isSound) draft.add(size, digest);
    },
    hole(length) {
      isSound &&= length > 0 && length % maxChunk === 0;
      if (!isSound) return;
      hasher.begin();
      hasher.update(zeroChunk);
      const digest = hasher.digest();
      for (let at = 0; at < length; at += maxChunk) draft.add(maxChunk, digest);
    },
    known({ sizes, digests }, { first, count }) {
      for (let chunk = first; chunk < first + count; chunk++) {
        const from = chunk * chunkDigestBytes;
        draft.add(sizes[chunk]!, digests.subarray(from, from + chunkDigestBytes));
      }
    },
    restart() {
      draft = draftChunkList();
      isSound = true;
    },
    list: () => (isSound ? draft.list() : undefined),
  };
}
