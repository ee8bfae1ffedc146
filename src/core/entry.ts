import type { ByteString } from "../base/byte-string.ts";
import type { ProblemCode } from "./problem.ts";

/** Extended attributes, ACLs included (as `system.posix_acl_*`), sorted by name. */
export type Xattrs = readonly (readonly [name: ByteString, value: ByteString])[];

/** What every readable entry has. Numbers are exact: seconds and sizes are integers below 2^53. */
export interface Metadata {
  /** Bytes for a file; 0 for every other kind. */
  readonly size: number;
  /** Seconds since the epoch, rounded down, and the nanoseconds above them. */
  readonly mtimeSec: number;
  readonly mtimeNs: number;
  readonly ctimeSec: number;
  readonly ctimeNs: number;
  /** When the inode was made, and never changed since; 0 where the file system does not say. */
  readonly birthSec: number;
  readonly birthNs: number;
  /** The twelve permission bits. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** Identity: device (a number local to that machine) and the two halves of the inode number. */
  readonly dev: number;
  readonly inoHigh: number;
  readonly inoLow: number;
  readonly nlink: number;
  /** 512-byte blocks in use; fewer than the size asks for where a file has holes. */
  readonly blocks: number;
  /** `undefined` where there are none, or where they were not asked for. */
  readonly xattrs: Xattrs | undefined;
}

export interface FileEntry extends Metadata {
  readonly kind: "file";
}
export interface DirectoryEntry extends Metadata {
  readonly kind: "directory";
  /** Not entered, by decision: a mount point met with `--one-file-system`. What is below is left alone. */
  readonly closed: boolean;
}
export interface SymlinkEntry extends Metadata {
  readonly kind: "symlink";
  readonly linkTarget: ByteString;
}
export interface SpecialEntry extends Metadata {
  readonly kind: "fifo" | "socket" | "block-device" | "character-device";
  /** Device number as `makedev` packs it; 0 for fifos and sockets. */
  readonly rdev: number;
}

/** An entry that was read. */
export type Entry = FileEntry | DirectoryEntry | SymlinkEntry | SpecialEntry;
export type EntryKind = Entry["kind"];
/** What can have several names. */
export type Leaf = Exclude<Entry, DirectoryEntry>;

/** Stands where something could not be read. It freezes its path and everything below. */
export interface ProblemEntry {
  readonly kind: "problem";
  readonly code: ProblemCode;
  readonly message: string;
}
/** Stands where a filter shut something out. Neither copied nor deleted, nor is a directory around it. */
export interface ExcludedEntry {
  readonly kind: "excluded";
}
/** A temporary name that a killed run left behind. To be removed; never copied. */
export interface LeftoverEntry {
  readonly kind: "leftover";
  readonly isDirectory: boolean;
}

/** Whatever a scan may find at a path. */
export type Finding = Entry | ProblemEntry | ExcludedEntry | LeftoverEntry;

/** Whether what was found is something that was read. */
export function isRealEntry(finding: Finding): finding is Entry {
  return finding.kind !== "problem" && finding.kind !== "excluded" && finding.kind !== "leftover";
}

/** Device and inode as one key, for maps. */
export function identityKey(entry: {
  readonly dev: number;
  readonly inoHigh: number;
  readonly inoLow: number;
}): string {
  return `${entry.dev}:${entry.inoHigh}:${entry.inoLow}`;
}

/** Whether two attribute lists hold the same. Both are sorted by name. */
export function sameXattrs(a: Xattrs | undefined, b: Xattrs | undefined): boolean {
  const left = a ?? [];
  const right = b ?? [];
  return (
    left.length === right.length &&
    left.every(([name, value], i) => right[i]?.[0] === name && right[i]?.[1] === value)
  );
}
