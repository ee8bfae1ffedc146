/**
 * The `libc` driver: the C library's functions called directly through koffi. It gives what `node:fs` lacks (exact times,
 * no-follow everywhere, attributes, reflinks, rename without overwriting) at what the system calls themselves cost.
 *
 * One driver a thread: its scratch memory and the thread's working directory are shared by everything that uses it.
 */
import type { DriverFeatures, FileDriver } from "./driver.ts";
import { bindLibc, type LibcCalls } from "./libc-calls.ts";
import { contentCalls } from "./libc-content.ts";
import { fileSystemCalls } from "./libc-file-system.ts";
import { listCalls } from "./libc-list.ts";
import { metadataCalls } from "./libc-metadata.ts";
import { nameCalls } from "./libc-names.ts";
import { openCalls } from "./libc-open.ts";
import { statCalls } from "./libc-stat.ts";
import { xattrCalls } from "./libc-xattrs.ts";
import { threadDirectory } from "./thread-directory.ts";

const features: DriverFeatures = {
  timeResolution: 1,
  xattrs: true,
  nodes: true,
  linkMetadata: true,
  renameFlags: true,
  kernelCopy: true,
  holes: true,
  flush: true,
};

let driver: FileDriver | undefined;

/** This thread's driver. Throws where the C library cannot be used. */
export function libcDriver(): FileDriver {
  driver ??= createLibcDriver(bindLibc());
  return driver;
}

/** For tests; two of these in one worker thread would not know of each other's working directory. */
export function createLibcDriver(libc: LibcCalls): FileDriver {
  const ownDirectory = threadDirectory(libc);
  const stat = statCalls(libc);
  return {
    name: "libc",
    features,
    ...stat,
    ...openCalls(libc, ownDirectory),
    ...listCalls(libc),
    ...contentCalls(libc, stat.statDescriptor),
    ...fileSystemCalls(libc),
    ...nameCalls(libc),
    ...metadataCalls(libc, stat.statDescriptor),
    ...xattrCalls(libc, ownDirectory),
  };
}
