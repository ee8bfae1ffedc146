import { constants } from "node:fs";

import type { ByteString } from "../base/byte-string.ts";
import type { FileDriver, NodeKind, RenameMode } from "./driver.ts";
import type { LibcCalls } from "./libc-calls.ts";
import { nameWriter, nativeMemory, stringWriter } from "./native-memory.ts";

const AT_REMOVEDIR = 0x200;

const typeBits: Readonly<Record<NodeKind, number>> = {
  fifo: constants.S_IFIFO,
  socket: constants.S_IFSOCK,
  "block-device": constants.S_IFBLK,
  "character-device": constants.S_IFCHR,
};

const renameFlags: Readonly<Record<RenameMode, number>> = {
  replace: 0,
  "no-replace": 1,
  exchange: 2,
};

type NameCalls = Pick<
  FileDriver,
  | "readLink"
  | "makeDirectory"
  | "makeNode"
  | "makeSymlink"
  | "makeLink"
  | "rename"
  | "unlink"
  | "removeDirectory"
>;

/** Calls that make, change and remove names in a directory. */
export function nameCalls(libc: LibcCalls): NameCalls {
  const write = nameWriter();
  const writeSecond = nameWriter();
  const writeLinkTarget = stringWriter("symlinkat");
  // Longer than any link target the kernel lets through, so nothing is ever cut off.
  const linkTarget = nativeMemory(8192);
  return {
    readLink(dir, name) {
      const length = libc.readlinkat(dir, write(name), linkTarget.address, linkTarget.bytes.length);
      return linkTarget.bytes.toString("latin1", 0, length) as ByteString;
    },
    makeDirectory(dir, name, mode) {
      libc.mkdirat(dir, write(name), mode);
    },
    makeNode(dir, name, kind, mode, rdev) {
      libc.mknodat(dir, write(name), mode | typeBits[kind], rdev);
    },
    makeSymlink(dir, name, target) {
      libc.symlinkat(writeLinkTarget(target), dir, write(name));
    },
    makeLink(fromDir, from, toDir, to) {
      // Flags 0: a link at `from` itself gets the second name, not what it points to.
      libc.linkat(fromDir, write(from), toDir, writeSecond(to), 0);
    },
    rename(fromDir, from, toDir, to, mode) {
      // Plain renameat works on kernels and file systems that know no flags.
      if (mode === "replace") libc.renameat(fromDir, write(from), toDir, writeSecond(to));
      else libc.renameat2(fromDir, write(from), toDir, writeSecond(to), renameFlags[mode]);
    },
    unlink(dir, name) {
      libc.unlinkat(dir, write(name), 0);
    },
    removeDirectory(dir, name) {
      libc.unlinkat(dir, write(name), AT_REMOVEDIR);
    },
  };
}
