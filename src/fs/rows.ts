import type { SnapshotChunk } from "../core/snapshot.ts";
import { nameStart, reserveNames } from "../core/snapshot.ts";
import type { Stat } from "./driver.ts";

/** Appends a row of that kind to a chunk that has room. Numbers are those of `stat`; nothing is allocated. */
export function pushRow(
  chunk: SnapshotChunk,
  depth: number,
  name: string,
  kind: number,
  stat: Stat,
): number {
  const row = chunk.count++;
  const start = nameStart(chunk, row);
  const { length } = name;
  if (start + length > chunk.names.length) reserveNames(chunk, start, length);
  const { names } = chunk;
  for (let i = 0; i < length; i++) names[start + i] = name.charCodeAt(i);
  chunk.nameEnd[row] = start + length;
  chunk.depth[row] = depth;
  chunk.kind[row] = kind;
  chunk.flags[row] = 0;
  chunk.size[row] = stat.size;
  chunk.mtimeSec[row] = stat.mtimeSec;
  chunk.mtimeNs[row] = stat.mtimeNs;
  chunk.ctimeSec[row] = stat.ctimeSec;
  chunk.ctimeNs[row] = stat.ctimeNs;
  chunk.birthSec[row] = stat.birthSec;
  chunk.birthNs[row] = stat.birthNs;
  chunk.mode[row] = stat.mode;
  chunk.uid[row] = stat.uid;
  chunk.gid[row] = stat.gid;
  chunk.dev[row] = stat.dev;
  chunk.inoHigh[row] = stat.inoHigh;
  chunk.inoLow[row] = stat.inoLow;
  chunk.nlink[row] = stat.nlink;
  chunk.rdev[row] = stat.rdev;
  chunk.blocks[row] = stat.blocks;
  return row;
}
