import type { Descriptor, FileDriver } from "../../fs/driver.ts";

/** Bytes of what a file system gives blocks for, or leaves them out. */
const blockBytes = 4096;
const zeros = new Uint8Array(blockBytes);

/** Writes what is not zero into a new file: what is left out, up to the next that is written, becomes a hole. */
export function writeSparsely(
  driver: FileDriver,
  fd: Descriptor,
  data: Uint8Array,
  position: number,
): void {
  let from = 0;
  const writeTo = (end: number): void => {
    if (end > from) driver.writeAt(fd, data.subarray(from, end), end - from, position + from);
  };
  for (let at = 0; at < data.length;) {
    const end = Math.min(at + blockBytes - ((position + at) % blockBytes), data.length);
    if (Buffer.compare(data.subarray(at, end), zeros.subarray(0, end - at)) === 0) {
      writeTo(at);
      from = end;
    }
    at = end;
  }
  writeTo(data.length);
}
