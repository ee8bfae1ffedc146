import type { DirectoryEntry, Finding } from "./entry.ts";
import type { CheckRows } from "./check-rows.ts";
import { KeptCheck, roomyRows } from "./check-rows.ts";
import type { Around, CompareCounts, Difference } from "./difference.ts";
import type { Sameness } from "./compare-rows.ts";
import { aspectsOf, CHECK, compareRows } from "./compare-rows.ts";
import type { Cursor } from "./cursor.ts";
import { advance, compareNames, currentPath, ended, newCursor, refill } from "./cursor.ts";
import type { SelectionRules } from "./selection.ts";
import { newSelection } from "./selection.ts";
import type { SnapshotChunk } from "./snapshot.ts";
import { joinPath, rootPath } from "./path.ts";
import {
  CLOSED,
  DIRECTORY,
  EXCLUDED,
  findingAt,
  LEFTOVER,
  nameAt,
  PASSED_OVER,
  PROBLEM,
} from "./snapshot.ts";

export interface CompareRules {
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
  /** By depth: what stands for the latest matched directory in what is said of its inside. */
  readonly around: (Around | undefined)[];
  /** By depth: whether the latest directory is one of both replicas, and where its rows are. */
  readonly matched: boolean[];
  readonly matchedRows: MatchedRows[];
  checks: CheckRows | undefined;
  readonly sourceRoot: RootIdentity;
  readonly targetRoot: RootIdentity;
  checked: number;
  targetEntries: number;
  skipped: number;
}

/** The rows of a directory of both replicas. One cursor may have left it for its next sibling while the other is inside. */
interface MatchedRows {
  source: SnapshotChunk;
  sourceRow: number;
  target: SnapshotChunk;
  targetRow: number;
}

/** Identity of a replica's root, once its row was met; without one, nothing is like it. */
export interface RootIdentity {
  dev: number;
  inoHigh: number;
  inoLow: number;
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
    source: newCursor(source),
    target: newCursor(target),
    rules,
    selection: newSelection(rules.selection),
    out: [],
    frozenBelow: Infinity,
    around: [],
    matched: [],
    matchedRows: [],
    checks: undefined,
    sourceRoot: { dev: -1, inoHigh: -1, inoLow: -1 },
    targetRoot: { ...(rules.targetPlace ?? { dev: -1, inoHigh: -1, inoLow: -1 }) },
    checked: 0,
    targetEntries: 0,
    skipped: 0,
  };
  try {
    while (await fillBoth(run)) {
      while (!run.source.empty && !run.target.empty && step(run));
      if (run.out.length > 0) {
        yield run.out;
        run.out = [];
      }
    }
  } finally {
    await Promise.all([run.source.chunks.return?.(), run.target.chunks.return?.()]);
  }
  return { checked: run.checked, targetEntries: run.targetEntries, skipped: run.skipped };
}

/** Gives both cursors a row; false when both have none left. */
async function fillBoth(run: Comparison): Promise<boolean> {
  const { source, target } = run;
  if (source.empty) keepMatches(run, source.chunk);
  if (target.empty) keepMatches(run, target.chunk);
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
  if (source.depth === ended && target.depth === ended) return false;
  // The deeper cursor is inside a directory that the other one has left or never had.
  const order =
    source.depth === target.depth ? compareNames(source, target) : target.depth - source.depth;
  if (order <= 0) watchRoots(run, source, run.sourceRoot, run.targetRoot);
  if (order >= 0) watchRoots(run, target, run.targetRoot, run.sourceRoot);
  if (order < 0) onlySource(run);
  else if (order > 0) onlyTarget(run);
  else both(run);
  return true;
}

function onlySource(run: Comparison): void {
  const { source } = run;
  const { chunk, row, depth } = source;
  run.matched[depth] = false;
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
      const entry = findingAt(chunk, row);
      const around = aroundOf(run, source);
      if (isEntry(entry))
        run.out.push({ type: "source-only", path: currentPath(source), source: entry, around });
      if ((chunk.flags[row]! & CLOSED) !== 0) run.frozenBelow = depth;
    }
  }
  advance(source);
}

function onlyTarget(run: Comparison): void {
  const { target } = run;
  const { chunk, row, depth } = target;
  run.matched[depth] = false;
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
    const entry = findingAt(chunk, row);
    const around = aroundOf(run, target);
    if (isEntry(entry))
      run.out.push({ type: "target-only", path: currentPath(target), target: entry, around });
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
  run.matched[depth] = isDirectory;
  run.around[depth] = undefined;
  if (isDirectory) noteMatch(run, depth);
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
  const around = aroundOf(run, source);
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
  if (!isEntry(from) || !isEntry(to)) return;
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

function noteMatch({ matched, matchedRows, source, target }: Comparison, depth: number): void {
  // Whatever was matched further down was inside a directory that both have left.
  matched.length = depth + 1;
  const rows = (matchedRows[depth] ??= {
    source: source.chunk,
    sourceRow: 0,
    target: target.chunk,
    targetRow: 0,
  });
  rows.source = source.chunk;
  rows.sourceRow = source.row;
  rows.target = target.chunk;
  rows.targetRow = target.row;
}

/** The directory of both replicas that holds the cursor's row, if there is one; one object for all that is in it. */
function aroundOf(run: Comparison, cursor: Cursor): Around | undefined {
  const parent = cursor.depth - 1;
  return parent < 0 || run.matched[parent] !== true ? undefined : aroundAt(run, parent);
}

function aroundAt(run: Comparison, depth: number): Around {
  const known = run.around[depth];
  if (known !== undefined) return known;
  const { source, sourceRow, target, targetRow } = run.matchedRows[depth]!;
  const around: Around = {
    path:
      depth === 0 ? rootPath : joinPath(aroundAt(run, depth - 1).path, nameAt(source, sourceRow)),
    source: findingAt(source, sourceRow) as DirectoryEntry,
    target: findingAt(target, targetRow) as DirectoryEntry,
  };
  run.around[depth] = around;
  return around;
}

/** Keeps what is known of matched directories with rows in a chunk whose memory may be used for another one. */
function keepMatches(run: Comparison, chunk: SnapshotChunk): void {
  // Behind the first depth that is not matched, nothing is inside a directory of both.
  for (let depth = 0; run.matched[depth] === true; depth++) {
    const { source, target } = run.matchedRows[depth]!;
    if (source === chunk || target === chunk) aroundAt(run, depth);
  }
}

function countTarget(run: Comparison): void {
  const kind = run.target.chunk.kind[run.target.row];
  if (run.target.depth > 0 && kind !== EXCLUDED && kind !== LEFTOVER) run.targetEntries++;
}

function leftover(run: Comparison): void {
  const { target } = run;
  const finding = findingAt(target.chunk, target.row);
  if (finding.kind !== "leftover") return;
  const around = aroundOf(run, target);
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

function isEntry(
  finding: Finding,
): finding is Exclude<Finding, { kind: "problem" | "excluded" | "leftover" }> {
  return finding.kind !== "problem" && finding.kind !== "excluded" && finding.kind !== "leftover";
}
