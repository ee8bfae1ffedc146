import type { SnapshotChunk } from "./snapshot.ts";
import { HAS_EXTRA, nameStart, reserveNames } from "./snapshot.ts";

/** Columns that are copied as they are. */
const plain = [
  "size",
  "mtimeSec",
  "ctimeSec",
  "birthSec",
  "blocks",
  "mtimeNs",
  "ctimeNs",
  "birthNs",
  "uid",
  "gid",
  "dev",
  "inoHigh",
  "inoLow",
  "nlink",
  "rdev",
  "mode",
  "kind",
  "flags",
] as const satisfies readonly (keyof SnapshotChunk)[];

/** Which rows of a chunk: from `start` to just before `end`. */
export interface RowSpan {
  readonly start: number;
  readonly end: number;
}

/** Copies rows behind the last row of a chunk that has room for them, names and all; depths become smaller by `above`. */
export function copyRows(
  from: SnapshotChunk,
  { start, end }: RowSpan,
  to: SnapshotChunk,
  above: number = 0,
): void {
  if (end <= start) return;
  const at = to.count;
  for (const name of plain) {
    const column: { set(values: ArrayLike<number>, at: number): void } = to[name];
    column.set(from[name].subarray(start, end), at);
  }
  const first = nameStart(from, start);
  const room = nameStart(to, at);
  const bytes = from.nameEnd[end - 1]! - first;
  reserveNames(to, room, bytes);
  to.names.set(from.names.subarray(first, first + bytes), room);
  for (let row = start; row < end; row++) {
    const there = at + row - start;
    to.nameEnd[there] = from.nameEnd[row]! - first + room;
    to.depth[there] = from.depth[row]! - above;
    if ((from.flags[row]! & HAS_EXTRA) === 0) continue;
    const extra = from.extras.get(row);
    if (extra !== undefined) to.extras.set(there, extra);
  }
  to.count = at + end - start;
}

/** Takes from rows what is not known of them: which inodes they are, and when those were made and last changed. */
export function forgetIdentity(chunk: SnapshotChunk, start: number, end: number): void {
  const { dev, inoHigh, inoLow, ctimeSec, ctimeNs, birthSec, birthNs } = chunk;
  for (const column of [dev, inoHigh, inoLow, ctimeSec, ctimeNs, birthSec, birthNs])
    column.fill(0, start, end);
}
