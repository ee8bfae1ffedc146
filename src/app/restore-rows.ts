import type { Finding } from "../core/entry.ts";
import type { RelPath } from "../core/path.ts";
import { baseName, joinPath, parentPath, rootPath } from "../core/path.ts";
import type { History, PastEntry } from "../core/version-state.ts";
import { stateBefore } from "../core/version-state.ts";
import type { LocalHost } from "../endpoint/local/host.ts";
import type { LocalEndpoint } from "../endpoint/local/local-endpoint.ts";
import type { OpenReplica } from "./kept-history.ts";
import { directoriesAbove, readAbove, readNow } from "./kept-history.ts";
import type { Content, Contents } from "./restore-ends.ts";
import { contentOf } from "./restore-ends.ts";

/** Both ends of a restore, as rows of a scan. */
export interface RestoreRows {
  readonly past: ReadonlyMap<RelPath, Finding>;
  readonly now: ReadonlyMap<RelPath, Finding>;
  /** By the path at the target: where in the replica the content is. */
  readonly contents: Contents;
}

/** Where it was: what is there now is replaced, and directories around it that have gone are made as they were. */
export function rowsInPlace(
  host: LocalHost,
  { hostRoot }: LocalEndpoint,
  history: History,
  top: RelPath,
  tree: ReadonlyMap<RelPath, PastEntry>,
): RestoreRows {
  const above = readAbove(host, hostRoot, top);
  const past = new Map<RelPath, Finding>();
  // Directories around it are made as they were if they have gone, and else stay as they are.
  for (const path of directoriesAbove(top)) {
    const finding = above.get(path) ?? stateBefore(history, path, 0)?.finding;
    if (finding !== undefined) past.set(path, finding);
  }
  const contents = new Map<RelPath, Content>();
  for (const [path, entry] of tree) {
    past.set(path, entry.finding);
    contents.set(path, contentOf(history, entry));
  }
  const below = readNow(host, hostRoot, top);
  const now = new Map<RelPath, Finding>([
    ...above,
    ...nextBelow(host, hostRoot, above, top),
    ...below,
  ]);
  return { past, now, contents };
}

/** What stands in the way of a directory that is to be made again. */
function nextBelow(
  host: LocalHost,
  root: LocalEndpoint["hostRoot"],
  above: ReadonlyMap<RelPath, Finding>,
  top: RelPath,
): ReadonlyMap<RelPath, Finding> {
  const missing = directoriesAbove(top).find((path) => !above.has(path));
  return missing === undefined ? new Map() : readNow(host, root, missing);
}

/** In another directory, under its own name; the whole replica is that directory itself. */
export function rowsElsewhere(
  host: LocalHost,
  { endpoint, root }: OpenReplica,
  history: History,
  top: RelPath,
  tree: ReadonlyMap<RelPath, PastEntry>,
): RestoreRows {
  const name = baseName(top);
  const isThere = root.kind === "directory";
  const around = isThere
    ? readAbove(host, endpoint.hostRoot, "x" as RelPath).get(rootPath)
    : undefined;
  const past = new Map<RelPath, Finding>();
  const contents = new Map<RelPath, Content>();
  if (top !== rootPath) past.set(rootPath, around ?? newDirectory(tree.get(top)!));
  for (const [path, entry] of tree) {
    const rest = path.slice(top === rootPath ? 0 : parentPath(top).length).replace(/^\//, "");
    past.set(rest as RelPath, entry.finding);
    contents.set(rest as RelPath, contentOf(history, entry));
  }
  const now = new Map<RelPath, Finding>();
  if (around !== undefined) now.set(rootPath, around);
  if (isThere) {
    const below = top === rootPath ? rootPath : joinPath(rootPath, name);
    for (const [path, finding] of readNow(host, endpoint.hostRoot, below)) now.set(path, finding);
  }
  return { past, now, contents };
}

/** A directory around something that is restored to where nothing is: its owner's, like any that is made. */
function newDirectory({ finding }: PastEntry): Finding {
  const like = finding as Extract<Finding, { mtimeSec: number }>;
  return {
    ...like,
    kind: "directory",
    mode: 0o755,
    size: 0,
    nlink: 2,
    xattrs: undefined,
    closed: false,
  };
}
