import type { ByteString } from "../base/byte-string.ts";
import { byteString, bytesOfText } from "../base/byte-string.ts";
import type { Filter } from "../core/filter.ts";
import { compileFilter } from "../core/filter-matcher.ts";
import type { IgnoreStack } from "../core/ignore-stack.ts";
import { ignoreStack } from "../core/ignore-stack.ts";
import { isUnsafeLink } from "../core/link-safety.ts";
import type { Name, RelPath } from "../core/path.ts";
import { joinPath, rootPath } from "../core/path.ts";
import type { LinkMode } from "../core/preserve.ts";
import type { Extra, SnapshotChunk } from "../core/snapshot.ts";
import {
  capacityOf,
  CLOSED,
  DIRECTORY,
  EXCLUDED,
  FILE,
  HAS_EXTRA,
  nameStart,
  reserveNames,
  LEFTOVER,
  LEFTOVER_DIRECTORY,
  PASSED_OVER,
  PROBLEM,
  SAME_CONTENT,
  SYMLINK,
} from "../core/snapshot.ts";
import type { AttributeChoice } from "./attributes.ts";
import { readAttributes, readAttributesOf } from "./attributes.ts";
import type { Descriptor, FileDriver, HostPath, Stat } from "./driver.ts";
import { errnoOf, FileError } from "./file-error.ts";
import { followLink } from "./follow-link.ts";
import { meaningOf } from "./problems.ts";
import { pushRow } from "./rows.ts";
import { newStat } from "./stat.ts";
import { isTempName, ownDirectory } from "./temp-names.ts";
import type { Reading, Twin, TwinRequest } from "./twin.ts";
import { openTwin } from "./twin.ts";

/** What to look at, as plain data: it crosses to a worker. */
export interface WalkRequest {
  readonly filter: Filter;
  readonly links: LinkMode;
  readonly oneFileSystem: boolean;
  readonly ignoreFiles: boolean;
  readonly attributes: AttributeChoice;
  /** Leftover temporary names are reported (targets) or passed over (sources). */
  readonly leftovers: boolean;
  /** The one name in the root to look at, if it is there. */
  readonly only?: Name;
  /** Stops soon after that many rows; the rows so far are handed out. */
  readonly rowLimit?: number;
  /** Compares the content of files with another tree's on the way; not where links are followed. */
  readonly twin?: TwinRequest;
}

/** Where chunks come from and go to. */
export interface ChunkSink {
  /** An empty chunk to fill. */
  take(): SnapshotChunk;
  /** Hands a filled chunk on; false to stop. */
  give(chunk: SnapshotChunk): boolean;
  /** For a walk with a twin. */
  readonly reading?: Reading;
}

/** One walk under way. */
interface Walk {
  readonly driver: FileDriver;
  readonly request: WalkRequest;
  /** Whether any rule may shut something out. */
  readonly filters: boolean;
  readonly wantsAttributes: boolean;
  readonly stat: Stat;
  readonly sink: ChunkSink;
  readonly rootDevice: number;
  readonly twin: Twin | undefined;
  chunk: SnapshotChunk;
  stopped: boolean;
}

/** A directory being listed. */
interface Level {
  readonly fd: Descriptor;
  readonly names: readonly Name[];
  readonly path: RelPath;
  readonly ignores: IgnoreStack;
  /** Identity, to notice a link that leads back up. */
  readonly identity: string;
  next: number;
}

const ignoreFileName = bytesOfText(".gitignore") as Name;
/** Bytes; what is larger was not written by anybody. */
const ignoreFileLimit = 16 << 20;

/**
 * Walks the tree below an absolute path depth first, in byte order, and hands its rows on in chunks. Throws `FileError` only for the root itself: below it, what cannot be read is a problem row.
 */
export function walk(
  driver: FileDriver,
  root: HostPath,
  request: WalkRequest,
  sink: ChunkSink,
): void {
  const fd = driver.openRoot(root);
  const { reading } = sink;
  using twin =
    request.twin === undefined || reading === undefined || request.links === "follow"
      ? undefined
      : openTwin(driver, request.twin, reading);
  const levels: Level[] = [];
  try {
    const stat = newStat();
    driver.statDescriptor(fd, stat);
    const run: Walk = {
      driver,
      request,
      filters: request.filter.rules.length > 0 || request.ignoreFiles,
      wantsAttributes:
        driver.features.xattrs && (request.attributes.xattrs || request.attributes.acls),
      stat,
      sink,
      rootDevice: stat.dev,
      twin,
      chunk: sink.take(),
      stopped: false,
    };
    levels.push(openRootLevel(run, fd));
    visitAll(run, levels);
    if (!run.stopped && run.chunk.count > 0) sink.give(run.chunk);
  } finally {
    for (const level of levels.slice(1)) driver.close(level.fd);
    driver.close(fd);
  }
}

function openRootLevel(run: Walk, fd: Descriptor): Level {
  const { driver, stat } = run;
  const { only } = run.request;
  const names = only === undefined ? driver.list(fd) : [only];
  const ignoreRules = readIgnoreFile(run, fd, names);
  const listed = run.wantsAttributes ? rootAttributes(run, fd) : undefined;
  driver.statDescriptor(fd, stat);
  const row = pushRow(run.chunk, 0, "", DIRECTORY, stat);
  addExtra(run.chunk, row, { ...listed, ...ignoreRules });
  const ignores = ignoreStack(compileFilter(run.request.filter)).enter(
    rootPath,
    ignoreRules?.ignoreRules,
  );
  return { fd, names, path: rootPath, ignores, identity: identityOf(stat), next: 0 };
}

function rootAttributes(run: Walk, fd: Descriptor): Pick<Extra, "xattrs"> | undefined {
  const xattrs = readAttributesOf(run.driver, fd, run.request.attributes);
  return xattrs === undefined ? undefined : { xattrs };
}

function visitAll(run: Walk, levels: Level[]): void {
  const rowLimit = run.request.rowLimit ?? Infinity;
  while (levels.length > 0 && !run.stopped) {
    const level = levels.at(-1)!;
    if (level.next >= level.names.length) {
      levels.pop();
      if (levels.length > 0) run.driver.close(level.fd);
      continue;
    }
    if (run.chunk.count === capacityOf(run.chunk)) {
      run.stopped = !run.sink.give(run.chunk);
      if (run.stopped) return;
      run.chunk = run.sink.take();
    }
    if (run.chunk.count > rowLimit) return;
    const below = visit(run, levels, level, level.names[level.next++]!);
    if (below !== undefined) levels.push(below);
  }
}

/** Adds the row of one name; returns the level below it where that is a directory to enter. */
function visit(run: Walk, levels: readonly Level[], level: Level, name: Name): Level | undefined {
  const { driver, stat, chunk, request } = run;
  const depth = levels.length;
  if (depth === 1 && name === ownDirectory) return undefined;
  try {
    driver.stat(level.fd, name, stat);
    if (name.charCodeAt(0) === 0x2e && isTempName(name)) {
      if (!request.leftovers) return undefined;
      const row = pushRow(chunk, depth, name, LEFTOVER, stat);
      if (stat.kind === DIRECTORY) chunk.flags[row] = LEFTOVER_DIRECTORY;
      return undefined;
    }
    if (stat.kind === SYMLINK && request.links === "follow")
      return visitLink(run, levels, level, name);
    if (isExcluded(run, level, name, stat.kind === DIRECTORY)) {
      pushRow(chunk, depth, name, EXCLUDED, stat);
      return undefined;
    }
    if (stat.kind === DIRECTORY) return enter(run, levels, level, name, level.fd, name);
    visitLeaf(run, level, name, depth);
  } catch (error) {
    const isAbsent = request.only !== undefined && errnoOf(error) === "ENOENT";
    if (!isAbsent) pushProblem(run, depth, name, error);
  }
  return undefined;
}

function isExcluded(run: Walk, level: Level, name: Name, isDirectory: boolean): boolean {
  return run.filters && level.ignores.excludes(joinPath(level.path, name), isDirectory);
}

function visitLeaf(run: Walk, level: Level, name: Name, depth: number): void {
  const { driver, stat, request } = run;
  const { kind } = stat;
  const extra: { -readonly [key in keyof Extra]: Extra[key] } = {};
  if (kind === SYMLINK) {
    if (request.links === "skip") {
      passOver(run, depth, name);
      return;
    }
    extra.linkTarget = driver.readLink(level.fd, name);
    if (request.links === "safe" && isUnsafeLink(joinPath(level.path, name), extra.linkTarget)) {
      passOver(run, depth, name);
      return;
    }
  }
  if (run.wantsAttributes) {
    const xattrs = readAttributes(driver, level.fd, name, request.attributes);
    if (xattrs !== undefined) extra.xattrs = xattrs;
  }
  const row = pushRow(run.chunk, depth, name, kind, stat);
  addExtra(run.chunk, row, extra);
  const isSame = kind === FILE && run.twin?.isSame(level, name, stat.size) === true;
  if (isSame) run.chunk.flags[row]! |= SAME_CONTENT;
}

/** Leaves out what no filter names. */
function passOver(run: Walk, depth: number, name: Name): void {
  const row = pushRow(run.chunk, depth, name, EXCLUDED, run.stat);
  run.chunk.flags[row] = PASSED_OVER;
}

/** Opens and lists a directory before its row is written, so that one that cannot be read is a problem and no directory. */
function enter(
  run: Walk,
  levels: readonly Level[],
  level: Level,
  name: Name,
  dir: Descriptor,
  nameThere: Name,
): Level | undefined {
  const { driver, stat, request } = run;
  const depth = levels.length;
  if (request.oneFileSystem && stat.dev !== run.rootDevice) {
    const row = pushRow(run.chunk, depth, name, DIRECTORY, stat);
    run.chunk.flags[row] = CLOSED;
    return undefined;
  }
  const fd = driver.openDirectory(dir, nameThere);
  try {
    const names = driver.list(fd);
    const ignoreRules = readIgnoreFile(run, fd, names);
    const xattrs = run.wantsAttributes
      ? readAttributes(driver, dir, nameThere, request.attributes)
      : undefined;
    // The row says what was listed, even if another directory has taken the name since it was looked at.
    driver.statDescriptor(fd, stat);
    const path = keepsPaths(run) ? joinPath(level.path, name) : rootPath;
    const ignores = level.ignores.enter(path, ignoreRules?.ignoreRules);
    const row = pushRow(run.chunk, depth, name, DIRECTORY, stat);
    if (xattrs !== undefined || ignoreRules !== undefined) {
      addExtra(run.chunk, row, { ...ignoreRules, ...(xattrs !== undefined && { xattrs }) });
    }
    return { fd, names, path, ignores, identity: identityOf(stat), next: 0 };
  } catch (error) {
    driver.close(fd);
    throw error;
  }
}

/** Paths cost time and memory, so they are only put together for those who ask by path. */
function keepsPaths(run: Walk): boolean {
  return run.filters || run.twin !== undefined || run.request.links === "safe";
}

/** `--links follow`: the row is that of what the link leads to, under the link's name. */
function visitLink(
  run: Walk,
  levels: readonly Level[],
  level: Level,
  name: Name,
): Level | undefined {
  const { driver, stat } = run;
  if (isExcluded(run, level, name, false)) {
    pushRow(run.chunk, levels.length, name, EXCLUDED, stat);
    return undefined;
  }
  const there = followLink(driver, level.fd, name);
  try {
    driver.stat(there.dir, there.name, stat);
    if (isExcluded(run, level, name, stat.kind === DIRECTORY)) {
      pushRow(run.chunk, levels.length, name, EXCLUDED, stat);
      return undefined;
    }
    if (stat.kind !== DIRECTORY) {
      const real: Level = { ...level, fd: there.dir };
      const row = run.chunk.count;
      visitLeaf(run, real, there.name, levels.length);
      renameRow(run.chunk, row, name);
      return undefined;
    }
    const identity = identityOf(stat);
    if (levels.some((above) => above.identity === identity)) {
      const message = "the link leads back to a directory that holds it";
      pushProblemRow(run, levels.length, name, { code: "blocked", message });
      return undefined;
    }
    return enter(run, levels, level, name, there.dir, there.name);
  } finally {
    driver.close(there.dir);
  }
}

function renameRow(chunk: SnapshotChunk, row: number, name: Name): void {
  const start = nameStart(chunk, row);
  reserveNames(chunk, start, name.length);
  for (let i = 0; i < name.length; i++) chunk.names[start + i] = name.charCodeAt(i);
  chunk.nameEnd[row] = start + name.length;
}

function readIgnoreFile(
  run: Walk,
  fd: Descriptor,
  names: readonly Name[],
): { readonly ignoreRules: ByteString } | undefined {
  if (!run.request.ignoreFiles || !names.includes(ignoreFileName)) return undefined;
  const { driver, stat } = run;
  driver.stat(fd, ignoreFileName, stat);
  if (stat.kind !== FILE) return undefined;
  // Half of the rules could be the wrong half.
  if (stat.size > ignoreFileLimit) throw new FileError("E2BIG", "read");
  const file = driver.openFile(fd, ignoreFileName);
  try {
    const buffer = new Uint8Array(Math.max(stat.size, 1));
    const length = driver.readAt(file, buffer, buffer.length, 0);
    return { ignoreRules: byteString(buffer.subarray(0, length)) };
  } finally {
    driver.close(file);
  }
}

function addExtra(chunk: SnapshotChunk, row: number, extra: Extra): void {
  if (Object.keys(extra).length === 0) return;
  chunk.flags[row]! |= HAS_EXTRA;
  chunk.extras.set(row, extra);
}

function pushProblem(run: Walk, depth: number, name: Name, error: unknown): void {
  pushProblemRow(run, depth, name, meaningOf(error));
}

function pushProblemRow(
  run: Walk,
  depth: number,
  name: Name,
  problem: NonNullable<Extra["problem"]>,
): void {
  const row = pushRow(run.chunk, depth, name, PROBLEM, run.stat);
  addExtra(run.chunk, row, { problem });
}

function identityOf(stat: Stat): string {
  return `${stat.dev}:${stat.inoHigh}:${stat.inoLow}`;
}
