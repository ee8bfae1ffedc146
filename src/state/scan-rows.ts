import type { SnapshotChunk } from "../core/snapshot.ts";
import {
  BLOCK_DEVICE,
  CHARACTER_DEVICE,
  DIRECTORY,
  FIFO,
  FILE,
  SOCKET,
  SYMLINK,
} from "../core/snapshot.ts";
import { encodeRows } from "./directory-codec.ts";
import type { EntryRows } from "./entry-rows.ts";
import * as column from "./entry-rows.ts";

type Used =
  | "nameEnd"
  | "depth"
  | "kind"
  | "size"
  | "mtimeSec"
  | "mtimeNs"
  | "ctimeSec"
  | "ctimeNs"
  | "dev"
  | "inoHigh"
  | "inoLow"
  | "birthSec"
  | "birthNs";

/** What is remembered of a chunk, in memory of its own that can go to another thread. */
export type ScanRows = Pick<SnapshotChunk, Used | "count" | "names">;

export function copyRows(chunk: SnapshotChunk): ScanRows {
  const { count } = chunk;
  return {
    count,
    names: chunk.names.slice(0, count === 0 ? 0 : chunk.nameEnd[count - 1]),
    nameEnd: chunk.nameEnd.slice(0, count),
    depth: chunk.depth.slice(0, count),
    kind: chunk.kind.slice(0, count),
    size: chunk.size.slice(0, count),
    mtimeSec: chunk.mtimeSec.slice(0, count),
    mtimeNs: chunk.mtimeNs.slice(0, count),
    ctimeSec: chunk.ctimeSec.slice(0, count),
    ctimeNs: chunk.ctimeNs.slice(0, count),
    dev: chunk.dev.slice(0, count),
    inoHigh: chunk.inoHigh.slice(0, count),
    inoLow: chunk.inoLow.slice(0, count),
    birthSec: chunk.birthSec.slice(0, count),
    birthNs: chunk.birthNs.slice(0, count),
  };
}

/** The memory of copied rows, for handing it over. */
export function buffersOf(rows: ScanRows): ArrayBuffer[] {
  return Object.values(rows).flatMap((column) =>
    typeof column === "number" ? [] : [column.buffer as ArrayBuffer],
  );
}

/** Kinds of rows by the number that they are stored under; what is not an entry has none. */
const storedKind = new Map<number, number>(
  [FILE, DIRECTORY, SYMLINK, FIFO, SOCKET, BLOCK_DEVICE, CHARACTER_DEVICE].map((kind, stored) => [
    kind,
    stored,
  ]),
);

/** Sorts the rows of a scan, which come depth-first, into directories. */
export interface DirectoryGatherer {
  add(rows: ScanRows): void;
  /** No more rows will come. */
  end(): void;
}

/**
 * `emit` gets each directory that has entries when all of them are known: its key and the stored form, both valid for the
 * call only. The root's own entry is one of its own directory, with an empty name.
 */
export function gatherDirectories(
  emit: (key: Uint8Array, blob: Uint8Array) => void,
): DirectoryGatherer {
  // Level n holds the entries at depth n, whose directory's key is the first `keyEnds[n]` bytes of `key`.
  const levels: EntryRows[] = [];
  const keyEnds: number[] = [0, 0];
  let key = new Uint8Array(256);
  let deepest = 0;

  const closeBelow = (depth: number): void => {
    for (let level = deepest; level > depth; level--) {
      const rows = levels[level];
      if (rows === undefined || rows.count === 0) continue;
      emit(key.subarray(0, keyEnds[level]), encodeRows(rows));
      column.clearRows(rows);
    }
    deepest = Math.min(deepest, depth);
  };
  const openDirectory = (level: number, names: Uint8Array, from: number, to: number): void => {
    const parentEnd = keyEnds[level]!;
    const start = parentEnd === 0 ? 0 : parentEnd + 1;
    const end = start + to - from;
    if (end > key.length) {
      const wider = new Uint8Array(end * 2);
      wider.set(key);
      key = wider;
    }
    if (start > 0) key[parentEnd] = 0;
    key.set(names.subarray(from, to), start);
    keyEnds[level + 1] = end;
  };

  return {
    add(chunk) {
      for (let row = 0; row < chunk.count; row++) {
        const depth = chunk.depth[row]!;
        // The root is kept with what it holds.
        const level = Math.max(1, depth);
        closeBelow(level);
        const kind = storedKind.get(chunk.kind[row]!);
        if (kind === undefined) continue;
        const from = row === 0 ? 0 : chunk.nameEnd[row - 1]!;
        const to = chunk.nameEnd[row]!;
        pushRow((levels[level] ??= column.newRows()), chunk, row, kind);
        deepest = Math.max(deepest, level);
        if (kind === column.DIRECTORY_KIND && depth > 0)
          openDirectory(level, chunk.names, from, to);
      }
    },
    end: () => closeBelow(0),
  };
}

function pushRow(to: EntryRows, chunk: ScanRows, row: number, kind: number): void {
  const from = row === 0 ? 0 : chunk.nameEnd[row - 1]!;
  const end = chunk.nameEnd[row]!;
  const start = to.namesLength;
  const at = column.addRow(to, end - from);
  to.names.set(chunk.names.subarray(from, end), start);
  const { columns } = to;
  columns[column.KIND]![at] = kind;
  columns[column.SIZE]![at] = chunk.size[row]!;
  columns[column.MTIME_SEC]![at] = chunk.mtimeSec[row]!;
  columns[column.MTIME_NS]![at] = chunk.mtimeNs[row]!;
  columns[column.CTIME_SEC]![at] = chunk.ctimeSec[row]!;
  columns[column.CTIME_NS]![at] = chunk.ctimeNs[row]!;
  columns[column.DEV]![at] = chunk.dev[row]!;
  columns[column.INO_HIGH]![at] = chunk.inoHigh[row]!;
  columns[column.INO_LOW]![at] = chunk.inoLow[row]!;
  columns[column.BIRTH_SEC]![at] = chunk.birthSec[row]!;
  columns[column.BIRTH_NS]![at] = chunk.birthNs[row]!;
  columns[column.HASH]![at] = 0;
}
