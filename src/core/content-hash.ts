/** Content hashes that can be asked for. All but the first are for those who have to match other tools. */
export type HashAlgorithm = "blake3" | "sha256" | "sha1" | "md5";

/** Bytes of a digest. */
export const digestBytes: Readonly<Record<HashAlgorithm, number>> = {
  blake3: 32,
  sha256: 32,
  sha1: 20,
  md5: 16,
};

/**
 * What a hash is of: the content, or a sample of it (head, middle, tail and size) that tells most files apart at the cost of
 * three reads. Of a file that is no larger than its sample both are the same.
 */
export type HashExtent = "quick" | "full";

/** Bytes of each of the three samples. */
const sampleBytes = 16 * 1024;

export interface ByteRange {
  readonly from: number;
  readonly length: number;
}

/** The ranges that a quick hash is of, in order; its size, eight bytes, follows. `undefined`: the whole file. */
export function quickRanges(size: number): readonly ByteRange[] | undefined {
  if (size <= 3 * sampleBytes) return undefined;
  return [0, Math.floor((size - sampleBytes) / 2), size - sampleBytes].map((from) => ({
    from,
    length: sampleBytes,
  }));
}

/** What a quick hash has behind its samples: the size, little-endian. */
export function sizeBytes(size: number): Uint8Array {
  const out = new Uint8Array(8);
  const view = new DataView(out.buffer);
  view.setUint32(0, size % 2 ** 32, true);
  view.setUint32(4, Math.floor(size / 2 ** 32), true);
  return out;
}
