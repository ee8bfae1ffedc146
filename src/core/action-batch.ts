import type { Entry, FileEntry } from "./entry.ts";
import type { RelPath } from "./path.ts";
import type { Action, ActionType } from "./plan.ts";
import type { Finding } from "./entry.ts";
import type { SnapshotChunk } from "./snapshot.ts";
import { chunkBuffers, findingAt, nameAt, newChunk, pushFinding } from "./snapshot.ts";

/**
 * Actions on their way to a worker or to another machine, as columns: handing 80 000 of them over as objects costs more than carrying them out
 * on some file systems. The rows of `entries` have whole paths for names; `expected` has a row for every second entry.
 */
export interface ActionBatch {
  readonly types: Uint8Array<ArrayBuffer>;
  readonly entries: SnapshotChunk;
  /** Row in `expected`, or -1. */
  readonly expectedRow: Int32Array<ArrayBuffer>;
  readonly expected: SnapshotChunk;
  /** Of links, moves and copies, and of files whose content is elsewhere, by row. */
  readonly from: Map<number, RelPath>;
  /** Of copies, by row. */
  readonly originals: Map<number, FileEntry>;
}

/** Types by their numbers, which are part of the protocol. */
export const actionTypes: readonly ActionType[] = [
  "make-directory",
  "put-file",
  "put-symlink",
  "put-special",
  "link",
  "set-metadata",
  "move",
  "exchange",
  "copy-file",
  "remove",
  "remove-leftover",
  "finish-directory",
];

export function encodeActions(actions: readonly Action[]): ActionBatch {
  const batch: ActionBatch = {
    types: new Uint8Array(actions.length),
    entries: newChunk(actions.length),
    expectedRow: new Int32Array(actions.length).fill(-1),
    expected: newChunk(
      actions.reduce((sum, action) => sum + (expectedOf(action) === undefined ? 0 : 1), 0),
    ),
    from: new Map(),
    originals: new Map(),
  };
  for (const [row, action] of actions.entries()) {
    batch.types[row] = actionTypes.indexOf(action.type);
    pushFinding(batch.entries, 0, action.path, findingOf(action));
    const from = fromOf(action);
    if (from !== undefined) batch.from.set(row, from);
    if (action.type === "copy-file") batch.originals.set(row, action.original);
    const expected = expectedOf(action);
    if (expected === undefined) continue;
    batch.expectedRow[row] = batch.expected.count;
    pushFinding(batch.expected, 0, "", expected);
  }
  return batch;
}

export function batchBuffers(batch: ActionBatch): ArrayBuffer[] {
  const { types, expectedRow, entries, expected } = batch;
  return [types.buffer, expectedRow.buffer, ...chunkBuffers(entries), ...chunkBuffers(expected)];
}

function fromOf(action: Action): RelPath | undefined {
  if (action.type === "put-file") return action.content;
  return "from" in action ? action.from : undefined;
}

function expectedOf(action: Action): Entry | undefined {
  return action.type === "remove" || action.type === "remove-leftover"
    ? undefined
    : action.expected;
}

function findingOf(action: Action): Finding {
  switch (action.type) {
    case "remove":
      return action.expected;
    case "remove-leftover":
      return { kind: "leftover", isDirectory: action.isDirectory };
    default:
      return action.entry;
  }
}

/** The action in that row. What only people need, aspects and the like, has stayed behind. */
export function decodeAction(batch: ActionBatch, row: number): Action {
  const type = actionTypes[batch.types[row]!]!;
  const path = nameAt(batch.entries, row) as RelPath;
  const entry = findingAt(batch.entries, row) as Entry;
  const expectedRow = batch.expectedRow[row]!;
  const expected = expectedRow < 0 ? undefined : (findingAt(batch.expected, expectedRow) as Entry);
  switch (type) {
    case "remove":
      return { type, path, expected: entry };
    case "remove-leftover":
      return { type, path, isDirectory: isLeftoverDirectory(batch.entries, row) };
    case "link":
      return { type, path, expected, entry, from: batch.from.get(row)! } as Action;
    case "move":
    case "exchange": {
      const carries = { entries: 1, bytes: 0 };
      return { type, path, expected, entry, from: batch.from.get(row)!, carries } as Action;
    }
    case "copy-file": {
      const original = batch.originals.get(row)!;
      return { type, path, expected, entry, from: batch.from.get(row)!, original } as Action;
    }
    case "put-file": {
      const content = batch.from.get(row);
      return { type, path, expected, entry, ...(content !== undefined && { content }) } as Action;
    }
    case "set-metadata":
    case "finish-directory":
      return { type, path, expected, entry, aspects: [], shown: false } as Action;
    default:
      return { type, path, expected, entry } as Action;
  }
}

function isLeftoverDirectory(entries: SnapshotChunk, row: number): boolean {
  const finding = findingAt(entries, row);
  return finding.kind === "leftover" && finding.isDirectory;
}
