import { closeSync, constants, openSync, readdirSync } from "node:fs";

import type { Name } from "../core/path.ts";
import { type DescriptorPaths, pathBytes } from "./descriptor-paths.ts";
import type { Descriptor, FileDriver } from "./driver.ts";
import { FileError } from "./file-error.ts";
import { sortNames } from "./sort-names.ts";

const { O_RDONLY, O_RDWR, O_CREAT, O_EXCL, O_NOCTTY, O_NONBLOCK, O_NOFOLLOW, O_DIRECTORY } =
  constants;

type OpenCalls = Pick<
  FileDriver,
  "openRoot" | "openDirectory" | "openFile" | "createFile" | "close" | "list"
>;

/** Opening, closing and listing over `node:fs`, which adds O_CLOEXEC by itself. */
export function nodeOpenCalls(paths: DescriptorPaths): OpenCalls {
  function open(dir: Descriptor, name: Name, flags: number): Descriptor {
    const path = paths.in(dir, name);
    return paths.opened(openSync(path, flags | O_NOFOLLOW, 0o600), path, dir);
  }
  return {
    openRoot(root) {
      const path = pathBytes(root);
      return paths.opened(openSync(path, O_RDONLY | O_DIRECTORY), path);
    },
    openDirectory: (dir, name) => open(dir, name, O_RDONLY | O_DIRECTORY),
    // Without O_NONBLOCK, opening a fifo would wait for a writer; regular files do not know the flag.
    openFile: (dir, name) => open(dir, name, O_RDONLY | O_NONBLOCK | O_NOCTTY),
    createFile: (dir, name) => open(dir, name, O_RDWR | O_CREAT | O_EXCL),
    close(fd) {
      paths.closed(fd);
      closeSync(fd);
    },
    list(dir) {
      const names = readdirSync(paths.of(dir), { encoding: "latin1" }) as Name[];
      // A file system made to climb out of the tree. Leaving the name out would make the listing a lie.
      if (names.some((name) => name === "" || name.includes("/")))
        throw new FileError("EIO", "scandir");
      return sortNames(names);
    },
  };
}
