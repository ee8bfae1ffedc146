import { maxChunk } from "../core/chunk-list.ts";
import { chunkBufferBytes } from "./chunk.ts";
import { nextCut } from "./chunk-cut.ts";

/** Cuts content that comes in pieces of any size. */
export interface Chunker {
  push(piece: Uint8Array): void;
  /** Nothing more will come. The chunker can be used again. */
  end(): void;
}

/** Makes a chunker; a chunk is valid while `onChunk` looks at it. The cuts are those of `fileChunks`. */
export function newChunker(onChunk: (chunk: Uint8Array) => void): Chunker {
  const buffer = new Uint8Array(chunkBufferBytes);
  let held = 0;
  const cutAll = (needed: number): void => {
    let from = 0;
    while (held - from >= needed) {
      const cut = nextCut(buffer, from, held);
      onChunk(buffer.subarray(from, cut));
      from = cut;
    }
    buffer.copyWithin(0, from, held);
    held -= from;
  };
  return {
    push(piece) {
      for (let taken = 0; taken < piece.length;) {
        const part = piece.subarray(taken, taken + buffer.length - held);
        buffer.set(part, held);
        held += part.length;
        taken += part.length;
        if (held === buffer.length) cutAll(maxChunk);
      }
    },
    end: () => cutAll(1),
  };
}
