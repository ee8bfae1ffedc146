import type { ByteString } from "../../base/byte-string.ts";
import { byteString } from "../../base/byte-string.ts";
import type { Finding } from "../../core/entry.ts";
import { compileFilter } from "../../core/filter-matcher.ts";
import type { IgnoreStack } from "../../core/ignore-stack.ts";
import { ignoreStack } from "../../core/ignore-stack.ts";
import { isUnsafeLink } from "../../core/link-safety.ts";
import type { Name, RelPath } from "../../core/path.ts";
import { joinPath, rootPath } from "../../core/path.ts";
import type { SnapshotChunk } from "../../core/snapshot.ts";
import { HAS_EXTRA, newChunk, PASSED_OVER, pushFinding } from "../../core/snapshot.ts";
import type { ScanRequest } from "../endpoint.ts";
import type { MemoryDirectory, MemoryNode } from "./memory-node.ts";
import { entryOf } from "./memory-node.ts";
import type { MemoryWorld } from "./memory-world.ts";
import { childOf, resolve } from "./memory-world.ts";

interface Row {
  readonly depth: number;
  readonly name: string;
  readonly finding: Finding;
  readonly ignoreRules?: ByteString | undefined;
  /** Excluded, but by no rule. */
  readonly isPassedOver?: boolean;
}

/** A directory being listed. */
interface Level {
  readonly node: MemoryDirectory;
  /** Below the replica's root, as the scan calls it. */
  readonly path: RelPath;
  /** In the world, without links. */
  readonly place: RelPath;
  readonly above: readonly MemoryDirectory[];
  readonly ignores: IgnoreStack;
}

const ownDirectory = ".syncline";
const temporary = ".syncline~";

/** Whether the name is one of those that runs give to what is not in place yet. */
export function isTemporary(name: Name): boolean {
  return name.startsWith(temporary);
}

/**
 * All rows of a tree, in chunks of the world's size. A chunk is the reader's until the next one is asked for: then it is
 * made useless, so that whoever looks too late is noticed.
 */
export function* scanChunks(
  world: MemoryWorld,
  root: { readonly node: MemoryDirectory; readonly path: RelPath },
  request: ScanRequest,
): Generator<SnapshotChunk> {
  let chunk = newChunk(world.chunkRows);
  for (const { depth, name, finding, ...more } of scanRows(world, root, request)) {
    if (chunk.count === world.chunkRows) {
      yield chunk;
      spoil(chunk);
      chunk = newChunk(world.chunkRows);
    }
    const row = chunk.count;
    pushFinding(chunk, depth, name, finding);
    if (more.isPassedOver === true) chunk.flags[row]! |= PASSED_OVER;
    if (more.ignoreRules === undefined) continue;
    chunk.flags[row]! |= HAS_EXTRA;
    chunk.extras.set(row, { ...chunk.extras.get(row), ignoreRules: more.ignoreRules });
  }
  if (chunk.count === 0) return;
  yield chunk;
  spoil(chunk);
}

function spoil(chunk: SnapshotChunk): void {
  for (const [key, column] of Object.entries(chunk)) {
    if (ArrayBuffer.isView(column)) Object.assign(chunk, { [key]: undefined });
  }
  chunk.extras.clear();
}

function* scanRows(
  world: MemoryWorld,
  { node, path }: { readonly node: MemoryDirectory; readonly path: RelPath },
  request: ScanRequest,
): Generator<Row> {
  const ignoreRules = ignoreRulesOf(world, node, request);
  const ignores = ignoreStack(compileFilter(request.filter)).enter(rootPath, ignoreRules);
  yield { depth: 0, name: "", finding: entryOf(node, request), ignoreRules };
  yield* listRows(world, request, { node, path: rootPath, place: path, above: [], ignores });
}

function* listRows(world: MemoryWorld, request: ScanRequest, level: Level): Generator<Row> {
  const isOnly = request.only !== undefined && level.above.length === 0;
  const names = [...level.node.names.values()].map(({ name }) => name).sort();
  for (const name of isOnly ? [request.only] : names) {
    const node = childOf(world, level.node, name);
    if (node !== undefined) yield* visit(world, request, level, name, node);
  }
}

function* visit(
  world: MemoryWorld,
  request: ScanRequest,
  level: Level,
  name: Name,
  node: MemoryNode,
): Generator<Row> {
  const depth = level.above.length + 1;
  if (depth === 1 && name === ownDirectory) return;
  if (isTemporary(name)) {
    const isDirectory = node.kind === "directory";
    if (request.side === "target")
      yield { depth, name, finding: { kind: "leftover", isDirectory } };
    return;
  }
  const path = joinPath(level.path, name);
  let found = node;
  let place = joinPath(level.place, name);
  if (node.kind === "symlink" && request.links === "follow") {
    const there = resolve(world, place);
    if (typeof there === "string") {
      yield { depth, name, finding: problem(there, "the link leads nowhere") };
      return;
    }
    ({ node: found, path: place } = there);
  }
  if (found.trouble !== undefined) {
    yield { depth, name, finding: { kind: "problem", ...found.trouble } };
  } else if (level.ignores.excludes(path, found.kind === "directory")) {
    yield { depth, name, finding: { kind: "excluded" } };
  } else if (isUnwantedLink(request, path, found)) {
    yield { depth, name, finding: { kind: "excluded" }, isPassedOver: true };
  } else if (found.kind === "directory") {
    yield* enter(world, request, level, { name, path, place, node: found });
  } else yield { depth, name, finding: entryOf(found, request) };
}

function* enter(
  world: MemoryWorld,
  request: ScanRequest,
  level: Level,
  dir: {
    readonly name: Name;
    readonly path: RelPath;
    readonly place: RelPath;
    readonly node: MemoryDirectory;
  },
): Generator<Row> {
  const { name, path, place, node } = dir;
  const above = [...level.above, level.node];
  const depth = above.length;
  if (above.includes(node)) {
    yield { depth, name, finding: problem("blocked", "the link leads back up") };
    return;
  }
  if (request.oneFileSystem && node.dev !== above[0]!.dev) {
    yield { depth, name, finding: entryOf(node, request, true) };
    return;
  }
  const ignoreRules = ignoreRulesOf(world, node, request);
  yield { depth, name, finding: entryOf(node, request), ignoreRules };
  const ignores = level.ignores.enter(path, ignoreRules);
  yield* listRows(world, request, { node, path, place, above, ignores });
}

function isUnwantedLink({ links }: ScanRequest, path: RelPath, node: MemoryNode): boolean {
  if (node.kind !== "symlink") return false;
  return links === "skip" || (links === "safe" && isUnsafeLink(path, node.linkTarget));
}

function ignoreRulesOf(
  world: MemoryWorld,
  dir: MemoryDirectory,
  { ignoreFiles }: ScanRequest,
): ByteString | undefined {
  const node = ignoreFiles ? childOf(world, dir, ".gitignore" as Name) : undefined;
  return node?.kind === "file" ? byteString(node.content) : undefined;
}

function problem(code: Extract<Finding, { kind: "problem" }>["code"], message: string): Finding {
  return { kind: "problem", code, message };
}
