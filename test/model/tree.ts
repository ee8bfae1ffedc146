/**
 * Trees as plain values, for tests that make them up: nothing here is Syncline's code but the words for names and bytes.
 */
import type { ByteString } from "../../src/base/byte-string.ts";
import type { Name, RelPath } from "../../src/core/path.ts";

export type SpecialKind = "fifo" | "socket" | "block-device" | "character-device";

interface Common {
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** Nanoseconds since the epoch. */
  readonly mtime: bigint;
  readonly xattrs: readonly (readonly [ByteString, ByteString])[];
}

export interface ModelFile extends Common {
  readonly kind: "file";
  readonly content: ByteString;
  /** Files of one tree with the same number are one file. */
  readonly group: number | undefined;
}
export interface ModelDirectory extends Common {
  readonly kind: "directory";
  readonly children: ReadonlyMap<Name, ModelNode>;
}
interface ModelSymlink extends Common {
  readonly kind: "symlink";
  readonly linkTarget: ByteString;
}
interface ModelSpecial extends Common {
  readonly kind: SpecialKind;
  readonly rdev: number;
}
export type ModelNode = ModelFile | ModelDirectory | ModelSymlink | ModelSpecial;

/** Everything of one entry that a mirror has to get right, in a form that compares as a value. */
export interface Fact {
  readonly path: string;
  readonly kind: string;
  /** Content, link target or device. */
  readonly what: string;
  /** Octal; empty for links, which have none. */
  readonly mode: string;
  readonly owner: string;
  readonly mtime: string;
  readonly xattrs: string;
  /** First path, in order, of those that are the same file; empty for a file with one name in the tree. */
  readonly group: string;
}

/** One entry before its group is known by its first path. */
export interface RawFact extends Omit<Fact, "group"> {
  /** Equal for names of one file. */
  readonly identity: string;
}

export function withGroups(raw: readonly RawFact[]): Fact[] {
  const groups = Map.groupBy(
    raw.filter(({ kind }) => kind === "file"),
    ({ identity }) => identity,
  );
  return raw.map(({ identity, ...fact }) => {
    const group = groups.get(identity) ?? [];
    return { ...fact, group: group.length > 1 ? group[0]!.path : "" };
  });
}

export function modeText(kind: string, mode: number): string {
  return kind === "symlink" ? "" : mode.toString(8);
}

export function xattrText(xattrs: Iterable<readonly [string, string]>): string {
  return JSON.stringify([...xattrs].sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** The entries of a model in the order of a walk, the root first. */
export function factsOf(root: ModelDirectory): Fact[] {
  const out: RawFact[] = [];
  const visit = (path: string, node: ModelNode): void => {
    const group = node.kind === "file" ? node.group : undefined;
    out.push({
      path,
      kind: node.kind,
      what: whatOf(node),
      mode: modeText(node.kind, node.mode),
      owner: `${node.uid}:${node.gid}`,
      mtime: node.mtime.toString(),
      xattrs: xattrText(node.xattrs),
      identity: group === undefined ? `only ${path}` : `group ${group}`,
    });
    if (node.kind !== "directory") return;
    for (const name of [...node.children.keys()].sort())
      visit(childPath(path, name), node.children.get(name)!);
  };
  visit("", root);
  return withGroups(out);
}

function whatOf(node: ModelNode): string {
  switch (node.kind) {
    case "file":
      return node.content;
    case "directory":
      return "";
    case "symlink":
      return node.linkTarget;
    default:
      return String(node.rdev);
  }
}

export function childPath(path: string, name: string): RelPath {
  return (path === "" ? name : `${path}/${name}`) as RelPath;
}

/** Whether the path is the other one or lies below it. */
export function isAtOrBelow(path: string, top: string): boolean {
  return top === "" || path === top || path.startsWith(`${top}/`);
}
