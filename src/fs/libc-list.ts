import type { Name } from "../core/path.ts";
import type { FileDriver } from "./driver.ts";
import { FileError } from "./file-error.ts";
import { lastErrno, type LibcCalls } from "./libc-calls.ts";
import { nativeMemory } from "./native-memory.ts";
import { sortNames } from "./sort-names.ts";

const SEEK_SET = 0;
/** Several thousand names a call; the kernel fills what it is given. */
const bufferSize = 256 * 1024;
// struct linux_dirent64: inode and offset, 8 bytes each; then the record's length, the type, the name and a NUL.
const lengthAt = 16;
const nameAt = 19;

export function listCalls(libc: LibcCalls): Pick<FileDriver, "list"> {
  const { address, bytes } = nativeMemory(bufferSize);
  return {
    list(dir) {
      // The listing always starts at the front, whatever the descriptor was used for before.
      if (libc.lseek(dir, 0, SEEK_SET) < 0) throw new FileError(lastErrno(), "lseek");
      const names: Name[] = [];
      for (;;) {
        const filled = libc.getdents64(dir, address, bufferSize);
        if (filled === 0) return sortNames(names);
        decodeEntries(bytes, filled, names);
      }
    },
  };
}

function decodeEntries(bytes: Buffer, filled: number, names: Name[]): void {
  for (let at = 0; at < filled; at += bytes[at + lengthAt]! | (bytes[at + lengthAt + 1]! << 8)) {
    const start = at + nameAt;
    let end = start;
    for (let byte = bytes[end]!; byte !== 0; byte = bytes[++end]!) {
      // A file system made to climb out of the tree. Leaving the name out would make the listing a lie.
      if (byte === 0x2f) throw new FileError("EIO", "getdents64");
    }
    if (isDots(bytes, start, end)) continue;
    if (end === start) throw new FileError("EIO", "getdents64");
    names.push(bytes.toString("latin1", start, end) as Name);
  }
}

function isDots(bytes: Buffer, start: number, end: number): boolean {
  return (
    bytes[start] === 0x2e && (end - start === 1 || (end - start === 2 && bytes[start + 1] === 0x2e))
  );
}
