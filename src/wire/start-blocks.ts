/**
 * How bytes go to a program on another host before it speaks a protocol: in blocks, each after its length as eight hexadecimal
 * digits.
 */

/** Digits in which the length of a block is written before it. */
export const lengthDigits = 8;
/** No block that is sent to a program on another host is longer. */
export const longestBlock: number = 64 << 20;

/** What stands before a block of that length. */
export function blockPrefix(length: number): string {
  return length.toString(16).padStart(lengthDigits, "0");
}

/** The length of a block, as it stands before it. Throws where that is none. */
export function blockLength(digits: string): number {
  const length = /^[0-9a-f]{8}$/.test(digits) ? Number.parseInt(digits, 16) : Infinity;
  if (length > longestBlock) throw new Error("a block has no valid length");
  return length;
}

/** Bytes that have come before, then those in blocks, if they still come so, then all others as they are. */
export async function* unframed(
  early: Uint8Array,
  isFramed: boolean,
  arriving: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array, void, undefined> {
  if (early.length > 0) yield early;
  if (!isFramed) {
    yield* arriving;
    return;
  }
  let prefix = "";
  let left = 0;
  let isOver = false;
  for await (const piece of arriving) {
    let at = 0;
    while (!isOver && at < piece.length) {
      if (left > 0) {
        const end = Math.min(piece.length, at + left);
        yield piece.subarray(at, end);
        left -= end - at;
        at = end;
        continue;
      }
      prefix += String.fromCharCode(piece[at++]!);
      if (prefix.length < lengthDigits) continue;
      left = blockLength(prefix);
      prefix = "";
      isOver = left === 0;
    }
    if (at < piece.length) yield piece.subarray(at);
  }
}
