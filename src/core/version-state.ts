import type { Entry, Finding } from "./entry.ts";
import type { RelPath } from "./path.ts";
import { comparePaths, isWithinAny, parentPath, rootPath } from "./path.ts";
import type { KeptMetadata, RecordedMove, VersionRecord } from "./version-record.ts";
import { hasArrived, wasAbsent } from "./version-record.ts";

/** What one run kept. */
export interface KeptRun {
  readonly stamp: string;
  /** Milliseconds since the epoch. */
  readonly at: number;
  /** Old copies by path; more than one tree where a path was kept more than once. */
  readonly layers: readonly ReadonlyMap<RelPath, Finding>[];
  readonly record: VersionRecord;
}

/** Something as it was once, and where its content is now. */
export interface PastEntry {
  /** As it was then. */
  readonly finding: Finding;
  /** As it is where it is now: its metadata may have been changed since. */
  readonly stored: Finding;
  /** The run's number in the list and the layer that hold it; `undefined` where it still stands in the replica. */
  readonly kept: { readonly run: number; readonly layer: number } | undefined;
  /** Its path there. */
  readonly path: RelPath;
}

/** Old copies, oldest run first, and what stands in the replica now. */
export interface History {
  readonly runs: readonly KeptRun[];
  readonly now: ReadonlyMap<RelPath, Finding>;
}

/**
 * What stood at a path before run number `first`: the first copy that this run or a later one kept of it, or what stands
 * there now. `undefined` where nothing did. Of directories that no run removed, it is the metadata alone that is old.
 */
export function stateBefore(history: History, path: RelPath, first: number): PastEntry | undefined {
  return follow(history, { path, run: first, holder: undefined, metadata: undefined });
}

/** How far a path has been followed through the runs. */
interface Trail {
  readonly path: RelPath;
  readonly run: number;
  /** A directory that was seen on the way; whether it was removed, only what comes later can tell. */
  readonly holder: PastEntry | undefined;
  readonly metadata: KeptMetadata | undefined;
}

function follow(history: History, trail: Trail): PastEntry | undefined {
  const { runs, now } = history;
  let { path, holder, metadata } = trail;
  for (let run = trail.run; run < runs.length; run++) {
    const { layers, record } = runs[run]!;
    const there = pathAfter(record, path);
    const found = findIn(layers, there.path, there.skip);
    const isLeaf = found !== undefined && found.finding.kind !== "directory";
    if (isLeaf && holder === undefined && !there.isNew) {
      const was = metadata ?? metadataIn(record, there);
      return dressed({ ...found, kept: { run, layer: found.layer } }, was);
    }
    const isOver =
      isLeaf ||
      there.isNew ||
      (!there.isOusted && wasAbsent(record, there.path)) ||
      (found === undefined && isCovered(layers, record, there.path));
    if (isOver) return dressed(holder, metadata);
    if (found !== undefined) holder ??= { ...found, kept: { run, layer: found.layer } };
    metadata ??= metadataIn(record, there);
    if (there.isMoved && found === undefined && !cameAbout(history, path, run)) continue;
    path = there.path;
  }
  const finding = now.get(path);
  if (holder !== undefined && finding?.kind !== "directory") return dressed(holder, metadata);
  return dressed(finding && { finding, stored: finding, kept: undefined, path }, metadata);
}

/**
 * Whether a rename that a run was about to make has been made. What was renamed is there afterwards, or was kept; if it is
 * not, it was left where it was. Below it, what is not there afterwards was not there before.
 */
function cameAbout(history: History, path: RelPath, run: number): boolean {
  const { record } = history.runs[run]!;
  const there = pathAfter(record, path);
  const trail = { path: there.path, run: run + 1, holder: undefined, metadata: undefined };
  if (!there.isMoved || follow(history, trail) !== undefined) return true;
  const isItself = record.moves.some(
    ({ from, to, other }) => from === path || (other === "swapped" && to === path),
  );
  return !isItself && cameAbout(history, parentPath(path), run);
}

function dressed(
  entry: PastEntry | undefined,
  metadata: KeptMetadata | undefined,
): PastEntry | undefined {
  if (entry === undefined || metadata === undefined || !isEntry(entry.finding)) return entry;
  const { mode, uid, gid, mtimeSec, mtimeNs, xattrs } = metadata;
  const finding: Entry = { ...entry.finding, mode, uid, gid, mtimeSec, mtimeNs, xattrs };
  return { ...entry, finding };
}

function isEntry(finding: Finding): finding is Entry {
  return "mtimeSec" in finding;
}

function metadataIn(record: VersionRecord, there: Afterwards): KeptMetadata | undefined {
  return there.isOusted ? there.ousted : record.metadata.get(there.path);
}

/** Where a path leads after a run's renames. */
interface Afterwards {
  readonly path: RelPath;
  readonly isMoved: boolean;
  /** Something else took the name, where nothing stood. */
  readonly isNew: boolean;
  /** Something else took the name, and this was kept: what else is said of the name is said of the other. */
  readonly isOusted: boolean;
  /** What that was like, where it may have been changed since. */
  readonly ousted?: KeptMetadata | undefined;
  /** How many of what was kept under that name are not this. */
  readonly skip: number;
}

function pathAfter({ moves }: VersionRecord, path: RelPath): Afterwards {
  let at = path;
  let isMoved = false;
  let skip = 0;
  if (!isTouched(moves, path)) return { path, isMoved, isNew: false, isOusted: false, skip };
  for (const { from, to, other, ousted } of moves) {
    if (isAtOrBelow(at, from)) {
      at = (to + at.slice(from.length)) as RelPath;
      skip = other === "kept" && at === to ? 1 : 0;
      isMoved = true;
    } else if (isAtOrBelow(at, to)) {
      if (other === "swapped") {
        at = (from + at.slice(to.length)) as RelPath;
        isMoved = true;
      } else {
        const isNew = other === "none";
        return { path: at, isMoved, isNew, isOusted: !isNew, ousted, skip: 0 };
      }
    }
  }
  return { path: at, isMoved, isNew: false, isOusted: false, skip };
}

const ends = new WeakMap<VersionRecord["moves"], ReadonlySet<RelPath>>();

/** Whether any rename has to do with a path: with most of them, none has. */
function isTouched(moves: VersionRecord["moves"], path: RelPath): boolean {
  if (moves.length === 0) return false;
  const known = ends.get(moves) ?? new Set(moves.flatMap(({ from, to }) => [from, to]));
  ends.set(moves, known);
  return isWithinAny(path, known);
}

function isAtOrBelow(path: RelPath, dir: RelPath): boolean {
  return path === dir || path.startsWith(`${dir}/`);
}

function findIn(
  layers: KeptRun["layers"],
  path: RelPath,
  skip: number,
): (Omit<PastEntry, "kept"> & { readonly layer: number }) | undefined {
  let left = skip;
  for (const [i, layer] of layers.entries()) {
    const finding = layer.get(path);
    if (finding === undefined || left-- > 0) continue;
    return { finding, stored: finding, layer: i + 1, path };
  }
  return undefined;
}

/** Whether what is no directory was kept on the way to a path, other than by a rename. */
function isCovered(layers: KeptRun["layers"], { moves }: VersionRecord, path: RelPath): boolean {
  if (hasArrived(moves, path)) return false;
  for (let at = parentPath(path); at !== rootPath; at = parentPath(at)) {
    if (hasArrived(moves, at)) return false;
    const found = findIn(layers, at, 0);
    if (found !== undefined) return found.finding.kind !== "directory";
  }
  return false;
}

/** Everything at and below a path as it was before run number `first`, in path order. */
export function treeBefore(history: History, top: RelPath, first: number): Map<RelPath, PastEntry> {
  const candidates = new Set<RelPath>();
  const comesFrom = originsOf(history.runs.slice(first).flatMap(({ record }) => record.moves));
  const add = (path: RelPath): void => {
    for (const at of comesFrom(path)) {
      if (top === rootPath || isAtOrBelow(at, top)) candidates.add(at);
    }
  };
  for (const { layers } of history.runs.slice(first)) {
    for (const layer of layers) for (const path of layer.keys()) add(path);
  }
  for (const path of history.now.keys()) add(path);
  const out = new Map<RelPath, PastEntry>();
  for (const path of [...candidates].sort(comparePaths)) {
    const isInside = path === top || out.get(parentPath(path))?.finding.kind === "directory";
    const entry = isInside ? stateBefore(history, path, first) : undefined;
    if (entry !== undefined) out.set(path, entry);
  }
  return out;
}

/** Every path at which something may have stood before those renames that stands, or was kept, at a path now. */
function originsOf(moves: readonly RecordedMove[]): (path: RelPath) => Iterable<RelPath> {
  const byEnd = new Map<RelPath, { readonly index: number; readonly from: RelPath }[]>();
  const note = (to: RelPath, from: RelPath, index: number): void => {
    byEnd.set(to, [...(byEnd.get(to) ?? []), { index, from }]);
  };
  for (const [index, { from, to, other }] of moves.entries()) {
    note(to, from, index);
    if (other === "swapped") note(from, to, index);
  }
  return (path) => {
    const seen = new Map<RelPath, number>([[path, moves.length]]);
    const open: RelPath[] = [path];
    for (let next = open.pop(); next !== undefined; next = open.pop()) {
      // Back through the renames, latest first; each may have replaced what stood there.
      const limit = seen.get(next)!;
      for (let at = next; at !== rootPath; at = parentPath(at)) {
        for (const { index, from } of byEnd.get(at) ?? []) {
          const origin = (from + next.slice(at.length)) as RelPath;
          if (index >= limit || (seen.get(origin) ?? -1) >= index) continue;
          seen.set(origin, index);
          open.push(origin);
        }
      }
    }
    return seen.keys();
  };
}
