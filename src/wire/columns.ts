/** Numbers travel little end first. Nearly every machine keeps them so, and columns are then copied as they are. */
const isLittleEndian = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;

/** Turns a column's bytes from this machine's order into the wire's, or back, in place. */
export function orderBytes(bytes: Uint8Array, width: number): void {
  if (!isLittleEndian) swapBytes(bytes, width);
}

/** Reverses the bytes of every number of `width` bytes. */
export function swapBytes(bytes: Uint8Array, width: number): void {
  for (let at = 0; at + width <= bytes.length; at += width) {
    bytes.subarray(at, at + width).reverse();
  }
}

/** Nothing that is sent is infinite or no number. */
export function areFinite(column: Float64Array): boolean {
  for (let i = 0; i < column.length; i++) if (!Number.isFinite(column[i]!)) return false;
  return true;
}
