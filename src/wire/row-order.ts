import type { SnapshotChunk } from "../core/snapshot.ts";
import { DIRECTORY, nameStart } from "../core/snapshot.ts";
import { pathBytes } from "./options.ts";
import { WireError } from "./wire-error.ts";

/** Checks that rows are a tree in path order, over as many chunks as it takes. */
export interface RowOrder {
  /** Throws `WireError` where a name is none, comes twice or out of order, or stands in what is no directory. */
  check(chunk: SnapshotChunk): void;
}

const mostDepth = 4096;
const longestName = 255;
const SLASH = 0x2f;
const DOT = 0x2e;

/** The latest name at one depth, in memory that is used again. */
interface Latest {
  readonly bytes: Uint8Array;
  length: number;
}

/** Of one listing, from the root on. */
export function newRowOrder(): RowOrder {
  const latest: Latest[] = [];
  /** By depth: bytes of the path of the latest row, a slash behind it included. */
  const pathEnd: number[] = [];
  let depthNow = -1;
  /** The greatest depth that the next row may have. */
  let deepest = 0;
  const checkRow = (chunk: SnapshotChunk, row: number): void => {
    const depth = chunk.depth[row]!;
    const isDirectory = chunk.kind[row] === DIRECTORY;
    const isRoot = depthNow < 0;
    const isInDirectory = isRoot ? depth === 0 && isDirectory : depth > 0 && depth <= deepest;
    if (!isInDirectory) throw new WireError("a listing has a row in no directory");
    const [start, end] = [nameStart(chunk, row), chunk.nameEnd[row]!];
    if (isRoot ? end > start : !isName(chunk.names, start, end))
      throw new WireError("a listing has a name that is none");
    const before = (latest[depth] ??= { bytes: new Uint8Array(longestName), length: 0 });
    // What was further down was in a directory that has been left.
    const isSibling = depth <= depthNow;
    if (isSibling && !isBefore(before, chunk.names, start, end))
      throw new WireError("a listing is out of order");
    for (let i = start; i < end; i++) before.bytes[i - start] = chunk.names[i]!;
    before.length = end - start;
    const pathLength = isRoot ? 0 : pathEnd[depth - 1]! + end - start + 1;
    if (pathLength > pathBytes) throw new WireError("a listing has a path that is too long");
    pathEnd[depth] = pathLength;
    depthNow = depth;
    deepest = Math.min(isDirectory ? depth + 1 : depth, mostDepth);
  };
  return {
    check(chunk) {
      for (let row = 0; row < chunk.count; row++) checkRow(chunk, row);
    },
  };
}

function isName(names: Uint8Array, start: number, end: number): boolean {
  const length = end - start;
  if (length === 0 || length > longestName) return false;
  const isDots =
    names[start] === DOT && (length === 1 || (length === 2 && names[start + 1] === DOT));
  if (isDots) return false;
  for (let i = start; i < end; i++) if (names[i] === 0 || names[i] === SLASH) return false;
  return true;
}

function isBefore(latest: Latest, names: Uint8Array, start: number, end: number): boolean {
  const length = Math.min(latest.length, end - start);
  for (let i = 0; i < length; i++) {
    const difference = latest.bytes[i]! - names[start + i]!;
    if (difference !== 0) return difference < 0;
  }
  return latest.length < end - start;
}
