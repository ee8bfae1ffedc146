import type { ByteString } from "../base/byte-string.ts";
import type { Entry, Metadata, Xattrs } from "../core/entry.ts";
import { entryKinds } from "./enums.ts";
import type { Reader } from "./reader.ts";
import { WireError } from "./wire-error.ts";
import type { Writer } from "./writer.ts";

/** Most attributes of one entry, and bytes of a name and a value: what Linux itself allows, and a list of the size that it does. */
const mostAttributes = 4096;
const nameBytes = 255;
const valueBytes = 1 << 16;
/** Bytes of a link's target; the kernel takes no more. */
export const linkTargetBytes = 4096;

const numbers = [
  "size",
  "mtimeSec",
  "mtimeNs",
  "ctimeSec",
  "ctimeNs",
  "birthSec",
  "birthNs",
  "mode",
  "uid",
  "gid",
  "dev",
  "inoHigh",
  "inoLow",
  "nlink",
  "blocks",
] as const satisfies readonly (keyof Metadata)[];

/** The largest value of each, where it is less than any double. */
const limits: Partial<Record<(typeof numbers)[number], number>> = {
  mtimeNs: 999_999_999,
  ctimeNs: 999_999_999,
  birthNs: 999_999_999,
  mode: 0o7777,
  uid: 0xffff_ffff,
  gid: 0xffff_ffff,
  dev: 0xffff_ffff,
  inoHigh: 0xffff_ffff,
  inoLow: 0xffff_ffff,
  nlink: 0xffff_ffff,
};
const canBeNegative: ReadonlySet<string> = new Set(["mtimeSec", "ctimeSec", "birthSec"]);

/** One entry, for where there are few; many go as rows. */
export function writeEntry(out: Writer, entry: Entry): void {
  out.oneOf(entryKinds, entry.kind);
  for (const name of numbers) out.f64(entry[name]);
  out.optional(entry.xattrs, (xattrs) => writeXattrs(out, xattrs));
  if (entry.kind === "directory") out.bool(entry.closed);
  else if (entry.kind === "symlink") out.latin1(entry.linkTarget);
  else if (entry.kind !== "file") out.u32(entry.rdev);
}

export function readEntry(from: Reader): Entry {
  const kind = from.oneOf(entryKinds);
  const values = {} as Record<(typeof numbers)[number], number>;
  for (const name of numbers) values[name] = readNumber(from, name);
  const metadata: Metadata = { ...values, xattrs: from.optional(() => readXattrs(from)) };
  switch (kind) {
    case "file":
      return { kind, ...metadata };
    case "directory":
      return { kind, ...metadata, closed: from.bool() };
    case "symlink":
      return { kind, ...metadata, linkTarget: readLinkTarget(from) };
    default:
      return { kind, ...metadata, rdev: from.u32() };
  }
}

function readNumber(from: Reader, name: (typeof numbers)[number]): number {
  const value = from.f64();
  const least = canBeNegative.has(name) ? Number.MIN_SAFE_INTEGER : 0;
  const most = limits[name] ?? Number.MAX_SAFE_INTEGER;
  if (Number.isInteger(value) && value >= least && value <= most) return value;
  throw new WireError(`the ${name} of an entry is out of bounds`);
}

export function writeXattrs(out: Writer, xattrs: Xattrs): void {
  out.list(xattrs, ([name, value]) => out.latin1(name).latin1(value));
}

/** In order, and each once: whoever compares and sets them relies on that. */
export function readXattrs(from: Reader): Xattrs {
  const xattrs = from.list(mostAttributes, (): readonly [ByteString, ByteString] => [
    from.latin1(nameBytes),
    from.latin1(valueBytes),
  ]);
  const isSorted = xattrs.every(
    ([name], i) => name !== "" && !name.includes("\0") && (i === 0 || xattrs[i - 1]![0] < name),
  );
  if (!isSorted) throw new WireError("attributes are not in order");
  return xattrs;
}

export function readLinkTarget(from: Reader): ByteString {
  const linkTarget = from.latin1(linkTargetBytes);
  if (linkTarget.includes("\0")) throw new WireError("a link's target holds NUL");
  return linkTarget;
}
