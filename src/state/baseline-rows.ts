import type { DatabaseSync, SQLOutputValue } from "node:sqlite";
import type { ByteString } from "../base/byte-string.ts";
import type { Name, RelPath } from "../core/path.ts";
import { baseName, joinPath, parentPath } from "../core/path.ts";
import type { StoredRows } from "./directory-codec.ts";
import { decodeRows, digestsOf, entryAt, namesOf, openRows, valueAt } from "./directory-codec.ts";
import { keyOf, pathOfKey } from "./directory-key.ts";
import {
  BIRTH_NS,
  BIRTH_SEC,
  DEV,
  FILE_KIND,
  INO_HIGH,
  INO_LOW,
  KIND,
  NAME_LENGTH,
  SIZE,
} from "./entry-rows.ts";
import type { RememberedEntry, RememberedIdentity, RememberedPath } from "./state.ts";

/** Source and target, as real paths. */
export interface Pair {
  readonly source: string;
  readonly target: string;
}

/** What can be asked of a baseline, in any thread. */
export type Question =
  | { readonly type: "identity"; readonly wanted: readonly RememberedIdentity[] }
  | { readonly type: "size"; readonly sizes: ReadonlySet<number> }
  | { readonly type: "lookup"; readonly paths: readonly RelPath[] };

/** The entries found; of a lookup those that are remembered. By path. */
export function answer(
  database: DatabaseSync,
  pair: Pair,
  question: Question,
): readonly RememberedPath[] {
  const id = baselineId(database, pair);
  if (id === undefined) return [];
  switch (question.type) {
    case "identity":
      return findByIdentity(database, id, question.wanted);
    case "size":
      return findBySize(database, id, question.sizes);
    case "lookup":
      return lookup(database, id, question.paths);
  }
}

export function baselineId(database: DatabaseSync, { source, target }: Pair): number | undefined {
  const row = database
    .prepare("SELECT id FROM baselines WHERE source = ? AND target = ?")
    .get(source, target);
  return row === undefined ? undefined : Number(row["id"]);
}

/** Whether a baseline has so much that looking through it is better done in a thread of its own. */
export function isLarge(database: DatabaseSync, pair: Pair, bytes: number): boolean {
  const [pages, size] = ["page_count", "page_size"].map((name) =>
    Number(database.prepare(`PRAGMA ${name}`).get()?.[name]),
  );
  // Most are small, and then even counting is too much.
  if (pages! * size! < bytes) return false;
  const id = baselineId(database, pair);
  if (id === undefined) return false;
  const row = database
    .prepare(
      `SELECT sum(length(entries)) AS bytes FROM
       (SELECT entries FROM baseline_directories WHERE baseline = ? LIMIT ?)`,
    )
    .get(id, Math.ceil(bytes / 256));
  return Number(row?.["bytes"] ?? 0) >= bytes;
}

/** Reads directories one by one. */
export function directoryReader(
  database: DatabaseSync,
  id: number,
): (dir: RelPath) => Map<Name, RememberedEntry> | undefined {
  const select = database.prepare(
    "SELECT entries FROM baseline_directories WHERE baseline = ? AND directory = ?",
  );
  return (dir) => {
    const blob = select.get(id, keyOf(dir))?.["entries"];
    const rows = blob instanceof Uint8Array ? openRows(blob) : undefined;
    return rows === undefined ? undefined : decodeRows(rows);
  };
}

/** All directories that are not damaged. */
function* storedDirectories(
  database: DatabaseSync,
  id: number,
): Generator<readonly [key: Uint8Array, rows: StoredRows]> {
  const select = database.prepare(
    "SELECT directory, entries FROM baseline_directories WHERE baseline = ? ORDER BY directory",
  );
  select.setReturnArrays(true);
  for (const row of select.iterate(id)) {
    const [directory, entries] = row as unknown as readonly SQLOutputValue[];
    const rows = entries instanceof Uint8Array ? openRows(entries) : undefined;
    if (rows !== undefined && directory instanceof Uint8Array) yield [directory, rows];
  }
}

function findByIdentity(
  database: DatabaseSync,
  id: number,
  wanted: readonly RememberedIdentity[],
): readonly RememberedPath[] {
  // One number sorts out nearly all.
  const byInode = Map.groupBy(wanted, ({ inoLow }) => inoLow);
  const found: RememberedPath[] = [];
  for (const [key, rows] of storedDirectories(database, id)) {
    const take = taker(found, key, rows);
    for (let row = 0; row < rows.count; row++) {
      const inode = valueAt(rows, INO_LOW, row);
      const alike = byInode.get(inode);
      if (alike === undefined) continue;
      const others = alike.filter((one) => !isAt(rows, row, one));
      if (others.length === alike.length) continue;
      take(row);
      if (others.length > 0) byInode.set(inode, others);
      else byInode.delete(inode);
    }
    if (byInode.size === 0) break;
  }
  return found;
}

function findBySize(
  database: DatabaseSync,
  id: number,
  sizes: ReadonlySet<number>,
): readonly RememberedPath[] {
  const found: RememberedPath[] = [];
  for (const [key, rows] of storedDirectories(database, id)) {
    const take = taker(found, key, rows);
    for (let row = 0; row < rows.count; row++) {
      if (!sizes.has(valueAt(rows, SIZE, row))) continue;
      if (valueAt(rows, KIND, row) === FILE_KIND) take(row);
    }
  }
  return found;
}

function lookup(
  database: DatabaseSync,
  id: number,
  paths: readonly RelPath[],
): readonly RememberedPath[] {
  const read = directoryReader(database, id);
  const found: RememberedPath[] = [];
  const byDirectory = Map.groupBy(paths, parentPath);
  for (const [dir, within] of byDirectory) {
    const entries = read(dir);
    for (const path of within) {
      const entry = entries?.get(baseName(path));
      if (entry !== undefined) found.push({ path, entry });
    }
  }
  return found;
}

function isAt(rows: StoredRows, row: number, one: RememberedIdentity): boolean {
  return (
    valueAt(rows, INO_HIGH, row) === one.inoHigh &&
    valueAt(rows, DEV, row) === one.dev &&
    valueAt(rows, BIRTH_SEC, row) === one.birthSec &&
    valueAt(rows, BIRTH_NS, row) === one.birthNs
  );
}

/** Takes entries out of one directory; rows are named in order, so that each name is passed once. */
function taker(found: RememberedPath[], key: Uint8Array, rows: StoredRows): (row: number) => void {
  let dir: RelPath | undefined;
  let digests: ReadonlyMap<number, ByteString> = new Map();
  let names = "";
  let next = 0;
  let at = 0;
  return (row) => {
    if (dir === undefined) {
      dir = pathOfKey(key);
      digests = digestsOf(rows);
      names = namesOf(rows);
    }
    for (; next < row; next++) at += valueAt(rows, NAME_LENGTH, next);
    const name = names.slice(at, at + valueAt(rows, NAME_LENGTH, row)) as Name;
    const entry = entryAt(rows, row, digests);
    if (entry !== undefined) found.push({ path: joinPath(dir, name), entry });
  };
}
