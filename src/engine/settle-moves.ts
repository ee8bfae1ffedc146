import type { Difference } from "../core/difference.ts";
import type { Entry, FileEntry } from "../core/entry.ts";
import { aspectsBetween } from "../core/compare-rows.ts";
import { foldName } from "../core/fold.ts";
import type { Appeared, FilePair, Vanished } from "../core/move-pool.ts";
import { appearedIn, vanishedIn } from "../core/move-pool.ts";
import type { LeafMove, OrderedMoves } from "../core/order-moves.ts";
import { orderMoves } from "../core/order-moves.ts";
import { rebased } from "../core/pair-directories.ts";
import { pairFiles } from "../core/pair-files.ts";
import type { Name, RelPath } from "../core/path.ts";
import { comparePaths, joinPath } from "../core/path.ts";
import { equalGroups } from "./equal-groups.ts";
import type { Finding } from "./move-search.ts";
import { onDisk } from "./move-search.ts";
import { formerFiles, isAsRemembered, isUnedited } from "./former-places.ts";

/** A file that is made from another one of the target's, which has the same content. */
interface FileCopy {
  readonly now: Appeared;
  readonly of: FilePair;
}

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
  let vanished = vanishedIn(pool);
  let appeared = appearedIn(pool);
  const pairs: FilePair[] = [];
  const copies: FileCopy[] = [];
  const take = (found: readonly FilePair[]): void => {
    const [olds, nows] = [
      new Set(found.map(({ old }) => old)),
      new Set(found.map(({ now }) => now)),
    ];
    vanished = vanished.filter((one) => !olds.has(one));
    appeared = appeared.filter((one) => !nows.has(one));
    pairs.push(...found);
  };
  if (vanished.length === 0 || appeared.length === 0) return { pairs, copies };
  take(await pairByIdentity(finding, vanished, appeared));
  for (const group of await equalGroups(finding, vanished, appeared)) {
    const { pairs: found, rest } = pairFiles(group.vanished, group.appeared);
    take(found.map(([old, now]) => ({ old, now, isEdited: false })));
    // A file of several names may be parted from them before it is copied.
    const of = pairs.slice(-found.length).find(({ old }) => old.entry.nlink === 1);
    if (of === undefined) continue;
    copies.push(...rest.filter((now) => isCopied(finding, now)).map((now) => ({ now, of })));
  }
  if (search.rules.selection.foldsCase) take(pairByFold(vanished, appeared));
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
    if (old === undefined || !isAsRemembered(old, entry, rules.sameness.window)) continue;
    const isEdited = now.entry.kind === "file" && !isUnedited(now.entry, entry);
    if (old.path === now.path || (isEdited && now.occupant !== undefined)) continue;
    waiting.delete(path);
    pairs.push({ old, now, isEdited });
  }
  return pairs;
}

/** Where the target takes two names for one, the file that has the one gets the other, whatever it holds. */
function pairByFold(vanished: readonly Vanished[], appeared: readonly Appeared[]): FilePair[] {
  const waiting = new Map(vanished.map((old) => [foldName(old.path), old]));
  return appeared.flatMap((now) => {
    const old = waiting.get(foldName(now.path));
    const isRespelled = old !== undefined && old.path !== now.path && now.occupant === undefined;
    return isRespelled ? [{ old, now, isEdited: true }] : [];
  });
}

function order({ pool, directories }: Finding, moves: readonly FilePair[]): OrderedMoves {
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
  ]);
  let parked = 0;
  const freeName = (dir: RelPath): Name => {
    for (;;) {
      const name = `.syncline-parked~${(parked++).toString(36)}` as Name;
      if (!names.has(joinPath(dir, name))) return name;
    }
  };
  return orderMoves({
    directories,
    leaves,
    occupantAt: (path) => occupants.get(path),
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
  const now = (path: RelPath): RelPath => {
    for (const [from, to] of parked) {
      const at = rebased(path, from, to);
      if (at !== path) return at;
    }
    return path;
  };
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
      const { old, now: to } = copy.of;
      const [source, original] = [copy.now.entry as FileEntry, old.entry as FileEntry];
      planner.add({ type: "copied", path, source, from: to.path, original, around });
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
