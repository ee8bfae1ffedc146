import type { SnapshotChunk } from "../core/snapshot.ts";
import { nameStart, reserveNames } from "../core/snapshot.ts";

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
  "depth",
  "mode",
  "kind",
  "flags",
] as const satisfies readonly (keyof SnapshotChunk)[];

/** Copies rows `start` to just before `end` behind the last row of a chunk that has room for them, names and all. */
export function copyRows(from: SnapshotChunk, start: number, end: number, to: SnapshotChunk): void {
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
    to.nameEnd[at + row - start] = from.nameEnd[row]! - first + room;
  }
  if (from.extras.size > 0) {
    for (let row = start; row < end; row++) {
      const extra = from.extras.get(row);
      if (extra !== undefined) to.extras.set(at + row - start, extra);
    }
  }
  to.count = at + end - start;
}

/** Takes from rows what is not known of them: which inodes they are, and when those were made and last changed. */
export function forgetIdentity(chunk: SnapshotChunk, start: number, end: number): void {
  const { dev, inoHigh, inoLow, ctimeSec, ctimeNs, birthSec, birthNs } = chunk;
  for (const column of [dev, inoHigh, inoLow, ctimeSec, ctimeNs, birthSec, birthNs])
    column.fill(0, start, end);
}
