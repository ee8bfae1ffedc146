import type { Around, Difference } from "./difference.ts";
import type { Entry, Leaf } from "./entry.ts";
import type { HeldTree } from "./held-tree.ts";
import type { MirrorPlanner } from "./mirror-plan.ts";
import type { MissingDirectory } from "./order-moves.ts";
import type { RelPath } from "./path.ts";
import { isWithinAny, parentPath } from "./path.ts";
import { isMadeAnew } from "./put-action.ts";

type Of<T extends Difference["type"]> = Extract<Difference, { type: T }>;
export type SingleDifference = Exclude<Difference, { type: "check" }>;

/** A tree of one side, with the directory of both that it stands in. */
export interface PooledTree {
  readonly tree: HeldTree;
  readonly around: Around | undefined;
}

/** Something that the source has and the target lacks at that path, or has otherwise. */
export interface Appeared {
  readonly path: RelPath;
  readonly entry: Leaf;
  readonly around: Around | undefined;
  /** What the target has at the path. */
  readonly occupant: Entry | undefined;
}

/** Something of the target's that is not wanted at that path, or not any more. */
export interface Vanished {
  readonly path: RelPath;
  readonly entry: Leaf;
  readonly around: Around | undefined;
}

/**
 * Everything that may be one end of a move, gathered until all is known; what cannot be goes on to the planner at once. Paths
 * in it are as they are after the directory moves found so far.
 */
export interface MovePool {
  /** Anything but a directory may be one end of a move, since its name may just be spelled otherwise. */
  readonly takesAll: boolean;
  sourceTrees: PooledTree[];
  targetTrees: PooledTree[];
  readonly sourceOnly: Of<"source-only">[];
  readonly targetOnly: (Of<"target-only"> | Of<"leftover">)[];
  /** Told apart by more than metadata. */
  readonly differing: Of<"differs">[];
  /** Directories that only the source has. */
  readonly missing: Map<RelPath, MissingDirectory>;
  /** Directories of the target in or below which something has to stay. */
  readonly sheltering: Set<RelPath>;
  /** Whose names or metadata change: what has several names may be parted from them, and be made anew. */
  readonly changing: Set<RelPath>;
  /** What the target cannot hold beside a sibling of nearly the same name. */
  readonly folded: Set<RelPath>;
}

export function newMovePool(takesAll: boolean): MovePool {
  return {
    takesAll,
    sourceTrees: [],
    targetTrees: [],
    sourceOnly: [],
    targetOnly: [],
    differing: [],
    missing: new Map(),
    sheltering: new Set(),
    changing: new Set(),
    folded: new Set(),
  };
}

/** Puts a difference where it belongs. */
export function pool(into: MovePool, difference: SingleDifference, planner: MirrorPlanner): void {
  switch (difference.type) {
    case "source-tree":
      into.sourceTrees.push(difference);
      return;
    case "target-tree":
      into.targetTrees.push(difference);
      return;
    case "source-only": {
      const { path, source } = difference;
      if (source.kind === "directory")
        into.missing.set(path, { entry: source, expected: undefined });
      if (canMove(into, source)) into.sourceOnly.push(difference);
      else planner.add(difference);
      return;
    }
    case "target-only":
    case "leftover":
      into.targetOnly.push(difference);
      return;
    case "differs":
      if (isMadeAnew(difference.aspects)) poolDiffering(into, difference);
      else {
        into.changing.add(difference.path);
        planner.add(difference);
      }
      return;
    case "kept":
      shelter(into, difference.path);
      break;
    case "frozen":
      shelter(into, difference.problem.path);
      break;
    case "folded":
      into.folded.add(difference.path);
      break;
    case "linked":
      into.changing.add(difference.path);
      break;
    case "nested":
      break;
  }
  planner.add(difference);
}

/** Nothing is won by finding what holds nothing, or by finding it elsewhere. */
function canMove({ takesAll }: MovePool, entry: Entry): boolean {
  return takesAll ? entry.kind !== "directory" : holdsSomething(entry);
}

export function holdsSomething(entry: Entry): boolean {
  return entry.kind === "file" && entry.size > 0;
}

function poolDiffering(into: MovePool, difference: Of<"differs">): void {
  const { path, source, target } = difference;
  into.differing.push(difference);
  if (source.kind !== "directory" || target.kind === "directory") return;
  into.missing.set(path, { entry: source, expected: target });
}

function shelter({ sheltering }: MovePool, path: RelPath): void {
  for (let dir = path; dir !== "" && !sheltering.has(dir); dir = parentPath(dir))
    sheltering.add(dir);
}

/** What may be found elsewhere in the target. */
export function appearedIn(held: MovePool): Appeared[] {
  const { sourceOnly, differing, folded, sheltering } = held;
  const fresh = sourceOnly.map(({ path, source, around }) => ({
    path,
    entry: source,
    around,
    occupant: undefined,
  }));
  const other = differing.map(({ path, source, target, around }) => ({
    path,
    entry: source,
    around,
    occupant: target,
  }));
  return [...fresh, ...other].filter(
    (one): one is Appeared =>
      canMove(held, one.entry) &&
      !isWithinAny(one.path, folded) &&
      !(one.occupant?.kind === "directory" && sheltering.has(one.path)),
  );
}

/** Directories that are in the way of something else and have to stay: so does everything in them. */
export function stuckIn({ differing, sheltering }: MovePool): ReadonlySet<RelPath> {
  const stuck = differing.filter(
    ({ path, target }) => target.kind === "directory" && sheltering.has(path),
  );
  return new Set(stuck.map(({ path }) => path));
}

/** What may be wanted elsewhere. */
export function vanishedIn(held: MovePool): Vanished[] {
  const { targetOnly, differing } = held;
  const stuck = stuckIn(held);
  const gone = targetOnly.flatMap((one) =>
    one.type === "target-only" ? [{ path: one.path, entry: one.target, around: one.around }] : [],
  );
  const replaced = differing.map(({ path, target, around }) => ({ path, entry: target, around }));
  return [...gone, ...replaced].filter(
    (one): one is Vanished => canMove(held, one.entry) && !isWithinAny(one.path, stuck),
  );
}

/** A file that has found its place. */
export interface FilePair {
  readonly old: Vanished;
  readonly now: Appeared;
  /** It is the file, but with another content: what it holds has still to be put there. */
  readonly isEdited: boolean;
}
