import type { Around, CompareCounts, Difference } from "./difference.ts";
import type { DirectoryEntry, Entry } from "./entry.ts";
import type { LinkMember } from "./link-groups.ts";
import { planLinkGroups } from "./link-groups.ts";
import type { RelPath } from "./path.ts";
import { comparePaths, parentPath } from "./path.ts";
import type { Action, Aspect, Phases, Plan } from "./plan.ts";
import { totalsOf } from "./plan-totals.ts";
import type { Problem } from "./problem.ts";

export interface MirrorRules {
  /** Remove what only the target has. */
  readonly delete: boolean;
  readonly hardlinks: boolean;
  /** Where the source has the content of a run's only file. */
  readonly content?: RelPath;
}

/** Everything the planner has been told, sorted by what follows from it. */
interface Draft {
  readonly rules: MirrorRules;
  readonly phases: { -readonly [phase in keyof Phases]: Action[] };
  readonly members: LinkMember[];
  readonly problems: Problem[];
  /** Directories of the target in or under which something has to stay. */
  readonly sheltering: Set<RelPath>;
  /** Directories whose times our work will move, and what they shall be. */
  readonly touched: Map<RelPath, Around>;
  readonly folded: Map<RelPath, RelPath>;
  readonly nested: RelPath[];
}

/** Makes the plan of a one-way run out of differences, told in any order. Content checks have been settled before. */
export interface MirrorPlanner {
  add(difference: Exclude<Difference, { type: "check" }>): void;
  finish(counts: CompareCounts): Plan;
}

export function newMirrorPlanner(rules: MirrorRules): MirrorPlanner {
  const draft: Draft = {
    rules,
    phases: {
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
    touched: new Map(),
    folded: new Map(),
    nested: [],
  };
  return { add: (difference) => add(draft, difference), finish: (counts) => finish(draft, counts) };
}

function add(draft: Draft, difference: Exclude<Difference, { type: "check" }>): void {
  switch (difference.type) {
    case "source-only":
      put(draft, difference.path, undefined, difference.source, ["kind"], difference.around);
      return;
    case "differs":
      differs(draft, difference);
      return;
    case "linked":
      if (draft.rules.hardlinks) draft.members.push({ ...difference, aspects: [] });
      return;
    case "target-only":
      if (draft.rules.delete) {
        draft.phases.removals.push({
          type: "remove",
          path: difference.path,
          expected: difference.target,
        });
        touch(draft, difference.around);
      } else shelter(draft, difference.path);
      return;
    case "kept":
      shelter(draft, difference.path);
      return;
    case "frozen":
      draft.problems.push(difference.problem);
      shelter(draft, difference.problem.path);
      return;
    case "leftover":
      draft.phases.removals.push({
        type: "remove-leftover",
        path: difference.path,
        isDirectory: difference.isDirectory,
      });
      touch(draft, difference.around);
      return;
    case "folded":
      draft.folded.set(difference.path, difference.other);
      return;
    case "nested":
      draft.nested.push(difference.path);
      return;
  }
}

function differs(draft: Draft, difference: Extract<Difference, { type: "differs" }>): void {
  const { path, source, target, aspects, around } = difference;
  const isWhole = aspects.some(
    (a) => a === "kind" || a === "content" || a === "link-target" || a === "device",
  );
  const isMember =
    draft.rules.hardlinks &&
    draft.rules.content === undefined &&
    source.kind === "file" &&
    target.kind === "file" &&
    (source.nlink > 1 || target.nlink > 1);
  if (isMember) draft.members.push({ path, source, target, aspects, around });
  else if (isWhole) put(draft, path, target, source, aspects, around);
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
    draft.phases.directories.push({ type: "make-directory", path, expected, entry });
    finishing(draft, path, undefined, entry, []);
    touch(draft, around);
    return;
  }
  if (
    entry.kind === "file" &&
    draft.rules.hardlinks &&
    entry.nlink > 1 &&
    draft.rules.content === undefined
  ) {
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

function putAction(
  path: RelPath,
  expected: Entry | undefined,
  entry: Exclude<Entry, DirectoryEntry>,
): Action {
  switch (entry.kind) {
    case "file":
      return { type: "put-file", path, expected, entry };
    case "symlink":
      return { type: "put-symlink", path, expected, entry };
    default:
      return { type: "put-special", path, expected, entry };
  }
}

/** Puts an action that makes a non-directory into its phase. */
function place(draft: Draft, action: Action, around: Around | undefined): void {
  const overDirectory = "expected" in action && action.expected?.kind === "directory";
  draft.phases[overDirectory ? "replacements" : "content"].push(action);
  touch(draft, around);
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

function touch(draft: Draft, around: Around | undefined): void {
  if (around !== undefined) draft.touched.set(around.path, around);
}

/** Keeps every directory above the path from being removed. */
function shelter(draft: Draft, path: RelPath): void {
  for (let dir = path; dir !== "" && !draft.sheltering.has(dir); dir = parentPath(dir))
    draft.sheltering.add(dir);
}

function finish(draft: Draft, counts: CompareCounts): Plan {
  placeLinks(draft);
  dropFolded(draft);
  dropSheltered(draft);
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

function placeLinks(draft: Draft): void {
  const late = new Set<RelPath>();
  for (const { action, around } of planLinkGroups(draft.members)) {
    if (action.type === "set-metadata") draft.phases.metadata.push(action);
    else if (action.type === "link") {
      const isLate = late.has(action.from) || action.expected?.kind === "directory";
      draft.phases[isLate ? "replacementLinks" : "links"].push(action);
      touch(draft, around);
    } else {
      if (action.type === "put-file" && action.expected?.kind === "directory")
        late.add(action.path);
      place(draft, action, around);
    }
  }
}

/** Leaves out what the target would take for a sibling; a guard has spoken of it before. */
function dropFolded(draft: Draft): void {
  if (draft.folded.size === 0) return;
  const isFolded = (path: RelPath): boolean => {
    for (let at = path; at !== ""; at = parentPath(at)) if (draft.folded.has(at)) return true;
    return false;
  };
  for (const name of Object.keys(draft.phases) as (keyof Phases)[]) {
    draft.phases[name] = draft.phases[name].filter((action) => !isFolded(action.path));
  }
  for (const [path, other] of draft.folded) {
    const message = `the target cannot tell this name from "${other}"; rename one of them`;
    draft.problems.push({ path, side: "target", code: "folding", message });
  }
}

/** A directory that shelters something stays, and nothing can take its name. */
function dropSheltered(draft: Draft): void {
  const { phases, sheltering } = draft;
  if (sheltering.size === 0) return;
  phases.removals = phases.removals.filter(
    (action) => action.type !== "remove" || !sheltering.has(action.path),
  );
  const blocked = new Set<RelPath>();
  for (const name of ["replacements", "replacementLinks"] as const) {
    phases[name] = phases[name].filter((action) => {
      const inTheWay =
        sheltering.has(action.path) &&
        "expected" in action &&
        action.expected?.kind === "directory";
      const isBlocked = inTheWay || (action.type === "link" && blocked.has(action.from));
      if (isBlocked) blocked.add(action.path);
      return !isBlocked;
    });
  }
  for (const path of blocked) {
    const message = "a directory that has to stay is in the way; move it or what it holds";
    draft.problems.push({ path, side: "target", code: "blocked", message });
  }
}

/** Directories that are not finished for a reason of their own get their times back after the work inside. */
function restoreTouched(draft: Draft): void {
  const finished = new Set(draft.phases.finishing.map((action) => action.path));
  for (const { path, source, target } of draft.touched.values()) {
    if (finished.has(path)) continue;
    draft.phases.finishing.push({
      type: "finish-directory",
      path,
      expected: target,
      entry: source,
      aspects: [],
      shown: false,
    });
  }
}

function sortByPath(actions: Action[]): Action[] {
  const isSorted = actions.every(
    (action, i) => i === 0 || comparePaths(actions[i - 1]!.path, action.path) <= 0,
  );
  return isSorted ? actions : actions.sort((a, b) => comparePaths(a.path, b.path));
}
