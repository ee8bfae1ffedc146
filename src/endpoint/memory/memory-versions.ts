import { bytesOfText } from "../../base/byte-string.ts";
import type { Name, RelPath } from "../../core/path.ts";
import { baseName, joinPath, parentPath, rootPath } from "../../core/path.ts";
import {
  formatStamp,
  layerName,
  parseStamp,
  recordName,
  versionsName,
} from "../../core/version-stamp.ts";
import { ownDirectory } from "../../fs/temp-names.ts";
import type { VersionsOfRun } from "../endpoint.ts";
import { EntryProblem } from "../endpoint.ts";
import type { MemoryDirectory, MemoryNode } from "./memory-node.ts";
import { newNode } from "./memory-tree.ts";
import type { MemoryWorld } from "./memory-world.ts";
import { childOf, setChild } from "./memory-world.ts";

export const storePath: RelPath = joinPath(ownDirectory, versionsName as Name);

/** Makes the directory of a run; see the contract. */
export async function beginVersions(
  world: MemoryWorld,
  root: MemoryDirectory,
  at: number,
  record: (stamp: string) => string | Promise<string>,
): Promise<VersionsOfRun> {
  const { mtime } = root;
  try {
    const store = makeWay(world, root, storePath, 0o700);
    if (store === undefined) return { problem: notKept("a link or a file stands there") };
    const last = [...store.names.values()].reduce(
      (latest, { name }) => Math.max(latest, parseStamp(name)?.at ?? 0),
      0,
    );
    const stamp = formatStamp(Math.max(at, last + 1));
    setChild(world, store, stamp as Name, newNode(world, store.dev, directory(0o700)));
    const content = bytesOfText(await record(stamp));
    const file = newNode(world, store.dev, { kind: "file", mode: 0o600, content });
    setChild(world, store, recordName(stamp) as Name, file);
    return { stamp };
  } finally {
    root.mtime = mtime;
  }
}

/** Gives a node that goes a name in the run's part of the store. */
export function keepNode(
  world: MemoryWorld,
  root: MemoryDirectory,
  versions: VersionsOfRun,
  path: RelPath,
  node: MemoryNode,
): void {
  if ("problem" in versions) {
    throw new EntryProblem("target", versions.problem.code, versions.problem.message);
  }
  for (let layer = 1; ; layer++) {
    const top = joinPath(storePath, layerName(versions.stamp, layer) as Name);
    if (makeWay(world, root, storePath, 0o700) === undefined) {
      const { code, message } = notKept("a link or a file stands there");
      throw new EntryProblem("target", code, message);
    }
    const parent = parentPath(path);
    const dir = makeWay(world, root, parent === rootPath ? top : (`${top}/${parent}` as RelPath));
    if (dir === undefined) continue;
    const there = childOf(world, dir, baseName(path));
    if (node.kind !== "directory") {
      if (there !== undefined) continue;
      setChild(world, dir, baseName(path), node);
      return;
    }
    if (there !== undefined && there.kind !== "directory") continue;
    const { mode, uid, gid, mtime, xattrs } = node;
    const kept = there ?? newNode(world, dir.dev, directory(mode));
    Object.assign(kept, { mode, uid, gid, mtime, xattrs });
    if (there === undefined) setChild(world, dir, baseName(path), kept);
    return;
  }
}

function notKept(why: string): { readonly code: "blocked"; readonly message: string } {
  return { code: "blocked", message: `its old copy cannot be kept, so nothing was done: ${why}` };
}

function directory(mode: number): { readonly kind: "directory"; readonly mode: number } {
  return { kind: "directory", mode };
}

/** The directory at a path, made where it is missing; `undefined` where something else stands on the way. */
function makeWay(
  world: MemoryWorld,
  root: MemoryDirectory,
  path: RelPath,
  mode: number = 0o755,
): MemoryDirectory | undefined {
  let dir = root;
  for (const name of path.split("/") as Name[]) {
    let next = childOf(world, dir, name);
    if (next === undefined) {
      next = newNode(world, dir.dev, directory(mode));
      setChild(world, dir, name, next);
    }
    if (next.kind !== "directory") return undefined;
    dir = next;
  }
  return dir;
}
