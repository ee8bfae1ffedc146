import { actionTypes, decodeAction, encodeActions } from "../core/action-batch.ts";
import type { FileEntry } from "../core/entry.ts";
import { isRealEntry } from "../core/entry.ts";
import { parseRelPath } from "../core/path.ts";
import type { RelPath } from "../core/path.ts";
import type { Action, ActionType } from "../core/plan.ts";
import type { SnapshotChunk } from "../core/snapshot.ts";
import { findingAt, nameAt } from "../core/snapshot.ts";
import { readEntry, writeEntry } from "./entry.ts";
import { readPath } from "./options.ts";
import type { Reader } from "./reader.ts";
import { readRows, writeRows } from "./rows.ts";
import { WireError } from "./wire-error.ts";
import type { Writer } from "./writer.ts";

/** Actions of one message. */
export const actionsTogether = 1024;

/** Kinds that an action may have to do with, where not any. */
const kindsOf: Partial<Record<ActionType, readonly string[]>> = {
  "make-directory": ["directory"],
  "finish-directory": ["directory"],
  "put-file": ["file"],
  "copy-file": ["file"],
  "put-symlink": ["symlink"],
  "put-special": ["fifo", "socket", "block-device", "character-device"],
  "remove-leftover": ["leftover"],
};

/** Writes a batch of actions as columns, a row for each. */
export function writeActions(out: Writer, actions: readonly Action[]): void {
  const batch = encodeActions(actions);
  out.u8s(batch.types);
  writeRows(out, batch.entries);
  out.bytes(Uint8Array.from(batch.expectedRow, (row) => Number(row >= 0)));
  writeRows(out, batch.expected);
  out.list([...batch.from], ([row, path]) => out.varint(row).latin1(path));
  out.list([...batch.originals], ([row, entry]) => writeEntry(out.varint(row), entry));
}

/** Reads a batch. Every path is one, and every action could have been planned; whether it makes sense is for disk to tell. */
export function readActions(from: Reader): Action[] {
  const types = from.u8s(actionsTogether);
  const count = types.length;
  const entries = readRows(from);
  const hasExpected = from.bytes(count);
  const expected = readRows(from);
  if (entries.count !== count || hasExpected.length !== count)
    throw new WireError("a batch of actions has columns of other lengths");
  const row = (): number => from.varint(count - 1);
  const paths = new Map(from.list(count, (): [number, RelPath] => [row(), readPath(from)]));
  const originals = new Map(from.list(count, (): [number, FileEntry] => [row(), readFile(from)]));
  const expectedRow = new Int32Array(count).fill(-1);
  let next = 0;
  for (let i = 0; i < count; i++) if (hasExpected[i] === 1) expectedRow[i] = next++;
  if (next !== expected.count) throw new WireError("a batch of actions expects something else");
  const batch = { types, entries, expectedRow, expected, from: paths, originals };
  return Array.from(types, (_, i) => {
    checkAction(batch, i);
    return decodeAction(batch, i);
  });
}

function readFile(from: Reader): FileEntry {
  const entry = readEntry(from);
  if (entry.kind !== "file") throw new WireError("what is to be copied is no file");
  return entry;
}

type Batch = Parameters<typeof decodeAction>[0];

function checkAction(batch: Batch, row: number): void {
  const type = actionTypes[batch.types[row]!];
  if (type === undefined) throw new WireError("an action is not known here");
  checkPath(batch.entries, row);
  const finding = findingAt(batch.entries, row);
  const kinds = kindsOf[type];
  const isRight = kinds === undefined ? isRealEntry(finding) : kinds.includes(finding.kind);
  if (!isRight) throw new WireError("an action has to do with something else");
  const expectedRow = batch.expectedRow[row]!;
  if (expectedRow >= 0 && !isRealEntry(findingAt(batch.expected, expectedRow)))
    throw new WireError("an action expects what cannot be");
  const needsFrom =
    type === "link" || type === "move" || type === "exchange" || type === "copy-file";
  const needsExpected = type === "set-metadata" || type === "exchange";
  const isComplete =
    (!needsFrom || batch.from.has(row)) &&
    (!needsExpected || expectedRow >= 0) &&
    (type !== "copy-file" || batch.originals.has(row));
  if (!isComplete) throw new WireError("an action is not complete");
}

function checkPath(entries: SnapshotChunk, row: number): void {
  const path = parseRelPath(nameAt(entries, row));
  if (path === undefined) throw new WireError("an action has a path that is none");
}
