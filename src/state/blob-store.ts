/** Keys with their blobs, packed into large pieces of memory: a million entries do not become a million objects. */
export interface BlobStore {
  add(key: Uint8Array, blob: Uint8Array): void;
  [Symbol.iterator](): Iterator<readonly [key: Uint8Array, blob: Uint8Array]>;
}

const firstPiece = 64 * 1024;
const largestPiece = 4 * 1024 * 1024;

export function newBlobStore(): BlobStore {
  const pieces: { readonly bytes: Uint8Array; end: number }[] = [];
  /** Piece, where in it, and the lengths of key and blob; four numbers each. */
  const places: number[] = [];

  const pieceFor = (bytes: number): { readonly bytes: Uint8Array; end: number } => {
    const last = pieces.at(-1);
    if (last !== undefined && last.end + bytes <= last.bytes.length) return last;
    const usual = Math.min(largestPiece, (last?.bytes.length ?? firstPiece / 2) * 2);
    const piece = { bytes: new Uint8Array(Math.max(usual, bytes)), end: 0 };
    pieces.push(piece);
    return piece;
  };
  return {
    add(key, blob) {
      const piece = pieceFor(key.length + blob.length);
      places.push(pieces.length - 1, piece.end, key.length, blob.length);
      piece.bytes.set(key, piece.end);
      piece.bytes.set(blob, piece.end + key.length);
      piece.end += key.length + blob.length;
    },
    *[Symbol.iterator]() {
      for (let i = 0; i < places.length; i += 4) {
        const [piece = 0, from = 0, keyLength = 0, blobLength = 0] = places.slice(i, i + 4);
        const { bytes } = pieces[piece]!;
        const middle = from + keyLength;
        yield [bytes.subarray(from, middle), bytes.subarray(middle, middle + blobLength)] as const;
      }
    },
  };
}
