import { maxChunk } from "./chunk-list.ts";
import type { ByteRange } from "./content-hash.ts";

/** Bytes that are looked at in one place: chunks cut in there are mostly those of the whole, from the second or third on. */
const placeBytes = 1 << 20;
/** Where content begins its chunks are those of the whole at once, so half as much tells as much. */
const headBytes = placeBytes / 2;
/** One place for so many bytes of a file, and how many there are at most. */
const bytesAPlace = 16 << 20;
const mostPlaces = 8;
/** A file of fewer bytes is told by its beginning. */
const leastBytes = 8 << 20;

/**
 * The ranges of a file whose chunks are a sample of it, in order and apart from each other: its beginning and, of a larger one, up to eight
 * places. Content that was put into another file, shifted by any number of bytes, has mostly the same chunks there.
 */
export function sampleRanges(size: number): readonly ByteRange[] {
  const head = { from: 0, length: Math.min(headBytes, size) };
  if (size < leastBytes) return [head];
  const places = Math.min(mostPlaces, Math.ceil(size / bytesAPlace));
  const ranges = Array.from({ length: places }, (_, i) => {
    const from = Math.floor((size * (i + 1)) / (places + 1));
    return { from, length: Math.min(placeBytes, size - from) };
  });
  return [head, ...ranges];
}

/** Bytes that a sample costs to read. */
export function sampleBytes(size: number): number {
  return sampleRanges(size).reduce((sum, { length }) => sum + length, 0);
}

/** Whether a chunk tells a file from others. What never cut itself is zeros, or something else that many files have. */
export function isTelling(chunkBytes: number): boolean {
  return chunkBytes < maxChunk;
}
