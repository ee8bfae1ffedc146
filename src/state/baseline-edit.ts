import type { DatabaseSync } from "node:sqlite";
import type { Name, RelPath } from "../core/path.ts";
import { baseName, parentPath } from "../core/path.ts";
import { directoryReader } from "./baseline-rows.ts";
import { encodeRows } from "./directory-codec.ts";
import { keyOf, rangeBelow } from "./directory-key.ts";
import { rowsOf } from "./entry-rows.ts";
import type { RememberedEntry } from "./state.ts";

/** One thing that has become different. */
export type Change =
  | { readonly type: "put"; readonly path: RelPath; readonly entry: RememberedEntry }
  | { readonly type: "remove"; readonly path: RelPath }
  | { readonly type: "move"; readonly from: RelPath; readonly to: RelPath };

/** Directories that are held as objects at a time, and their entries. */
const mostDirectories = 256;
const mostEntries = 100_000;

interface Held {
  readonly entries: Map<Name, RememberedEntry>;
  isChanged: boolean;
}

/** Where a subtree is while its place is being made free. No name is empty, so no directory has this key. */
const aside = Uint8Array.of(0);

/** Applies changes to a stored baseline, in order, within the caller's transaction. */
export function editBaseline(database: DatabaseSync, id: number, changes: Iterable<Change>): void {
  const held = new Map<RelPath, Held>();
  let heldEntries = 0;
  const read = directoryReader(database, id);
  const save = directoryWriter(database, id);
  const subtrees = subtreeEditor(database, id);

  const letGo = (dir: RelPath, keeps: boolean): void => {
    const one = held.get(dir);
    if (one === undefined) return;
    held.delete(dir);
    heldEntries -= one.entries.size;
    if (keeps && one.isChanged) save(dir, one.entries);
  };
  /** The one used last comes last. */
  const hold = (dir: RelPath): Held => {
    const one = held.get(dir) ?? { entries: read(dir) ?? new Map(), isChanged: false };
    if (held.delete(dir)) heldEntries -= one.entries.size;
    held.set(dir, one);
    heldEntries += one.entries.size;
    while (held.size > 1 && (held.size > mostDirectories || heldEntries > mostEntries)) {
      letGo(held.keys().next().value!, true);
    }
    return one;
  };
  /** Returns what was there. */
  const set = (path: RelPath, entry: RememberedEntry | undefined): RememberedEntry | undefined => {
    const one = hold(parentPath(path));
    const before = one.entries.get(baseName(path));
    if (before === undefined && entry === undefined) return undefined;
    one.isChanged = true;
    heldEntries -= one.entries.size;
    if (entry === undefined) one.entries.delete(baseName(path));
    else one.entries.set(baseName(path), entry);
    heldEntries += one.entries.size;
    return before;
  };
  const letGoWithin = (dir: RelPath, keeps: boolean): void => {
    for (const one of [...held.keys()]) if (isWithin(one, dir)) letGo(one, keeps);
  };
  /** A file has nothing below it; of what is not remembered, nobody knows. */
  const mayHoldOthers = (entry: RememberedEntry | undefined): boolean =>
    entry === undefined || entry.kind === "directory";

  const removeBelow = (dir: RelPath): void => {
    letGoWithin(dir, false);
    subtrees.remove(keyOf(dir));
  };
  const remove = (path: RelPath): void => {
    if (mayHoldOthers(set(path, undefined))) removeBelow(path);
  };
  const put = (path: RelPath, entry: RememberedEntry): void => {
    const before = set(path, entry);
    if (before?.kind !== "directory" || entry.kind === "directory") return;
    removeBelow(path);
    set(path, entry);
  };
  const move = (from: RelPath, to: RelPath): void => {
    if (from === to || from === "") return;
    const entry = set(from, undefined);
    const hasOthers = mayHoldOthers(entry);
    if (hasOthers) {
      letGoWithin(from, true);
      subtrees.move(keyOf(from), aside);
    }
    remove(to);
    if (entry !== undefined) set(to, entry);
    if (hasOthers) subtrees.move(aside, keyOf(to));
  };
  for (const change of changes) {
    switch (change.type) {
      case "put":
        put(change.path, change.entry);
        break;
      case "remove":
        remove(change.path);
        break;
      case "move":
        move(change.from, change.to);
    }
  }
  for (const dir of [...held.keys()]) letGo(dir, true);
}

function isWithin(path: RelPath, dir: RelPath): boolean {
  return dir === "" || path === dir || path.startsWith(`${dir}/`);
}

/** Writes a directory; one without entries is not stored. */
function directoryWriter(
  database: DatabaseSync,
  id: number,
): (dir: RelPath, entries: ReadonlyMap<Name, RememberedEntry>) => void {
  const put = database.prepare(
    "INSERT OR REPLACE INTO baseline_directories (baseline, directory, entries) VALUES (?, ?, ?)",
  );
  const drop = database.prepare(
    "DELETE FROM baseline_directories WHERE baseline = ? AND directory = ?",
  );
  return (dir, entries) => {
    if (entries.size === 0) drop.run(id, keyOf(dir));
    else put.run(id, keyOf(dir), encodeRows(rowsOf(entries)));
  };
}

interface SubtreeEditor {
  /** A directory's own entries and those of every directory below it. */
  remove(key: Uint8Array): void;
  move(from: Uint8Array, to: Uint8Array): void;
}

function subtreeEditor(database: DatabaseSync, id: number): SubtreeEditor {
  const within = "baseline = ? AND (directory = ? OR (directory >= ? AND directory < ?))";
  const removeAll = database.prepare("DELETE FROM baseline_directories WHERE baseline = ?");
  const remove = database.prepare(`DELETE FROM baseline_directories WHERE ${within}`);
  const move = database.prepare(
    `UPDATE baseline_directories SET directory = CAST(? || substr(directory, ?) AS BLOB)
     WHERE ${within}`,
  );
  return {
    remove(key) {
      if (key.length === 0) removeAll.run(id);
      else remove.run(id, key, ...rangeBelow(key));
    },
    move: (from, to) => void move.run(to, from.length + 1, id, from, ...rangeBelow(from)),
  };
}
