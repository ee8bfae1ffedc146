import type { ByteString } from "../base/byte-string.ts";
import type { Name } from "../core/path.ts";
import type { Descriptor, FileDriver } from "./driver.ts";
import { FileError } from "./file-error.ts";
import { lastErrno, type LibcCalls } from "./libc-calls.ts";
import { nameWriter, nativeMemory, stringWriter } from "./native-memory.ts";
import type { ThreadDirectory } from "./thread-directory.ts";

/** What Linux allows at most, for one value and for a whole list of names. */
const largest = 65536;
const AT_SYMLINK_NOFOLLOW = 0x100;
/** Offered first: the kernel allocates as much as it is offered, and most files have few attributes or none. */
const usual = 256;

type XattrCalls = Pick<
  FileDriver,
  | "listXattrs"
  | "listXattrsOf"
  | "getXattr"
  | "getXattrOf"
  | "setXattr"
  | "setXattrOf"
  | "removeXattr"
  | "removeXattrOf"
>;

const none: readonly ByteString[] = [];

/** Extended attributes. The calls by name are the `l…` forms, which follow no link at the end. */
export function xattrCalls(libc: LibcCalls, threadDirectory: ThreadDirectory): XattrCalls {
  const writeName = nameWriter();
  const writePath = stringWriter("xattr");
  const writeAttribute = stringWriter("xattr");
  const memory = nativeMemory(largest);
  let hasListAt = true;

  function pathTo(dir: Descriptor, name: Name): number {
    const address = writeName(name);
    return threadDirectory.enter(dir)
      ? address
      : writePath(`/proc/self/fd/${dir}/${name}` as ByteString);
  }

  /** How many bytes `call` wrote to memory, told how many it may; -1 where the file system has no attributes at all. */
  function fill(name: string, call: (room: number) => number): number {
    let room = usual;
    for (;;) {
      const length = call(room);
      if (length >= 0) return length;
      const code = lastErrno();
      if (code === "ENOTSUP") return -1;
      if (code === "ERANGE" && room === usual) room = largest;
      else if (code !== "EINTR") throw new FileError(code, name);
    }
  }

  /** The list of an entry in memory, and its length; negative where the system knows no such call, or for a reason. */
  function listAt(dir: Descriptor, name: Name): number {
    if (!hasListAt) return -1;
    const { listxattrat } = libc;
    const length = listxattrat(dir, writeName(name), AT_SYMLINK_NOFOLLOW, memory.address, usual);
    if (length < 0 && lastErrno() === "ENOSYS") hasListAt = false;
    return length;
  }

  function names(length: number): readonly ByteString[] {
    if (length <= 0) return none;
    // Each name ends in a NUL. Sorted without a comparator, byte strings are in byte order.
    return memory.bytes
      .toString("latin1", 0, length - 1)
      .split("\0")
      .sort() as ByteString[];
  }

  function value(length: number): ByteString {
    if (length < 0) throw new FileError("ENOTSUP", "getxattr");
    return memory.bytes.toString("latin1", 0, length) as ByteString;
  }

  function writeValue(value: ByteString): void {
    if (value.length > largest) throw new FileError("E2BIG", "setxattr");
    memory.bytes.write(value, "latin1");
  }

  return {
    listXattrs(dir, name) {
      const length = listAt(dir, name);
      if (length === 0) return none;
      if (length > 0) return names(length);
      // Whatever the trouble is, the form that makes more room and tells errors apart will meet it, too.
      const path = pathTo(dir, name);
      return names(fill("llistxattr", (room) => libc.llistxattr(path, memory.address, room)));
    },
    listXattrsOf: (fd) =>
      names(fill("flistxattr", (room) => libc.flistxattr(fd, memory.address, room))),
    getXattr(dir, name, attribute) {
      const path = pathTo(dir, name);
      const wanted = writeAttribute(attribute);
      return value(fill("lgetxattr", (room) => libc.lgetxattr(path, wanted, memory.address, room)));
    },
    getXattrOf(fd, attribute) {
      const wanted = writeAttribute(attribute);
      return value(fill("fgetxattr", (room) => libc.fgetxattr(fd, wanted, memory.address, room)));
    },
    setXattr(dir, name, attribute, value) {
      writeValue(value);
      libc.lsetxattr(pathTo(dir, name), writeAttribute(attribute), memory.address, value.length, 0);
    },
    setXattrOf(fd, attribute, value) {
      writeValue(value);
      libc.fsetxattr(fd, writeAttribute(attribute), memory.address, value.length, 0);
    },
    removeXattr(dir, name, attribute) {
      libc.lremovexattr(pathTo(dir, name), writeAttribute(attribute));
    },
    removeXattrOf(fd, attribute) {
      libc.fremovexattr(fd, writeAttribute(attribute));
    },
  };
}
