import type { HashExtent } from "../core/content-hash.ts";
import { quickRanges, sizeBytes } from "../core/content-hash.ts";
import type { Descriptor, FileDriver } from "./driver.ts";
import type { Hasher } from "./hasher.ts";

/** What one thread hashes files with. */
export interface HashContext {
  readonly driver: FileDriver;
  readonly hasher: Hasher;
  /** Content is read through it, piece by piece. */
  readonly buffer: Buffer;
  readonly onBytes: (bytes: number) => void;
  /** Whether to go on with a file that is in hand. */
  readonly goesOn: () => boolean;
}

/**
 * The digest of an open file of `size` bytes; `undefined` where the file turns out to be shorter, or where it is given up.
 * What lies beyond `size` is not looked at: whoever asks compares the file with what was expected afterwards.
 */
export function hashFile(
  ctx: HashContext,
  fd: Descriptor,
  size: number,
  extent: HashExtent,
): Uint8Array | undefined {
  const ranges = extent === "quick" ? quickRanges(size) : undefined;
  ctx.hasher.begin();
  if (ranges === undefined) {
    return hashRange(ctx, fd, 0, size) ? ctx.hasher.digest() : undefined;
  }
  for (const { from, length } of ranges) {
    if (!hashRange(ctx, fd, from, length)) return undefined;
  }
  ctx.hasher.update(sizeBytes(size));
  return ctx.hasher.digest();
}

function hashRange(ctx: HashContext, fd: Descriptor, from: number, length: number): boolean {
  const { driver, hasher, buffer, onBytes, goesOn } = ctx;
  const end = from + length;
  for (let position = from; position < end;) {
    if (!goesOn()) return false;
    const asked = Math.min(buffer.length, end - position);
    const read = driver.readAt(fd, buffer, asked, position);
    if (read === 0) return false;
    hasher.update(buffer.subarray(0, read));
    position += read;
    onBytes(read);
  }
  return true;
}
