import { realpathSync } from "node:fs";

import { byteString } from "../base/byte-string.ts";
import type { Name } from "../core/path.ts";
import type { Descriptor, FileDriver, HostPath } from "./driver.ts";
import { FileError } from "./file-error.ts";

/** Where a link leads: a directory, held open, and a name in it that is no link. The caller closes the directory. */
export interface Followed {
  readonly dir: Descriptor;
  readonly name: Name;
}

/** Follows a link to its end, wherever that is. Only ever called for a user who asked for links to be followed. */
export function followLink(driver: FileDriver, dir: Descriptor, name: Name): Followed {
  const real = realPathOf(Buffer.from(`/proc/self/fd/${dir}/${name}`, "latin1"));
  const slash = real.lastIndexOf("/");
  const parent = real.slice(0, Math.max(slash, 1)) as HostPath;
  return { dir: driver.openRoot(parent), name: real.slice(slash + 1) as Name };
}

function realPathOf(path: Buffer): HostPath {
  try {
    return byteString(realpathSync.native(path, "buffer")) as string as HostPath;
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? "EIO";
    throw new FileError(code, "realpath");
  }
}
