import type { Name, RelPath } from "../../core/path.ts";
import { joinPath, rootPath } from "../../core/path.ts";
import { parseStamp, recordName } from "../../core/version-stamp.ts";
import type { VersionRule } from "../../core/version-thinning.ts";
import { recordAge, survivors } from "../../core/version-thinning.ts";
import type { MemoryDirectory } from "./memory-node.ts";
import { storePath } from "./memory-versions.ts";
import type { MemoryWorld } from "./memory-world.ts";
import { childOf, setChild } from "./memory-world.ts";

/** A run's part of the store. */
interface Layer {
  readonly name: Name;
  readonly at: number;
  readonly dir: MemoryDirectory;
}

/** One old copy, and the directory that holds it. */
interface Copy {
  readonly at: number;
  readonly dir: MemoryDirectory;
  readonly name: Name;
}

/** Drops what the rule does not keep; see the contract. This world's clock is never wrong. */
export function thinVersions(
  world: MemoryWorld,
  root: MemoryDirectory,
  rule: VersionRule,
  at: number,
): void {
  if (rule.keep === "none") return;
  const store = directoryAt(world, root, storePath);
  if (store === undefined) return;
  const layers = layersOf(store);
  const copies = new Map<RelPath, Copy[]>();
  for (const layer of layers) collect(copies, layer.at, layer.dir, rootPath);
  for (const list of copies.values()) {
    const keeps = survivors(
      rule,
      list.map((copy) => copy.at),
      at,
    );
    for (const [i, { dir, name }] of list.entries()) {
      if (keeps[i] === false) setChild(world, dir, name, undefined);
    }
  }
  for (const layer of layers) {
    prune(world, layer.dir);
    if (layer.dir.names.size > 0 || layer.at >= at - recordAge(rule)) continue;
    setChild(world, store, layer.name, undefined);
    setChild(world, store, recordName(layer.name) as Name, undefined);
  }
}

function directoryAt(
  world: MemoryWorld,
  root: MemoryDirectory,
  path: RelPath,
): MemoryDirectory | undefined {
  let dir = root;
  for (const name of path.split("/") as Name[]) {
    const next = childOf(world, dir, name);
    if (next?.kind !== "directory") return undefined;
    dir = next;
  }
  return dir;
}

/** Oldest first. */
function layersOf(store: MemoryDirectory): Layer[] {
  const layers = [...store.names.values()].flatMap(({ name, node }): Layer[] => {
    const at = parseStamp(name)?.at;
    return at === undefined || node.kind !== "directory" ? [] : [{ name, at, dir: node }];
  });
  return layers.sort((a, b) => a.at - b.at || (a.name < b.name ? -1 : 1));
}

/** Everything but directories that hold something. */
function collect(
  copies: Map<RelPath, Copy[]>,
  at: number,
  dir: MemoryDirectory,
  path: RelPath,
): void {
  for (const { name, node } of dir.names.values()) {
    const there = joinPath(path, name);
    if (node.kind === "directory" && node.names.size > 0) {
      collect(copies, at, node, there);
      continue;
    }
    const list = copies.get(there) ?? [];
    list.push({ at, dir, name });
    copies.set(there, list);
  }
}

/** Removes directories that hold nothing any more. */
function prune(world: MemoryWorld, dir: MemoryDirectory): void {
  for (const { name, node } of dir.names.values()) {
    if (node.kind !== "directory" || node.names.size === 0) continue;
    prune(world, node);
    if (node.names.size === 0) setChild(world, dir, name, undefined);
  }
}
