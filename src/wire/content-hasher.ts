import { packDigestBytes } from "./pack.ts";
import type { PackHash } from "./pack-writer.ts";

/** BLAKE3, piece by piece. */
export interface ContentHasher {
  begin(): void;
  update(bytes: Uint8Array): void;
  digest(): Uint8Array;
}

/** One for packs, and one for whole files, which is used over several packs. */
export interface PackHashers {
  readonly pack: ContentHasher;
  readonly file: ContentHasher;
}

/** What a pack says of its records, so that whoever reads them knows that they are what was sent. */
export function packHash(hasher: ContentHasher): PackHash {
  return (records) => {
    hasher.begin();
    hasher.update(records);
    return hasher.digest().subarray(0, packDigestBytes);
  };
}
