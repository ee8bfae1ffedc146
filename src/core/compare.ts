import { isRealEntry } from "./entry.ts";
import type { CheckRows } from "./check-rows.ts";
import { KeptCheck, roomyRows } from "./check-rows.ts";
import type { Around, CompareCounts, Difference } from "./difference.ts";
import type { Sameness } from "./compare-rows.ts";
import { aspectsOf, CHECK, compareRows } from "./compare-rows.ts";
import type { Cursor } from "./cursor.ts";
import { advance, compareNames, currentPath, ended, newCursor, refill } from "./cursor.ts";
import type { RootIdentity } from "./root-identity.ts";
import { rootIdentity } from "./root-identity.ts";
import type { SelectionRules } from "./selection.ts";
import { newSelection } from "./selection.ts";
import type { SnapshotChunk } from "./snapshot.ts";
import type { GrowingTree } from "./held-tree.ts";
import { holdRows, newTree } from "./held-tree.ts";
import type { Matches } from "./matched-directories.ts";
import { aroundOf, keepMatches, newMatches, noteMatch } from "./matched-directories.ts";
import type { RelPath } from "./path.ts";
import {
  CLOSED,
  DIRECTORY,
  EXCLUDED,
  findingAt,
  LEFTOVER,
  PASSED_OVER,
  PROBLEM,
} from "./snapshot.ts";

export interface CompareRules {
  /** Where the compared directories are, below the replicas' roots. */
  readonly top: RelPath;
  /** Directories that only one side has are told as a whole, with their rows; see `held-tree.ts`. */
  readonly holdsTrees: boolean;
  /** The trees are one entry each: their roots are just the directories around it. */
  readonly isSingle: boolean;
  /** What the source leaves out is removed from the target instead of left alone. */
  readonly excludedGoes: boolean;
  /** Where the missing target would be made: the source must not come by it. */
  readonly targetPlace: RootIdentity | undefined;
  /** Both replicas live where identities can be compared. */
  readonly sameMachine: boolean;
  readonly sameness: Sameness;
  readonly selection: SelectionRules;
}

/** One comparison under way. */
interface Comparison {
  readonly source: Cursor;
  readonly target: Cursor;
  readonly rules: CompareRules;
  readonly selection: ReturnType<typeof newSelection>;
  out: Difference[];
  /** Rows deeper than this are passed over, on both sides. */
  frozenBelow: number;
  readonly matches: Matches;
  checks: CheckRows | undefined;
  /** The tree that the cursor is in, where one is held. */
  sourceTree: GrowingTree | undefined;
  targetTree: GrowingTree | undefined;
  readonly sourceRoot: RootIdentity;
  readonly targetRoot: RootIdentity;
  checked: number;
  targetEntries: number;
  skipped: number;
}

/**
 * Compares two snapshots while they stream. Yields differences in the order in which they are met, in batches, one for
 * every chunk at most; memory grows with the differences of a batch, whatever the size of the trees.
 */
export async function* compare(
  source: AsyncIterable<SnapshotChunk>,
  target: AsyncIterable<SnapshotChunk>,
  rules: CompareRules,
): AsyncGenerator<Difference[], CompareCounts> {
  const run: Comparison = {
    source: newCursor(source, rules.top),
    target: newCursor(target, rules.top),
    rules,
    selection: newSelection(rules.selection),
    out: [],
    frozenBelow: Infinity,
    matches: newMatches(rules.top),
    checks: undefined,
    sourceTree: undefined,
    targetTree: undefined,
    sourceRoot: rootIdentity(undefined),
    targetRoot: rootIdentity(rules.targetPlace),
    checked: 0,
    targetEntries: 0,
    skipped: 0,
  };
  try {
    while (await fillBoth(run)) {
      while (!run.source.empty && !run.target.empty && step(run));
      if (run.out.length > 0) yield run.out;
      run.out = [];
    }
  } finally {
    await Promise.all([run.source.chunks.return?.(), run.target.chunks.return?.()]);
  }
  return { checked: run.checked, targetEntries: run.targetEntries, skipped: run.skipped };
}

/** Gives both cursors a row; false when both have none left. */
async function fillBoth(run: Comparison): Promise<boolean> {
  const { source, target } = run;
  if (source.empty) keepMatches(run.matches, source.chunk);
  if (target.empty) keepMatches(run.matches, target.chunk);
  await Promise.all([source.empty && refill(source), target.empty && refill(target)]);
  return source.depth !== ended || target.depth !== ended;
}

/** Deals with one path. False when both streams are at their end. */
function step(run: Comparison): boolean {
  const { source, target } = run;
  if (source.depth > run.frozenBelow) {
    advance(source);
    return true;
  }
  if (target.depth > run.frozenBelow) {
    countTarget(run);
    advance(target);
    return true;
  }
  run.frozenBelow = Infinity;
  if (run.sourceTree !== undefined && holdBelow(run, source, run.sourceTree)) return true;
  if (run.targetTree !== undefined && holdBelow(run, target, run.targetTree)) return true;
  if (source.depth === ended && target.depth === ended) return false;
  // The deeper cursor is inside a directory that the other one has left or never had.
  const order = source.depth === target.depth ? namesOrder(run) : target.depth - source.depth;
  if (order <= 0) watchRoots(run, source, run.sourceRoot, run.targetRoot);
  if (order >= 0) watchRoots(run, target, run.targetRoot, run.sourceRoot);
  if (order < 0) onlySource(run);
  else if (order > 0) onlyTarget(run);
  else both(run);
  return true;
}

/** What is compared is one thing, whatever its two ends are called. */
function namesOrder({ source, target }: Comparison): number {
  return source.depth === 0 ? 0 : compareNames(source, target);
}

function onlySource(run: Comparison): void {
  const { source } = run;
  const { chunk, row, depth } = source;
  run.matches.matched[depth] = false;
  const kind = run.selection.sourceKind(source);
  const isJustAround = depth === 0 && run.rules.isSingle;
  if (kind === LEFTOVER || isJustAround) {
    advance(source);
    return;
  }
  if (kind === EXCLUDED) {
    run.skipped++;
    if (!goesAlong(run)) run.frozenBelow = depth;
  } else {
    if (depth > 0) run.checked++;
    if (kind === PROBLEM) freeze(run, source, "source");
    else {
      run.selection.enter(source, run.out);
      const around = aroundOf(run.matches, depth);
      const isClosed = (chunk.flags[row]! & CLOSED) !== 0;
      if (isClosed) run.frozenBelow = depth;
      if (isHeld(run, kind, depth) && !isClosed) {
        run.sourceTree = hold(run, source, "source-tree", around);
      } else {
        const entry = findingAt(chunk, row);
        if (isRealEntry(entry))
          run.out.push({ type: "source-only", path: currentPath(source), source: entry, around });
      }
    }
  }
  advance(source);
}

function onlyTarget(run: Comparison): void {
  const { target } = run;
  const { chunk, row, depth } = target;
  run.matches.matched[depth] = false;
  const kind = run.selection.targetKind(target);
  countTarget(run);
  if (kind === LEFTOVER) {
    leftover(run);
  } else if (kind === EXCLUDED) {
    keep(run, depth);
  } else if (kind === PROBLEM) {
    freeze(run, target, "target");
  } else if ((chunk.flags[row]! & CLOSED) !== 0) {
    keep(run, depth);
  } else {
    const around = aroundOf(run.matches, target.depth);
    if (isHeld(run, kind, depth)) run.targetTree = hold(run, target, "target-tree", around);
    else {
      const entry = findingAt(chunk, row);
      if (isRealEntry(entry))
        run.out.push({ type: "target-only", path: currentPath(target), target: entry, around });
    }
  }
  advance(target);
}

function both(run: Comparison): void {
  const { source, target } = run;
  const { depth } = source;
  const kind = run.selection.sourceKind(source);
  const targetKind = run.selection.twinKind(target, kind);
  // A temporary name is nobody's twin: each side's is dealt with by itself.
  if (kind === LEFTOVER || targetKind === LEFTOVER) {
    if (kind === LEFTOVER) advance(source);
    if (targetKind === LEFTOVER) {
      leftover(run);
      advance(target);
    }
    return;
  }
  if (kind === EXCLUDED && goesAlong(run)) {
    // As if it were not there: what the target has under this name is its own, and comes next.
    run.skipped++;
    advance(source);
    return;
  }
  countTarget(run);
  if (kind === EXCLUDED) {
    run.skipped++;
    keep(run, depth);
  } else {
    if (depth > 0) run.checked++;
    if (kind === PROBLEM) freeze(run, source, "source");
    else if (targetKind === PROBLEM) freeze(run, target, "target");
    else if (targetKind === EXCLUDED)
      blocked(run, "a path that the filters exclude is in the way at the target");
    else pair(run);
  }
  advance(source);
  advance(target);
}

function isHeld({ rules }: Comparison, kind: number, depth: number): boolean {
  return rules.holdsTrees && kind === DIRECTORY && depth > 0;
}

/** Begins to hold the directory that a cursor stands on. */
function hold(
  run: Comparison,
  cursor: Cursor,
  type: "source-tree" | "target-tree",
  around: Around | undefined,
): GrowingTree {
  const path = currentPath(cursor);
  const tree = newTree(path, cursor.depth);
  holdRows(tree, cursor.chunk, cursor.row, cursor.row + 1);
  run.out.push({ type, path, tree, around });
  return tree;
}

/** Takes all rows of this chunk that belong into the tree; false where it has come to its end. */
function holdBelow(run: Comparison, cursor: Cursor, tree: GrowingTree): boolean {
  const isSource = cursor === run.source;
  if (cursor.depth <= tree.depth) {
    if (isSource) run.sourceTree = undefined;
    else run.targetTree = undefined;
    return false;
  }
  const { chunk, row: start } = cursor;
  while (!cursor.empty && cursor.depth > tree.depth) {
    if (isSource) {
      watchRoots(run, cursor, run.sourceRoot, run.targetRoot);
      const kind = run.selection.sourceKind(cursor);
      if (kind === EXCLUDED) run.skipped++;
      else if (kind !== LEFTOVER) run.checked++;
      tree.hasGaps ||= kind === PROBLEM;
    } else {
      watchRoots(run, cursor, run.targetRoot, run.sourceRoot);
      countTarget(run);
      const kind = run.selection.targetKind(cursor);
      const isClosed = (chunk.flags[cursor.row]! & CLOSED) !== 0;
      tree.hasGaps ||= kind === PROBLEM || kind === EXCLUDED || isClosed;
    }
    advance(cursor);
  }
  holdRows(tree, chunk, start, cursor.row);
  return true;
}

/** Whether the source's current row, which is left out, is so by a rule, and its twin shall go. */
function goesAlong({ rules, source }: Comparison): boolean {
  const { chunk, row } = source;
  const isByRule = chunk.kind[row] === EXCLUDED && (chunk.flags[row]! & PASSED_OVER) === 0;
  return rules.excludedGoes && isByRule;
}

/** Notes the root of one replica, and notices when the other one meets it somewhere below its own. */
function watchRoots(run: Comparison, cursor: Cursor, own: RootIdentity, other: RootIdentity): void {
  const { chunk, row, depth } = cursor;
  if (!run.rules.sameMachine || chunk.kind[row] !== DIRECTORY) return;
  if ((chunk.flags[row]! & CLOSED) !== 0) return;
  if (depth === 0) {
    own.dev = chunk.dev[row]!;
    own.inoHigh = chunk.inoHigh[row]!;
    own.inoLow = chunk.inoLow[row]!;
  } else if (
    chunk.inoLow[row] === other.inoLow &&
    chunk.inoHigh[row] === other.inoHigh &&
    chunk.dev[row] === other.dev
  ) {
    run.out.push({ type: "nested", path: currentPath(cursor) });
  }
}

/** Two real entries at one path. */
function pair(run: Comparison): void {
  const { source, target, out } = run;
  const { depth } = source;
  if (depth === 0 && run.rules.isSingle) return;
  const bits = compareRows(source.chunk, source.row, target.chunk, target.row, run.rules.sameness);
  const kind = source.chunk.kind[source.row]!;
  const isDirectory = kind === DIRECTORY && target.chunk.kind[target.row] === DIRECTORY;
  run.matches.matched[depth] = isDirectory;
  run.matches.around[depth] = undefined;
  if (isDirectory) noteMatch(run.matches, depth, source, target);
  run.selection.enter(source, out);
  const closed =
    ((source.chunk.flags[source.row]! | target.chunk.flags[target.row]!) & CLOSED) !== 0;
  if (closed) {
    if (isDirectory) keep(run, depth);
    else blocked(run, "another file system is mounted here");
    return;
  }
  if (bits === 0 && !isLinked(run, kind)) return;
  const path = currentPath(source);
  const aspects = aspectsOf(bits);
  const around = aroundOf(run.matches, depth);
  if ((bits & CHECK) !== 0) {
    const rows = {
      source: source.chunk,
      sourceRow: source.row,
      target: target.chunk,
      targetRow: target.row,
    };
    run.checks = roomyRows(run.checks);
    out.push(new KeptCheck(run.checks, rows, path, aspects, around));
    return;
  }
  const from = findingAt(source.chunk, source.row);
  const to = findingAt(target.chunk, target.row);
  if (!isRealEntry(from) || !isRealEntry(to)) return;
  if (bits === 0 && from.kind !== "directory" && to.kind !== "directory") {
    out.push({ type: "linked", path, source: from, target: to, aspects, around });
  } else {
    out.push({ type: "differs", path, source: from, target: to, aspects, around });
  }
}

function isLinked(run: Comparison, kind: number): boolean {
  if (kind === DIRECTORY || !run.rules.sameness.preserve.hardlinks) return false;
  return run.source.chunk.nlink[run.source.row]! > 1 || run.target.chunk.nlink[run.target.row]! > 1;
}

function countTarget(run: Comparison): void {
  const kind = run.target.chunk.kind[run.target.row];
  if (run.target.depth > 0 && kind !== EXCLUDED && kind !== LEFTOVER) run.targetEntries++;
}

function leftover(run: Comparison): void {
  const { target } = run;
  const finding = findingAt(target.chunk, target.row);
  if (finding.kind !== "leftover") return;
  const around = aroundOf(run.matches, target.depth);
  run.out.push({
    type: "leftover",
    path: currentPath(target),
    isDirectory: finding.isDirectory,
    around,
  });
}

function keep(run: Comparison, depth: number): void {
  run.out.push({ type: "kept", path: currentPath(run.target) });
  run.frozenBelow = depth;
}

function freeze(run: Comparison, cursor: Cursor, side: "source" | "target"): void {
  const finding = findingAt(cursor.chunk, cursor.row);
  if (finding.kind !== "problem") return;
  const { code, message } = finding;
  run.out.push({ type: "frozen", problem: { path: currentPath(cursor), side, code, message } });
  run.frozenBelow = cursor.depth;
}

function blocked(run: Comparison, message: string): void {
  const path = currentPath(run.target);
  run.out.push({ type: "frozen", problem: { path, side: "target", code: "blocked", message } });
  run.frozenBelow = run.target.depth;
}
