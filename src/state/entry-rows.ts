import type { ByteString } from "../base/byte-string.ts";
import type { EntryKind } from "../core/entry.ts";
import type { Name } from "../core/path.ts";
import type { HashAlgorithm, RememberedEntry } from "./state.ts";

/** Columns of remembered entries. The numbers are part of the stored format; see docs/state.md. */
export const KIND = 0;
export const NAME_LENGTH = 1;
export const SIZE = 2;
export const MTIME_SEC = 3;
export const MTIME_NS = 4;
export const CTIME_SEC = 5;
export const CTIME_NS = 6;
export const DEV = 7;
export const INO_HIGH = 8;
export const INO_LOW = 9;
export const BIRTH_SEC = 10;
export const BIRTH_NS = 11;
export const HASH = 12;
export const columnCount = 13;

/** Kinds and algorithms as they are stored, by number. Only ever appended to; 0 is no hash. */
export const storedKinds: readonly EntryKind[] = [
  "file",
  "directory",
  "symlink",
  "fifo",
  "socket",
  "block-device",
  "character-device",
];
const storedHashes: readonly (HashAlgorithm | undefined)[] = [
  undefined,
  "blake3",
  "sha256",
  "sha1",
  "md5",
];

export const FILE_KIND = 0;
export const DIRECTORY_KIND = 1;

/** The entries of one directory, sorted by name, as columns that grow. */
export interface EntryRows {
  count: number;
  /** By column number, then by row. */
  columns: Float64Array[];
  /** Back to back. */
  names: Uint8Array;
  namesLength: number;
  /** By row, of those with a hash. */
  readonly digests: Map<number, ByteString>;
}

export function newRows(capacity = 16): EntryRows {
  return {
    count: 0,
    columns: Array.from({ length: columnCount }, () => new Float64Array(capacity)),
    names: new Uint8Array(capacity * 16),
    namesLength: 0,
    digests: new Map(),
  };
}

export function clearRows(rows: EntryRows): void {
  rows.count = 0;
  rows.namesLength = 0;
  rows.digests.clear();
}

/** Makes room for one more row with a name that long, and counts it in. Returns its number; all its columns are to be set. */
export function addRow(rows: EntryRows, nameLength: number): number {
  const row = rows.count++;
  if (row === rows.columns[KIND]!.length) {
    rows.columns = rows.columns.map((column) => {
      const wider = new Float64Array(row * 2);
      wider.set(column);
      return wider;
    });
  }
  const end = rows.namesLength + nameLength;
  if (end > rows.names.length) {
    const wider = new Uint8Array(Math.max(end, rows.names.length * 2));
    wider.set(rows.names.subarray(0, rows.namesLength));
    rows.names = wider;
  }
  rows.columns[NAME_LENGTH]![row] = nameLength;
  rows.namesLength = end;
  return row;
}

/** Appends one entry. The caller keeps names in order. */
export function pushEntry(rows: EntryRows, name: string, entry: RememberedEntry): void {
  const start = rows.namesLength;
  const row = addRow(rows, name.length);
  for (let i = 0; i < name.length; i++) rows.names[start + i] = name.charCodeAt(i);
  const { columns } = rows;
  columns[KIND]![row] = storedKinds.indexOf(entry.kind);
  columns[SIZE]![row] = entry.size;
  columns[MTIME_SEC]![row] = entry.mtimeSec;
  columns[MTIME_NS]![row] = entry.mtimeNs;
  columns[CTIME_SEC]![row] = entry.ctimeSec;
  columns[CTIME_NS]![row] = entry.ctimeNs;
  columns[DEV]![row] = entry.dev;
  columns[INO_HIGH]![row] = entry.inoHigh;
  columns[INO_LOW]![row] = entry.inoLow;
  columns[BIRTH_SEC]![row] = entry.birthSec;
  columns[BIRTH_NS]![row] = entry.birthNs;
  columns[HASH]![row] = storedHashes.indexOf(entry.hash?.algorithm);
  if (entry.hash !== undefined) rows.digests.set(row, entry.hash.digest);
}

/** Any entries in any order, as rows. */
export function rowsOf(entries: ReadonlyMap<Name, RememberedEntry>): EntryRows {
  const rows = newRows(Math.max(1, entries.size));
  for (const name of [...entries.keys()].toSorted(byBytes))
    pushEntry(rows, name, entries.get(name)!);
  return rows;
}

function byBytes(a: Name, b: Name): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** An entry from the numbers of its columns; `undefined` where they are none that this version would have stored. */
export function entryOf(
  column: (id: number) => number,
  digest: ByteString | undefined,
): RememberedEntry | undefined {
  const kind = storedKinds[column(KIND)];
  const algorithm = storedHashes[column(HASH)];
  if (kind === undefined) return undefined;
  return {
    kind,
    size: column(SIZE),
    mtimeSec: column(MTIME_SEC),
    mtimeNs: column(MTIME_NS),
    ctimeSec: column(CTIME_SEC),
    ctimeNs: column(CTIME_NS),
    dev: column(DEV),
    inoHigh: column(INO_HIGH),
    inoLow: column(INO_LOW),
    birthSec: column(BIRTH_SEC),
    birthNs: column(BIRTH_NS),
    ...(algorithm !== undefined && digest !== undefined && { hash: { algorithm, digest } }),
  };
}
