import { shownBytes } from "../base/byte-string.ts";
import type { Around, CompareCounts, Difference } from "./difference.ts";
import type { DirectoryEntry, Entry, FileEntry } from "./entry.ts";
import { foldPath } from "./fold.ts";
import type { LinkMember } from "./link-groups.ts";
import { planLinkGroups } from "./link-groups.ts";
import type { RelPath } from "./path.ts";
import { comparePaths, isWithinAny, parentPath } from "./path.ts";
import type { Action, Aspect, Phases, Plan } from "./plan.ts";
import { phaseNames } from "./plan.ts";
import { totalsOf } from "./plan-totals.ts";
import type { Problem } from "./problem.ts";
import { isMadeAnew, putAction } from "./put-action.ts";

export interface MirrorRules {
  /** Remove what only the target has. */
  readonly delete: boolean;
  readonly hardlinks: boolean;
  /** Names that differ in case only are one at the target. */
  readonly foldsCase?: boolean;
  /** Where the source has the content of a run's only file. */
  readonly content?: RelPath;
}

/** Everything the planner has been told, sorted by what follows from it. */
interface Draft {
  readonly rules: MirrorRules;
  readonly phases: { -readonly [phase in keyof Phases]: Action[] };
  members: LinkMember[];
  readonly problems: Problem[];
  /** Directories of the target in or under which something has to stay. */
  readonly sheltering: Set<RelPath>;
  /** For actions that move the times of a directory which is there already: that directory. */
  readonly around: Map<Action, Around>;
  /** The same for moves, which are decided on elsewhere. */
  readonly touched: Around[];
  readonly folded: Map<RelPath, RelPath>;
  readonly nested: RelPath[];
}

/** Makes the plan of a one-way run out of differences, told in any order. Content checks have been settled before. */
/** What is left to be said when content was checked and moves were found. */
export type PlannedDifference =
  | Exclude<Difference, { type: "check" }>
  /** A file that only the source has, whose content the target has at `from`. */
  | {
      readonly type: "copied";
      readonly path: RelPath;
      readonly source: FileEntry;
      readonly from: RelPath;
      readonly original: FileEntry;
      readonly around: Around | undefined;
    };

/** Moves in the order in which they are carried out, and directories of both replicas in which they change something. */
export interface ArrangedMoves {
  readonly actions: readonly Action[];
  readonly touched: readonly Around[];
}

export interface MirrorPlanner {
  /** Everything that is added besides speaks of the target as it is after these. */
  arrange(moves: ArrangedMoves): void;
  add(difference: PlannedDifference): void;
  finish(counts: CompareCounts): Plan;
}

export function newMirrorPlanner(rules: MirrorRules): MirrorPlanner {
  const draft: Draft = {
    rules,
    phases: {
      moves: [],
      directories: [],
      content: [],
      links: [],
      metadata: [],
      removals: [],
      replacements: [],
      replacementLinks: [],
      finishing: [],
    },
    members: [],
    problems: [],
    sheltering: new Set(),
    around: new Map(),
    touched: [],
    folded: new Map(),
    nested: [],
  };
  return {
    arrange({ actions, touched }) {
      for (const action of actions) draft.phases.moves.push(action);
      for (const around of touched) draft.touched.push(around);
    },
    add: (difference) => add(draft, difference),
    finish: (counts) => finish(draft, counts),
  };
}

function add(draft: Draft, difference: PlannedDifference): void {
  switch (difference.type) {
    case "source-only":
      put(draft, difference.path, undefined, difference.source, ["kind"], difference.around);
      return;
    case "differs":
      differs(draft, difference);
      return;
    case "copied": {
      const { path, from, original, source: entry, around } = difference;
      const action = {
        type: "copy-file",
        path,
        from,
        original,
        expected: undefined,
        entry,
      } as const;
      push(draft, "content", action, around);
      return;
    }
    case "linked":
      if (draft.rules.hardlinks) draft.members.push({ ...difference, aspects: [] });
      return;
    case "target-only":
      if (draft.rules.delete) {
        const { path, target: expected, around } = difference;
        push(draft, "removals", { type: "remove", path, expected }, around);
      } else shelter(draft, difference.path);
      return;
    case "kept":
      shelter(draft, difference.path);
      return;
    case "frozen":
      draft.problems.push(difference.problem);
      shelter(draft, difference.problem.path);
      return;
    case "leftover": {
      const { path, isDirectory, around } = difference;
      push(draft, "removals", { type: "remove-leftover", path, isDirectory }, around);
      return;
    }
    case "folded":
      draft.folded.set(difference.path, difference.other);
      return;
    // Trees are held for whoever looks for moves, and taken apart before.
    case "source-tree":
    case "target-tree":
      return;
    case "nested":
      draft.nested.push(difference.path);
      return;
  }
}

function differs(draft: Draft, difference: Extract<Difference, { type: "differs" }>): void {
  const { path, source, target, aspects, around } = difference;
  const isWhole = isMadeAnew(aspects);
  const isMember =
    draft.rules.hardlinks &&
    draft.rules.content === undefined &&
    source.kind !== "directory" &&
    target.kind !== "directory" &&
    (source.nlink > 1 || target.nlink > 1);
  // What has further names is not changed in place, where its group is not: they may be none of ours.
  const isShared = target.kind !== "directory" && target.nlink > 1;
  if (isMember) draft.members.push({ path, source, target, aspects, around });
  else if (isWhole || isShared) put(draft, path, target, source, aspects, around);
  else if (source.kind === "directory" && target.kind === "directory")
    finishing(draft, path, target, source, aspects);
  else
    draft.phases.metadata.push({
      type: "set-metadata",
      path,
      expected: target,
      entry: source,
      aspects,
    });
}

/** Plans an entry to be made whole at `path`, in place of `expected`. */
function put(
  draft: Draft,
  path: RelPath,
  expected: Entry | undefined,
  entry: Entry,
  aspects: readonly Aspect[],
  around: Around | undefined,
): void {
  if (path === "") {
    // The target's root is made before anything else, by the endpoint; here it only gets its metadata.
    if (entry.kind === "directory") finishing(draft, path, undefined, entry, []);
    return;
  }
  if (entry.kind === "directory") {
    push(draft, "directories", { type: "make-directory", path, expected, entry }, around);
    finishing(draft, path, undefined, entry, []);
    return;
  }
  if (draft.rules.hardlinks && entry.nlink > 1 && draft.rules.content === undefined) {
    draft.members.push({ path, source: entry, target: expected, aspects, around });
    return;
  }
  const { content } = draft.rules;
  const action = putAction(path, expected, entry);
  place(
    draft,
    action.type === "put-file" && content !== undefined ? { ...action, content } : action,
    around,
  );
}

/** Puts an action that makes a non-directory into its phase. */
function place(draft: Draft, action: Action, around: Around | undefined): void {
  const overDirectory = "expected" in action && action.expected?.kind === "directory";
  push(draft, overDirectory ? "replacements" : "content", action, around);
}

function finishing(
  draft: Draft,
  path: RelPath,
  expected: DirectoryEntry | undefined,
  entry: DirectoryEntry,
  aspects: readonly Aspect[],
): void {
  draft.phases.finishing.push({
    type: "finish-directory",
    path,
    expected,
    entry,
    aspects,
    shown: aspects.length > 0,
  });
}

function push(draft: Draft, phase: keyof Phases, action: Action, around: Around | undefined): void {
  draft.phases[phase].push(action);
  if (around !== undefined) draft.around.set(action, around);
}

/** Keeps every directory above the path from being removed. */
function shelter(draft: Draft, path: RelPath): void {
  for (let dir = path; dir !== "" && !draft.sheltering.has(dir); dir = parentPath(dir))
    draft.sheltering.add(dir);
}

function finish(draft: Draft, counts: CompareCounts): Plan {
  dropMade(draft);
  dropFolded(draft);
  dropRespelled(draft);
  dropSheltered(draft);
  placeLinks(draft);
  restoreTouched(draft);
  const { phases, problems } = draft;
  for (const name of [
    "directories",
    "content",
    "links",
    "metadata",
    "replacements",
    "replacementLinks",
  ] as const) {
    sortByPath(phases[name]);
  }
  sortByPath(phases.removals).reverse();
  sortByPath(phases.finishing).reverse();
  problems.sort((a, b) => comparePaths(a.path, b.path));
  const concerns = { folded: [...draft.folded], nested: draft.nested };
  return { phases, problems, ...counts, totals: totalsOf(phases), concerns };
}

/** Leaves out directories that moves have already asked for. */
function dropMade({ phases, around, touched }: Draft): void {
  const made = new Set(phases.moves.map(({ type, path }) => (type === "move" ? undefined : path)));
  if (made.size === 0) return;
  phases.directories = phases.directories.filter((action) => {
    const isMade = made.has(action.path);
    const changed = isMade ? around.get(action) : undefined;
    if (changed !== undefined) touched.push(changed);
    return !isMade;
  });
}

function placeLinks(draft: Draft): void {
  const late = new Set<RelPath>();
  if (draft.members.length === 0) return;
  const leaving = draft.phases.removals.flatMap((action) =>
    action.type === "remove" ? [action.expected] : [],
  );
  for (const { action, around } of planLinkGroups(draft.members, leaving)) {
    if (action.type === "set-metadata") draft.phases.metadata.push(action);
    else if (action.type === "link") {
      const isLate = late.has(action.from) || action.expected?.kind === "directory";
      push(draft, isLate ? "replacementLinks" : "links", action, around);
    } else {
      if ("expected" in action && action.expected?.kind === "directory") late.add(action.path);
      place(draft, action, around);
    }
  }
}

/**
 * Leaves alone what differs from its twin in the case of letters only, where the target cannot hold both: putting the one
 * and removing the other would end with neither.
 */
function dropRespelled(draft: Draft): void {
  if (!draft.rules.foldsCase) return;
  const { phases } = draft;
  const made = [...phases.directories, ...phases.content].filter(
    (action) => "expected" in action && action.expected === undefined,
  );
  const members = draft.members.filter(({ target }) => target === undefined);
  const news = new Map([...made, ...members].map(({ path }) => [foldPath(path), path] as const));
  const respelled = new Set<RelPath>();
  for (const { type, path } of phases.removals) {
    const other = news.get(foldPath(path));
    if (type !== "remove" || other === undefined || isWithinAny(path, respelled)) continue;
    respelled.add(path).add(other);
    const message = `the target has this name as "${shownBytes(path)}" and cannot hold both; rename it there`;
    draft.problems.push({ path: other, side: "target", code: "folding", message });
  }
  if (respelled.size === 0) return;
  for (const name of phaseNames) {
    phases[name] = phases[name].filter(({ path }) => !isWithinAny(path, respelled));
  }
  draft.members = draft.members.filter(({ path }) => !isWithinAny(path, respelled));
}

/** Leaves out what the target would take for a sibling; a guard has spoken of it before. */
function dropFolded(draft: Draft): void {
  if (draft.folded.size === 0) return;
  const isDistinct = ({ path }: { readonly path: RelPath }): boolean =>
    !isWithinAny(path, draft.folded);
  for (const name of Object.keys(draft.phases) as (keyof Phases)[]) {
    draft.phases[name] = draft.phases[name].filter(isDistinct);
  }
  draft.members = draft.members.filter(isDistinct);
  for (const [path, other] of draft.folded) {
    const message = `the target cannot tell this name from "${shownBytes(other)}"; rename one of them`;
    draft.problems.push({ path, side: "target", code: "folding", message });
  }
}

/**
 * A directory that shelters something stays, and nothing can take its name. What else is in a directory that is in the way
 * stays, too: nothing would be won by its going.
 */
function dropSheltered(draft: Draft): void {
  const { phases, sheltering } = draft;
  if (sheltering.size === 0) return;
  const blocked = new Set<RelPath>();
  const isFree = (path: RelPath, expected: Entry | undefined): boolean => {
    if (expected?.kind !== "directory" || !sheltering.has(path)) return true;
    blocked.add(path);
    return false;
  };
  phases.replacements = phases.replacements.filter((action) =>
    isFree(action.path, "expected" in action ? action.expected : undefined),
  );
  draft.members = draft.members.filter(({ path, target }) => isFree(path, target));
  phases.removals = phases.removals.filter(
    ({ type, path }) =>
      type === "remove-leftover" || (!sheltering.has(path) && !isWithinAny(path, blocked)),
  );
  for (const path of blocked) {
    const message = "a directory that has to stay is in the way; move it or what it holds";
    draft.problems.push({ path, side: "target", code: "blocked", message });
  }
}

/** Directories that are not finished for a reason of their own get their times back after the work inside. */
function restoreTouched(draft: Draft): void {
  const finished = new Set(draft.phases.finishing.map((action) => action.path));
  const restore = (around: Around | undefined): void => {
    if (around === undefined || finished.has(around.path)) return;
    const { path, source, target } = around;
    finished.add(path);
    finishing(draft, path, target, source, []);
  };
  for (const around of draft.touched) restore(around);
  for (const name of phaseNames) {
    for (const action of draft.phases[name]) restore(draft.around.get(action));
  }
}

function sortByPath(actions: Action[]): Action[] {
  const isSorted = actions.every(
    (action, i) => i === 0 || comparePaths(actions[i - 1]!.path, action.path) <= 0,
  );
  return isSorted ? actions : actions.sort((a, b) => comparePaths(a.path, b.path));
}
