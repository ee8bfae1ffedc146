import type { ByteString } from "../base/byte-string.ts";
import { bytesOfText, textOfBytes } from "../base/byte-string.ts";
import type { Entry, Xattrs } from "./entry.ts";
import type { RelPath } from "./path.ts";
import { parentPath, parseRelPath, rootPath } from "./path.ts";
import type { Plan } from "./plan.ts";
import { actionsOf } from "./plan.ts";

/** Metadata as it was before a run. */
export type KeptMetadata = Pick<Entry, "mode" | "uid" | "gid" | "mtimeSec" | "mtimeNs" | "xattrs">;

/**
 * What was so before a run and cannot be seen in the old copies that it kept. It is written down before the run begins.
 */
export interface VersionRecord {
  /** Where the run had the new from, as typed. */
  readonly source?: string;
  /** Renames, in their order; they come before everything else, and all other paths are as they are afterwards. */
  readonly moves: readonly RecordedMove[];
  /** Where nothing stood; nothing below them, either. */
  readonly absent: ReadonlySet<RelPath>;
  /** Of what stays with other metadata, and of directories and files with several names that go. */
  readonly metadata: ReadonlyMap<RelPath, KeptMetadata>;
}

export interface RecordedMove {
  readonly from: RelPath;
  readonly to: RelPath;
  /** What became of what stood at `to`: it was kept there, it went to `from`, or there was nothing. */
  readonly other: "kept" | "swapped" | "none";
  /** Of what was kept there, if it is a file with other names as well. */
  readonly ousted?: KeptMetadata;
}

export function recordOfPlan(plan: Plan): VersionRecord {
  const moves: RecordedMove[] = [];
  const absent = new Set<RelPath>();
  const metadata = new Map<RelPath, KeptMetadata>();
  for (const action of actionsOf(plan)) {
    if (action.type === "remove-leftover") continue;
    if (action.type === "move" || action.type === "exchange") {
      const { from, path: to } = action;
      const other = action.type === "exchange" ? "swapped" : action.expected ? "kept" : "none";
      const isShared = other === "kept" && action.expected!.nlink > 1;
      moves.push({ from, to, other, ...(isShared && { ousted: action.expected! }) });
      continue;
    }
    const { path, expected } = action;
    if (expected === undefined) {
      const isMade = action.type !== "finish-directory";
      if (isMade && !wasAbsent({ moves, absent }, path)) absent.add(path);
      continue;
    }
    const stays = action.type === "set-metadata" || action.type === "finish-directory";
    // What is kept of a file with several names is that file, whose metadata the others may get changed.
    const isShared = expected.kind === "directory" || expected.nlink > 1;
    if ((stays || isShared) && !metadata.has(path)) {
      metadata.set(path, expected);
    }
  }
  return { moves, absent, metadata };
}

const arrivals = new WeakMap<
  VersionRecord["moves"],
  { readonly size: number; readonly paths: ReadonlySet<RelPath> }
>();

/** Whether a run renamed something to that path. */
export function hasArrived(moves: VersionRecord["moves"], path: RelPath): boolean {
  if (moves.length === 0) return false;
  const size = moves.length;
  const cached = arrivals.get(moves);
  const known =
    cached?.size === size
      ? cached.paths
      : new Set(moves.flatMap(({ from, to, other }) => (other === "swapped" ? [from, to] : [to])));
  arrivals.set(moves, { size, paths: known });
  return known.has(path);
}

/** Whether nothing stood at a path, which is as it is after the renames. What was renamed into a new directory is not new. */
export function wasAbsent(
  { moves, absent }: Pick<VersionRecord, "moves" | "absent">,
  path: RelPath,
): boolean {
  if (absent.size === 0) return false;
  for (let at = path; at !== rootPath; at = parentPath(at)) {
    if (hasArrived(moves, at)) return false;
    if (absent.has(at)) return true;
  }
  return false;
}

/** One line of JSON each. `head` is for people and comes first. */
export function encodeRecord(
  head: Readonly<Record<string, string | number>>,
  { moves, absent, metadata }: VersionRecord,
): string {
  const lines: unknown[] = [head];
  for (const { from, to, other, ousted } of moves) {
    const was = ousted === undefined ? {} : { ousted: shownMetadata(ousted) };
    lines.push({ moved: shown(from), to: shown(to), other, ...was });
  }
  for (const path of absent) lines.push({ absent: shown(path) });
  for (const [path, entry] of metadata) {
    lines.push({ metadata: shown(path), ...shownMetadata(entry) });
  }
  return lines.map((line) => `${JSON.stringify(line)}\n`).join("");
}

function shownMetadata({
  mode,
  uid,
  gid,
  mtimeSec,
  mtimeNs,
  xattrs,
}: KeptMetadata): Readonly<Record<string, unknown>> {
  return {
    mode: mode.toString(8).padStart(4, "0"),
    uid,
    gid,
    mtime: [mtimeSec, mtimeNs],
    ...(xattrs !== undefined && {
      xattrs: xattrs.map(([name, value]) => [shown(name), hexOf(value)]),
    }),
  };
}

/** Reads what {@link encodeRecord} wrote. A line that makes no sense is passed over: it is comfort, and not the copies. */
export function decodeRecord(text: string): VersionRecord {
  const source = objectOf(text.slice(0, text.indexOf("\n")))?.["source"];
  const moves: RecordedMove[] = [];
  const absent = new Set<RelPath>();
  const metadata = new Map<RelPath, KeptMetadata>();
  for (const line of text.split("\n")) {
    const value = objectOf(line);
    const move = value === undefined ? undefined : moveOf(value);
    if (move !== undefined) moves.push(move);
    const gone = pathOf(value?.["absent"]);
    if (gone !== undefined) absent.add(gone);
    const path = pathOf(value?.["metadata"]);
    const kept = value === undefined ? undefined : metadataOf(value);
    if (path !== undefined && kept !== undefined) metadata.set(path, kept);
  }
  return { moves, absent, metadata, ...(typeof source === "string" && { source }) };
}

/** Of a run whose record has been lost. */
export const noRecord: VersionRecord = { moves: [], absent: new Set(), metadata: new Map() };

function moveOf({
  moved,
  to,
  other,
  ousted,
}: Readonly<Record<string, unknown>>): RecordedMove | undefined {
  const [from, there] = [pathOf(moved), pathOf(to)];
  if (from === undefined || there === undefined) return undefined;
  if (other !== "kept" && other !== "swapped" && other !== "none") return undefined;
  const isObject = typeof ousted === "object" && ousted !== null;
  const was = isObject ? metadataOf(ousted as Readonly<Record<string, unknown>>) : undefined;
  return { from, to: there, other, ...(was !== undefined && { ousted: was }) };
}

function objectOf(line: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === "object" && value !== null
      ? (value as Readonly<Record<string, unknown>>)
      : undefined;
  } catch {
    return undefined;
  }
}

function metadataOf(value: Readonly<Record<string, unknown>>): KeptMetadata | undefined {
  const { mode, uid, gid, mtime, xattrs } = value;
  const bits = typeof mode === "string" && /^[0-7]{1,4}$/.test(mode) ? parseInt(mode, 8) : -1;
  const [mtimeSec, mtimeNs] = Array.isArray(mtime) ? (mtime as unknown[]) : [];
  if (bits < 0 || !isId(uid) || !isId(gid)) return undefined;
  if (!Number.isSafeInteger(mtimeSec) || !isId(mtimeNs) || mtimeNs >= 1e9) return undefined;
  return {
    mode: bits,
    uid,
    gid,
    mtimeSec: mtimeSec as number,
    mtimeNs,
    xattrs: Array.isArray(xattrs) ? xattrsOf(xattrs as unknown[]) : undefined,
  };
}

function isId(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0 && (value as number) < 2 ** 32;
}

function xattrsOf(list: readonly unknown[]): Xattrs {
  return list.flatMap((pair) => {
    if (!Array.isArray(pair)) return [];
    const [name, value] = pair as unknown[];
    const bytes = bytesOf(name);
    const content = typeof value === "string" ? ofHex(value) : undefined;
    return bytes === undefined || content === undefined ? [] : [[bytes, content] as const];
  });
}

/** Text where the bytes are UTF-8; else two digits a byte, which no text can be taken for. */
function shown(bytes: ByteString): string | { readonly hex: string } {
  return textOfBytes(bytes) ?? { hex: hexOf(bytes) };
}

function bytesOf(value: unknown): ByteString | undefined {
  if (typeof value === "string") return bytesOfText(value);
  if (typeof value !== "object" || value === null || !("hex" in value)) return undefined;
  return typeof value.hex === "string" ? ofHex(value.hex) : undefined;
}

function pathOf(value: unknown): RelPath | undefined {
  const bytes = bytesOf(value);
  return bytes === undefined ? undefined : parseRelPath(bytes);
}

function hexOf(bytes: ByteString): string {
  let out = "";
  for (let i = 0; i < bytes.length; i++) out += bytes.charCodeAt(i).toString(16).padStart(2, "0");
  return out;
}

function ofHex(text: string): ByteString | undefined {
  if (!/^(?:[0-9a-f]{2})*$/.test(text)) return undefined;
  let out = "";
  for (let i = 0; i < text.length; i += 2) {
    out += String.fromCharCode(parseInt(text.slice(i, i + 2), 16));
  }
  return out as ByteString;
}
