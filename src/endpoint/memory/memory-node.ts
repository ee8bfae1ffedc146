import type { ByteString } from "../../base/byte-string.ts";
import type { Entry, SpecialEntry, Xattrs } from "../../core/entry.ts";
import type { Name } from "../../core/path.ts";
import type { Problem } from "../../core/problem.ts";

/** Trouble that a test has put somewhere. */
export type Trouble = Pick<Problem, "code" | "message">;

interface Common {
  readonly ino: number;
  readonly dev: number;
  nlink: number;
  mode: number;
  uid: number;
  gid: number;
  /** Nanoseconds since the epoch. */
  mtime: bigint;
  ctime: bigint;
  /** By name; access control lists included. */
  xattrs: ReadonlyMap<ByteString, ByteString>;
  /** What a scan reports in the node's place, and what meets everybody who touches it. */
  trouble: Trouble | undefined;
}

interface MemoryFile extends Common {
  readonly kind: "file";
  content: Uint8Array;
}
export interface MemoryDirectory extends Common {
  readonly kind: "directory";
  /** By name, or by folded name where the world folds case. */
  readonly names: Map<string, { readonly name: Name; readonly node: MemoryNode }>;
}
interface MemorySymlink extends Common {
  readonly kind: "symlink";
  readonly linkTarget: ByteString;
}
interface MemorySpecial extends Common {
  readonly kind: SpecialEntry["kind"];
  readonly rdev: number;
}

/** One thing in a memory tree. Names that share a file share the object. */
export type MemoryNode = MemoryFile | MemoryDirectory | MemorySymlink | MemorySpecial;

const second = 1_000_000_000n;

/** Seconds, rounded down, and the nanoseconds above them. */
export function splitTime(time: bigint): { readonly sec: number; readonly ns: number } {
  const ns = ((time % second) + second) % second;
  return { sec: Number((time - ns) / second), ns: Number(ns) };
}

export function joinTime(sec: number, ns: number): bigint {
  return BigInt(sec) * second + BigInt(ns);
}

/** Which of the attributes take part in a scan or are kept by a run. */
export interface XattrChoice {
  readonly xattrs: boolean;
  readonly acls: boolean;
}

export function isChosen(attribute: ByteString, { xattrs, acls }: XattrChoice): boolean {
  return attribute.startsWith("system.posix_acl_") ? acls : xattrs;
}

/** The node as a scan sees it. `closed` is for directories that are not entered. */
export function entryOf(node: MemoryNode, choice: XattrChoice, closed: boolean = false): Entry {
  const mtime = splitTime(node.mtime);
  const ctime = splitTime(node.ctime);
  const size = node.kind === "file" ? node.content.length : 0;
  const metadata = {
    size,
    mtimeSec: mtime.sec,
    mtimeNs: mtime.ns,
    ctimeSec: ctime.sec,
    ctimeNs: ctime.ns,
    // Inode numbers are given once only, so they are as good as a time.
    birthSec: node.ino,
    birthNs: 0,
    mode: node.mode,
    uid: node.uid,
    gid: node.gid,
    dev: node.dev,
    inoHigh: Math.floor(node.ino / 2 ** 32),
    inoLow: node.ino % 2 ** 32,
    nlink: node.nlink,
    blocks: Math.ceil(size / 512),
    xattrs: chosenXattrs(node, choice),
  };
  switch (node.kind) {
    case "file":
      return { kind: "file", ...metadata };
    case "directory":
      return { kind: "directory", ...metadata, closed };
    case "symlink":
      return { kind: "symlink", ...metadata, linkTarget: node.linkTarget };
    default:
      return { kind: node.kind, ...metadata, rdev: node.rdev };
  }
}

function chosenXattrs(node: MemoryNode, choice: XattrChoice): Xattrs | undefined {
  const chosen = [...node.xattrs].filter(([attribute]) => isChosen(attribute, choice));
  if (chosen.length === 0) return undefined;
  return chosen.sort(([a], [b]) => (a < b ? -1 : 1));
}
