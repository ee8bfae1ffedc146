import type { DatabaseSync, SQLOutputValue } from "node:sqlite";
import type { ChunkedFile, ChunkList, FileFacts } from "../core/chunk-list.ts";
import { chunkDigestBytes, maxChunk } from "../core/chunk-list.ts";
import type { RelPath } from "../core/path.ts";
import type { StateDatabase } from "./database.ts";
import { inTransaction } from "./database.ts";
import { keyOf, pathOfKey, rangeBelow } from "./directory-key.ts";
import type { ChunkChange, ChunkMemory, Mtime, RememberedFile } from "./state.ts";

/** Bytes of all lists together: those of some 200 GiB. */
const mostBytes = 64 << 20;
/** Bytes of lists that are written between looks at how many there are, since each look is at all of them. */
const bytesBetweenLooks = 4 << 20;
/** Bytes of a size as it is stored. */
const sizeWidth = 3;
const chunkWidth = sizeWidth + chunkDigestBytes;

/** The lists of one replica, and how many bytes of them were written since there was a look at all. */
interface Lists {
  readonly open: DatabaseSync;
  readonly replica: string;
  readonly written: { bytes: number };
}

/** What files of one replica consist of. */
export function openChunkMemory(database: StateDatabase, replica: string): ChunkMemory {
  // The first list that is written is worth a look, however short: others may have written, too.
  const written = { bytes: bytesBetweenLooks };
  return {
    files: () => database.read([], (open) => selectFiles({ open, replica, written })),
    lookup: (paths) =>
      database.read(
        paths.map(() => undefined),
        (open) => selectLists({ open, replica, written }, paths),
      ),
    note(changes) {
      if (changes.length === 0) return;
      database.attempt(undefined, (open) =>
        inTransaction(open, () => {
          for (const change of changes) follow({ open, replica, written }, change);
        }),
      );
    },
  };
}

function follow(lists: Lists, change: ChunkChange): void {
  switch (change.type) {
    case "put":
      insert(lists, change.path, change.file);
      return;
    case "forget":
      forget(lists, keyOf(change.path));
      return;
    case "move":
      move(lists, change.from, change.to);
      return;
    case "touch":
      touch(lists, keyOf(change.path), change.mtime);
  }
}

function selectFiles({ open, replica }: Lists): RememberedFile[] {
  const rows = open
    .prepare("SELECT path, facts FROM chunk_lists WHERE replica = ? ORDER BY number DESC")
    .all(replica);
  return rows.flatMap(({ path, facts: blob }) => {
    const facts = decodeFacts(blob);
    return path instanceof Uint8Array && facts !== undefined
      ? [{ path: pathOfKey(path), facts }]
      : [];
  });
}

function selectLists(
  { open, replica }: Lists,
  paths: readonly RelPath[],
): (ChunkedFile | undefined)[] {
  const query = open.prepare("SELECT facts, list FROM chunk_lists WHERE replica = ? AND path = ?");
  return paths.map((path) => {
    const row = query.get(replica, keyOf(path));
    const facts = decodeFacts(row?.["facts"]);
    const list = facts && decodeList(row?.["list"], facts.size);
    return facts && list && { facts, list };
  });
}

/** Numbers only grow, so the smallest is that of the list which was written longest ago. */
function insert(lists: Lists, path: RelPath, { facts, list }: ChunkedFile): void {
  const { open, replica, written } = lists;
  const blob = encodeList(list);
  if (blob.length > mostBytes) {
    forget(lists, keyOf(path));
    return;
  }
  open
    .prepare("INSERT OR REPLACE INTO chunk_lists (replica, path, facts, list) VALUES (?, ?, ?, ?)")
    .run(replica, keyOf(path), encodeFacts(facts), blob);
  written.bytes += blob.length;
  if (written.bytes < bytesBetweenLooks) return;
  written.bytes = 0;
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

function forget({ open, replica }: Lists, key: Uint8Array): void {
  open.prepare("DELETE FROM chunk_lists WHERE replica = ? AND path = ?").run(replica, key);
}

function move(lists: Lists, from: RelPath, to: RelPath): void {
  const { open, replica } = lists;
  const [old, now] = [keyOf(from), keyOf(to)];
  forget(lists, now);
  touch(lists, old, undefined);
  rename(lists, old, now);
  open
    .prepare("DELETE FROM chunk_lists WHERE replica = ? AND path >= ? AND path < ?")
    .run(replica, ...rangeBelow(now));
  const below = open
    .prepare("SELECT path FROM chunk_lists WHERE replica = ? AND path >= ? AND path < ?")
    .all(replica, ...rangeBelow(old));
  for (const { path } of below) {
    if (!(path instanceof Uint8Array)) continue;
    rename(lists, path, Buffer.concat([now, path.subarray(old.length)]));
  }
}

function rename({ open, replica }: Lists, from: Uint8Array, to: Uint8Array): void {
  open
    .prepare("UPDATE chunk_lists SET path = ? WHERE replica = ? AND path = ?")
    .run(to, replica, from);
}

function touch({ open, replica }: Lists, key: Uint8Array, mtime: Mtime | undefined): void {
  const row = open
    .prepare("SELECT facts FROM chunk_lists WHERE replica = ? AND path = ?")
    .get(replica, key);
  const facts = decodeFacts(row?.["facts"]);
  if (facts === undefined) return;
  open
    .prepare("UPDATE chunk_lists SET facts = ? WHERE replica = ? AND path = ?")
    .run(encodeFacts({ ...facts, ...mtime, ctimeSec: 0, ctimeNs: 0 }), replica, key);
}

/** In an order that stays. */
const factNames = [
  "size",
  "mtimeSec",
  "mtimeNs",
  "ctimeSec",
  "ctimeNs",
  "dev",
  "inoHigh",
  "inoLow",
] as const satisfies readonly (keyof FileFacts)[];

function encodeFacts(facts: FileFacts): Uint8Array {
  const blob = new Uint8Array(factNames.length * 8);
  const view = new DataView(blob.buffer);
  for (const [i, name] of factNames.entries()) view.setFloat64(i * 8, facts[name], true);
  return blob;
}

function decodeFacts(blob: SQLOutputValue | undefined): FileFacts | undefined {
  if (!(blob instanceof Uint8Array) || blob.length !== factNames.length * 8) return undefined;
  const view = new DataView(blob.buffer, blob.byteOffset, blob.length);
  const facts = {} as Record<keyof FileFacts, number>;
  for (const [i, name] of factNames.entries()) facts[name] = view.getFloat64(i * 8, true);
  return facts;
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
function decodeList(blob: SQLOutputValue | undefined, fileSize: number): ChunkList | undefined {
  if (!(blob instanceof Uint8Array)) return undefined;
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
