import type { Extra, SnapshotChunk } from "../core/snapshot.ts";
import { CLOSED, HAS_EXTRA, kinds, LEFTOVER_DIRECTORY, newChunk } from "../core/snapshot.ts";
import { PASSED_OVER, SYMLINK } from "../core/snapshot.ts";
import { readLinkTarget, readXattrs, writeXattrs } from "./entry.ts";
import { problemCodes } from "./enums.ts";
import type { Reader } from "./reader.ts";
import { WireError } from "./wire-error.ts";
import type { Writer } from "./writer.ts";

/** Most rows of one message. */
export const mostRows: number = 1 << 16;
const mostNameBytes = 1 << 24;
const mostIgnoreBytes = 16 << 20;
const sentenceBytes = 1024;

/** What a row may say of itself on the wire. */
const flagsAllowed = CLOSED | HAS_EXTRA | LEFTOVER_DIRECTORY | PASSED_OVER;

type ColumnName = Exclude<
  keyof SnapshotChunk,
  "count" | "names" | "nameEnd" | "extras" | "kind" | "flags"
>;

/** How a column is written, and the least and the most of its values. Neighbours are alike, but for parts of a second. */
interface ColumnForm {
  readonly name: ColumnName;
  readonly form: "differences" | "plain";
  readonly least: number;
  readonly most: number;
}

const whole = Number.MAX_SAFE_INTEGER;
const u32 = 0xffff_ffff;
const nanoseconds = 999_999_999;
const column = (
  name: ColumnName,
  form: ColumnForm["form"],
  most: number,
  least: number = 0,
): ColumnForm => ({ name, form, least, most });

/** In this order on the wire. */
const columns: readonly ColumnForm[] = [
  column("depth", "differences", 0xffff),
  column("size", "differences", whole),
  column("mtimeSec", "differences", whole, -whole),
  column("mtimeNs", "plain", nanoseconds),
  column("ctimeSec", "differences", whole, -whole),
  column("ctimeNs", "plain", nanoseconds),
  column("birthSec", "differences", whole, -whole),
  column("birthNs", "plain", nanoseconds),
  column("mode", "differences", 0o7777),
  column("uid", "differences", u32),
  column("gid", "differences", u32),
  column("dev", "differences", u32),
  column("inoHigh", "differences", u32),
  column("inoLow", "differences", u32),
  column("nlink", "differences", u32),
  column("rdev", "differences", u32),
  column("blocks", "differences", whole),
];

const CONSTANT = 0;
const VARIED = 1;

/** Writes the rows of a chunk, column by column: what is alike stands together, and compresses. */
export function writeRows(out: Writer, chunk: SnapshotChunk): void {
  const { count, nameEnd, names } = chunk;
  out.varint(count);
  if (count === 0) return;
  out.bytes(chunk.kind.subarray(0, count));
  const flags = chunk.flags.slice(0, count);
  for (let row = 0; row < count; row++) flags[row] = flags[row]! & flagsAllowed;
  out.bytes(flags);
  for (let row = 0, start = 0; row < count; start = nameEnd[row]!, row++)
    out.varint(nameEnd[row]! - start);
  out.bytes(names.subarray(0, nameEnd[count - 1]));
  for (const form of columns) writeColumn(out, chunk[form.name], count, form.form);
  writeExtras(out, chunk);
}

function writeColumn(
  out: Writer,
  values: Uint32Array | Uint16Array | Float64Array,
  count: number,
  form: ColumnForm["form"],
): void {
  const first = values[0]!;
  let isConstant = true;
  for (let row = 1; row < count && isConstant; row++) isConstant = values[row] === first;
  if (isConstant) {
    out.u8(CONSTANT).f64(first);
    return;
  }
  out.u8(VARIED);
  if (form === "plain" && values instanceof Uint32Array) {
    out.u32s(values.subarray(0, count));
    return;
  }
  let last = 0;
  for (let row = 0; row < count; row++) {
    const value = values[row]!;
    const apart = value - last;
    // Zigzag: small numbers of either sign are short.
    out.varint(apart >= 0 ? apart * 2 : -apart * 2 - 1);
    last = value;
  }
}

function writeExtras(out: Writer, { count, flags, extras }: SnapshotChunk): void {
  for (let row = 0; row < count; row++) {
    if ((flags[row]! & HAS_EXTRA) === 0) continue;
    const { linkTarget, xattrs, problem, ignoreRules } = extras.get(row) ?? {};
    out.optional(linkTarget, (it) => out.latin1(it));
    out.optional(xattrs, (it) => writeXattrs(out, it));
    out.optional(problem, (it) =>
      out.oneOf(problemCodes, it.code).text(it.message.slice(0, sentenceBytes / 4)),
    );
    out.optional(ignoreRules, (it) => out.latin1(it));
  }
}

/** Reads rows. Values are within bounds; whether names and depths make sense together is for others to look at. */
export function readRows(from: Reader): SnapshotChunk {
  const count = from.varint(mostRows);
  if (count > from.remaining) throw new WireError("rows are more than their message");
  const chunk = newChunk(count);
  chunk.count = count;
  if (count === 0) return chunk;
  chunk.kind.set(bytesOf(from, count));
  chunk.flags.set(bytesOf(from, count));
  checkKinds(chunk);
  let end = 0;
  for (let row = 0; row < count; row++) {
    end += from.varint(mostNameBytes);
    if (end > mostNameBytes) throw new WireError("the names of rows are too long");
    chunk.nameEnd[row] = end;
  }
  const names = from.bytes(mostNameBytes);
  if (names.length !== end) throw new WireError("the names of rows have another length");
  chunk.names = names;
  for (const form of columns) readColumn(from, chunk[form.name], count, form);
  readExtras(from, chunk);
  return chunk;
}

function bytesOf(from: Reader, count: number): Uint8Array {
  const bytes = from.bytes(count);
  if (bytes.length !== count) throw new WireError("a column of rows has another length");
  return bytes;
}

function checkKinds({ kind, flags, count }: SnapshotChunk): void {
  for (let row = 0; row < count; row++) {
    if (kind[row]! >= kinds.length || (flags[row]! & ~flagsAllowed) !== 0)
      throw new WireError("a row is of no known kind");
  }
}

function readColumn(
  from: Reader,
  values: SnapshotChunk[ColumnName],
  count: number,
  { form, least, most }: ColumnForm,
): void {
  const state = from.u8();
  if (state > VARIED) throw new WireError("a column of rows has no known form");
  if (state === CONSTANT) {
    values.fill(checked(from.f64(), least, most), 0, count);
    return;
  }
  if (form === "plain") {
    const plain = from.u32s(count);
    if (plain.length !== count) throw new WireError("a column of rows has another length");
    for (let row = 0; row < count; row++) values[row] = checked(plain[row]!, least, most);
    return;
  }
  let last = 0;
  for (let row = 0; row < count; row++) {
    const folded = from.varint();
    last += folded % 2 === 0 ? folded / 2 : -(folded + 1) / 2;
    values[row] = checked(last, least, most);
  }
}

function checked(value: number, least: number, most: number): number {
  if (Number.isInteger(value) && value >= least && value <= most) return value;
  throw new WireError("a value in a row is out of bounds");
}

function readExtras(from: Reader, chunk: SnapshotChunk): void {
  for (let row = 0; row < chunk.count; row++) {
    const hasExtra = (chunk.flags[row]! & HAS_EXTRA) !== 0;
    if (hasExtra) chunk.extras.set(row, readExtra(from));
    const isLink = chunk.kind[row] === SYMLINK;
    if (isLink && chunk.extras.get(row)?.linkTarget === undefined)
      throw new WireError("a symbolic link has no target");
  }
}

function readExtra(from: Reader): Extra {
  const linkTarget = from.optional(() => readLinkTarget(from));
  const xattrs = from.optional(() => readXattrs(from));
  const problem = from.optional(() => {
    const code = from.oneOf(problemCodes);
    return { code, message: from.text(sentenceBytes) };
  });
  const ignoreRules = from.optional(() => from.latin1(mostIgnoreBytes));
  return {
    ...(linkTarget !== undefined && { linkTarget }),
    ...(xattrs !== undefined && { xattrs }),
    ...(problem !== undefined && { problem }),
    ...(ignoreRules !== undefined && { ignoreRules }),
  };
}
