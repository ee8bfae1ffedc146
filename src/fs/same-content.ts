import type { Descriptor, FileDriver } from "./driver.ts";

/** Two buffers of equal length, kept for as long as files are compared. */
export interface ComparePair {
  readonly left: Buffer;
  readonly right: Buffer;
}

export function newComparePair(bytes: number): ComparePair {
  return { left: Buffer.allocUnsafeSlow(bytes), right: Buffer.allocUnsafeSlow(bytes) };
}

/**
 * Whether two open files hold the same bytes: read side by side, no further than the first difference. `size` is what both
 * are said to hold; a file that turns out to be shorter or longer is not equal.
 */
export function sameContent(
  driver: FileDriver,
  left: Descriptor,
  right: Descriptor,
  size: number,
  buffers: ComparePair,
  onBytes: (bytes: number) => void,
): boolean {
  let position = 0;
  while (position < size) {
    const wanted = Math.min(buffers.left.length, size - position);
    const a = readFully(driver, left, buffers.left, wanted, position);
    const b = readFully(driver, right, buffers.right, wanted, position);
    if (a !== wanted || b !== wanted) return false;
    if (buffers.left.compare(buffers.right, 0, b, 0, a) !== 0) return false;
    position += a;
    onBytes(a);
  }
  return true;
}

function readFully(
  driver: FileDriver,
  fd: Descriptor,
  buffer: Buffer,
  length: number,
  position: number,
): number {
  let done = driver.readAt(fd, buffer, length, position);
  while (done > 0 && done < length) {
    const more = driver.readAt(fd, buffer.subarray(done), length - done, position + done);
    if (more === 0) break;
    done += more;
  }
  return done;
}
