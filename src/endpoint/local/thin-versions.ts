import { uptime } from "node:os";

import { bytesOfText, rawBytes } from "../../base/byte-string.ts";
import { SyncError } from "../../base/errors.ts";
import type { Finding } from "../../core/entry.ts";
import type { Name, RelPath } from "../../core/path.ts";
import { baseName, joinPath, parentPath, rootPath } from "../../core/path.ts";
import {
  aboutThinning,
  formatThinningNote,
  parseThinningNote,
  thinningNoteBytes,
  thinningNoteName,
} from "../../core/thinning-note.ts";
import type { LastThinning, VersionRule } from "../../core/version-thinning.ts";
import { recordAge, survivors, thinningMoment } from "../../core/version-thinning.ts";
import { recordName } from "../../core/version-stamp.ts";
import { bootId } from "../../fs/boot-id.ts";
import type { LocalHost } from "./host.ts";
import type { Directories } from "../../fs/directories.ts";
import { openDirectories } from "../../fs/directories.ts";
import type { HostPath } from "../../fs/driver.ts";
import { errnoOf } from "../../fs/file-error.ts";
import { removeTree } from "../../fs/remove-tree.ts";
import { ownDirectory, tempNames, tempRun } from "../../fs/temp-names.ts";
import type { KeptFiles, RunNames } from "./version-files.ts";
import { openKeptFiles, readSmall } from "./version-files.ts";

const noteName = thinningNoteName as Name;

export interface ThinningRequest {
  readonly host: LocalHost;
  readonly root: HostPath;
  readonly location: string;
  readonly rule: VersionRule;
  /** Milliseconds since the epoch. */
  readonly at: number;
}

/**
 * Drops the old copies that the rule does not promise to keep. To be called while the replica is locked, after a run that
 * went well. Returns what has to be said, if anything: trouble here is no trouble of the run.
 */
export function thinVersions(request: ThinningRequest): string | undefined {
  const { host, root, location, rule } = request;
  if (rule.keep === "none") return undefined;
  try {
    using files = openKeptFiles(host, root, location);
    if (files === undefined || files.runs.length === 0) return undefined;
    return thin(request, files);
  } catch (error) {
    if (error instanceof SyncError) return error.message;
    if (errnoOf(error) === undefined) throw error;
    return `${location}: old copies could not be thinned out (${errnoOf(error)})`;
  }
}

function thin({ host, root, location, rule, at: now }: ThinningRequest, files: KeptFiles) {
  const start = { boot: bootId() ?? "", uptime: Math.round(uptime() * 1000) };
  const stamps = files.runs.map(({ at }) => at);
  const last = parseThinningNote(readSmall(host, files.fd, noteName, thinningNoteBytes));
  const moment = thinningMoment({ now, ...start, stamps, last });
  const said = aboutThinning(moment);
  const message = said === undefined ? undefined : `${location}: ${said}`;
  if (moment.type === "hold") return message;
  using dirs = openDirectories(host.driver, root, false);
  if (rule.keep === "trash") dropRuns(host, files, rule, moment.asOf);
  else dropPaths(host, dirs, files, rule, moment.asOf);
  writeNote(host, files, { asOf: moment.asOf, ...start });
  return message;
}

/** Whole runs that are too old. */
function dropRuns({ driver, self }: LocalHost, files: KeptFiles, rule: VersionRule, asOf: number) {
  const keep = survivors(
    rule,
    files.runs.map(({ at }) => at),
    asOf,
  );
  for (const [i, { stamp, layers }] of files.runs.entries()) {
    if (keep[i] === true) continue;
    for (const layer of layers) removeTree(driver, files.fd, layer, self);
    removeRecord({ driver }, files, stamp);
  }
}

/** One copy of a path, where it is. */
interface Copy {
  readonly at: number;
  readonly layer: Name;
}

/** Path by path; then directories that hold nothing any more. */
function dropPaths(
  { driver, self }: LocalHost,
  dirs: Directories,
  files: KeptFiles,
  rule: VersionRule,
  asOf: number,
): void {
  const copies = new Map<RelPath, Copy[]>();
  const empty = new Set<RunNames>();
  for (const run of files.runs) {
    const trees = run.layers.map((layer) => [layer, files.tree(layer)] as const);
    if (trees.every(([, tree]) => tree.size <= 1)) empty.add(run);
    for (const [layer, tree] of trees) {
      for (const path of leavesOf(tree)) {
        const list = copies.get(path) ?? [];
        list.push({ at: run.at, layer });
        copies.set(path, list);
      }
    }
  }
  for (const [path, list] of copies) {
    const keep = survivors(
      rule,
      list.map(({ at }) => at),
      asOf,
    );
    for (const [i, { layer }] of list.entries()) {
      if (keep[i] === false) dropCopy({ driver, self }, dirs, layer, path);
    }
  }
  for (const { at, stamp, layers } of empty) {
    if (at >= asOf - recordAge(rule)) continue;
    for (const layer of layers) removeTree(driver, files.fd, layer, self);
    removeRecord({ driver }, files, stamp);
  }
}

/** Everything but directories that hold something. */
function leavesOf(tree: ReadonlyMap<RelPath, Finding>): RelPath[] {
  const holders = new Set<RelPath>([rootPath]);
  for (const path of tree.keys()) holders.add(parentPath(path));
  return [...tree.keys()].filter((path) => path !== rootPath && !holders.has(path));
}

function dropCopy(
  { driver, self }: Pick<LocalHost, "driver" | "self">,
  dirs: Directories,
  layer: Name,
  path: RelPath,
): void {
  const store = `${ownDirectory}/versions/${layer}` as RelPath;
  for (let at = path; at !== rootPath; at = parentPath(at)) {
    const parent = parentPath(at);
    const dir = dirs.open(parent === rootPath ? store : joinPath(store, parent as Name));
    try {
      if (at === path) removeTree(driver, dir, baseName(at), self);
      else driver.removeDirectory(dir, baseName(at));
    } catch (error) {
      if (errnoOf(error) === "ENOTEMPTY" || errnoOf(error) === "EEXIST") return;
      throw error;
    }
    dirs.forget();
  }
}

function removeRecord({ driver }: Pick<LocalHost, "driver">, files: KeptFiles, stamp: string) {
  try {
    driver.unlink(files.fd, recordName(stamp) as Name);
  } catch (error) {
    if (errnoOf(error) !== "ENOENT") throw error;
  }
}

function writeNote({ driver }: LocalHost, { fd }: KeptFiles, note: LastThinning): void {
  const temp = tempNames(tempRun(Math.random))();
  const content = rawBytes(bytesOfText(formatThinningNote(note)));
  const file = driver.createFile(fd, temp);
  try {
    driver.writeAt(file, content, content.length, 0);
    driver.rename(fd, temp, fd, noteName, "replace");
  } finally {
    driver.close(file);
  }
}
