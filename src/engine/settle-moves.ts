import type { Difference } from "../core/difference.ts";
import type { Entry, FileEntry } from "../core/entry.ts";
import { aspectsBetween } from "../core/compare-rows.ts";
import { foldPath } from "../core/fold.ts";
import type { Appeared, FilePair, Vanished } from "../core/move-pool.ts";
import { appearedIn, holdsSomething, vanishedIn } from "../core/move-pool.ts";
import type { LeafMove, OrderedMoves, Standing } from "../core/order-moves.ts";
import { orderMoves, whereParked } from "../core/order-moves.ts";
import { pairFiles } from "../core/pair-files.ts";
import type { Name, RelPath } from "../core/path.ts";
import { comparePaths, joinPath } from "../core/path.ts";
import type { FileCopy } from "./find-copies.ts";
import { findCopies } from "./find-copies.ts";
import { equalGroups } from "./equal-groups.ts";
import type { Finding } from "./move-search.ts";
import { onDisk } from "./move-search.ts";
import { formerFiles, isAsRemembered, isUnedited } from "./former-places.ts";

/** Finds files that have moved, puts all moves in order, and hands the planner everything as it is after them. */
export async function settleMoves(finding: Finding): Promise<void> {
  const { pairs, copies } = await pairAll(finding);
  const stays = pairs.filter(({ old, now }) => old.path === now.path);
  const moves = pairs.filter(({ old, now }) => old.path !== now.path);
  const ordered = order(finding, moves);
  const { planner } = finding.search;
  const touched = moves.flatMap(({ old, now }) => [old.around, now.around]);
  planner.arrange({
    actions: ordered.actions,
    touched: [...finding.touched, ...touched.filter((one) => one !== undefined)],
  });
  tellRest(finding, { moves, stays, copies }, ordered);
}

/** Pairs files: by identity where that is known, by content, and where names fold, by name. */
async function pairAll(finding: Finding): Promise<{ pairs: FilePair[]; copies: FileCopy[] }> {
  const { pool, search } = finding;
  const vanished = new Set(vanishedIn(pool));
  const appeared = new Set(appearedIn(pool));
  const pairs: FilePair[] = [];
  const copies: FileCopy[] = [];
  const take = (pair: FilePair): void => {
    vanished.delete(pair.old);
    appeared.delete(pair.now);
    pairs.push(pair);
  };
  const [olds, nows] = [[...vanished], [...appeared]].map((all) =>
    all.filter(({ entry }) => holdsSomething(entry)),
  ) as [Vanished[], Appeared[]];
  const known = olds.length === 0 ? [] : await pairByIdentity(finding, olds, nows);
  for (const pair of known) if (!pair.isEdited) take(pair);
  const taken = new Map(pairs.map((pair) => [pair.old, pair]));
  const left = nows.filter((now) => appeared.has(now));
  for (const group of await equalGroups(finding, olds, left)) {
    const free = group.vanished.filter((old) => vanished.has(old));
    const { pairs: found, rest } = pairFiles(free, group.appeared);
    const equal = found.map(([old, now]) => ({ old, now, isEdited: false }));
    for (const pair of equal) take(pair);
    const all = [...equal, ...group.vanished.flatMap((old) => taken.get(old) ?? [])];
    // A file of several names may be parted from them before it is copied.
    const of = all.find(({ old }) => old.entry.nlink === 1);
    if (of === undefined) continue;
    const { path: from } = of.now;
    const original = of.old.entry as FileEntry;
    const made = rest.filter((now) => isCopied(finding, now));
    for (const now of made) {
      appeared.delete(now);
      copies.push({ now, from, original });
    }
  }
  // Last, since what such a file was is of more use to one that still is that.
  for (const pair of known) if (vanished.has(pair.old) && appeared.has(pair.now)) take(pair);
  if (search.rules.selection.foldsCase)
    for (const pair of pairByFold([...vanished], [...appeared])) take(pair);
  const unpaired = nows.filter((now) => appeared.has(now) && isCopied(finding, now));
  for (const copy of await findCopies(finding, unpaired)) copies.push(copy);
  return { pairs, copies };
}

/** Further names of one file become links; whatever stands in the way of a file is dealt with when it is put. */
function isCopied({ search }: Finding, { entry, occupant }: Appeared): boolean {
  const isLinked = search.options.preserve.hardlinks && entry.nlink > 1;
  return occupant === undefined && !isLinked;
}

async function pairByIdentity(
  finding: Finding,
  vanished: readonly Vanished[],
  appeared: readonly Appeared[],
): Promise<FilePair[]> {
  const { memory, rules } = finding.search;
  const former = await formerFiles(memory, appeared);
  if (former.size === 0) return [];
  const waiting = new Map(vanished.map((old) => [onDisk(finding, old.path), old]));
  const pairs: FilePair[] = [];
  for (const [now, { path, entry }] of former) {
    const old = waiting.get(path);
    if (old === undefined || !isAsRemembered(old, entry, rules.sameness.mtimes)) continue;
    const isEdited = now.entry.kind === "file" && !isUnedited(now.entry, entry);
    if (old.path === now.path || (isEdited && now.occupant !== undefined)) continue;
    waiting.delete(path);
    pairs.push({ old, now, isEdited });
  }
  return pairs;
}

/** Where the target takes two names for one, the file that has the one gets the other, whatever it holds. */
function pairByFold(vanished: readonly Vanished[], appeared: readonly Appeared[]): FilePair[] {
  const waiting = new Map(vanished.map((old) => [foldPath(old.path), old]));
  return appeared.flatMap((now) => {
    const old = waiting.get(foldPath(now.path));
    const isRespelled = old !== undefined && old.path !== now.path && now.occupant === undefined;
    if (!isRespelled) return [];
    const isEdited = old.entry.kind === "file" && old.entry.size + now.entry.size > 0;
    return [{ old, now, isEdited }];
  });
}

/** Where names fold: what is not wanted there, and has nearly the name of something that is. */
function inTheWay({ pool, search, directories }: Finding, moves: readonly FilePair[]): Standing[] {
  if (!search.rules.selection.foldsCase) return [];
  const comes = new Map(
    [
      ...pool.sourceOnly.map(({ path }) => path),
      ...pool.missing.keys(),
      ...directories.map(({ to }) => to),
    ].map((path) => [foldPath(path), path]),
  );
  const goesTo = new Map(moves.map(({ old, now }) => [old.path, now.path]));
  return pool.targetOnly
    .flatMap((one) => {
      if (one.type === "leftover" || pool.sheltering.has(one.path)) return [];
      const other = comes.get(foldPath(one.path)) ?? one.path;
      const isClear = other === one.path || other === goesTo.get(one.path);
      return isClear ? [] : [{ path: one.path, entry: one.target }];
    })
    .toSorted((a, b) => comparePaths(a.path, b.path));
}

function order(finding: Finding, moves: readonly FilePair[]): OrderedMoves {
  const { pool, directories } = finding;
  const leaves: LeafMove[] = moves
    .map(({ old, now, isEdited }) => ({
      from: old.path,
      to: now.path,
      entry: old.entry,
      bytes: isEdited ? 0 : old.entry.size,
    }))
    .toSorted((a, b) => comparePaths(a.to, b.to));
  const occupants = new Map(moves.map(({ now }) => [now.path, now.occupant]));
  const names = new Set<RelPath>([
    ...pool.targetOnly.map(({ path }) => path),
    ...pool.differing.map(({ path }) => path),
    ...pool.sourceOnly.map(({ path }) => path),
    ...directories.flatMap(({ from, to }) => [from, to]),
  ]);
  // Named after the inode: what another run has left parked, here or where the source came from, is another one.
  const freeName = (dir: RelPath, { inoHigh, inoLow }: Entry): Name => {
    const name = `.syncline-parked~${(inoHigh * 2 ** 32 + inoLow).toString(36)}`;
    let free = name as Name;
    for (let n = 1; names.has(joinPath(dir, free)); n++) free = `${name}~${n}` as Name;
    names.add(joinPath(dir, free));
    return free;
  };
  return orderMoves({
    directories,
    leaves,
    occupantAt: (path) => occupants.get(path),
    inTheWay: inTheWay(finding, moves),
    missingAt: (path) => pool.missing.get(path),
    freeName,
  });
}

interface Settled {
  readonly moves: readonly FilePair[];
  readonly stays: readonly FilePair[];
  readonly copies: readonly FileCopy[];
}

/** Hands the planner what is left, as it is when everything has moved. */
function tellRest(
  { pool, search }: Finding,
  { moves, stays, copies }: Settled,
  { parked }: OrderedMoves,
): void {
  const { planner, rules, options } = search;
  const arrived = new Map([...moves, ...stays].map((pair) => [pair.now.path, pair]));
  const left = new Set(moves.map(({ old }) => old.path));
  const copied = new Map(copies.map((copy) => [copy.now.path, copy]));
  const now = (path: RelPath): RelPath => whereParked(path, parked);
  const tellArrived = ({ old, now: { path, entry: source, around }, isEdited }: FilePair): void => {
    const seen = aspectsBetween(source, old.entry, rules.sameness);
    const aspects = isEdited ? (["content", ...seen] as const) : seen;
    const told = { path, source, target: old.entry, aspects, around };
    if (aspects.length > 0) planner.add({ type: "differs", ...told });
    else if (options.preserve.hardlinks && (source.nlink > 1 || old.entry.nlink > 1)) {
      planner.add({ type: "linked", ...told });
    }
  };
  for (const difference of pool.sourceOnly) {
    const { path, around } = difference;
    const [pair, copy] = [arrived.get(path), copied.get(path)];
    if (pair !== undefined) tellArrived(pair);
    else if (copy === undefined) planner.add(difference);
    else {
      const { now: made, from, original } = copy;
      const source = made.entry as FileEntry;
      planner.add({ type: "copied", path, source, from, original, around });
    }
  }
  for (const difference of pool.differing) tellDiffering(difference);
  for (const difference of pool.targetOnly) {
    if (!left.has(difference.path)) planner.add({ ...difference, path: now(difference.path) });
  }

  function tellDiffering(difference: Extract<Difference, { type: "differs" }>): void {
    const { path, source, target, around } = difference;
    const pair = arrived.get(path);
    if (pair !== undefined) {
      tellArrived(pair);
      tellParked(path, target);
    } else if (left.has(path)) planner.add({ type: "source-only", path, source, around });
    else planner.add(difference);
  }

  function tellParked(path: RelPath, target: Entry): void {
    if (!parked.has(path)) return;
    planner.add({ type: "target-only", path: now(path), target, around: undefined });
  }
}
