/** Bytes of the digest of one chunk: the first half of its BLAKE3. */
export const chunkDigestBytes = 16;

/**
 * What a file, or several, consist of: content-defined chunks in order. Chunk `i` has `sizes[i]` bytes, and its digest is
 * `digests[i * 16 .. (i + 1) * 16]`. Whoever makes one knows where each chunk stands; whoever is sent one needs not to.
 */
export interface ChunkList {
  readonly sizes: Uint32Array;
  readonly digests: Uint8Array;
}
