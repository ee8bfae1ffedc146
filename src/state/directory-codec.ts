import type { ByteString } from "../base/byte-string.ts";
import { byteString } from "../base/byte-string.ts";
import type { Name } from "../core/path.ts";
import type { EntryRows } from "./entry-rows.ts";
import { columnCount, entryOf, HASH, NAME_LENGTH } from "./entry-rows.ts";
import type { RememberedEntry } from "./state.ts";

// The format is described in docs/state.md. All numbers are little end first.
const version = 1;
const headBytes = 12;

/** How a column is stored: one number for all rows, or one for each. */
const SAME = 0;
const U8 = 1;
const U16 = 2;
const U32 = 3;
const F64 = 4;
const widths: readonly number[] = [8, 1, 2, 4, 8];

let scratch = new Uint8Array(64 * 1024);

/** The stored form of a directory's entries. Valid until the next call: what is to be kept is copied. */
export function encodeRows(rows: EntryRows): Uint8Array {
  const { count, names, namesLength } = rows;
  reserve(headBytes + columnCount * 2 + count * columnCount * 8 + namesLength + digestBytes(rows));
  const view = new DataView(scratch.buffer);
  view.setUint8(4, version);
  view.setUint16(6, 0, true);
  view.setUint32(8, count, true);
  const stored: { id: number; encoding: number }[] = [];
  for (let id = 0; id < columnCount; id++) {
    const encoding = encodingOf(rows.columns[id]!, count);
    // A column that is not there is zero everywhere.
    if (encoding !== SAME || rows.columns[id]![0] !== 0) stored.push({ id, encoding });
  }
  view.setUint8(5, stored.length);
  let at = headBytes;
  for (const { id, encoding } of stored) {
    view.setUint8(at++, id);
    view.setUint8(at++, encoding);
  }
  for (const { id, encoding } of stored) {
    at = writeColumn(view, at, rows.columns[id]!, encoding === SAME ? 1 : count, encoding);
  }
  scratch.set(names.subarray(0, namesLength), at);
  at += namesLength;
  for (let row = 0; row < count; row++) {
    if (rows.columns[HASH]![row] === 0) continue;
    const digest = rows.digests.get(row) ?? "";
    scratch[at++] = digest.length;
    for (let i = 0; i < digest.length; i++) scratch[at++] = digest.charCodeAt(i);
  }
  const blob = scratch.subarray(0, at);
  view.setUint32(0, checksum(blob), true);
  return blob;
}

function encodingOf(column: Float64Array, count: number): number {
  const first = column[0]!;
  let isSame = true;
  let isWhole = true;
  let largest = 0;
  for (let row = 0; row < count; row++) {
    const value = column[row]!;
    if (value !== first) isSame = false;
    if (value > largest) largest = value;
    if (value >>> 0 !== value) isWhole = false;
  }
  if (isSame) return SAME;
  if (!isWhole) return F64;
  return largest < 0x100 ? U8 : largest < 0x1_0000 ? U16 : U32;
}

function writeColumn(
  view: DataView,
  from: number,
  column: Float64Array,
  count: number,
  encoding: number,
): number {
  let at = from;
  const width = widths[encoding]!;
  for (let row = 0; row < count; row++, at += width) {
    const value = column[row]!;
    if (encoding === U32) view.setUint32(at, value, true);
    else if (encoding === U8) view.setUint8(at, value);
    else if (encoding === U16) view.setUint16(at, value, true);
    else view.setFloat64(at, value, true);
  }
  return at;
}

function digestBytes({ digests }: EntryRows): number {
  let sum = 0;
  for (const digest of digests.values()) sum += digest.length + 1;
  return sum;
}

function reserve(bytes: number): void {
  if (bytes > scratch.length) scratch = new Uint8Array(Math.max(bytes, scratch.length * 2));
}

/** A directory's entries where they are stored: looked at without being made into objects. */
export interface StoredRows {
  readonly count: number;
  readonly bytes: Uint8Array;
  readonly view: DataView;
  /** By column number: its encoding, and where it begins; -1 where it is not stored. */
  readonly encodings: readonly number[];
  readonly starts: readonly number[];
  readonly namesStart: number;
  namesEnd: number;
}

// Copied for every directory, which is cheaper than filling new ones.
const allSame: readonly number[] = Array.from({ length: columnCount }, () => SAME);
const allMissing: readonly number[] = Array.from({ length: columnCount }, () => -1);

/** Checks a stored form. `undefined` where it is damaged, or of another version: that directory is then not known. */
export function openRows(bytes: Uint8Array): StoredRows | undefined {
  if (bytes.length < headBytes || bytes[4] !== version) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  if (view.getUint32(0, true) !== checksum(bytes)) return undefined;
  const count = view.getUint32(8, true);
  const encodings = allSame.slice();
  const starts = allMissing.slice();
  const stored = bytes[5]!;
  let at = headBytes + 2 * stored;
  if (at > bytes.length) return undefined;
  for (let i = 0; i < stored; i++) {
    const id = bytes[headBytes + 2 * i]!;
    const encoding = bytes[headBytes + 2 * i + 1]!;
    const width = widths[encoding];
    if (width === undefined) return undefined;
    // Columns of other numbers are a later version's, for what this one has no use for.
    if (id < columnCount) {
      encodings[id] = encoding;
      starts[id] = at;
    }
    at += encoding === SAME ? width : width * count;
    if (at > bytes.length) return undefined;
  }
  const rows: StoredRows = { count, bytes, view, encodings, starts, namesStart: at, namesEnd: at };
  const namesLength = sumOfLengths(rows);
  // Only the root has no name, so that this bounds the number of rows, too.
  if (namesLength < count - 1 || at + namesLength > bytes.length) return undefined;
  rows.namesEnd = at + namesLength;
  return rows;
}

function sumOfLengths(rows: StoredRows): number {
  const { count, bytes } = rows;
  const start = rows.starts[NAME_LENGTH]!;
  if (start < 0) return 0;
  if (rows.encodings[NAME_LENGTH] === SAME) return count * valueAt(rows, NAME_LENGTH, 0);
  let sum = 0;
  if (rows.encodings[NAME_LENGTH] === U8) {
    for (let at = start; at < start + count; at++) sum += bytes[at]!;
  } else {
    for (let row = 0; row < count; row++) sum += valueAt(rows, NAME_LENGTH, row);
  }
  return sum;
}

/** One number of a column. */
export function valueAt(rows: StoredRows, id: number, row: number): number {
  const start = rows.starts[id]!;
  if (start < 0) return 0;
  switch (rows.encodings[id]) {
    case U8:
      return rows.view.getUint8(start + row);
    case U16:
      return rows.view.getUint16(start + 2 * row, true);
    case U32:
      return rows.view.getUint32(start + 4 * row, true);
    case F64:
      return rows.view.getFloat64(start + 8 * row, true);
    default:
      return rows.view.getFloat64(start, true);
  }
}

/** All entries by name, in order; `undefined` where one is none. */
export function decodeRows(rows: StoredRows): Map<Name, RememberedEntry> | undefined {
  const entries = new Map<Name, RememberedEntry>();
  const digests = digestsOf(rows);
  const names = namesOf(rows);
  let at = 0;
  for (let row = 0; row < rows.count; row++) {
    const end = at + valueAt(rows, NAME_LENGTH, row);
    const entry = entryAt(rows, row, digests);
    if (entry === undefined) return undefined;
    entries.set(names.slice(at, end) as Name, entry);
    at = end;
  }
  return entries;
}

/** One entry; `undefined` where it is none. */
export function entryAt(
  rows: StoredRows,
  row: number,
  digests: ReadonlyMap<number, ByteString>,
): RememberedEntry | undefined {
  return entryOf((id) => valueAt(rows, id, row), digests.get(row));
}

/** All names back to back: one conversion for all of them takes a fraction of one for each. */
export function namesOf({ bytes, namesStart, namesEnd }: StoredRows): ByteString {
  const names = Buffer.from(bytes.buffer, bytes.byteOffset + namesStart, namesEnd - namesStart);
  return names.toString("latin1") as ByteString;
}

/** By row, of those with a hash. What is cut off is left out. */
export function digestsOf(rows: StoredRows): ReadonlyMap<number, ByteString> {
  const digests = new Map<number, ByteString>();
  if (rows.starts[HASH]! < 0) return digests;
  let at = rows.namesEnd;
  for (let row = 0; row < rows.count && at < rows.bytes.length; row++) {
    if (valueAt(rows, HASH, row) === 0) continue;
    const end = at + 1 + rows.bytes[at]!;
    digests.set(row, byteString(rows.bytes.subarray(at + 1, end)));
    at = end;
  }
  return digests;
}

/** Of everything behind it. */
function checksum(blob: Uint8Array): number {
  return process.getBuiltinModule("node:zlib").crc32(blob.subarray(4));
}
