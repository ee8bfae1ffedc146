import type { ByteString } from "../../base/byte-string.ts";
import { rawBytes } from "../../base/byte-string.ts";
import type { SpecialEntry } from "../../core/entry.ts";
import type { RelPath } from "../../core/path.ts";
import { baseName, parentPath, rootPath } from "../../core/path.ts";
import type { MemoryDirectory, MemoryNode } from "./memory-node.ts";
import type { MemoryWorld } from "./memory-world.ts";
import { nodeAt, setChild, stamp } from "./memory-world.ts";

/** What to make; what is left out is as an ordinary program would have made it. */
export type NodeSpec = {
  readonly mode?: number;
  readonly uid?: number;
  readonly gid?: number;
  readonly mtime?: bigint;
  readonly xattrs?: readonly (readonly [ByteString, ByteString])[];
  /** A number of its own makes a directory a mount point. */
  readonly dev?: number;
} & (
  | { readonly kind: "file"; readonly content?: Uint8Array | ByteString }
  | { readonly kind: "directory" }
  | { readonly kind: "symlink"; readonly linkTarget: ByteString }
  | { readonly kind: SpecialEntry["kind"]; readonly rdev?: number }
);

/** Makes a node that has no name yet. */
export function newNode(world: MemoryWorld, dev: number, spec: NodeSpec): MemoryNode {
  const time = stamp(world);
  const common = {
    ino: world.nextInode++,
    dev: spec.dev ?? dev,
    nlink: 0,
    mode:
      spec.mode ?? (spec.kind === "symlink" ? 0o777 : spec.kind === "directory" ? 0o755 : 0o644),
    uid: spec.uid ?? world.self.uid,
    gid: spec.gid ?? world.self.gid,
    mtime: spec.mtime ?? time,
    ctime: time,
    xattrs: new Map(spec.xattrs),
    trouble: undefined,
  };
  switch (spec.kind) {
    case "file": {
      const { content = new Uint8Array() } = spec;
      return {
        kind: "file",
        ...common,
        content: typeof content === "string" ? rawBytes(content) : content,
      };
    }
    case "directory":
      return { kind: "directory", ...common, names: new Map() };
    case "symlink":
      return { kind: "symlink", ...common, linkTarget: spec.linkTarget };
    default:
      return { kind: spec.kind, ...common, rdev: spec.rdev ?? 0 };
  }
}

/**
 * Makes what a test wants at a path, in place of whatever was there. The directory's times move as they do everywhere:
 * who wants others sets them last, with {@link setTime}.
 */
export function plant(world: MemoryWorld, path: RelPath, spec: NodeSpec): MemoryNode {
  const dir = directoryAt(world, parentPath(path));
  const node = newNode(world, dir.dev, spec);
  setChild(world, dir, baseName(path), node);
  return node;
}

/** Gives what stands at `from` a further name. */
export function plantLink(world: MemoryWorld, path: RelPath, from: RelPath): void {
  setChild(world, directoryAt(world, parentPath(path)), baseName(path), existing(world, from));
}

/** Takes a name away, with everything below it. */
export function uproot(world: MemoryWorld, path: RelPath): void {
  setChild(world, directoryAt(world, parentPath(path)), baseName(path), undefined);
}

export function setTime(world: MemoryWorld, path: RelPath, mtime: bigint): void {
  existing(world, path).mtime = mtime;
}

export function existing(world: MemoryWorld, path: RelPath): MemoryNode {
  const node = nodeAt(world, path);
  if (node === undefined) throw new Error(`nothing stands at ${path}`);
  return node;
}

/** The directory at a path; made, with those above it, where nothing is. */
function directoryAt(world: MemoryWorld, path: RelPath): MemoryDirectory {
  const node = nodeAt(world, path);
  if (node?.kind === "directory") return node;
  if (node !== undefined || path === rootPath) throw new Error(`no directory stands at ${path}`);
  return plant(world, path, { kind: "directory" }) as MemoryDirectory;
}
