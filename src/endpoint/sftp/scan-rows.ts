import type { ByteString } from "../../base/byte-string.ts";
import { bytesOfText } from "../../base/byte-string.ts";
import type { IgnoreStack } from "../../core/ignore-stack.ts";
import { isUnsafeLink } from "../../core/link-safety.ts";
import type { Name, RelPath } from "../../core/path.ts";
import { joinPath } from "../../core/path.ts";
import type { Extra } from "../../core/snapshot.ts";
import {
  DIRECTORY,
  EXCLUDED,
  FILE,
  LEFTOVER,
  LEFTOVER_DIRECTORY,
  PASSED_OVER,
  PROBLEM,
  SYMLINK,
} from "../../core/snapshot.ts";
import { FileError } from "../../fs/file-error.ts";
import { meaningOf } from "../../fs/problems.ts";
import { isTempName, ownDirectory } from "../../fs/temp-names.ts";
import type { ScanRequest } from "../endpoint.ts";
import { EntryProblem } from "../endpoint.ts";
import type { Attributes } from "./attributes.ts";
import { followLink } from "./follow-link.ts";
import { below } from "./host-path.ts";
import type { Child } from "./list-directory.ts";
import { listDirectory } from "./list-directory.ts";
import type { Link } from "./link.ts";
import { readWhole } from "./read-whole.ts";
import type { Session } from "./session.ts";
import { asReadProblem } from "./status-error.ts";

/** A directory that a scan will enter. */
export interface ScannedDirectory {
  readonly path: RelPath;
  /** Where it is on the host: somewhere else than its path says where a link was followed. */
  readonly host: ByteString;
  /** What is ignored in the directory that holds it. */
  readonly ignores: IgnoreStack;
  /** Where it and all directories around it are on the host; empty unless links are followed. */
  readonly around: readonly ByteString[];
  /** The replica's root. */
  readonly isTop: boolean;
  /** Set when it is being listed. */
  listing?: Promise<ScannedLevel>;
}

/** What a directory holds, as rows to be. */
export interface ScannedLevel {
  /** Another file system, which is not entered. */
  readonly isClosed: boolean;
  readonly rows: readonly ScannedRow[];
  readonly ignoreRules: ByteString | undefined;
}

export interface ScannedRow {
  readonly name: Name;
  /** A row kind. */
  readonly kind: number;
  readonly flags: number;
  readonly attributes: Attributes;
  readonly extra?: Extra;
  /** What is to be entered: the row is written when that could be listed. */
  readonly directory?: ScannedDirectory;
}

/** What a scan needs. */
export interface Scan {
  readonly run: Link["run"];
  readonly request: ScanRequest;
  /** Whether any rule may shut something out. */
  readonly filters: boolean;
  /** The root's file system, where directories of others are not to be entered. */
  readonly fileSystem: ByteString | undefined;
}

/** What listing needs. */
export interface ScanContext extends Scan {
  readonly session: Session;
}

const ignoreFileName = bytesOfText(".gitignore");
/** Bytes; what is larger was not written by anybody. */
const ignoreFileLimit = 16 << 20;
/** Links that are looked at at once, of one directory. */
const linksAtOnce = 64;

/** Lists a directory and decides what becomes of each name. */
export async function listLevel(
  ctx: ScanContext,
  directory: ScannedDirectory,
): Promise<ScannedLevel> {
  const { only } = ctx.request;
  if (await isForeign(ctx, directory)) return { isClosed: true, rows: [], ignoreRules: undefined };
  const children =
    directory.isTop && only !== undefined
      ? await childNamed(ctx, directory, only)
      : await listDirectory(ctx.session.client, directory.host);
  const ignoreRules = await readIgnoreFile(ctx, directory, children);
  const level: Level = {
    directory,
    ignores: directory.ignores.enter(directory.path, ignoreRules),
  };
  const rows: ScannedRow[] = [];
  const links: number[] = [];
  for (const child of children) {
    const row = rowOf(ctx, level, child);
    if (row === undefined) continue;
    if (row.kind === SYMLINK) links.push(rows.length);
    rows.push(row);
  }
  for (let from = 0; from < links.length; from += linksAtOnce) {
    const some = links.slice(from, from + linksAtOnce);
    const done = await Promise.all(some.map((at) => linkRow(ctx, level, rows[at]!)));
    for (const [i, at] of some.entries()) rows[at] = done[i]!;
  }
  return { isClosed: false, rows, ignoreRules };
}

interface Level {
  readonly directory: ScannedDirectory;
  readonly ignores: IgnoreStack;
}

async function isForeign(
  { session: { client }, fileSystem }: ScanContext,
  { host, isTop }: ScannedDirectory,
): Promise<boolean> {
  if (fileSystem === undefined || isTop) return false;
  const room = await client.statvfs(host);
  return room !== undefined && room.id !== fileSystem;
}

async function childNamed(
  { session: { client } }: ScanContext,
  { host }: ScannedDirectory,
  name: Name,
): Promise<Child[]> {
  const attributes = await client.lstat(below(host, name));
  return attributes === undefined ? [] : [{ name, attributes }];
}

async function readIgnoreFile(
  { session, request }: ScanContext,
  { host }: ScannedDirectory,
  children: readonly Child[],
): Promise<ByteString | undefined> {
  if (!request.ignoreFiles) return undefined;
  const file = children.find(({ name }) => name === ignoreFileName)?.attributes;
  if (file?.kind !== FILE) return undefined;
  // Half of the rules could be the wrong half.
  if (file.size > ignoreFileLimit) {
    const { code, message } = meaningOf(new FileError("E2BIG", "read"));
    throw new EntryProblem(request.side, code, message);
  }
  return readWhole(session, below(host, ignoreFileName), file.size);
}

/** The row of one name; links are not decided about yet. */
function rowOf(ctx: ScanContext, level: Level, child: Child): ScannedRow | undefined {
  const { name, attributes } = child;
  const { directory } = level;
  const { kind } = attributes;
  const row = { name, kind, flags: 0, attributes };
  if (directory.isTop && name === ownDirectory) return undefined;
  if (name.charCodeAt(0) === 0x2e && isTempName(name)) {
    if (ctx.request.side === "source") return undefined;
    const flags = kind === DIRECTORY ? LEFTOVER_DIRECTORY : 0;
    return { ...row, kind: LEFTOVER, flags };
  }
  if (kind === PROBLEM) return problemRow(row, unknownKind);
  if (kind === SYMLINK && ctx.request.links === "follow") return row;
  if (isExcluded(ctx, level, name, kind === DIRECTORY)) return { ...row, kind: EXCLUDED };
  if (kind !== DIRECTORY) return row;
  return { ...row, directory: directoryBelow(level, name, below(directory.host, name)) };
}

const unknownKind = {
  code: "unsupported",
  message: "the SFTP server does not say what it is",
} as const;

function problemRow(row: ScannedRow, problem: NonNullable<Extra["problem"]>): ScannedRow {
  return { ...row, kind: PROBLEM, extra: { problem } };
}

function isExcluded(ctx: ScanContext, level: Level, name: Name, isDirectory: boolean): boolean {
  return ctx.filters && level.ignores.excludes(joinPath(level.directory.path, name), isDirectory);
}

function directoryBelow(
  { directory, ignores }: Level,
  name: Name,
  host: ByteString,
): ScannedDirectory {
  const around = directory.around.length === 0 ? directory.around : [...directory.around, host];
  return { path: joinPath(directory.path, name), host, isTop: false, ignores, around };
}

async function linkRow(ctx: ScanContext, level: Level, row: ScannedRow): Promise<ScannedRow> {
  const { side, links } = ctx.request;
  try {
    if (links === "follow") return await followedRow(ctx, level, row);
    const { path, host } = level.directory;
    const passedOver = { ...row, kind: EXCLUDED, flags: PASSED_OVER };
    if (links === "skip") return passedOver;
    const linkTarget = await ctx.session.client.readlink(below(host, row.name));
    if (links === "safe" && isUnsafeLink(joinPath(path, row.name), linkTarget)) return passedOver;
    return { ...row, extra: { linkTarget } };
  } catch (error) {
    const { code, message } = asReadProblem(side, error);
    return problemRow(row, { code, message });
  }
}

/** `--links follow`: the row is that of what the link leads to, under the link's name. */
async function followedRow(ctx: ScanContext, level: Level, row: ScannedRow): Promise<ScannedRow> {
  const { name } = row;
  if (isExcluded(ctx, level, name, false)) return { ...row, kind: EXCLUDED };
  const { attributes, host } = await followLink(ctx, below(level.directory.host, name));
  const { kind } = attributes;
  const found = { ...row, kind, attributes };
  if (kind === PROBLEM) return problemRow(row, unknownKind);
  if (isExcluded(ctx, level, name, kind === DIRECTORY)) return { ...found, kind: EXCLUDED };
  if (kind !== DIRECTORY) return found;
  if (level.directory.around.includes(host)) {
    const message = "the link leads back to a directory that holds it";
    return problemRow(row, { code: "blocked", message });
  }
  return { ...found, directory: directoryBelow(level, name, host) };
}
