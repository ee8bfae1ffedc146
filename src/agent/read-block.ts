import fs from "node:fs";

import { blockLength, lengthDigits } from "../wire/start-blocks.ts";

/** Reads one block from standard input, and nothing of what follows it. Throws at the end of the input. */
export function readBlock(): Buffer {
  return readExactly(blockLength(readExactly(lengthDigits).toString("latin1")));
}

function readExactly(length: number): Buffer {
  const bytes = Buffer.alloc(length);
  for (let at = 0; at < length;) {
    const count = readSome(bytes, at);
    if (count === 0) throw new Error("the input has ended");
    at += count;
  }
  return bytes;
}

function readSome(bytes: Buffer, at: number): number {
  for (;;) {
    try {
      return fs.readSync(0, bytes, at, bytes.length - at, null);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EAGAIN") throw error;
      // Somebody has set the input not to wait: wait here.
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 2);
    }
  }
}
