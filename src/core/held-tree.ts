import { copyRows } from "./copy-rows.ts";
import type { RelPath } from "./path.ts";
import type { SnapshotChunk } from "./snapshot.ts";
import { capacityOf, chunkRows, newChunk } from "./snapshot.ts";

/**
 * A directory that only one replica has, with everything below it: rows kept as columns until it is known what becomes of
 * it. It may have been moved as a whole, and then few of its rows ever become objects.
 */
export interface HeldTree {
  readonly path: RelPath;
  /** Like a snapshot of its own: the directory stands first, at depth 0. */
  readonly chunks: readonly SnapshotChunk[];
  /** Something below could not be read, is left out, or was not entered: it cannot be moved as a whole. */
  readonly hasGaps: boolean;
}

/** A tree that still grows. */
export interface GrowingTree extends HeldTree {
  readonly chunks: SnapshotChunk[];
  hasGaps: boolean;
  /** Of the directory itself, in the snapshot that it is taken from. */
  readonly depth: number;
}

export function newTree(path: RelPath, depth: number): GrowingTree {
  return { path, depth, chunks: [], hasGaps: false };
}

const firstRows = 32;

/** Appends rows of a chunk, the tree's own directory first; `end` is behind the last one. */
export function holdRows(tree: GrowingTree, from: SnapshotChunk, start: number, end: number): void {
  for (let at = start; at < end;) {
    const last = tree.chunks.at(-1);
    const isFull = last === undefined || last.count === capacityOf(last);
    const to = isFull ? newChunk(nextRows(last)) : last;
    if (isFull) tree.chunks.push(to);
    const rows = Math.min(end - at, capacityOf(to) - to.count);
    copyRows(from, { start: at, end: at + rows }, to, tree.depth);
    at += rows;
  }
}

function nextRows(last: SnapshotChunk | undefined): number {
  return last === undefined ? firstRows : Math.min(chunkRows, capacityOf(last) * 8);
}

/** The same rows in memory of their own, for whoever needs them when the next chunk has been asked for. */
export function copyOfChunk(chunk: SnapshotChunk): SnapshotChunk {
  const copy = newChunk(Math.max(chunk.count, 1));
  copyRows(chunk, { start: 0, end: chunk.count }, copy);
  return copy;
}

/** The rows of a tree, to be compared like a snapshot. */
export async function* rowsOfTree(tree: HeldTree | undefined): AsyncGenerator<SnapshotChunk> {
  yield* tree?.chunks ?? [];
}
