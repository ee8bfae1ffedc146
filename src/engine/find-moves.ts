import type { CompareRules } from "../core/compare.ts";
import { compare } from "../core/compare.ts";
import type { Difference } from "../core/difference.ts";
import type { DirectoryEntry } from "../core/entry.ts";
import { rowsOfTree } from "../core/held-tree.ts";
import type { HeldTree } from "../core/held-tree.ts";
import type { PooledTree, SingleDifference } from "../core/move-pool.ts";
import { newMovePool, pool, stuckIn } from "../core/move-pool.ts";
import { surelyApart } from "../core/mtime.ts";
import type { DirectoryPair } from "../core/pair-directories.ts";
import { pairDirectories } from "../core/pair-directories.ts";
import type { RelPath } from "../core/path.ts";
import { isWithinAny } from "../core/path.ts";
import { findingAt } from "../core/snapshot.ts";
import type { TreeDirectory } from "../core/tree-census.ts";
import { cutTree, takeCensus } from "../core/tree-census.ts";
import type { ContentChecker } from "./content-checks.ts";
import { newContentChecker } from "./content-checks.ts";
import { formerDirectories } from "./former-places.ts";
import type { Finding, MoveSearch } from "./move-search.ts";
import { addMove, carryLess, onDisk } from "./move-search.ts";
import { settleMoves } from "./settle-moves.ts";

/** Told all differences, finds what has moved, and hands the planner the rest. */
export interface MoveFinder {
  add(difference: SingleDifference): void;
  finish(): Promise<void>;
}

/** Enough for trees that were moved into each other many times; what is left then is found file by file. */
const mostRounds = 16;

export function newMoveFinder(search: MoveSearch): MoveFinder {
  const finding: Finding = {
    search,
    pool: newMovePool(search.rules.selection.foldsCase),
    directories: [],
    arrivals: new Map(),
    touched: [],
    settled: new Set(),
  };
  return {
    add: (difference) => pool(finding.pool, difference, search.planner),
    async finish() {
      for (let round = 0; round < mostRounds && (await moveDirectories(finding)); round++);
      await unfold(finding);
      await settleMoves(finding);
    },
  };
}

/** Finds directories that moved as a whole, and looks into them. False where there are none. */
async function moveDirectories(finding: Finding): Promise<boolean> {
  const { pool: held, search, settled } = finding;
  const stuck = stuckIn(held);
  const movable = held.targetTrees.filter(
    ({ tree }) => !tree.hasGaps && !isWithinAny(tree.path, stuck),
  );
  if (movable.length === 0 || held.sourceTrees.length === 0) return false;
  const tick = surelyApart(search.rules.sameness.mtimes);
  const appeared = held.sourceTrees.map(({ tree }) => takeCensus(tree, tick));
  const vanished = movable.map(({ tree }) => takeCensus(tree, tick));
  const former = await formerDirectories(search.memory, appeared);
  const pairs = pairDirectories({
    vanished,
    appeared,
    formerPath: (now) => former.get(now),
    isSettled: (path) => settled.has(path) || held.folded.has(path),
    foldsCase: search.rules.selection.foldsCase,
  });
  if (pairs.length === 0) return false;
  for (const { now } of pairs) settleAround(settled, now);
  const [olds, nows] = [pairs.map(({ old }) => old), pairs.map(({ now }) => now)];
  const [targetTrees, sourceTrees] = [held.targetTrees, held.sourceTrees];
  const from = cut(targetTrees, olds);
  const to = cut(sourceTrees, nows);
  held.targetTrees = from.rest;
  held.sourceTrees = to.rest;
  const arounds = new Map(
    [...targetTrees, ...sourceTrees].map(({ tree, around }) => [tree, around]),
  );
  const settle = (difference: SingleDifference): void => take(finding, difference);
  // One for all of them: a few files each, many directories are read as fast as one.
  const checker = newContentChecker(search, settle, search.signal);
  for (const pair of pairs) {
    const { old, now } = pair;
    for (const { first, tree } of [old, now]) {
      const around = first === 0 ? arounds.get(tree) : undefined;
      if (around !== undefined) finding.touched.push(around);
    }
    await lookInto(finding, pair, from.inner.get(old)!, to.inner.get(now)!, checker);
  }
  await checker.finish();
  return true;
}

function settleAround(settled: Set<RelPath>, now: TreeDirectory): void {
  for (let dir = now.parent; dir !== undefined; dir = dir.parent) settled.add(dir.path);
}

interface Cut {
  readonly inner: ReadonlyMap<TreeDirectory, HeldTree>;
  readonly rest: PooledTree[];
}

/** Takes directories out of the trees that hold them. */
function cut(trees: readonly PooledTree[], directories: readonly TreeDirectory[]): Cut {
  const byTree = Map.groupBy(directories, ({ tree }) => tree);
  const inner = new Map<TreeDirectory, HeldTree>();
  const rest = trees.flatMap((pooled) => {
    const wanted = byTree.get(pooled.tree);
    if (wanted === undefined) return [pooled];
    const parts = cutTree(pooled.tree, wanted);
    for (const [i, directory] of wanted.entries()) inner.set(directory, parts.inner[i]!);
    return parts.rest === undefined ? [] : [{ tree: parts.rest, around: pooled.around }];
  });
  return { inner, rest };
}

/** Compares a directory with what it has become, as if it were there already. */
async function lookInto(
  finding: Finding,
  { old, now, isCertain }: DirectoryPair,
  from: HeldTree,
  to: HeldTree,
  checker: ContentChecker,
): Promise<void> {
  const { rules } = finding.search;
  const entry = findingAt(old.chunk, old.row) as DirectoryEntry;
  // Before anything is compared: the content is read where it is now.
  const place = onDisk(finding, old.path);
  addMove(finding, { from: old.path, to: now.path, entry, bytes: old.bytes });
  const sameness = isCertain ? rules.sameness : { ...rules.sameness, compare: "content" as const };
  const inside = { ...insideRules(rules, now.path), holdsTrees: true, sameness };
  for await (const batch of compare(rowsOfTree(to), rowsOfTree(from), inside)) {
    for (const difference of batch) {
      if (difference.type === "check") {
        const at = `${place}${difference.path.slice(now.path.length)}` as RelPath;
        await checker.add(difference, at);
      } else take(finding, difference);
    }
  }
}

/** Takes a difference in a directory that has moved. */
function take(finding: Finding, difference: SingleDifference): void {
  const left = bytesLeft(difference);
  if (left > 0 && "path" in difference) carryLess(finding, difference.path, left);
  pool(finding.pool, difference, finding.search.planner);
}

/** Bytes of the target's that are of no use where they come along. */
function bytesLeft(difference: Difference): number {
  switch (difference.type) {
    case "target-only":
      return difference.target.size;
    case "target-tree":
      return takeCensus(difference.tree).directories[0]?.bytes ?? 0;
    case "differs":
      return difference.aspects.includes("content") ? difference.target.size : 0;
    default:
      return 0;
  }
}

/** For trees that have been held: what concerns whole replicas was looked at when they were. */
function insideRules(rules: CompareRules, top: RelPath): CompareRules {
  return { ...rules, top, isSingle: false, sameMachine: false, targetPlace: undefined };
}

/** Makes single differences of all trees that are left. */
async function unfold({ pool: held, search }: Finding): Promise<void> {
  const { rules, planner } = search;
  const say = async ({ tree, around }: PooledTree, side: "source" | "target"): Promise<void> => {
    const [source, target] = side === "source" ? [tree, undefined] : [undefined, tree];
    const inside = { ...insideRules(rules, tree.path), holdsTrees: false };
    for await (const batch of compare(rowsOfTree(source), rowsOfTree(target), inside)) {
      for (const difference of batch) {
        if (difference.type === "check") continue;
        const isTop = "around" in difference && difference.path === tree.path;
        pool(held, isTop ? { ...difference, around } : difference, planner);
      }
    }
  };
  const { sourceTrees, targetTrees } = held;
  held.sourceTrees = [];
  held.targetTrees = [];
  for (const one of sourceTrees) await say(one, "source");
  for (const one of targetTrees) await say(one, "target");
}
