import type { ByteString } from "../../base/byte-string.ts";
import type { Entry, EntryKind, Metadata, Xattrs } from "../../core/entry.ts";
import type { Fields } from "./fields.ts";
import {
  BadLine,
  base64Of,
  booleanOf,
  bytesOf,
  fieldsOf,
  integerOf,
  listOf,
  textOf,
  wordOf,
} from "./fields.ts";

const kinds: Readonly<Record<EntryKind, true>> = {
  file: true,
  directory: true,
  symlink: true,
  fifo: true,
  socket: true,
  "block-device": true,
  "character-device": true,
};

const known: ReadonlySet<string> = new Set(
  (
    "kind size mtime ctime birth mode uid gid dev inode nlink blocks closed linkTarget " +
    "linkTargetBytes rdev xattrs"
  ).split(" "),
);

const maxUint32 = 0xffff_ffff;
const maxUint64 = 0xffff_ffff_ffff_ffffn;
/** Bytes: more than any Linux file system stores. */
const limits = { linkTarget: 65_536, xattrs: 4096, xattrName: 255, xattrValue: 65_536 } as const;

/** An entry as a plan has it. Throws {@link BadLine}. */
export function decodeEntry(value: unknown, what: string): Entry {
  const fields = fieldsOf(value, what, known);
  const kind = wordOf(fields["kind"], `the kind of ${what}`, kinds);
  const metadata = decodeMetadata(fields, what);
  if (kind !== "file" && metadata.size !== 0) {
    throw new BadLine(`${what} has a size and is no file`);
  }
  switch (kind) {
    case "file":
      return { ...metadata, kind };
    case "directory": {
      const { closed = false } = fields;
      return { ...metadata, kind, closed: booleanOf(closed, `closed of ${what}`) };
    }
    case "symlink": {
      const linkTarget = bytesOf(fields, "linkTarget", limits.linkTarget);
      if (linkTarget === "" || linkTarget.includes("\0")) {
        throw new BadLine(`the linkTarget of ${what} is empty, or holds a NUL`);
      }
      return { ...metadata, kind, linkTarget };
    }
    default:
      return { ...metadata, kind, rdev: integerOf(fields["rdev"], `rdev of ${what}`, maxUint32) };
  }
}

function decodeMetadata(fields: Fields, what: string): Metadata {
  const [mtimeSec, mtimeNs] = decodeTime(fields["mtime"], what);
  const [ctimeSec, ctimeNs] = decodeTime(fields["ctime"], what);
  const [birthSec, birthNs] = decodeTime(fields["birth"], what);
  const [inoHigh, inoLow] = decodeInode(fields["inode"], what);
  const number = (key: string, max?: number): number =>
    integerOf(fields[key], `${key} of ${what}`, max);
  const { xattrs } = fields;
  return {
    size: number("size"),
    mtimeSec,
    mtimeNs,
    ctimeSec,
    ctimeNs,
    birthSec,
    birthNs,
    mode: decodeMode(fields["mode"], what),
    uid: number("uid", maxUint32),
    gid: number("gid", maxUint32),
    dev: number("dev", maxUint32),
    inoHigh,
    inoLow,
    nlink: number("nlink", maxUint32),
    blocks: number("blocks"),
    xattrs: xattrs === undefined ? undefined : decodeXattrs(xattrs, what),
  };
}

function decodeTime(value: unknown, what: string): readonly [sec: number, ns: number] {
  const [sec, ns, ...rest] = listOf(value, `a time of ${what}`, 2);
  if (rest.length > 0) throw new BadLine(`a time of ${what} is too long`);
  const max = Number.MAX_SAFE_INTEGER;
  return [
    integerOf(sec, `the seconds of ${what}`, max, -max),
    integerOf(ns, `the nanoseconds of ${what}`, 999_999_999),
  ];
}

function decodeMode(value: unknown, what: string): number {
  const text = textOf(value, `the mode of ${what}`, 4);
  const mode = parseInt(text, 8);
  // The one form in which it is written.
  if (mode.toString(8) !== text) throw new BadLine(`the mode of ${what} is not octal`);
  return mode;
}

function decodeInode(value: unknown, what: string): readonly [high: number, low: number] {
  const text = textOf(value, `the inode of ${what}`, 20);
  const isNumber = /^(0|[1-9][0-9]*)$/.test(text);
  if (isNumber && text.length < 16) {
    const number = Number(text);
    return [Math.floor(number / 0x1_0000_0000), number % 0x1_0000_0000];
  }
  const number = isNumber ? BigInt(text) : -1n;
  if (number < 0n || number > maxUint64) throw new BadLine(`the inode of ${what} is no inode`);
  return [Number(number >> 32n), Number(number & 0xffff_ffffn)];
}

function decodeXattrs(value: unknown, what: string): Xattrs {
  let last = "";
  return listOf(value, `xattrs of ${what}`, limits.xattrs).map((pair): [ByteString, ByteString] => {
    const [name, content, ...rest] = listOf(pair, `an attribute of ${what}`, 2);
    if (rest.length > 0) throw new BadLine(`an attribute of ${what} is too long`);
    const decoded = base64Of(name, `the name of an attribute of ${what}`, limits.xattrName);
    if (decoded <= last || decoded.includes("\0")) {
      throw new BadLine(`the attributes of ${what} are not in order`);
    }
    last = decoded;
    return [decoded, base64Of(content, `an attribute of ${what}`, limits.xattrValue)];
  });
}
