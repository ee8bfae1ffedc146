/** Entries and snapshots written down by hand. */
import type { ByteString } from "../../src/base/byte-string.ts";
import type {
  DirectoryEntry,
  FileEntry,
  Finding,
  Metadata,
  SpecialEntry,
  SymlinkEntry,
} from "../../src/core/entry.ts";
import type { RelPath } from "../../src/core/path.ts";
import { baseName, depthOf } from "../../src/core/path.ts";
import type { ProblemCode } from "../../src/core/problem.ts";
import type { SnapshotChunk } from "../../src/core/snapshot.ts";
import { HAS_EXTRA, newChunk, pushFinding } from "../../src/core/snapshot.ts";

export const path = (text: string): RelPath => text as RelPath;
export const bytes = (text: string): ByteString => text as ByteString;

const metadata: Metadata = {
  size: 0,
  mtimeSec: 1000,
  mtimeNs: 5,
  ctimeSec: 2000,
  ctimeNs: 6,
  birthSec: 500,
  birthNs: 7,
  mode: 0o644,
  uid: 1,
  gid: 2,
  dev: 3,
  inoHigh: 0,
  inoLow: 7,
  nlink: 1,
  blocks: 0,
  xattrs: undefined,
};

export function file(over: Partial<FileEntry> = {}): FileEntry {
  return { kind: "file", ...metadata, size: 10, blocks: 8, ...over };
}
export function directory(over: Partial<DirectoryEntry> = {}): DirectoryEntry {
  return { kind: "directory", ...metadata, mode: 0o755, closed: false, ...over };
}
export function symlink(over: Partial<SymlinkEntry> = {}): SymlinkEntry {
  return { kind: "symlink", ...metadata, mode: 0o777, linkTarget: bytes("there"), ...over };
}
export function special(over: Partial<SpecialEntry> = {}): SpecialEntry {
  return { kind: "fifo", ...metadata, rdev: 0, ...over };
}
export function problem(code: ProblemCode = "unreadable"): Finding {
  return { kind: "problem", code, message: "it cannot be read" };
}
export const excluded: Finding = { kind: "excluded" };
export const leftover: Finding = { kind: "leftover", isDirectory: false };

/** Rows by path, in order; the root need not be named. A string is the text of a directory's ignore file. */
export type Rows = readonly (readonly [path: string, finding: Finding, ignoreRules?: string])[];

/** A snapshot as a stream of chunks with so many rows each. */
export async function* snapshotOf(
  rows: Rows,
  chunkRows: number = 100,
): AsyncGenerator<SnapshotChunk> {
  const all: Rows = rows[0]?.[0] === "" ? rows : [["", directory({ inoLow: 1 })], ...rows];
  for (let from = 0; from < all.length; from += chunkRows) {
    const chunk = newChunk(chunkRows);
    for (const [at, finding, ignoreRules] of all.slice(from, from + chunkRows)) {
      const row = chunk.count;
      pushFinding(chunk, depthOf(path(at)), baseName(path(at)), finding);
      if (ignoreRules === undefined) continue;
      chunk.flags[row]! |= HAS_EXTRA;
      chunk.extras.set(row, { ...chunk.extras.get(row), ignoreRules: bytes(ignoreRules) });
    }
    yield chunk;
  }
}
