import type { GrowingTree, HeldTree } from "./held-tree.ts";
import { holdRows, newTree } from "./held-tree.ts";
import type { Name, RelPath } from "./path.ts";
import { joinPath } from "./path.ts";
import type { SnapshotChunk } from "./snapshot.ts";
import { DIRECTORY, FILE, nameAt, nameStart } from "./snapshot.ts";

/** A directory in a held tree. */
export interface TreeDirectory {
  readonly tree: HeldTree;
  readonly path: RelPath;
  readonly name: Name;
  readonly parent: TreeDirectory | undefined;
  /** Where it stands in its chunk, for its identity and the like. */
  readonly chunk: SnapshotChunk;
  readonly row: number;
  /** Rows of the tree, counted over its chunks: its own, and the one behind everything below it. */
  readonly first: number;
  end: number;
  /** Files below it, at any depth, and the bytes that they hold. */
  files: number;
  bytes: number;
}

/** What a tree holds, as far as it is needed to tell where it came from. */
export interface TreeCensus {
  /** Parents before children, in path order. */
  readonly directories: readonly TreeDirectory[];
  /** By file: its directory, and a number that is the same for files of equal name, size and mtime. */
  readonly fileDirectories: readonly TreeDirectory[];
  readonly fileKeys: readonly number[];
}

/**
 * Looks once at every row. Files that hold nothing are left out: nothing is won by recognising them. `tick` is how finely the
 * coarser side keeps times, in nanoseconds.
 */
export function takeCensus(tree: HeldTree, tick: number = 1): TreeCensus {
  const directories: TreeDirectory[] = [];
  const fileDirectories: TreeDirectory[] = [];
  const files: { readonly chunk: SnapshotChunk; readonly row: number }[] = [];
  const above: TreeDirectory[] = [];
  let at = 0;
  const close = (depth: number): void => {
    while (above.length > depth) {
      const closed = above.pop()!;
      closed.end = at;
      const around = above.at(-1);
      if (around === undefined) continue;
      around.files += closed.files;
      around.bytes += closed.bytes;
    }
  };
  for (const chunk of tree.chunks) {
    for (let row = 0; row < chunk.count; row++, at++) {
      const depth = chunk.depth[row]!;
      close(depth);
      const kind = chunk.kind[row];
      if (kind === DIRECTORY) {
        const parent = above[depth - 1];
        const name = nameAt(chunk, row);
        const path = parent === undefined ? tree.path : joinPath(parent.path, name);
        const position = { chunk, row, first: at, end: at };
        const directory = { tree, path, name, parent, ...position, files: 0, bytes: 0 };
        directories.push(directory);
        above.push(directory);
      } else if (kind === FILE && chunk.size[row]! > 0) {
        const directory = above[depth - 1]!;
        directory.files++;
        directory.bytes += chunk.size[row]!;
        fileDirectories.push(directory);
        files.push({ chunk, row });
      }
    }
  }
  close(0);
  let keys: readonly number[] | undefined;
  return {
    directories,
    fileDirectories,
    // Asked for only where no inode tells.
    get fileKeys() {
      return (keys ??= files.map(({ chunk, row }) => keyOf(chunk, row, tick)));
    },
  };
}

/** Name, size and mtime in one number. That two files share it proves nothing; it is a reason to look. */
function keyOf(chunk: SnapshotChunk, row: number, tick: number): number {
  const [ticks, seconds] = [Math.min(tick, 1e9), Math.max(1, Math.floor(tick / 1e9))];
  let hash = 0;
  for (let i = nameStart(chunk, row); i < chunk.nameEnd[row]!; i++) {
    hash = (Math.imul(hash, 31) + chunk.names[i]!) | 0;
  }
  hash = (Math.imul(hash, 31) + (Math.floor(chunk.mtimeSec[row]! / seconds) | 0)) | 0;
  hash = (Math.imul(hash, 31) + Math.floor(chunk.mtimeNs[row]! / ticks)) | 0;
  return (hash >>> 0) * 2 ** 20 + (chunk.size[row]! % 2 ** 20);
}

/**
 * Takes directories out of their tree, none of which is inside another one: each as a tree of its own, in the same order,
 * and what is left, if anything is.
 */
export function cutTree(
  tree: HeldTree,
  directories: readonly TreeDirectory[],
): { inner: HeldTree[]; rest: HeldTree | undefined } {
  // All of it: most trees that move do so as a whole, and need not be copied.
  if (directories.length === 1 && directories[0]!.first === 0)
    return { inner: [tree], rest: undefined };
  const rest = newTree(tree.path, 0);
  const inner = directories.map(({ path, chunk, row }) => newTree(path, chunk.depth[row]!));
  const cuts = directories
    .map(({ first, end }, i) => ({ first, end, into: inner[i]! }))
    .toSorted((a, b) => a.first - b.first);
  let at = 0;
  for (const { first, end, into } of cuts) {
    takeRows(tree, at, first, rest);
    takeRows(tree, first, end, into);
    at = end;
  }
  takeRows(tree, at, Infinity, rest);
  return { inner, rest: rest.chunks.length === 0 ? undefined : rest };
}

/** Copies rows, counted over all chunks. */
function takeRows(tree: HeldTree, first: number, end: number, into: GrowingTree): void {
  let at = 0;
  for (const chunk of tree.chunks) {
    const start = Math.max(first - at, 0);
    const stop = Math.min(end - at, chunk.count);
    if (stop > start) holdRows(into, chunk, start, stop);
    at += chunk.count;
  }
}
