import { sameXattrs } from "../../core/entry.ts";
import { copyOfChunk } from "../../core/held-tree.ts";
import type { Preserve } from "../../core/preserve.ts";
import type { SnapshotChunk } from "../../core/snapshot.ts";
import {
  BLOCK_DEVICE,
  CHARACTER_DEVICE,
  copyRow,
  DIRECTORY,
  EXCLUDED,
  FILE,
  LEFTOVER,
  nameAt,
  PROBLEM,
  SYMLINK,
} from "../../core/snapshot.ts";
import type { Likeness } from "../endpoint.ts";
import { joinTime } from "./memory-node.ts";

interface Row {
  readonly chunk: SnapshotChunk;
  readonly row: number;
}

/**
 * Puts copies of the other replica's rows in the place of those that are like them, as a driver does that has only been told
 * which they are. It looks at `most` of them and no more.
 */
export async function* likeThose(
  own: Iterable<SnapshotChunk>,
  like: Likeness,
  most: number,
): AsyncGenerator<SnapshotChunk> {
  const theirs = await rowsByPath(like.chunks, most);
  const above: string[] = [];
  for (const chunk of own) {
    for (let row = 0; row < chunk.count; row++) {
      const other = theirs.get(pathOf(above, chunk, row));
      if (other !== undefined && isLike({ chunk, row }, other, like)) take(chunk, row, other);
    }
    yield chunk;
  }
}

async function rowsByPath(
  chunks: AsyncIterable<SnapshotChunk>,
  most: number,
): Promise<Map<string, Row>> {
  const rows = new Map<string, Row>();
  const above: string[] = [];
  for await (const chunk of chunks) {
    if (rows.size >= most) break;
    const kept = copyOfChunk(chunk);
    for (let row = 0; row < kept.count; row++) {
      rows.set(pathOf(above, kept, row), { chunk: kept, row });
    }
  }
  return rows;
}

/** `above` holds the names of the directories around, by depth. */
function pathOf(above: string[], chunk: SnapshotChunk, row: number): string {
  const depth = chunk.depth[row]!;
  above.length = depth;
  above.push(nameAt(chunk, row));
  return above.join("/");
}

function isLike(a: Row, b: Row, { preserve, timeResolution }: Likeness): boolean {
  const kind = a.chunk.kind[a.row]!;
  if (kind !== b.chunk.kind[b.row] || a.chunk.flags[a.row] !== b.chunk.flags[b.row]) return false;
  if (kind === PROBLEM || kind === LEFTOVER) return false;
  if (kind === EXCLUDED) return true;
  const hasNames = [a, b].some(({ chunk, row }) => chunk.nlink[row]! > 1);
  if (preserve.hardlinks && kind !== DIRECTORY && hasNames) return false;
  if (kind === FILE && a.chunk.size[a.row] !== b.chunk.size[b.row]) return false;
  const isTimed = kind === FILE || preserve.times;
  if (isTimed && roundedTime(a, timeResolution) !== roundedTime(b, timeResolution)) return false;
  const isDevice = kind === BLOCK_DEVICE || kind === CHARACTER_DEVICE;
  if (isDevice && a.chunk.rdev[a.row] !== b.chunk.rdev[b.row]) return false;
  return hasSameMetadata(a, b, preserve);
}

function hasSameMetadata(a: Row, b: Row, preserve: Preserve): boolean {
  const isLink = a.chunk.kind[a.row] === SYMLINK;
  const [mine, yours] = [a.chunk.extras.get(a.row), b.chunk.extras.get(b.row)];
  return (
    (!preserve.mode || isLink || a.chunk.mode[a.row] === b.chunk.mode[b.row]) &&
    (!preserve.owner || a.chunk.uid[a.row] === b.chunk.uid[b.row]) &&
    (!preserve.group || a.chunk.gid[a.row] === b.chunk.gid[b.row]) &&
    mine?.linkTarget === yours?.linkTarget &&
    sameXattrs(mine?.xattrs, yours?.xattrs)
  );
}

function roundedTime({ chunk, row }: Row, resolution: number): bigint {
  const time = joinTime(chunk.mtimeSec[row]!, chunk.mtimeNs[row]!);
  const step = BigInt(resolution);
  return time - (((time % step) + step) % step);
}

/** The other's row, without what nobody can know of one's own by having been told that the two are alike. */
function take(chunk: SnapshotChunk, row: number, other: Row): void {
  const { count } = chunk;
  const end = chunk.nameEnd[row]!;
  chunk.count = row;
  copyRow(other.chunk, other.row, chunk);
  chunk.count = count;
  chunk.nameEnd[row] = end;
  chunk.ctimeSec[row] = chunk.ctimeNs[row] = 0;
  chunk.birthSec[row] = chunk.birthNs[row] = 0;
  chunk.dev[row] = chunk.inoHigh[row] = chunk.inoLow[row] = 0;
  chunk.blocks[row] = 0;
}
