import type { ChunkedFile, ChunkList, FileFacts } from "../core/chunk-list.ts";
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

/** A file and what it consists of. */
export function writeChunkedFile(out: Writer, { facts, list }: ChunkedFile): void {
  for (const name of factNames) out.f64(facts[name]);
  writeChunkLists(out, [list]);
}

export function readChunkedFile(from: Reader): ChunkedFile {
  const facts = {} as Record<keyof FileFacts, number>;
  for (const name of factNames) facts[name] = from.f64();
  const [list] = readChunkLists(from, 1);
  if (list === undefined) throw new WireError("a file consists of nothing that is known");
  return { facts, list };
}

const factNames: readonly (keyof FileFacts)[] = [
  "size",
  "mtimeSec",
  "mtimeNs",
  "ctimeSec",
  "ctimeNs",
  "dev",
  "inoHigh",
  "inoLow",
];

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
