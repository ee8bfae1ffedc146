import { fstatSync, fsyncSync, ftruncateSync, readSync, statfsSync, writeSync } from "node:fs";

import { requireRoom } from "./buffer-room.ts";
import type { DescriptorPaths } from "./descriptor-paths.ts";
import type { Descriptor, FileDriver } from "./driver.ts";
import { FileError } from "./file-error.ts";

type ContentCalls = Pick<
  FileDriver,
  | "read"
  | "readAt"
  | "writeAt"
  | "truncate"
  | "clone"
  | "copyRange"
  | "seekData"
  | "seekHole"
  | "flush"
  | "fileSystem"
>;

/** Content and file systems over `node:fs`, which knows neither copies inside the kernel nor holes. */
export function nodeContentCalls(paths: DescriptorPaths): ContentCalls {
  return {
    read(fd, buffer, length) {
      requireRoom(buffer, length);
      return readSync(fd, buffer, 0, length, null);
    },
    readAt(fd, buffer, length, position) {
      requireRoom(buffer, length);
      return readSync(fd, buffer, 0, length, position);
    },
    writeAt(fd, buffer, length, position) {
      requireRoom(buffer, length);
      for (let done = 0; done < length;) {
        const written = writeSync(fd, buffer, done, length - done, position + done);
        // Not an error to the kernel, but an endless loop to us.
        if (written === 0) throw new FileError("EIO", "write");
        done += written;
      }
    },
    truncate(fd, size) {
      ftruncateSync(fd, size);
    },
    clone: () => false,
    copyRange: () => -1,
    seekData: (_fd, position) => position,
    seekHole: (fd: Descriptor, position) => Math.max(position, fstatSync(fd).size),
    flush(fd) {
      fsyncSync(fd);
    },
    fileSystem(fd) {
      // COMPAT: Node has it since 18.15; before, nothing is known, and nothing is said to be short.
      const statfs = statfsSync as typeof statfsSync | undefined;
      if (statfs === undefined) {
        return { freeBytes: Number.MAX_SAFE_INTEGER, freeInodes: undefined, type: 0 };
      }
      const { bavail, bsize, files, ffree, type } = statfs(paths.of(fd), { bigint: true });
      return {
        freeBytes: Number(bavail * bsize),
        // btrfs and others make inodes as they need them and report a total of 0.
        freeInodes: files === 0n ? undefined : Number(ffree),
        type: Number(BigInt.asUintN(32, type)),
      };
    },
  };
}
