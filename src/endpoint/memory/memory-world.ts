import type { ByteString } from "../../base/byte-string.ts";
import { bytesOfText } from "../../base/byte-string.ts";
import { foldName } from "../../core/fold.ts";
import type { Name, RelPath } from "../../core/path.ts";
import { baseName, joinPath, parentPath, parseRelPath, rootPath } from "../../core/path.ts";
import { preserveAll } from "../../core/preserve.ts";
import type { Problem } from "../../core/problem.ts";
import type { Capabilities } from "../endpoint.ts";
import type { MemoryDirectory, MemoryNode, Trouble } from "./memory-node.ts";

/** What a world is like; everything has a default. */
export interface WorldOptions {
  readonly capabilities?: Partial<Capabilities>;
  /** Who makes new files, and what their modes lack where modes are not kept. */
  readonly self?: { readonly uid: number; readonly gid: number; readonly umask: number };
  /** Nanoseconds since the epoch at which its clock starts. It goes on by one with everything that is changed. */
  readonly time?: bigint;
  readonly freeBytes?: number;
  readonly freeInodes?: number;
  /** Rows of a chunk, and bytes of a piece of content. */
  readonly chunkRows?: number;
  readonly pieceBytes?: number;
  /** Rows of the other replica that a scan takes notice of, where it may leave out rows that are like them. */
  readonly likeRows?: number;
}

/** A file system in memory, with a clock and inode numbers of its own. Endpoints are opened on directories in it. */
export interface MemoryWorld {
  readonly machine: string;
  readonly capabilities: Capabilities;
  readonly self: { readonly uid: number; readonly gid: number; readonly umask: number };
  readonly freeBytes: number;
  readonly freeInodes: number | undefined;
  readonly chunkRows: number;
  readonly pieceBytes: number;
  readonly likeRows: number;
  readonly root: MemoryDirectory;
  /** By path in the world: what every attempt to read the file's content fails with. */
  readonly unreadable: Map<RelPath, Trouble>;
  /** The same for every attempt to change what stands at the path. */
  readonly unchangeable: Map<RelPath, Trouble>;
  time: bigint;
  nextInode: number;
}

const everything: Capabilities = {
  timeResolution: 1,
  keeps: preserveAll,
  privileged: true,
  linkTimes: true,
  symlinks: true,
  foldsCase: false,
  reflink: false,
  remote: false,
};

let worlds = 0;

export function newWorld(options: WorldOptions = {}): MemoryWorld {
  const time = options.time ?? 4_200_000_000_000_000_000n;
  return {
    machine: `memory ${++worlds}`,
    capabilities: { ...everything, ...options.capabilities },
    self: options.self ?? { uid: 0, gid: 0, umask: 0o022 },
    freeBytes: options.freeBytes ?? Infinity,
    freeInodes: options.freeInodes,
    chunkRows: options.chunkRows ?? 64,
    pieceBytes: options.pieceBytes ?? 4096,
    likeRows: options.likeRows ?? Infinity,
    root: {
      kind: "directory",
      ino: 1,
      dev: 1,
      nlink: 1,
      mode: 0o755,
      uid: 0,
      gid: 0,
      mtime: time,
      ctime: time,
      xattrs: new Map(),
      trouble: undefined,
      names: new Map(),
    },
    unreadable: new Map(),
    unchangeable: new Map(),
    time,
    nextInode: 2,
  };
}

/** The world's clock, as its file systems write it down; it never shows the same time twice. */
export function stamp(world: MemoryWorld): bigint {
  return roundTime(world, world.time++);
}

export function roundTime({ capabilities }: MemoryWorld, time: bigint): bigint {
  const step = BigInt(capabilities.timeResolution);
  return time - (((time % step) + step) % step);
}

/** A location as typed: `/` and names joined by `/`. Throws where it is none, which is a mistake in a test. */
export function parseLocation(location: string): RelPath {
  const path = parseRelPath(bytesOfText(location.replace(/^\//, "")));
  if (path === undefined) throw new Error(`no location in a memory world: ${location}`);
  return path;
}

export function keyOf({ capabilities }: MemoryWorld, name: Name): string {
  return capabilities.foldsCase ? foldName(name) : name;
}

/** What a directory holds under a name. */
export function childOf(
  world: MemoryWorld,
  dir: MemoryDirectory,
  name: Name,
): MemoryNode | undefined {
  return dir.names.get(keyOf(world, name))?.node;
}

/** Puts a node under a name, in place of whatever had it; `undefined` frees the name. The directory's times move. */
export function setChild(
  world: MemoryWorld,
  dir: MemoryDirectory,
  name: Name,
  node: MemoryNode | undefined,
): void {
  const key = keyOf(world, name);
  const old = dir.names.get(key)?.node;
  if (node !== undefined) {
    node.nlink++;
    node.ctime = stamp(world);
    dir.names.delete(key);
    dir.names.set(key, { name, node });
  } else dir.names.delete(key);
  if (old !== undefined) {
    old.nlink--;
    old.ctime = stamp(world);
  }
  dir.mtime = dir.ctime = stamp(world);
}

/** Where a path leads when links are not followed; `undefined` where nothing is there. */
export function nodeAt(world: MemoryWorld, path: RelPath): MemoryNode | undefined {
  if (path === rootPath) return world.root;
  const dir = nodeAt(world, parentPath(path));
  return dir?.kind === "directory" ? childOf(world, dir, baseName(path)) : undefined;
}

/** Why a path leads nowhere. */
export type Lost = Extract<Problem["code"], "vanished" | "changed">;

/** Where a path leads when every link is followed, and the path without links. Links are resolved from the world's root. */
export function resolve(
  world: MemoryWorld,
  path: RelPath,
  linksLeft: number = 40,
): { readonly path: RelPath; readonly node: MemoryNode } | Lost {
  let at: { readonly path: RelPath; readonly node: MemoryNode } = {
    path: rootPath,
    node: world.root,
  };
  const names = path.split("/") as Name[];
  for (const [i, name] of names.entries()) {
    if (name === "" || name === ".") continue;
    if (at.node.kind !== "directory") return "changed";
    if (name === "..") {
      const above = parentPath(at.path);
      at = { path: above, node: nodeAt(world, above)! };
      continue;
    }
    const node = childOf(world, at.node, name);
    if (node === undefined) return "vanished";
    if (node.kind !== "symlink") {
      at = { path: joinPath(at.path, name), node };
      continue;
    }
    if (linksLeft === 0) return "changed";
    const start = node.linkTarget.startsWith("/") ? "" : `${at.path}/`;
    const rest = names.slice(i + 1).map((more) => `/${more}`);
    return resolve(world, `${start}${node.linkTarget}${rest.join("")}` as RelPath, linksLeft - 1);
  }
  return at;
}

/** Text of a path in the world, for messages. */
export function locationOf(path: RelPath): string {
  return `/${path satisfies ByteString}`;
}
