import { isAbsolute, relative } from "node:path";

import { bytesOfText } from "../base/byte-string.ts";
import { SyncError } from "../base/errors.ts";
import type { Finding } from "../core/entry.ts";
import type { Name, RelPath } from "../core/path.ts";
import { baseName, joinPath, parentPath, parseRelPath, rootPath } from "../core/path.ts";
import type { History, KeptRun } from "../core/version-state.ts";
import type { RootInfo } from "../endpoint/endpoint.ts";
import type { LocalHost } from "../endpoint/local/host.ts";
import type { LocalEndpoint } from "../endpoint/local/local-endpoint.ts";
import { openLocal } from "../endpoint/local/local-endpoint.ts";
import { openDirectories } from "../fs/directories.ts";
import type { HostPath } from "../fs/driver.ts";
import { errnoOf } from "../fs/file-error.ts";
import { readTree } from "../fs/read-tree.ts";
import { ownDirectory } from "../fs/temp-names.ts";
import type { Located } from "./replica-key.ts";

/** A replica that is there. */
export interface OpenReplica extends Located {
  readonly endpoint: LocalEndpoint;
}

/** Opens a replica of this machine. Throws `SyncError` where there is none. */
export async function openReplica(location: string, host: LocalHost): Promise<OpenReplica> {
  const replica = await openAny(location, host);
  const { root } = replica;
  if (root.kind === "directory") return replica;
  const code =
    root.kind === "missing" || root.kind === "dangling" ? "ROOT_MISSING" : "ROOT_NOT_DIRECTORY";
  throw new SyncError(code, `${location}: it is no directory that can be read`);
}

/** The same, whatever stands there, if anything does. */
export async function openAny(location: string, host: LocalHost): Promise<OpenReplica> {
  const where = { type: "local", typed: location, path: location } as const;
  const endpoint = openLocal(location, host);
  return { where, endpoint, root: await endpoint.root() };
}

/** A path in a replica as it was typed: below the replica, or in full. Throws a usage error. */
export function pathInReplica(text: string, { realPath }: RootInfo): RelPath {
  const typed = isAbsolute(text) ? relative(realPath, text) : text;
  const plain = typed
    .replaceAll(/\/+/g, "/")
    .replace(/^(\.\/)+/, "")
    .replace(/(\/\.?)+$/, "");
  const path = parseRelPath(bytesOfText(plain === "." ? "" : plain));
  if (path === undefined) {
    throw new SyncError("USAGE", `${text}: it is no path in the replica`, {
      hint: "Name it as it is called below the replica, or in full.",
    });
  }
  if (path === ownDirectory || path.startsWith(`${ownDirectory}/`)) {
    throw new SyncError("USAGE", `${text}: it is Syncline's own, of which nothing is kept`);
  }
  return path;
}

/** What stands in a replica at and below a path. */
export function readNow(
  { driver, self }: LocalHost,
  root: HostPath,
  top: RelPath,
): Map<RelPath, Finding> {
  using dirs = openDirectories(driver, root, false);
  const parent = parentPath(top);
  const read = { path: root, isRoot: self.isRoot };
  if (top === rootPath) return readTree(driver, { ...read, fd: dirs.root });
  try {
    const fd = dirs.open(parent);
    const path = `${root}/${parent}` as HostPath;
    const tree = readTree(driver, { ...read, path, fd, only: baseName(top) });
    tree.delete(rootPath);
    const placed = [...tree].map(
      ([at, finding]) => [joinPath(parent, at as string as Name), finding] as const,
    );
    return new Map(placed);
  } catch (error) {
    if (!isGone(error)) throw error;
    return new Map();
  }
}

/** The directories above a path, from the root on, as far as they are there. */
export function readAbove(
  { driver, self }: LocalHost,
  root: HostPath,
  top: RelPath,
): Map<RelPath, Finding> {
  using dirs = openDirectories(driver, root, false);
  const out = new Map<RelPath, Finding>();
  for (const path of directoriesAbove(top)) {
    try {
      const fd = dirs.open(path);
      // One name that is not there: the directory itself is all there is to see.
      const only = "\u0001 nothing has this name \u0001" as Name;
      const here = `${root}/${path}` as HostPath;
      const finding = readTree(driver, { fd, path: here, isRoot: self.isRoot, only }).get(rootPath);
      if (finding !== undefined) out.set(path, finding);
    } catch (error) {
      if (!isGone(error)) throw error;
      break;
    }
  }
  return out;
}

export function directoriesAbove(path: RelPath): RelPath[] {
  if (path === rootPath) return [];
  const parent = parentPath(path);
  return [...directoriesAbove(parent), parent];
}

function isGone(error: unknown): boolean {
  return ["ENOENT", "ENOTDIR", "ELOOP"].includes(errnoOf(error) ?? "");
}

/** Runs and what stands there now, as much of it as a path needs. */
export function historyOf(
  host: LocalHost,
  root: HostPath,
  top: RelPath,
  runs: readonly KeptRun[],
): History {
  // What was renamed may be anywhere by now.
  const isRenamed = runs.some(({ record }) => record.moves.length > 0);
  return { runs, now: readNow(host, root, isRenamed ? rootPath : top) };
}
