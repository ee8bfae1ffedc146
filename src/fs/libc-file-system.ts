import type { FileDriver } from "./driver.ts";
import type { LibcCalls } from "./libc-calls.ts";
import { nativeMemory } from "./native-memory.ts";

/** Calls on a whole file system. */
export function fileSystemCalls(libc: LibcCalls): Pick<FileDriver, "flush" | "fileSystem"> {
  // struct statfs on 64-bit Linux, glibc and musl alike: fields of eight bytes each.
  const { address, words } = nativeMemory(256);
  const field = (index: number): number => words[index * 2 + 1]! * 4294967296 + words[index * 2]!;
  return {
    flush(fd) {
      libc.syncfs(fd);
    },
    fileSystem(fd) {
      libc.fstatfs(fd, address);
      const fragmentSize = field(9) || field(1);
      // btrfs and others make inodes as they need them and report a total of 0.
      const freeInodes = field(5) === 0 ? undefined : field(6);
      return { freeBytes: field(4) * fragmentSize, freeInodes, type: words[0]! };
    },
  };
}
