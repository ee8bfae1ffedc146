/** Refuses a length that the buffer does not have. Native code checks no bounds, and Node takes NaN for 0. */
export function requireRoom(buffer: Uint8Array, length: number): void {
  if (!(length >= 0 && length <= buffer.length)) {
    throw new RangeError(`${length} bytes do not fit into a buffer of ${buffer.length}`);
  }
}
