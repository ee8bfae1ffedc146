import type { CompareRules } from "../core/compare.ts";
import type { HashAlgorithm } from "../core/content-hash.ts";
import type { Around } from "../core/difference.ts";
import type { MirrorPlanner } from "../core/mirror-plan.ts";
import type { MovePool } from "../core/move-pool.ts";
import type { DirectoryMove } from "../core/order-moves.ts";
import { rebased } from "../core/pair-directories.ts";
import type { RelPath } from "../core/path.ts";
import { parentPath } from "../core/path.ts";
import type { SnapshotChunk } from "../core/snapshot.ts";
import type { ApplyOptions, Endpoint } from "../endpoint/endpoint.ts";
import type { BaselineReader } from "../state/state.ts";

/** What finding moves needs. */
export interface MoveSearch {
  readonly source: Endpoint;
  readonly target: Endpoint;
  readonly options: ApplyOptions;
  /** Those by which source and target were compared. */
  readonly rules: CompareRules;
  readonly hash: HashAlgorithm;
  /** What is remembered of the pair, if anything is. */
  readonly memory: BaselineReader | undefined;
  /** Scans the target once more. */
  readonly rescan: () => AsyncIterable<SnapshotChunk>;
  readonly planner: MirrorPlanner;
  readonly signal: AbortSignal;
}

/** A search under way. */
export interface Finding {
  readonly search: MoveSearch;
  readonly pool: MovePool;
  /** In the order in which they were found, which is the order in which they are carried out. */
  readonly directories: DirectoryMove[];
  /** Which of these come to a path: their indexes, in order. */
  readonly arrivals: Map<RelPath, number[]>;
  /** Directories of both replicas that get or lose one of them. */
  readonly touched: Around[];
  /** Directories of the source with another one in them that has found its place: they are made, not moved. */
  readonly settled: Set<RelPath>;
}

/** Plans one more directory move, behind all others. Returns its index. */
export function addMove({ directories, arrivals }: Finding, move: DirectoryMove): number {
  const index = directories.push(move) - 1;
  const known = arrivals.get(move.to);
  if (known === undefined) arrivals.set(move.to, [index]);
  else known.push(index);
  return index;
}

/** Some of what the last move to a path brings there is of no use. */
export function carryLess(finding: Finding, path: RelPath, bytes: number): void {
  const index = lastArrival(finding, path, Infinity);
  const move = finding.directories[index]!;
  finding.directories[index] = { ...move, bytes: Math.max(0, move.bytes - bytes) };
}

/** Where something stands on the disk while moves are only planned: the last move is undone first. */
export function onDisk(finding: Finding, path: RelPath): RelPath {
  let at = path;
  let before = finding.directories.length;
  for (;;) {
    before = lastArrival(finding, at, before);
    if (before === -1) return at;
    const { from, to } = finding.directories[before]!;
    at = rebased(at, to, from);
  }
}

/** The last move before another one that took the path, or a directory around it, to where it is; -1 where none did. */
function lastArrival({ arrivals }: Finding, path: RelPath, before: number): number {
  let last = -1;
  for (let dir = path; arrivals.size > 0 && dir !== ""; dir = parentPath(dir)) {
    last = Math.max(last, arrivals.get(dir)?.findLast((index) => index < before) ?? -1);
  }
  return last;
}
