/** Trees made in memory worlds, and looked at there by plain reading of the objects. */
import { byteString } from "../../src/base/byte-string.ts";
import type { RelPath } from "../../src/core/path.ts";
import type { MemoryNode } from "../../src/endpoint/memory/memory-node.ts";
import type { NodeSpec } from "../../src/endpoint/memory/memory-tree.ts";
import { existing, plant, plantLink, setTime } from "../../src/endpoint/memory/memory-tree.ts";
import type { MemoryWorld } from "../../src/endpoint/memory/memory-world.ts";
import type { Fact, ModelDirectory, ModelNode, RawFact } from "./tree.ts";
import { childPath, modeText, withGroups, xattrText } from "./tree.ts";

/** Makes a tree at a path that nothing has taken. */
export function plantModel(world: MemoryWorld, at: string, root: ModelDirectory): void {
  const groups = new Map<number, RelPath>();
  const visit = (path: RelPath, node: ModelNode): void => {
    const group = node.kind === "file" ? node.group : undefined;
    const first = group === undefined ? undefined : groups.get(group);
    if (first !== undefined) plantLink(world, path, first);
    else plant(world, path, specOf(node));
    if (group !== undefined && first === undefined) groups.set(group, path);
    if (node.kind === "directory")
      for (const [name, child] of node.children) visit(childPath(path, name), child);
    setTime(world, path, node.mtime);
  };
  visit(at as RelPath, root);
}

/** What to make, without its time, and without what is in it. */
export function specOf(node: ModelNode): NodeSpec {
  const { mode, uid, gid, xattrs } = node;
  const common = { mode, uid, gid, xattrs };
  switch (node.kind) {
    case "file":
      return { kind: "file", ...common, content: node.content };
    case "directory":
      return { kind: "directory", ...common };
    case "symlink":
      return { kind: "symlink", ...common, linkTarget: node.linkTarget };
    default:
      return { kind: node.kind, ...common, rdev: node.rdev };
  }
}

/** Every entry at and below a path, in order, but for `.syncline` and temporary names. */
export function seeMemory(world: MemoryWorld, at: string): Fact[] {
  const out: RawFact[] = [];
  const visit = (path: string, node: MemoryNode): void => {
    out.push({
      path,
      kind: node.kind,
      what: whatOf(node),
      mode: modeText(node.kind, node.mode),
      owner: `${node.uid}:${node.gid}`,
      mtime: node.mtime.toString(),
      xattrs: xattrText(node.xattrs),
      identity: String(node.ino),
    });
    if (node.kind !== "directory") return;
    const children = [...node.names.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
    for (const child of children) visit(childPath(path, child.name), child.node);
  };
  visit("", existing(world, at as RelPath));
  return withGroups(out);
}

function whatOf(node: MemoryNode): string {
  switch (node.kind) {
    case "file":
      return byteString(node.content);
    case "directory":
      return "";
    case "symlink":
      return node.linkTarget;
    default:
      return String(node.rdev);
  }
}
