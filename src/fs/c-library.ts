import { closeSync, openSync, readSync } from "node:fs";

/** Kinds of C library that native parts are built for. */
export type CLibrary = "glibc" | "musl" | "system" | "unknown";

/** Programs name their loader near their beginning. */
const looked = 65_536;

/** The C library of the node that runs this: as its own file says, which is where it was linked. */
export function cLibrary(): CLibrary {
  if (process.platform !== "linux") return "system";
  try {
    const beginning = Buffer.alloc(looked);
    const fd = openSync(process.execPath, "r");
    try {
      readSync(fd, beginning, 0, looked, 0);
    } finally {
      closeSync(fd);
    }
    const loader = /\/lib[^\0]*\/ld-(linux|musl)[^\0/]*\0/.exec(beginning.toString("latin1"))?.[1];
    if (loader === undefined) return "unknown";
    return loader === "musl" ? "musl" : "glibc";
  } catch {
    return "unknown";
  }
}
