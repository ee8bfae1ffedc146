import type { Entry } from "../../core/entry.ts";
import type { Name, RelPath } from "../../core/path.ts";
import { baseName, joinPath, parentPath, rootPath } from "../../core/path.ts";
import type { Action } from "../../core/plan.ts";
import type { ProblemCode } from "../../core/problem.ts";
import type { ApplyOptions } from "../endpoint.ts";
import { EntryProblem } from "../endpoint.ts";
import type { MemoryDirectory, MemoryNode } from "./memory-node.ts";
import { joinTime } from "./memory-node.ts";
import { setMetadata } from "./memory-metadata.ts";
import { newNode } from "./memory-tree.ts";
import { keepNode } from "./memory-versions.ts";
import type { MemoryWorld } from "./memory-world.ts";
import { childOf, nodeAt, setChild } from "./memory-world.ts";

type Of<T extends Action["type"]> = Extract<Action, { type: T }>;

/** What carrying out actions needs. */
export interface MemoryTarget {
  readonly world: MemoryWorld;
  /** Of the replica's root, in the world. */
  readonly path: RelPath;
  readonly options: ApplyOptions;
}

/** A name, and the directory that has it. */
interface Place {
  readonly path: RelPath;
  readonly dir: MemoryDirectory;
  readonly name: Name;
}

/** Carries out one action; what it could not do of it is returned, what stopped it is thrown. */
export function applyNow(
  target: MemoryTarget,
  action: Exclude<Action, { type: "put-file" }>,
): EntryProblem | undefined {
  switch (action.type) {
    case "make-directory":
      return makeDirectory(target, action);
    case "put-symlink":
    case "put-special":
      return putNode(target, action);
    case "link":
      return link(target, action);
    case "set-metadata":
      return updateMetadata(target, action);
    case "move":
      return move(target, action);
    case "exchange":
      return exchange(target, action);
    case "copy-file":
      return copyFile(target, action);
    case "remove":
    case "remove-leftover":
      return remove(target, action);
    case "finish-directory":
      return finishDirectory(target, action);
  }
}

/** Puts a file whose content has arrived in full. */
export function putFile(
  target: MemoryTarget,
  { path, expected, entry }: Pick<Of<"put-file">, "path" | "expected" | "entry">,
  content: Uint8Array,
): EntryProblem | undefined {
  const place = placeOf(target, path);
  const node = newNode(target.world, place.dir.dev, { kind: "file", mode: 0o600, content });
  const problem = setMetadata(target, node, entry, true);
  commit(target, place, expected, node);
  return problem;
}

function makeDirectory(target: MemoryTarget, { path, expected }: Of<"make-directory">): undefined {
  const place = placeOf(target, path);
  const node = newNode(target.world, place.dir.dev, { kind: "directory", mode: 0o700 });
  commit(target, place, expected, node);
}

function putNode(
  target: MemoryTarget,
  { path, expected, entry }: Of<"put-symlink" | "put-special">,
): EntryProblem | undefined {
  const { world } = target;
  const place = placeOf(target, path);
  const { keeps, privileged, symlinks } = world.capabilities;
  const isDevice = entry.kind === "block-device" || entry.kind === "character-device";
  const canStore = entry.kind === "symlink" ? symlinks : isDevice ? keeps.devices : keeps.specials;
  if (!canStore) throw trouble("unsupported", "it cannot be stored here");
  if (isDevice && !privileged) throw trouble("not-permitted", "only root makes devices");
  const node = newNode(world, place.dir.dev, entryAsSpec(entry));
  const problem = setMetadata(target, node, entry, true);
  commit(target, place, expected, node);
  return problem;
}

function entryAsSpec(
  entry: Of<"put-symlink" | "put-special">["entry"],
): Parameters<typeof newNode>[2] {
  return entry.kind === "symlink"
    ? { kind: "symlink", linkTarget: entry.linkTarget }
    : { kind: entry.kind, rdev: entry.rdev, mode: 0o600 };
}

function link(target: MemoryTarget, { path, from, expected, entry }: Of<"link">): undefined {
  const dir = directoryAt(target, parentPath(from));
  const node = childOf(target.world, dir, baseName(from));
  if (node === undefined) throw trouble("vanished", "the file to link to has gone");
  const isRight =
    node.kind === entry.kind &&
    (node.kind !== "file" || node.content.length === entry.size) &&
    (!target.options.preserve.times ||
      node.kind === "symlink" ||
      isSameTime(target.world, node, entry, target.options.window));
  if (!isRight) throw trouble("blocked", "the file to link to is not in place");
  commit(target, placeOf(target, path), expected, node);
}

function updateMetadata(
  target: MemoryTarget,
  { path, expected, entry }: Of<"set-metadata">,
): EntryProblem | undefined {
  const node = checkExpected(target.world, placeOf(target, path), expected);
  return setMetadata(target, node, entry, false);
}

function move(target: MemoryTarget, { path, from, expected, entry }: Of<"move">): undefined {
  const origin = placeOf(target, from);
  const node = checkExpected(target.world, origin, entry);
  const to = placeOf(target, path);
  if (node.kind === "directory" && path.startsWith(`${from}/`)) {
    throw trouble("io", "a directory cannot be moved into itself");
  }
  const isRespelled = origin.dir === to.dir && childOf(target.world, to.dir, to.name) === node;
  if (isRespelled) setChild(target.world, origin.dir, origin.name, undefined);
  commit(target, to, expected, node);
  if (!isRespelled) setChild(target.world, origin.dir, origin.name, undefined);
}

function exchange(
  target: MemoryTarget,
  { path, from, expected, entry }: Of<"exchange">,
): undefined {
  const [origin, to] = [placeOf(target, from), placeOf(target, path)];
  const node = checkExpected(target.world, origin, entry);
  const other = checkExpected(target.world, to, expected);
  setChild(target.world, to.dir, to.name, node);
  setChild(target.world, origin.dir, origin.name, other);
}

function copyFile(target: MemoryTarget, action: Of<"copy-file">): EntryProblem | undefined {
  const original = checkExpected(target.world, placeOf(target, action.from), action.original);
  if (original.kind !== "file") throw trouble("changed", "it is no file any more");
  return putFile(target, action, original.content);
}

function remove(target: MemoryTarget, action: Of<"remove" | "remove-leftover">): undefined {
  const place = placeOf(target, action.path);
  if (action.type === "remove-leftover") {
    const node = childOf(target.world, place.dir, place.name);
    if (node === undefined) throw trouble("vanished", "it has gone");
    checkEmpty(node);
  } else {
    const node = checkExpected(target.world, place, action.expected);
    checkEmpty(node);
    // Work below it has moved its times.
    keep(target, place, node, action.expected);
  }
  setChild(target.world, place.dir, place.name, undefined);
}

function finishDirectory(
  target: MemoryTarget,
  { path, expected, entry }: Of<"finish-directory">,
): EntryProblem | undefined {
  const node = directoryAt(target, path);
  if (expected !== undefined && !isAsExpected(target.world, node, expected)) {
    throw trouble("changed", "another directory stands here now");
  }
  return setMetadata(target, node, entry, expected === undefined);
}

function placeOf(target: MemoryTarget, path: RelPath): Place {
  const refused = target.world.unchangeable.get(inWorld(target.path, path));
  if (refused !== undefined) throw trouble(refused.code, refused.message);
  return { path, dir: directoryAt(target, parentPath(path)), name: baseName(path) };
}

/** A directory below the root, reached without following links. */
function directoryAt({ world, path: root }: MemoryTarget, path: RelPath): MemoryDirectory {
  const top = nodeAt(world, root);
  let node: MemoryNode | undefined = top;
  for (const name of path === rootPath ? [] : (path.split("/") as Name[])) {
    if (node?.kind === "directory") node = childOf(world, node, name);
    if (node === undefined) throw trouble("vanished", "the directory has gone");
    if (node.kind !== "directory") throw trouble("changed", "it is no directory any more");
    if (node.trouble !== undefined) throw trouble(node.trouble.code, node.trouble.message);
  }
  if (node?.kind !== "directory") throw trouble("vanished", "the root has gone");
  return node;
}

/** Gives a node its name, in place of what is expected there. The name holds the old or the new at every moment. */
function commit(
  target: MemoryTarget,
  place: Place,
  expected: Entry | undefined,
  node: MemoryNode,
): void {
  const { world } = target;
  const { dir, name } = place;
  if (expected !== undefined) {
    const old = checkExpected(world, place, expected);
    checkEmpty(old);
    if (old !== node) keep(target, place, old, expected);
  } else if (childOf(world, dir, name) !== undefined) {
    throw trouble("changed", "something has appeared here since the plan was made");
  }
  setChild(world, dir, name, node);
}

/** Keeps what goes, if the run keeps versions. */
function keep(target: MemoryTarget, { path }: Place, old: MemoryNode, was: Entry): void {
  const { versions } = target.options;
  if (versions === undefined) return;
  if (old.kind === "directory") old.mtime = joinTime(was.mtimeSec, was.mtimeNs);
  keepNode(target.world, directoryAt(target, rootPath), versions, path, old);
}

function checkExpected(world: MemoryWorld, { dir, name }: Place, expected: Entry): MemoryNode {
  const node = childOf(world, dir, name);
  if (node === undefined) throw trouble("changed", "it has gone since the plan was made");
  if (node.trouble !== undefined) throw trouble(node.trouble.code, node.trouble.message);
  if (!isAsExpected(world, node, expected)) {
    throw trouble("changed", "it has changed since the plan was made");
  }
  return node;
}

/** Directories are the same directory; anything else has the same size and, unless it has several names, mtime, too. */
export function isAsExpected(world: MemoryWorld, node: MemoryNode, expected: Entry): boolean {
  if (node.kind !== expected.kind) return false;
  const ino = expected.inoHigh * 2 ** 32 + expected.inoLow;
  // Of a row that was left out, nobody knows which inode it is.
  if (ino !== 0 && (node.ino !== ino || node.dev !== expected.dev)) return false;
  if (node.kind === "directory") return true;
  if (node.kind === "file" && node.content.length !== expected.size) return false;
  return expected.nlink > 1 || isSameTime(world, node, expected);
}

/** Whether the mtimes are the same as far as they can be told apart here. */
export function isSameTime(
  { capabilities }: MemoryWorld,
  node: MemoryNode,
  entry: Entry,
  window: number = 0,
): boolean {
  const apart = node.mtime - joinTime(entry.mtimeSec, entry.mtimeNs);
  return (apart < 0n ? -apart : apart) < BigInt(Math.max(capabilities.timeResolution, window + 1));
}

function checkEmpty(node: MemoryNode): void {
  if (node.kind === "directory" && node.names.size > 0) {
    throw trouble("not-empty", "the directory holds something that the plan does not know");
  }
}

export function inWorld(root: RelPath, path: RelPath): RelPath {
  return path === rootPath ? root : joinPath(root, path as Name);
}

function trouble(code: ProblemCode, message: string): EntryProblem {
  return new EntryProblem("target", code, message);
}
