import type { RelPath } from "./path.ts";
import { joinPath, rootPath } from "./path.ts";
import type { SnapshotChunk } from "./snapshot.ts";
import { DIRECTORY, nameAt, nameStart } from "./snapshot.ts";

/** Depth of a cursor that has no row left: smaller than any real one. */
export const ended = -1;

/** Walks the rows of a stream of chunks, and knows the path it stands on without having built it. */
export interface Cursor {
  chunk: SnapshotChunk;
  row: number;
  /** Of the current row; {@link ended} behind the last one. */
  depth: number;
  /** The chunk is used up: call {@link refill} before looking at the row. */
  empty: boolean;
  readonly chunks: AsyncIterator<SnapshotChunk>;
  /** Path of the directory at depth 0. */
  readonly top: RelPath;
  /** By depth: where the latest directory of that depth stands, and its path where that was asked for. */
  readonly dirChunks: SnapshotChunk[];
  readonly dirRows: number[];
  readonly dirPaths: (RelPath | undefined)[];
}

const noChunk = { count: 0 } as SnapshotChunk;

export function newCursor(chunks: AsyncIterable<SnapshotChunk>, top: RelPath = rootPath): Cursor {
  return {
    chunk: noChunk,
    row: -1,
    depth: ended,
    empty: true,
    chunks: chunks[Symbol.asyncIterator](),
    top,
    dirChunks: [],
    dirRows: [],
    dirPaths: [],
  };
}

/** Fetches the next chunk that has rows, or marks the cursor ended. */
export async function refill(cursor: Cursor): Promise<void> {
  keepPaths(cursor);
  for (;;) {
    const next = await cursor.chunks.next();
    cursor.empty = false;
    if (next.done === true) {
      cursor.depth = ended;
      return;
    }
    if (next.value.count === 0) continue;
    cursor.chunk = next.value;
    cursor.row = -1;
    advance(cursor);
    return;
  }
}

/** Builds the paths that names in this chunk are part of: its memory may be used for the next one. */
function keepPaths(cursor: Cursor): void {
  for (let depth = 0; depth < cursor.dirChunks.length; depth++) {
    if (cursor.dirChunks[depth] === cursor.chunk) directoryPath(cursor, depth);
  }
}

/** Goes on to the next row; afterwards the cursor may be `empty`. */
export function advance(cursor: Cursor): void {
  const row = ++cursor.row;
  const { chunk } = cursor;
  if (row >= chunk.count) {
    cursor.empty = true;
    return;
  }
  const depth = chunk.depth[row]!;
  cursor.depth = depth;
  if (chunk.kind[row] === DIRECTORY) {
    cursor.dirChunks[depth] = chunk;
    cursor.dirRows[depth] = row;
    cursor.dirPaths[depth] = undefined;
  }
}

/** Path of the latest directory at that depth, which holds the current row or is one of those that do. */
function directoryPath(cursor: Cursor, depth: number): RelPath {
  const known = cursor.dirPaths[depth];
  if (known !== undefined) return known;
  const path =
    depth <= 0
      ? cursor.top
      : joinPath(
          directoryPath(cursor, depth - 1),
          nameAt(cursor.dirChunks[depth]!, cursor.dirRows[depth]!),
        );
  cursor.dirPaths[depth] = path;
  return path;
}

/** Path of the current row. */
export function currentPath(cursor: Cursor): RelPath {
  if (cursor.depth <= 0) return cursor.top;
  return joinPath(directoryPath(cursor, cursor.depth - 1), nameAt(cursor.chunk, cursor.row));
}

export function directoryPathAt(cursor: Cursor, depth: number): RelPath {
  return directoryPath(cursor, depth);
}

/** Orders the names of two current rows by their bytes. */
export function compareNames(a: Cursor, b: Cursor): number {
  const left = a.chunk.names;
  const right = b.chunk.names;
  let i = nameStart(a.chunk, a.row);
  let k = nameStart(b.chunk, b.row);
  const iEnd = a.chunk.nameEnd[a.row]!;
  const kEnd = b.chunk.nameEnd[b.row]!;
  while (i < iEnd && k < kEnd) {
    const difference = left[i++]! - right[k++]!;
    if (difference !== 0) return difference;
  }
  return iEnd - i - (kEnd - k);
}
