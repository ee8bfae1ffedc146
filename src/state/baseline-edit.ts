import type { DatabaseSync } from "node:sqlite";
import type { Name, RelPath } from "../core/path.ts";
import { rootPath } from "../core/path.ts";
import { directoryReader } from "./baseline-rows.ts";
import { encodeRows } from "./directory-codec.ts";
import { keyOf, rangeBelow } from "./directory-key.ts";
import { rowsOf } from "./entry-rows.ts";
import { holdDirectories } from "./held-directories.ts";
import type { RememberedEntry } from "./state.ts";

/** One thing that has become different. */
export type Change =
  | { readonly type: "put"; readonly path: RelPath; readonly entry: RememberedEntry }
  | { readonly type: "remove"; readonly path: RelPath }
  | { readonly type: "move"; readonly from: RelPath; readonly to: RelPath };

/** Where a subtree is while its place is being made free. No name is empty, so no directory has this key. */
const aside = Uint8Array.of(0);

/** Applies changes to a stored baseline, in order, within the caller's transaction. */
export function editBaseline(database: DatabaseSync, id: number, changes: Iterable<Change>): void {
  const held = holdDirectories(directoryReader(database, id), directoryWriter(database, id));
  const subtrees = subtreeEditor(database, id);

  const removeBelow = (dir: RelPath): void => {
    held.letGo(dir, false);
    subtrees.remove(keyOf(dir));
  };
  const put = (path: RelPath, entry: RememberedEntry): void => {
    const before = held.set(path, entry);
    if (before?.kind !== "directory" || entry.kind === "directory") return;
    removeBelow(path);
    held.set(path, entry);
  };
  const remove = (path: RelPath): void => {
    if (mayHoldOthers(held.set(path, undefined))) removeBelow(path);
  };
  const move = (from: RelPath, to: RelPath): void => {
    if (from === to || from === "") return;
    const entry = held.set(from, undefined);
    const hasOthers = mayHoldOthers(entry);
    if (hasOthers) {
      held.letGo(from, true);
      subtrees.move(keyOf(from), aside);
    }
    // A file in the place of a file, by far the most common, has nothing below it before or after.
    if (mayHoldOthers(held.set(to, undefined)) || hasOthers) removeBelow(to);
    if (entry !== undefined) held.set(to, entry);
    if (hasOthers) subtrees.move(aside, keyOf(to));
  };
  for (const change of changes) {
    if (change.type === "put") put(change.path, change.entry);
    else if (change.type === "remove") remove(change.path);
    else move(change.from, change.to);
  }
  held.letGo(rootPath, true);
}

/** A file has nothing below it; of what is not remembered, nobody knows. */
function mayHoldOthers(entry: RememberedEntry | undefined): boolean {
  return entry === undefined || entry.kind === "directory";
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
  // Two statements: an OR between them would have SQLite look at every directory there is.
  const own = "baseline = ? AND directory = ?";
  const below = "baseline = ? AND directory >= ? AND directory < ?";
  const removeAll = database.prepare("DELETE FROM baseline_directories WHERE baseline = ?");
  const removals = [own, below].map((where) =>
    database.prepare(`DELETE FROM baseline_directories WHERE ${where}`),
  );
  const moves = [own, below].map((where) =>
    database.prepare(
      `UPDATE baseline_directories SET directory = CAST(? || substr(directory, ?) AS BLOB)
       WHERE ${where}`,
    ),
  );
  return {
    remove(key) {
      if (key.length === 0) {
        removeAll.run(id);
        return;
      }
      removals[0]!.run(id, key);
      removals[1]!.run(id, ...rangeBelow(key));
    },
    move(from, to) {
      moves[0]!.run(to, from.length + 1, id, from);
      moves[1]!.run(to, from.length + 1, id, ...rangeBelow(from));
    },
  };
}
