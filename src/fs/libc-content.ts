import { requireRoom } from "./buffer-room.ts";
import type { Descriptor, FileDriver } from "./driver.ts";
import { FileError } from "./file-error.ts";
import { lastErrno, type LibcCalls } from "./libc-calls.ts";
import { addressOf, nativeMemory } from "./native-memory.ts";
import { newStat } from "./stat.ts";

/** `_IOW(0x94, 9, int)`. */
const FICLONE = 0x40049409;
const SEEK_DATA = 3;
const SEEK_HOLE = 4;

/** What says that this pair of files cannot be copied inside the kernel, rather than that copying it failed. */
const cannotCopy: ReadonlySet<string> = new Set([
  "EXDEV",
  "EINVAL",
  "ENOTSUP",
  "ENOSYS",
  "ENOTTY",
  "ETXTBSY",
]);

type ContentCalls = Pick<
  FileDriver,
  "read" | "readAt" | "writeAt" | "truncate" | "clone" | "copyRange" | "seekData" | "seekHole"
>;

/** Calls on what is in a file. */
export function contentCalls(
  libc: LibcCalls,
  statDescriptor: FileDriver["statDescriptor"],
): ContentCalls {
  const offsets = nativeMemory(16);
  const found = newStat();

  /** Where a seek ended; where it found nothing, the end of the file, or `position` where that is beyond it. */
  function seek(fd: Descriptor, position: number, whence: number): number | undefined {
    for (;;) {
      const result = libc.lseek(fd, position, whence);
      if (result >= 0) return result;
      const code = lastErrno();
      if (code === "ENXIO") return Math.max(position, sizeOf(fd));
      if (code === "EINVAL" || code === "ENOTSUP") return undefined;
      if (code !== "EINTR") throw new FileError(code, "lseek");
    }
  }

  function sizeOf(fd: Descriptor): number {
    statDescriptor(fd, found);
    return found.size;
  }

  return {
    read(fd, buffer, length) {
      requireRoom(buffer, length);
      return libc.read(fd, addressOf(buffer), length);
    },
    readAt(fd, buffer, length, position) {
      requireRoom(buffer, length);
      return libc.pread(fd, addressOf(buffer), length, position);
    },
    writeAt(fd, buffer, length, position) {
      requireRoom(buffer, length);
      const address = addressOf(buffer);
      for (let done = 0; done < length;) {
        const written = libc.pwrite(fd, address + done, length - done, position + done);
        // Not an error to the kernel, but an endless loop to us.
        if (written === 0) throw new FileError("EIO", "pwrite");
        done += written;
      }
    },
    truncate(fd, size) {
      libc.ftruncate(fd, size);
    },
    clone(from, to) {
      for (;;) {
        if (libc.ioctl(to, FICLONE, from) >= 0) return true;
        const code = lastErrno();
        if (cannotCopy.has(code)) return false;
        if (code !== "EINTR") throw new FileError(code, "ioctl");
      }
    },
    copyRange(from, to, position, length) {
      for (;;) {
        // Two 64-bit numbers, which the call moves on.
        offsets.words[0] = offsets.words[2] = position;
        offsets.words[1] = offsets.words[3] = Math.floor(position / 4294967296);
        const copied = libc.copy_file_range(
          from,
          offsets.address,
          to,
          offsets.address + 8,
          length,
          0,
        );
        if (copied >= 0) return copied;
        const code = lastErrno();
        if (cannotCopy.has(code)) return -1;
        if (code !== "EINTR") throw new FileError(code, "copy_file_range");
      }
    },
    // A file system that cannot tell: all is data, and the one hole is the end.
    seekData: (fd, position) => seek(fd, position, SEEK_DATA) ?? position,
    seekHole: (fd, position) => seek(fd, position, SEEK_HOLE) ?? Math.max(position, sizeOf(fd)),
  };
}
