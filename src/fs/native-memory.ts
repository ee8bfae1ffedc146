/**
 * Memory that system calls are given by its address. V8 knows nothing of an address: whatever is passed that way has to
 * be held by a reference for as long as it is used, and must not lie on V8's own heap, where it would be moved.
 */

import type { ByteString } from "../base/byte-string.ts";
import type { Name } from "../core/path.ts";
import { FileError } from "./file-error.ts";
import { koffi } from "./koffi.ts";
import { isDots } from "./file-name.ts";

/** Memory of this thread, never freed. */
export interface NativeMemory {
  readonly address: number;
  readonly bytes: Buffer;
  readonly words: Uint32Array;
}

// INVARIANT: what is in here stays for the thread's life. Measured: a buffer used through its address alone was
// collected, and the memory of others written to.
const held: ArrayBuffer[] = [];

export function nativeMemory(size: number): NativeMemory {
  const buffer = new ArrayBuffer(Math.max(4096, Math.ceil(size / 8) * 8));
  held.push(buffer);
  return {
    address: Number(koffi.address(buffer)),
    bytes: Buffer.from(buffer),
    words: new Uint32Array(buffer),
  };
}

const addresses = new WeakMap<ArrayBufferLike, number>();
const pinned: { buffer: ArrayBufferLike | undefined } = { buffer: undefined };

/**
 * The address of a caller's memory, valid until the next call of this function: the memory is kept alive until then.
 * Asking a small array for its `buffer` moves it off V8's heap for good, so its address is safe as well.
 */
export function addressOf(view: Uint8Array): number {
  const { buffer } = view;
  pinned.buffer = buffer;
  let address = addresses.get(buffer);
  if (address === undefined) {
    address = Number(koffi.address(buffer));
    addresses.set(buffer, address);
  }
  return address + view.byteOffset;
}

const longestPath = 4095;

/** Returns a function that writes a NUL-terminated string and says where; the next call overwrites it. */
export function stringWriter(call: string): (bytes: ByteString) => number {
  const { address, bytes } = nativeMemory(longestPath + 1);
  return (text) => {
    const { length } = text;
    if (length > longestPath) throw new FileError("ENAMETOOLONG", call);
    for (let i = 0; i < length; i++) {
      const byte = text.charCodeAt(i);
      // A NUL would cut the string short, and so name something else than what was checked.
      if (byte === 0 || byte > 0xff) throw new FileError("EINVAL", call);
      bytes[i] = byte;
    }
    bytes[length] = 0;
    return address;
  };
}

/** {@link stringWriter} for single names, which are checked. */
export function nameWriter(): (name: Name) => number {
  const { address, bytes } = nativeMemory(longestPath + 1);
  return (name) => {
    const { length } = name;
    if (length > longestPath) throw new FileError("ENAMETOOLONG", "name");
    if (isDots(name)) throw new FileError("EINVAL", "name");
    for (let i = 0; i < length; i++) {
      const byte = name.charCodeAt(i);
      // What requireName refuses, found on the way: names are written more often than anything else.
      if (byte === 0 || byte === 0x2f || byte > 0xff) throw new FileError("EINVAL", "name");
      bytes[i] = byte;
    }
    bytes[length] = 0;
    return address;
  };
}
