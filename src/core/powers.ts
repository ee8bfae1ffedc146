import type { ByteString } from "../base/byte-string.ts";
import type { FileEntry, Xattrs } from "./entry.ts";
import type { Extra, SnapshotChunk } from "./snapshot.ts";
import { FILE, HAS_EXTRA } from "./snapshot.ts";

/**
 * A file's powers are what whoever runs it can do because of what the file is: set-id bits, and capabilities where the
 * kernel keeps those. They are not taken from another host unasked.
 */
const setIdBits = 0o6000;
const capabilities = "security.capability" as ByteString;

/** A file with the powers of another one at most. */
export function withPowersOf(file: FileEntry, other: FileEntry): FileEntry {
  const isSame = file === other || (file.mode & setIdBits & ~other.mode) === 0;
  if (isSame && !isCapable(file.xattrs)) return file;
  const mode = file.mode & ~(setIdBits & ~other.mode);
  const isAllowed = isCapable(other.xattrs);
  return { ...file, mode, xattrs: isAllowed ? file.xattrs : incapable(file.xattrs) };
}

/** Takes their powers from the files among the rows. Says whether any had some. */
export function takePowers(chunk: SnapshotChunk): boolean {
  let hadSome = false;
  for (let row = 0; row < chunk.count; row++) {
    if (chunk.kind[row] !== FILE) continue;
    if ((chunk.mode[row]! & setIdBits) !== 0) {
      chunk.mode[row]! &= ~setIdBits;
      hadSome = true;
    }
    const isMarked = (chunk.flags[row]! & HAS_EXTRA) !== 0;
    const extra = isMarked ? chunk.extras.get(row) : undefined;
    if (extra === undefined || !isCapable(extra.xattrs)) continue;
    // What few rows have may be shared with other chunks.
    chunk.extras.set(row, { ...extra, ...attributesOf(incapable(extra.xattrs)) });
    hadSome = true;
  }
  return hadSome;
}

function attributesOf(xattrs: Xattrs | undefined): Pick<Extra, "xattrs"> {
  return { xattrs: xattrs ?? [] };
}

function isCapable(xattrs: Xattrs | undefined): boolean {
  return xattrs?.some(([name]) => name === capabilities) ?? false;
}

function incapable(xattrs: Xattrs | undefined): Xattrs | undefined {
  const rest = xattrs?.filter(([name]) => name !== capabilities);
  return rest === undefined || rest.length === 0 ? undefined : rest;
}
