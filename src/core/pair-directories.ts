import { foldPath } from "./fold.ts";
import { joinPath, parentPath } from "./path.ts";
import type { RelPath } from "./path.ts";
import type { TreeCensus, TreeDirectory } from "./tree-census.ts";

/** A directory of the target that is to become one of the source. */
export interface DirectoryPair {
  /** In a tree that only the target has. */
  readonly old: TreeDirectory;
  /** In a tree that only the source has. */
  readonly now: TreeDirectory;
  /** It is the very directory that was known by the old name; else only what it holds speaks for it. */
  readonly isCertain: boolean;
}

export interface PairingInput {
  /** Trees that only the target has, and that may move. */
  readonly vanished: readonly TreeCensus[];
  /** Trees that only the source has. */
  readonly appeared: readonly TreeCensus[];
  /** Where a directory of the source was, by what is remembered: a path in the target. */
  readonly formerPath: (now: TreeDirectory) => RelPath | undefined;
  /** Directories of the source in which another one was found before: they are made, not moved. */
  readonly isSettled: (now: RelPath) => boolean;
  readonly foldsCase: boolean;
}

/** Files of equal name, size and mtime that are still told apart; beyond, they say nothing about where a directory went. */
const mostAlike = 4;

/**
 * Finds directories that have moved: first by identity, then by the files that they hold. Nothing here need be certain, since
 * the two are compared afterwards, entry by entry; a wrong pair costs work, never content. Outer directories come before
 * inner ones, and no pair lies inside another one.
 */
export function pairDirectories(input: PairingInput): DirectoryPair[] {
  const { vanished, appeared, formerPath, foldsCase } = input;
  const olds = vanished.flatMap(({ directories }) => directories);
  const byPath = new Map(olds.map((old) => [old.path, old]));
  const byFold = foldsCase ? new Map(olds.map((old) => [foldPath(old.path), old])) : undefined;
  let votes: Votes | undefined;
  const used = new Set<TreeDirectory>();
  const aroundUsed = new Set<TreeDirectory>();
  /** Not in a directory that has found its place, nor around one. */
  const isFree = (old: TreeDirectory): boolean =>
    !aroundUsed.has(old) && selfAndAbove(old).every((one) => !used.has(one));
  const pairs: DirectoryPair[] = [];
  for (const { directories } of appeared) {
    let behind = 0;
    for (const now of directories) {
      if (now.first < behind || input.isSettled(now.path)) continue;
      const former = formerPath(now);
      const certain = former === undefined ? undefined : byPath.get(former);
      const respelled = byFold?.get(foldPath(now.path));
      const known = [certain, respelled].find((one) => one !== undefined && isFree(one));
      // Counted only where somebody is not known by name or inode.
      votes ??= known === undefined ? countVotes(vanished, appeared) : undefined;
      const old = known ?? candidates(now, votes!).find(isFree);
      if (old === undefined) continue;
      used.add(old);
      for (const above of selfAndAbove(old)) aroundUsed.add(above);
      pairs.push({ old, now, isCertain: old === certain });
      behind = now.end;
    }
  }
  return pairs;
}

function selfAndAbove(directory: TreeDirectory): TreeDirectory[] {
  const out: TreeDirectory[] = [];
  for (let at: TreeDirectory | undefined = directory; at !== undefined; at = at.parent)
    out.push(at);
  return out;
}

type Votes = ReadonlyMap<TreeDirectory, ReadonlyMap<TreeDirectory, number>>;

/**
 * Every file that looks like one of the other side's speaks for their directories, and for those around them as far as
 * these are named alike.
 */
function countVotes(vanished: readonly TreeCensus[], appeared: readonly TreeCensus[]): Votes {
  const alike = new Map<number, TreeDirectory[]>();
  for (const { fileKeys, fileDirectories } of vanished) {
    for (const [i, key] of fileKeys.entries()) {
      const found = alike.get(key);
      if (found === undefined) alike.set(key, [fileDirectories[i]!]);
      else found.push(fileDirectories[i]!);
    }
  }
  const votes = new Map<TreeDirectory, Map<TreeDirectory, number>>();
  for (const { fileKeys, fileDirectories } of appeared) {
    for (const [i, key] of fileKeys.entries()) {
      const olds = alike.get(key);
      if (olds === undefined || olds.length > mostAlike) continue;
      for (const old of olds) speakFor(votes, fileDirectories[i]!, old);
    }
  }
  return votes;
}

function speakFor(
  votes: Map<TreeDirectory, Map<TreeDirectory, number>>,
  first: TreeDirectory,
  second: TreeDirectory,
): void {
  let now: TreeDirectory | undefined = first;
  let old: TreeDirectory | undefined = second;
  while (now !== undefined && old !== undefined) {
    const known = votes.get(now) ?? new Map<TreeDirectory, number>();
    votes.set(now, known);
    known.set(old, (known.get(old) ?? 0) + 1);
    if (now.name !== old.name) return;
    now = now.parent;
    old = old.parent;
  }
}

/** Directories most of whose files speak for `now`; the one that fits best comes first. */
function candidates(now: TreeDirectory, votes: Votes): TreeDirectory[] {
  const all = [...(votes.get(now) ?? [])].filter(([old, count]) => 2 * count >= old.files);
  return all
    .toSorted(
      ([a, x], [b, y]) =>
        y - x || closeness(b, now) - closeness(a, now) || (a.path < b.path ? -1 : 1),
    )
    .map(([old]) => old);
}

/** The same name counts most, then the same parent, then how much of the way is shared. */
function closeness(old: TreeDirectory, now: TreeDirectory): number {
  const isNamesake = old.name === now.name ? 1e6 : 0;
  const isSibling = parentPath(old.path) === parentPath(now.path) ? 1e5 : 0;
  return isNamesake + isSibling + sharedLength(old.path, now.path);
}

/** Characters that two paths begin with. */
export function sharedLength(a: RelPath, b: RelPath): number {
  let length = 0;
  while (length < a.length && a[length] === b[length]) length++;
  return length;
}

/** The path as it is after a directory was moved: itself, unless it was in there. */
export function rebased(path: RelPath, from: RelPath, to: RelPath): RelPath {
  if (path === from) return to;
  return path.startsWith(`${from}/`) ? joinPath(to, path.slice(from.length + 1) as never) : path;
}
