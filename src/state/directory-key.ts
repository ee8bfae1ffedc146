import type { ByteString } from "../base/byte-string.ts";
import type { RelPath } from "../core/path.ts";

/**
 * A directory's path as it is stored: its bytes, with NUL for `/`. So the order of bytes is path order, and what lies below a
 * directory is everything that begins with its key and a NUL. The root has the empty key.
 */
export function keyOf(dir: RelPath): Uint8Array {
  const key = Buffer.from(dir, "latin1");
  for (let at = key.indexOf(0x2f); at >= 0; at = key.indexOf(0x2f, at + 1)) key[at] = 0;
  return key;
}

export function pathOfKey(key: Uint8Array): RelPath {
  const text = Buffer.from(key.buffer, key.byteOffset, key.length).toString("latin1");
  return text.replaceAll("\0", "/") as ByteString as RelPath;
}

/** Keys of what lies below a directory, itself not included: from the first up to, but not including, the second. */
export function rangeBelow(key: Uint8Array): readonly [from: Uint8Array, to: Uint8Array] {
  return [Buffer.concat([key, Uint8Array.of(0)]), Buffer.concat([key, Uint8Array.of(1)])];
}
