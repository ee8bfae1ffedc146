/**
 * `core` holds the decisions: what a path and an entry are, what differs, what to do about it, and when not to. Its
 * functions are pure: they read no disk, no clock and no environment, and they cannot fail on what a tree holds.
 *
 * This file is the form in which trees travel. A snapshot is a stream of chunks; a chunk is a set of columns, one row an
 * entry, in depth-first byte order, starting with the root at depth 0. A row that does not differ from its twin in the
 * other replica is never made into an object.
 */
import type { ByteString } from "../base/byte-string.ts";
import type { Finding, Xattrs } from "./entry.ts";
import type { Name } from "./path.ts";
import type { ProblemCode } from "./problem.ts";

/** Row kinds as stored in the `kind` column. The order is part of no format; it never leaves the process. */
export const kinds: readonly Finding["kind"][] = [
  "file",
  "directory",
  "symlink",
  "fifo",
  "socket",
  "block-device",
  "character-device",
  "problem",
  "excluded",
  "leftover",
];

export const FILE = 0;
export const DIRECTORY = 1;
export const SYMLINK = 2;
export const FIFO = 3;
export const SOCKET = 4;
export const BLOCK_DEVICE = 5;
export const CHARACTER_DEVICE = 6;
export const PROBLEM = 7;
export const EXCLUDED = 8;
export const LEFTOVER = 9;

/** In `flags`: a directory that was not entered, by decision. */
export const CLOSED = 1;
/** In `flags`: the row has an {@link Extra}. */
export const HAS_EXTRA = 2;
/** In `flags`: a leftover that is a directory. */
export const LEFTOVER_DIRECTORY = 4;

/** What few rows have: kept beside the columns. */
export interface Extra {
  readonly linkTarget?: ByteString;
  readonly xattrs?: Xattrs;
  readonly problem?: { readonly code: ProblemCode; readonly message: string };
  /** Text of this directory's own ignore file, where the scan was asked to honour them. */
  readonly ignoreRules?: ByteString;
}

/** Up to {@link chunkRows} rows. Every array is as long as its capacity; only the first `count` rows mean anything. */
export interface SnapshotChunk {
  count: number;
  /** Names back to back; row `i` is `names[nameEnd[i - 1] .. nameEnd[i]]`. */
  names: Uint8Array<ArrayBuffer>;
  readonly nameEnd: Uint32Array<ArrayBuffer>;
  readonly depth: Uint16Array<ArrayBuffer>;
  readonly kind: Uint8Array<ArrayBuffer>;
  readonly flags: Uint8Array<ArrayBuffer>;
  readonly size: Float64Array<ArrayBuffer>;
  readonly mtimeSec: Float64Array<ArrayBuffer>;
  readonly mtimeNs: Uint32Array<ArrayBuffer>;
  readonly ctimeSec: Float64Array<ArrayBuffer>;
  readonly ctimeNs: Uint32Array<ArrayBuffer>;
  readonly mode: Uint16Array<ArrayBuffer>;
  readonly uid: Uint32Array<ArrayBuffer>;
  readonly gid: Uint32Array<ArrayBuffer>;
  readonly dev: Uint32Array<ArrayBuffer>;
  readonly inoHigh: Uint32Array<ArrayBuffer>;
  readonly inoLow: Uint32Array<ArrayBuffer>;
  readonly nlink: Uint32Array<ArrayBuffer>;
  readonly rdev: Uint32Array<ArrayBuffer>;
  readonly blocks: Float64Array<ArrayBuffer>;
  /** By row. */
  readonly extras: Map<number, Extra>;
}

export const chunkRows = 2048;

/** Every column but `names`, with its bytes per row, widest first so that all can share one buffer aligned. */
export function newChunk(rows: number = chunkRows): SnapshotChunk {
  const buffer = new ArrayBuffer(rows * 84);
  let at = 0;
  const take = (bytes: number): number => {
    const from = at;
    at += rows * bytes;
    return from;
  };
  return {
    count: 0,
    size: new Float64Array(buffer, take(8), rows),
    mtimeSec: new Float64Array(buffer, take(8), rows),
    ctimeSec: new Float64Array(buffer, take(8), rows),
    blocks: new Float64Array(buffer, take(8), rows),
    nameEnd: new Uint32Array(buffer, take(4), rows),
    mtimeNs: new Uint32Array(buffer, take(4), rows),
    ctimeNs: new Uint32Array(buffer, take(4), rows),
    uid: new Uint32Array(buffer, take(4), rows),
    gid: new Uint32Array(buffer, take(4), rows),
    dev: new Uint32Array(buffer, take(4), rows),
    inoHigh: new Uint32Array(buffer, take(4), rows),
    inoLow: new Uint32Array(buffer, take(4), rows),
    nlink: new Uint32Array(buffer, take(4), rows),
    rdev: new Uint32Array(buffer, take(4), rows),
    depth: new Uint16Array(buffer, take(2), rows),
    mode: new Uint16Array(buffer, take(2), rows),
    kind: new Uint8Array(buffer, take(1), rows),
    flags: new Uint8Array(buffer, take(1), rows),
    names: new Uint8Array(rows * 24),
    extras: new Map(),
  };
}

/** The buffers behind a chunk, for handing it to another thread without copying. */
export function chunkBuffers(chunk: SnapshotChunk): ArrayBuffer[] {
  return [chunk.size.buffer, chunk.names.buffer];
}

/** Makes room for `bytes` more name bytes behind `used`. */
export function reserveNames(chunk: SnapshotChunk, used: number, bytes: number): void {
  if (used + bytes <= chunk.names.length) return;
  const wider = new Uint8Array(Math.max(chunk.names.length * 2, used + bytes));
  wider.set(chunk.names.subarray(0, used));
  chunk.names = wider;
}

/** Where row `row`'s name begins in `names`. */
export function nameStart(chunk: SnapshotChunk, row: number): number {
  return row === 0 ? 0 : chunk.nameEnd[row - 1]!;
}

/** The name in row `row`; `""` for the root. */
export function nameAt(chunk: SnapshotChunk, row: number): Name {
  const { names } = chunk;
  const end = chunk.nameEnd[row]!;
  let out = "";
  for (let i = nameStart(chunk, row); i < end; i++) out += String.fromCharCode(names[i]!);
  return out as Name;
}

/** The row as an object. */
export function findingAt(chunk: SnapshotChunk, row: number): Finding {
  const kind = kinds[chunk.kind[row]!]!;
  const flags = chunk.flags[row]!;
  const extra = (flags & HAS_EXTRA) !== 0 ? chunk.extras.get(row) : undefined;
  const metadata = {
    size: chunk.size[row]!,
    mtimeSec: chunk.mtimeSec[row]!,
    mtimeNs: chunk.mtimeNs[row]!,
    ctimeSec: chunk.ctimeSec[row]!,
    ctimeNs: chunk.ctimeNs[row]!,
    mode: chunk.mode[row]!,
    uid: chunk.uid[row]!,
    gid: chunk.gid[row]!,
    dev: chunk.dev[row]!,
    inoHigh: chunk.inoHigh[row]!,
    inoLow: chunk.inoLow[row]!,
    nlink: chunk.nlink[row]!,
    blocks: chunk.blocks[row]!,
    xattrs: extra?.xattrs,
  };
  switch (kind) {
    case "file":
      return { kind, ...metadata };
    case "directory":
      return { kind, ...metadata, closed: (flags & CLOSED) !== 0 };
    case "symlink":
      return { kind, ...metadata, linkTarget: extra?.linkTarget ?? ("" as ByteString) };
    case "problem":
      return {
        kind,
        ...(extra?.problem ?? { code: "io" as const, message: "it could not be read" }),
      };
    case "excluded":
      return { kind };
    case "leftover":
      return { kind, isDirectory: (flags & LEFTOVER_DIRECTORY) !== 0 };
    default:
      return { kind, ...metadata, rdev: chunk.rdev[row]! };
  }
}

/** Appends one finding. The caller keeps rows in order and starts a new chunk when this one is full. */
export function pushFinding(
  chunk: SnapshotChunk,
  depth: number,
  name: string,
  finding: Finding,
): void {
  const row = chunk.count++;
  const start = nameStart(chunk, row);
  reserveNames(chunk, start, name.length);
  for (let i = 0; i < name.length; i++) chunk.names[start + i] = name.charCodeAt(i);
  chunk.nameEnd[row] = start + name.length;
  chunk.depth[row] = depth;
  chunk.kind[row] = kinds.indexOf(finding.kind);
  const extra = extraOf(finding);
  if (extra !== undefined) chunk.extras.set(row, extra);
  chunk.flags[row] = (extra === undefined ? 0 : HAS_EXTRA) | ownFlags(finding);
  if (finding.kind === "leftover" || finding.kind === "problem" || finding.kind === "excluded")
    return;
  chunk.rdev[row] = "rdev" in finding ? finding.rdev : 0;
  chunk.size[row] = finding.size;
  chunk.mtimeSec[row] = finding.mtimeSec;
  chunk.mtimeNs[row] = finding.mtimeNs;
  chunk.ctimeSec[row] = finding.ctimeSec;
  chunk.ctimeNs[row] = finding.ctimeNs;
  chunk.mode[row] = finding.mode;
  chunk.uid[row] = finding.uid;
  chunk.gid[row] = finding.gid;
  chunk.dev[row] = finding.dev;
  chunk.inoHigh[row] = finding.inoHigh;
  chunk.inoLow[row] = finding.inoLow;
  chunk.nlink[row] = finding.nlink;
  chunk.blocks[row] = finding.blocks;
}

function ownFlags(finding: Finding): number {
  if (finding.kind === "leftover" && finding.isDirectory) return LEFTOVER_DIRECTORY;
  return finding.kind === "directory" && finding.closed ? CLOSED : 0;
}

function extraOf(finding: Finding): Extra | undefined {
  if (finding.kind === "problem")
    return { problem: { code: finding.code, message: finding.message } };
  if (finding.kind === "excluded" || finding.kind === "leftover") return undefined;
  const linkTarget = finding.kind === "symlink" ? finding.linkTarget : undefined;
  if (linkTarget === undefined && finding.xattrs === undefined) return undefined;
  return {
    ...(linkTarget !== undefined && { linkTarget }),
    ...(finding.xattrs !== undefined && { xattrs: finding.xattrs }),
  };
}
