import type { Around } from "./difference.ts";
import type { Entry, Leaf } from "./entry.ts";
import { identityKey } from "./entry.ts";
import type { RelPath } from "./path.ts";
import { comparePaths } from "./path.ts";
import type { Action, Aspect } from "./plan.ts";
import { isMadeAnew, putAction } from "./put-action.ts";

/** One name of something that has, or shall have, several: what stands there now and what is wrong with it. */
export interface LinkMember {
  readonly path: RelPath;
  readonly source: Leaf;
  /** What the target holds at the path. */
  readonly target: Entry | undefined;
  /** Empty where only its company may be wrong. */
  readonly aspects: readonly Aspect[];
  readonly around: Around | undefined;
}

export interface PlannedMember {
  readonly action: Action;
  readonly around: Around | undefined;
}

/**
 * Makes names that share a file in the source share one in the target, and names that do not, not. A group keeps a file
 * that the target already has right wherever there is one, so that nothing is copied for the sake of a name; a target file
 * that several groups share stays with the first of them. Groups and members are taken in path order, so the result does
 * not depend on the order of the input. `leaving` is what the plan removes.
 */
export function planLinkGroups(
  members: readonly LinkMember[],
  leaving: readonly Entry[],
): PlannedMember[] {
  const groups = Map.groupBy(
    members.toSorted((a, b) => comparePaths(a.path, b.path)),
    (member) => (member.source.nlink > 1 ? identityKey(member.source) : member.path),
  );
  const names = countNames([...members.map(({ target }) => target), ...leaving]);
  const claimed = new Set<string>();
  const out: PlannedMember[] = [];
  for (const group of groups.values()) planGroup(group, names, claimed, out);
  return out;
}

/** How many names of each file the plan deals with. */
function countNames(entries: readonly (Entry | undefined)[]): ReadonlyMap<string, number> {
  const names = new Map<string, number>();
  for (const entry of entries) {
    if (entry === undefined || entry.kind === "directory" || entry.nlink === 1) continue;
    const key = identityKey(entry);
    names.set(key, (names.get(key) ?? 0) + 1);
  }
  return names;
}

function planGroup(
  group: readonly LinkMember[],
  names: ReadonlyMap<string, number>,
  claimed: Set<string>,
  out: PlannedMember[],
): void {
  const keeper = group.find(
    (member) => isUsable(member, names) && !claimed.has(identityKey(member.target)),
  );
  const leader = keeper ?? group[0]!;
  const kept = keeper?.target === undefined ? undefined : identityKey(keeper.target);
  if (kept !== undefined) claimed.add(kept);
  for (const member of group) {
    const { path, source: entry, target: expected, aspects, around } = member;
    if (member === leader) {
      if (kept === undefined) out.push({ action: putAction(path, expected, entry), around });
      else if (aspects.length > 0 && expected !== undefined) {
        out.push({
          action: { type: "set-metadata", path, expected, entry, aspects },
          around: undefined,
        });
      }
      continue;
    }
    const sharesAlready = expected?.kind === entry.kind && identityKey(expected) === kept;
    if (sharesAlready) continue;
    out.push({ action: { type: "link", path, from: leader.path, expected, entry }, around });
  }
}

/**
 * Whether the target's file at the path may stand for the whole group: it has the right content, and where its metadata has
 * to change, it has no further name that the plan does not deal with and that would change along.
 */
function isUsable(
  member: LinkMember,
  names: ReadonlyMap<string, number>,
): member is LinkMember & { readonly target: Leaf } {
  const { target, aspects } = member;
  if (target === undefined || target.kind === "directory" || isMadeAnew(aspects)) return false;
  return aspects.length === 0 || (names.get(identityKey(target)) ?? 1) >= target.nlink;
}
