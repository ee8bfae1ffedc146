import { SyncError } from "../../base/errors.ts";
import type { FileEntry } from "../../core/entry.ts";
import type { RelPath } from "../../core/path.ts";
import { baseName, parentPath, rootPath } from "../../core/path.ts";
import type { Action } from "../../core/plan.ts";
import type { ContentSource, Endpoint, Outcome, ReadOptions, RootInfo } from "../endpoint.ts";
import { EntryProblem } from "../endpoint.ts";
import type { MemoryTarget } from "./memory-apply.ts";
import { applyNow, inWorld, isAsExpected, isSameTime, putFile } from "./memory-apply.ts";
import { chunkFiles } from "./memory-chunks.ts";
import { hashFiles } from "./memory-hash.ts";
import { likeThose } from "./memory-like.ts";
import { packMemory, unpackOne } from "./memory-packs.ts";
import type { MemoryNode } from "./memory-node.ts";
import { entryOf } from "./memory-node.ts";
import { scanChunks } from "./memory-scan.ts";
import { newNode } from "./memory-tree.ts";
import { thinVersions } from "./memory-thinning.ts";
import { beginVersions } from "./memory-versions.ts";
import type { MemoryWorld } from "./memory-world.ts";
import { locationOf, nodeAt, parseLocation, resolve, setChild } from "./memory-world.ts";

interface Counts {
  entries: number;
  files: number;
  bytes: number;
}

/**
 * Opens a directory of a memory world, which need not exist yet. The tree may be changed at any moment, also while it is
 * scanned, read or applied to: everything is looked up when it is needed.
 */
export function openMemory(world: MemoryWorld, location: string): Endpoint {
  const typed = parseLocation(location);
  const counts: Counts = { entries: 0, files: 0, bytes: 0 };
  /** A root that is a link is followed. */
  const rootOf = (): RelPath => {
    const there = resolve(world, typed);
    return typeof there === "string" ? typed : there.path;
  };
  const read: Endpoint["read"] = (path, expected, { followLinks }, signal) =>
    readFile(world, inWorld(rootOf(), path), { expected, followLinks }, signal);
  const ctimeOf = (path: RelPath): bigint | undefined => {
    const there = resolve(world, inWorld(rootOf(), path));
    return typeof there === "string" ? undefined : there.node.ctime;
  };
  return {
    location,
    machine: world.machine,
    usesBasis: false,
    capabilities: world.capabilities,

    root: async () => rootInfo(world, rootOf()),

    async makeRoot() {
      makeDirectories(world, rootOf());
    },

    async *scan(request, signal) {
      signal.throwIfAborted();
      const path = rootOf();
      const node = nodeAt(world, path);
      if (node?.kind !== "directory" || node.trouble !== undefined) {
        throw new SyncError("ROOT_UNREADABLE", `${location}: it cannot be read`);
      }
      const chunks = scanChunks(world, { node, path }, request);
      const { like } = request;
      const sent = like === undefined ? chunks : likeThose(chunks, like, world.likeRows);
      for await (const chunk of sent) {
        counts.entries += chunk.count;
        yield chunk;
        signal.throwIfAborted();
      }
    },

    read,

    readFiles: (files, options, signal) => packMemory(read, files, options, signal),

    compareContent: () => undefined,

    hash: (requests, options, signal) => hashFiles({ read, ctimeOf }, requests, options, signal),
    chunks: (requests, options, signal) => chunkFiles({ read, ctimeOf }, requests, options, signal),

    async beginVersions(at, record) {
      const root = nodeAt(world, rootOf());
      if (root?.kind === "directory") return beginVersions(world, root, at, record);
      return { problem: { code: "vanished", message: "the root has gone" } };
    },

    async *apply(actions, _ordered, source, options, signal) {
      const target = { world, path: rootOf(), options };
      for (const action of actions) {
        if (signal.aborted) return;
        yield [await applyOne(target, action, source, counts, signal)];
      }
    },

    flush: async () => {},

    async thinVersions(rule, at) {
      const root = nodeAt(world, rootOf());
      if (root?.kind === "directory") thinVersions(world, root, rule, at);
      return undefined;
    },

    traffic: () => ({ sent: 0, received: 0 }),
    progress: () => ({ ...counts }),
    async [Symbol.asyncDispose]() {},
  };
}

function rootInfo(world: MemoryWorld, path: RelPath): RootInfo {
  const missing: string[] = [];
  let existing = path;
  let node = nodeAt(world, existing);
  // A link that is still here leads nowhere: the root would be made beyond it.
  const isDangling = node?.kind === "symlink";
  if (isDangling) node = undefined;
  while (node === undefined) {
    missing.unshift(baseName(existing));
    existing = parentPath(existing);
    node = nodeAt(world, existing);
  }
  if (missing.length > 0 && node.kind !== "directory") {
    throw new SyncError("ROOT_NOT_DIRECTORY", `${locationOf(existing)} is not a directory`);
  }
  const lineage: string[] = [];
  for (let at = existing; ; at = parentPath(at)) {
    const { dev, ino } = nodeAt(world, at)!;
    lineage.push(`${dev}:${ino}`);
    if (at === rootPath) break;
  }
  let mount = node.kind === "directory" ? existing : parentPath(existing);
  const { dev } = nodeAt(world, mount)!;
  while (mount !== rootPath && nodeAt(world, parentPath(mount))!.dev === dev) {
    mount = parentPath(mount);
  }
  return {
    kind: isDangling ? "dangling" : kindOf(world, path),
    identity: identityOf(nodeAt(world, existing)!),
    lineage,
    missing,
    mountPoint: locationOf(mount),
    device: dev,
    freeBytes: world.freeBytes,
    freeInodes: world.freeInodes,
    realPath: locationOf(path),
  };
}

function identityOf(node: MemoryNode): RootInfo["identity"] {
  const { dev, inoHigh, inoLow } = entryOf(node, { xattrs: false, acls: false });
  return { dev, inoHigh, inoLow };
}

function kindOf(world: MemoryWorld, path: RelPath): RootInfo["kind"] {
  const node = nodeAt(world, path);
  if (node === undefined) return "missing";
  if (node.kind === "file") return "file";
  if (node.kind !== "directory") return "other";
  return node.trouble === undefined ? "directory" : "unreadable";
}

function makeDirectories(world: MemoryWorld, path: RelPath): void {
  const node = nodeAt(world, path);
  if (node?.kind === "directory") return;
  if (node !== undefined) {
    throw new SyncError("TARGET_UNWRITABLE", `${locationOf(path)}: it cannot be made`);
  }
  makeDirectories(world, parentPath(path));
  const dir = nodeAt(world, parentPath(path));
  if (dir?.kind !== "directory") return;
  setChild(world, dir, baseName(path), newNode(world, dir.dev, { kind: "directory" }));
}

async function* readFile(
  world: MemoryWorld,
  path: RelPath,
  { expected, followLinks }: ReadOptions & { readonly expected: FileEntry },
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  const refused = world.unreadable.get(path);
  if (refused !== undefined) throw new EntryProblem("source", refused.code, refused.message);
  const there = resolve(world, path);
  if (typeof there === "string") throw new EntryProblem("source", there, "it has gone");
  const { node } = there;
  if (!followLinks && there.path !== path)
    throw new EntryProblem("source", "changed", "a link stands on the way");
  if (node.trouble !== undefined)
    throw new EntryProblem("source", node.trouble.code, node.trouble.message);
  const changed = (): EntryProblem => new EntryProblem("source", "changed", "it has changed");
  if (node.kind !== "file") throw changed();
  const isUnchanged = (): boolean =>
    isAsExpected(world, node, expected) && isSameTime(world, node, expected);
  for (let from = 0; isUnchanged() && from < expected.size; from += world.pieceBytes) {
    signal.throwIfAborted();
    yield node.content.slice(from, from + world.pieceBytes);
  }
  if (!isUnchanged()) throw changed();
}

async function applyOne(
  target: MemoryTarget,
  action: Action,
  source: ContentSource,
  counts: Counts,
  signal: AbortSignal,
): Promise<Outcome> {
  const { path } = action;
  let bytes = 0;
  try {
    let trouble: EntryProblem | undefined;
    if (action.type === "put-file") {
      const content = await fetch(target, source, action, counts, signal);
      trouble = putFile(target, action, content);
      bytes = content.length;
    } else trouble = applyNow(target, action);
    return {
      action,
      done: true,
      bytes,
      shared: 0,
      ...(trouble && { problem: said(trouble, path) }),
    };
  } catch (error) {
    if (!(error instanceof EntryProblem)) throw error;
    return { action, done: false, bytes: 0, shared: 0, problem: said(error, path) };
  } finally {
    if (action.type === "put-file") counts.files++;
  }
}

function said(
  { side, code, message }: EntryProblem,
  path: RelPath,
): NonNullable<Outcome["problem"]> {
  return { path, side, code, message };
}

/** The whole content of a source file, which is as long as was planned. */
async function fetch(
  { options }: MemoryTarget,
  source: ContentSource,
  { path, content = path, entry }: Extract<Action, { type: "put-file" }>,
  counts: Counts,
  signal: AbortSignal,
): Promise<Uint8Array> {
  const { followLinks, asPlanned = false } = options;
  const wanted = { followLinks, asPlanned, xattrs: false, acls: false, compress: false };
  const packs = source.readFiles([{ path: content, entry }], wanted, signal);
  const whole = await unpackOne(packs, entry.size);
  counts.bytes += whole.length;
  return whole;
}
