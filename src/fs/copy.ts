import type { Descriptor, FileDriver } from "./driver.ts";

/** Everything a copy needs to know of its surroundings. */
export interface CopyContext {
  readonly driver: FileDriver;
  readonly buffer: Uint8Array;
  /** Told of bytes as they are written. */
  readonly onBytes: (bytes: number) => void;
  /** Whether reflinks are worth trying; set to false by the first one that fails. */
  reflink: boolean;
  /** The same for copies inside the kernel. */
  kernelCopy: boolean;
}

/** What a copy did. */
export interface Copied {
  /** Bytes of content that now stand in the new file, holes included. */
  readonly size: number;
  readonly written: number;
  /** Bytes that are shared with the source instead of written. */
  readonly shared: number;
}

/** From here on the kernel's own copy pays, where it pays at all: for small files two plain calls are faster. */
const kernelCopyFrom = 1 << 20;

/**
 * Copies content into a new, empty file: shares it where the file system can, keeps holes, and otherwise takes the fewest
 * system calls that do. `size` and `blocks` are the source's as it was opened; content beyond `size` is copied, too, so that
 * a file which grew is noticed by the size returned.
 */
export function copyContent(
  ctx: CopyContext,
  from: Descriptor,
  to: Descriptor,
  size: number,
  blocks: number,
): Copied {
  if (size === 0) return { size: 0, written: 0, shared: 0 };
  if (ctx.reflink) {
    if (ctx.driver.clone(from, to)) return { size, written: 0, shared: size };
    ctx.reflink = false;
  }
  const hasHoles = ctx.driver.features.holes && blocks * 512 < size;
  if (hasHoles) return copySparse(ctx, from, to, size);
  const written = copySpan(ctx, from, to, 0, size);
  return { size: written, written, shared: 0 };
}

/** Copies data only; what lies between stays a hole, and so does the end. */
function copySparse(ctx: CopyContext, from: Descriptor, to: Descriptor, size: number): Copied {
  const { driver } = ctx;
  let written = 0;
  let position = 0;
  while (position < size) {
    const data = driver.seekData(from, position);
    if (data >= size) break;
    const hole = Math.min(driver.seekHole(from, data), size);
    // A file that has been cut short meanwhile has neither: it is read again, or reported.
    if (hole <= data) return { size: data, written, shared: 0 };
    const copied = copySpan(ctx, from, to, data, hole - data);
    written += copied;
    if (copied < hole - data) return { size: data + copied, written, shared: 0 };
    position = hole;
  }
  driver.truncate(to, size);
  return { size, written, shared: 0 };
}

/** Copies `length` bytes at `position`; returns how many there were. */
function copySpan(
  ctx: CopyContext,
  from: Descriptor,
  to: Descriptor,
  position: number,
  length: number,
): number {
  const { driver, buffer } = ctx;
  let done = 0;
  if (ctx.kernelCopy && length >= kernelCopyFrom) {
    while (done < length) {
      const copied = driver.copyRange(from, to, position + done, Math.min(length - done, 64 << 20));
      if (copied < 0) ctx.kernelCopy = false;
      if (copied <= 0) break;
      done += copied;
      ctx.onBytes(copied);
    }
  }
  while (done < length) {
    const wanted = Math.min(buffer.length, length - done);
    const read = driver.readAt(from, buffer, wanted, position + done);
    if (read === 0) break;
    driver.writeAt(to, buffer, read, position + done);
    done += read;
    ctx.onBytes(read);
  }
  return done;
}
