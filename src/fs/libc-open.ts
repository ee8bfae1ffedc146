import { constants } from "node:fs";

import type { Descriptor, FileDriver } from "./driver.ts";
import { FileError } from "./file-error.ts";
import { lastErrno, type LibcCalls } from "./libc-calls.ts";
import { nameWriter, stringWriter } from "./native-memory.ts";
import { openFlags } from "./open-flags.ts";
import type { ThreadDirectory } from "./thread-directory.ts";

const AT_FDCWD = -100;
const { O_RDONLY, O_RDWR, O_CREAT, O_EXCL, O_NOCTTY, O_NONBLOCK, O_NOFOLLOW, O_DIRECTORY } =
  constants;
const forDirectory = O_RDONLY | O_DIRECTORY | openFlags.closeOnExec;
// Without O_NONBLOCK, opening a fifo would wait for a writer; regular files do not know the flag.
const forReading = O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | openFlags.closeOnExec;
const forCreating = O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | openFlags.closeOnExec;

type OpenCalls = Pick<
  FileDriver,
  "openRoot" | "openDirectory" | "openFile" | "createFile" | "close"
>;

export function openCalls(libc: LibcCalls, threadDirectory: ThreadDirectory): OpenCalls {
  const write = nameWriter();
  const writePath = stringWriter("openat");
  return {
    openRoot: (path) => libc.openat(AT_FDCWD, writePath(path), forDirectory, 0) as Descriptor,
    openDirectory: (dir, name) =>
      libc.openat(dir, write(name), forDirectory | O_NOFOLLOW, 0) as Descriptor,
    openFile: (dir, name) => libc.openat(dir, write(name), forReading, 0) as Descriptor,
    createFile: (dir, name) => libc.openat(dir, write(name), forCreating, 0o600) as Descriptor,
    close(fd) {
      threadDirectory.leave(fd);
      if (libc.close(fd) >= 0) return;
      const code = lastErrno();
      // Linux has let go of the descriptor even then; a second close could hit another one of the same number.
      if (code !== "EINTR") throw new FileError(code, "close");
    },
  };
}
