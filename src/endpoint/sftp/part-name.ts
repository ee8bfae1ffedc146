import { createHash } from "node:crypto";

import type { FileEntry } from "../../core/entry.ts";
import type { Name, RelPath } from "../../core/path.ts";
import { tempNames } from "../../fs/temp-names.ts";

/** Bytes from which on a file that is interrupted is gone on with. */
const resumableBytes = 8 << 20;

export function isResumable({ size }: FileEntry): boolean {
  return size >= resumableBytes;
}

/**
 * The temporary name of a large file: the same in every run that has the same content to put there, as far as its size and
 * time tell, so that a run finds what one before it has left. The others take it for a leftover like any other.
 */
export function partName(path: RelPath, { size, mtimeSec, mtimeNs }: FileEntry): Name {
  const digest = createHash("sha256")
    .update(Buffer.from(path, "latin1"))
    .update(`\0${size} ${mtimeSec} ${mtimeNs}`)
    .digest();
  const word = digest.readUIntBE(0, 6).toString(36).padStart(10, "0");
  return tempNames(word)();
}
