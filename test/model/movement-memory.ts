/** Hands in memory worlds. */
import { rawBytes } from "../../src/base/byte-string.ts";
import type { ByteString } from "../../src/base/byte-string.ts";
import type { RelPath } from "../../src/core/path.ts";
import { baseName, parentPath } from "../../src/core/path.ts";
import type { MemoryDirectory, MemoryNode } from "../../src/endpoint/memory/memory-node.ts";
import {
  existing,
  plant,
  plantLink,
  setTime,
  uproot,
} from "../../src/endpoint/memory/memory-tree.ts";
import type { MemoryWorld } from "../../src/endpoint/memory/memory-world.ts";
import { keyOf, setChild, stamp } from "../../src/endpoint/memory/memory-world.ts";
import type { Hands } from "./movement.ts";
import { childPath } from "./tree.ts";

export function handsInMemory(world: MemoryWorld, root: string): Hands {
  const at = (path: string): RelPath => childPath(root, path);
  const dirOf = (path: RelPath): MemoryDirectory =>
    existing(world, parentPath(path)) as MemoryDirectory;
  return {
    list: () => {
      const out: (readonly [string, string])[] = [];
      const visit = (path: string, node: MemoryNode): void => {
        if (path !== "") out.push([path, node.kind]);
        if (node.kind !== "directory") return;
        const children = [...node.names.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
        for (const child of children) visit(childPath(path, child.name), child.node);
      };
      visit("", existing(world, root as RelPath));
      return out;
    },
    rename: (from, to) => {
      const [old, now] = [at(from), at(to)];
      const node = existing(world, old);
      const origin = dirOf(old);
      // Not by way of setChild alone, which would touch what has the name in a world that folds case.
      origin.names.delete(keyOf(world, baseName(old)));
      node.nlink--;
      origin.mtime = origin.ctime = stamp(world);
      setChild(world, dirOf(now), baseName(now), node);
    },
    copy: (from, to, keepsTime) => {
      const { kind, mode, uid, gid, mtime, xattrs, ...rest } = existing(world, at(from));
      if (kind !== "file") throw new Error(`${from} is no file`);
      const content = (rest as { readonly content: Uint8Array }).content;
      plant(world, at(to), { kind, mode, uid, gid, xattrs: [...xattrs] as never, content });
      if (keepsTime) setTime(world, at(to), mtime);
    },
    write: (path, content) => {
      const node = existing(world, at(path));
      if (node.kind !== "file") throw new Error(`${path} is no file`);
      node.content = rawBytes(content as ByteString);
      node.mtime = node.ctime = stamp(world);
    },
    remove: (path) => uproot(world, at(path)),
    makeDirectory: (path) => plant(world, at(path), { kind: "directory" }),
    link: (from, to) => plantLink(world, at(to), at(from)),
  };
}
