import type { ChunkList } from "../core/chunk-list.ts";
import { chunkDigestBytes, maxChunk, mostBasisChunks } from "../core/chunk-list.ts";
import type { Reader } from "./reader.ts";
import { WireError } from "./wire-error.ts";
import type { Writer } from "./writer.ts";

/** What files consist of, file by file; `undefined` of those of which nothing is known. */
export function writeChunkLists(out: Writer, lists: readonly (ChunkList | undefined)[]): void {
  for (const list of lists) {
    out.optional(list, ({ sizes, digests }) => {
      out.varint(sizes.length);
      for (const size of sizes) out.varint(size);
      out.raw(digests);
    });
  }
}

/** The lists of that many files, each in memory of its own. */
export function readChunkLists(from: Reader, files: number): (ChunkList | undefined)[] {
  return Array.from({ length: files }, () => from.optional(() => readChunkList(from)));
}

function readChunkList(from: Reader): ChunkList {
  const count = from.varint(mostBasisChunks);
  if (count * (chunkDigestBytes + 1) > from.remaining)
    throw new WireError("a list of chunks is longer than its message");
  const sizes = new Uint32Array(count);
  for (let chunk = 0; chunk < count; chunk++) {
    const size = from.varint(maxChunk);
    if (size === 0) throw new WireError("a chunk is empty");
    sizes[chunk] = size;
  }
  return { sizes, digests: from.raw(count * chunkDigestBytes).slice() };
}
