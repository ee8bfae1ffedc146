import {
  linkSync,
  lstatSync,
  mkdirSync,
  readlinkSync,
  renameSync,
  rmdirSync,
  symlinkSync,
  unlinkSync,
} from "node:fs";

import type { ByteString } from "../base/byte-string.ts";
import { type DescriptorPaths, pathBytes } from "./descriptor-paths.ts";
import type { FileDriver } from "./driver.ts";
import { FileError } from "./file-error.ts";

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

/** Making, changing and removing names over `node:fs`. */
export function nodeNameCalls(paths: DescriptorPaths): NameCalls {
  return {
    readLink: (dir, name) => readlinkSync(paths.in(dir, name), "latin1") as ByteString,
    makeDirectory(dir, name, mode) {
      mkdirSync(paths.in(dir, name), mode);
    },
    makeNode() {
      throw new FileError("ENOTSUP", "mknod");
    },
    makeSymlink(dir, name, linkTarget) {
      symlinkSync(pathBytes(linkTarget), paths.in(dir, name));
    },
    makeLink(fromDir, from, toDir, to) {
      const source = paths.in(fromDir, from);
      // COMPAT: Linux gives the link itself a second name; macOS follows it. Node offers no choice.
      if (process.platform !== "linux" && lstatSync(source).isSymbolicLink())
        throw new FileError("ENOTSUP", "link");
      linkSync(source, paths.in(toDir, to));
    },
    rename(fromDir, from, toDir, to, mode) {
      // Emulated, no-replace would have a moment in which it replaces. Callers have their own way round.
      if (mode !== "replace") throw new FileError("EINVAL", "rename");
      renameSync(paths.in(fromDir, from), paths.in(toDir, to));
    },
    unlink(dir, name) {
      unlinkSync(paths.in(dir, name));
    },
    removeDirectory(dir, name) {
      rmdirSync(paths.in(dir, name));
    },
  };
}
