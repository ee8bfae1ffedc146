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

/** In `flags`: an excluded row that no filter rule names; a link that is not wanted, say. */
export const PASSED_OVER = 8;

/** In `flags`: the content was read and compared with that of the file at the same place of the other tree; it is equal. */
export const SAME_CONTENT = 16;

/** What few rows have: kept beside the columns. */
export interface Extra {
  readonly linkTarget?: ByteString;
  readonly xattrs?: Xattrs;
  readonly problem?: { readonly code: ProblemCode; readonly message: string };
  /** Text of this directory's own ignore file, where the scan was asked to honour them. */
  readonly ignoreRules?: ByteString;
}

/**
 * Up to {@link capacityOf} rows; only the first `count` mean anything. A chunk of a stream is valid until the next one is
 * asked for: its memory may then be used again.
 */
export interface SnapshotChunk {
  count: number;
  /** Names back to back; row `i` is `names[nameEnd[i - 1] .. nameEnd[i]]`. */
  names: Uint8Array;
  readonly nameEnd: Uint32Array;
  readonly depth: Uint16Array;
  readonly kind: Uint8Array;
  readonly flags: Uint8Array;
  readonly size: Float64Array;
  readonly mtimeSec: Float64Array;
  readonly mtimeNs: Uint32Array;
  readonly ctimeSec: Float64Array;
  readonly ctimeNs: Uint32Array;
  readonly birthSec: Float64Array;
  readonly birthNs: Uint32Array;
  readonly mode: Uint16Array;
  readonly uid: Uint32Array;
  readonly gid: Uint32Array;
  readonly dev: Uint32Array;
  readonly inoHigh: Uint32Array;
  readonly inoLow: Uint32Array;
  readonly nlink: Uint32Array;
  readonly rdev: Uint32Array;
  readonly blocks: Float64Array;
  /** By row. */
  extras: Map<number, Extra>;
}

export const chunkRows = 2048;

const columnBytes = 96;
const usualNameBytes = 24;

/** Bytes behind a chunk of that many rows. */
export function chunkBytes(rows: number = chunkRows): number {
  return rows * (columnBytes + usualNameBytes);
}

/** An empty chunk, over memory of its own or over memory that is used again and again. */
export function newChunk(
  rows: number = chunkRows,
  buffer: ArrayBufferLike = new ArrayBuffer(chunkBytes(rows)),
): SnapshotChunk {
  let at = 0;
  // Widest first, so that all columns can share one buffer aligned.
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
    birthSec: new Float64Array(buffer, take(8), rows),
    blocks: new Float64Array(buffer, take(8), rows),
    nameEnd: new Uint32Array(buffer, take(4), rows),
    mtimeNs: new Uint32Array(buffer, take(4), rows),
    ctimeNs: new Uint32Array(buffer, take(4), rows),
    birthNs: new Uint32Array(buffer, take(4), rows),
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
    names: new Uint8Array(buffer, take(usualNameBytes), rows * usualNameBytes),
    extras: new Map(),
  };
}

/** Rows that the chunk has room for. */
export function capacityOf(chunk: SnapshotChunk): number {
  return chunk.depth.length;
}

/** The buffers behind a chunk, for handing it to another thread without copying. */
export function chunkBuffers({ size, names }: SnapshotChunk): ArrayBuffer[] {
  const buffers = size.buffer === names.buffer ? [size.buffer] : [size.buffer, names.buffer];
  return buffers as ArrayBuffer[];
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
    birthSec: chunk.birthSec[row]!,
    birthNs: chunk.birthNs[row]!,
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
  chunk.birthSec[row] = finding.birthSec;
  chunk.birthNs[row] = finding.birthNs;
  chunk.mode[row] = finding.mode;
  chunk.uid[row] = finding.uid;
  chunk.gid[row] = finding.gid;
  chunk.dev[row] = finding.dev;
  chunk.inoHigh[row] = finding.inoHigh;
  chunk.inoLow[row] = finding.inoLow;
  chunk.nlink[row] = finding.nlink;
  chunk.blocks[row] = finding.blocks;
}

/** Copies one row behind the last one of a chunk that has room; the name is left out. */
export function copyRow(from: SnapshotChunk, row: number, to: SnapshotChunk): number {
  const at = to.count++;
  to.nameEnd[at] = nameStart(to, at);
  to.kind[at] = from.kind[row]!;
  to.flags[at] = from.flags[row]!;
  to.size[at] = from.size[row]!;
  to.mtimeSec[at] = from.mtimeSec[row]!;
  to.mtimeNs[at] = from.mtimeNs[row]!;
  to.ctimeSec[at] = from.ctimeSec[row]!;
  to.ctimeNs[at] = from.ctimeNs[row]!;
  to.birthSec[at] = from.birthSec[row]!;
  to.birthNs[at] = from.birthNs[row]!;
  to.mode[at] = from.mode[row]!;
  to.uid[at] = from.uid[row]!;
  to.gid[at] = from.gid[row]!;
  to.dev[at] = from.dev[row]!;
  to.inoHigh[at] = from.inoHigh[row]!;
  to.inoLow[at] = from.inoLow[row]!;
  to.nlink[at] = from.nlink[row]!;
  to.rdev[at] = from.rdev[row]!;
  to.blocks[at] = from.blocks[row]!;
  const extra = from.extras.get(row);
  if (extra !== undefined) to.extras.set(at, extra);
  return at;
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
