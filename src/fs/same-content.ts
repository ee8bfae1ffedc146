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
  for (let position = 0; ;) {
    // One byte more than there should be: whether the files end there is seen without asking for it.
    const rest = size - position;
    const asked = Math.min(buffers.left.length, rest + 1);
    const expected = Math.min(asked, rest);
    const a = readFully(driver, left, buffers.left, asked, expected, position);
    const b = readFully(driver, right, buffers.right, asked, expected, position);
    if (a !== expected || b !== expected) return false;
    if (buffers.left.compare(buffers.right, 0, b, 0, a) !== 0) return false;
    position += expected;
    onBytes(expected);
    if (asked > expected) return true;
  }
}

/** Reads until `expected` bytes are there, or the file ends. */
function readFully(
  driver: FileDriver,
  fd: Descriptor,
  buffer: Buffer,
  asked: number,
  expected: number,
  position: number,
): number {
  let done = driver.readAt(fd, buffer, asked, position);
  while (done > 0 && done < expected) {
    const more = driver.readAt(fd, buffer.subarray(done), asked - done, position + done);
    if (more === 0) break;
    done += more;
  }
  return done;
}
