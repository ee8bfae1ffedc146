import type { CompareRules } from "../core/compare.ts";
import type { HashAlgorithm } from "../core/content-hash.ts";
import type { Around } from "../core/difference.ts";
import type { MirrorPlanner } from "../core/mirror-plan.ts";
import type { MovePool } from "../core/move-pool.ts";
import type { DirectoryMove } from "../core/order-moves.ts";
import { rebased } from "../core/pair-directories.ts";
import type { RelPath } from "../core/path.ts";
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
  readonly planner: MirrorPlanner;
  readonly signal: AbortSignal;
}

/** A search under way. */
export interface Finding {
  readonly search: MoveSearch;
  readonly pool: MovePool;
  /** In the order in which they were found, which is the order in which they are carried out. */
  readonly directories: DirectoryMove[];
  /** Directories of both replicas that get or lose one of them. */
  readonly touched: Around[];
  /** Directories of the source with another one in them that has found its place: they are made, not moved. */
  readonly settled: Set<RelPath>;
}

/** Where something stands on the disk while moves are only planned. */
export function onDisk({ directories }: Finding, path: RelPath): RelPath {
  return directories.reduceRight((at, { from, to }) => rebased(at, to, from), path);
}
