import type { DatabaseSync } from "node:sqlite";
import type { ChunkList, FileFacts } from "../core/chunk-list.ts";
import { chunkDigestBytes, maxChunk } from "../core/chunk-list.ts";
import type { RelPath } from "../core/path.ts";
import type { StateDatabase } from "./database.ts";
import { inTransaction } from "./database.ts";
import { keyOf } from "./directory-key.ts";
import type { ChunkMemory } from "./state.ts";

/** Bytes of all lists together: those of some 200 GiB. */
const mostBytes = 64 << 20;
/** Bytes of a size as it is stored. */
const sizeWidth = 3;
const chunkWidth = sizeWidth + chunkDigestBytes;

/** What files of one replica consist of. */
export function openChunkMemory(database: StateDatabase, replica: string): ChunkMemory {
  return {
    lookup: (files) =>
      database.read(
        files.map(() => undefined),
        (open) => files.map(({ path, facts }) => select(open, replica, path, facts)),
      ),
    put: (path, { facts, list }) =>
      database.attempt(undefined, (open) =>
        inTransaction(open, () => insert(open, { replica, path, facts, list })),
      ),
  };
}

function select(
  open: DatabaseSync,
  replica: string,
  path: RelPath,
  facts: FileFacts,
): ChunkList | undefined {
  const row = open
    .prepare("SELECT facts, list FROM chunk_lists WHERE replica = ? AND path = ?")
    .get(replica, keyOf(path));
  const [known, list] = [row?.["facts"], row?.["list"]];
  if (!(known instanceof Uint8Array) || !(list instanceof Uint8Array)) return undefined;
  const isSame = Buffer.compare(known, factsBlob(facts)) === 0;
  return isSame ? decodeList(list, facts.size) : undefined;
}

interface KeptList {
  readonly replica: string;
  readonly path: RelPath;
  readonly facts: FileFacts;
  readonly list: ChunkList;
}

/** Numbers only grow, so the smallest is that of the list which was written longest ago. */
function insert(open: DatabaseSync, { replica, path, facts, list }: KeptList): void {
  const blob = encodeList(list);
  if (blob.length > mostBytes) return;
  open
    .prepare("INSERT OR REPLACE INTO chunk_lists (replica, path, facts, list) VALUES (?, ?, ?, ?)")
    .run(replica, keyOf(path), factsBlob(facts), blob);
  open
    .prepare(
      `DELETE FROM chunk_lists WHERE number IN (
         SELECT number FROM (
           SELECT number, sum(length(list)) OVER (ORDER BY number DESC) AS total FROM chunk_lists
         ) WHERE total > ?
       )`,
    )
    .run(mostBytes);
}

/** Eight numbers, in an order that stays. */
function factsBlob(facts: FileFacts): Uint8Array {
  const { size, mtimeSec, mtimeNs, ctimeSec, ctimeNs, dev, inoHigh, inoLow } = facts;
  const blob = new Uint8Array(64);
  const view = new DataView(blob.buffer);
  const numbers = [size, mtimeSec, mtimeNs, ctimeSec, ctimeNs, dev, inoHigh, inoLow];
  for (const [i, number] of numbers.entries()) view.setFloat64(i * 8, number, true);
  return blob;
}

function encodeList({ sizes, digests }: ChunkList): Uint8Array {
  const blob = new Uint8Array(sizes.length * chunkWidth);
  for (const [i, size] of sizes.entries()) {
    const at = i * sizeWidth;
    blob[at] = size & 0xff;
    blob[at + 1] = (size >>> 8) & 0xff;
    blob[at + 2] = size >>> 16;
  }
  blob.set(digests, sizes.length * sizeWidth);
  return blob;
}

/** `undefined` where it cannot be the list of such a file. */
function decodeList(blob: Uint8Array, fileSize: number): ChunkList | undefined {
  const count = Math.floor(blob.length / chunkWidth);
  const sizes = new Uint32Array(count);
  let bytes = 0;
  for (let i = 0; i < count; i++) {
    const at = i * sizeWidth;
    const size = blob[at]! | (blob[at + 1]! << 8) | (blob[at + 2]! << 16);
    if (size === 0 || size > maxChunk) return undefined;
    sizes[i] = size;
    bytes += size;
  }
  if (bytes !== fileSize || blob.length % chunkWidth !== 0) return undefined;
  return { sizes, digests: blob.slice(count * sizeWidth) };
}
