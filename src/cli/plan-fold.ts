import type { ActionView } from "../app/action-view.ts";

/** What is told apart at a glance. A directory that is made counts as created, what is swapped as moved. */
export type FoldClass = "delete" | "update" | "move" | "copy" | "create" | "metadata";

/** One row that stands for one action or for many. */
export interface Fold {
  readonly class: FoldClass;
  readonly path: ActionView["path"];
  /** Where the entries come from, if they are moved or copied. */
  readonly from: ActionView["path"] | undefined;
  /**
   * `one` is a single action. `tree` is a directory that comes or goes with all that is in it; `inside` are many entries
   * of one directory, which itself stays.
   */
  readonly type: "one" | "tree" | "inside";
  readonly entries: number;
  readonly bytes: number;
  /** The action, where there is just one. */
  readonly view: ActionView;
}

/** Entries of one directory that are still listed one by one. */
const fewEnough = 3;

interface Bucket {
  readonly class: FoldClass;
  readonly dir: ActionView["path"];
  readonly from: ActionView["path"] | undefined;
  readonly isTree: boolean;
  entries: number;
  bytes: number;
  readonly first: ActionView[];
}

/** Whether an update leaves less than half of what was there: what a file looks like that has been cut off. */
export function shrinks(view: ActionView): boolean {
  return view.oldSize !== undefined && view.size !== undefined && view.size < view.oldSize / 2;
}

export function foldClassOf({ action }: ActionView): FoldClass {
  switch (action) {
    case "mkdir":
      return "create";
    case "exchange":
      return "move";
    default:
      return action;
  }
}

/** Folds a plan by directory, the largest first in each class. Files that shrink are never folded, and come first. */
export function foldPlan(views: Iterable<ActionView>): Map<FoldClass, Fold[]> {
  const list = [...views];
  const trees = treesOf(list);
  const buckets = new Map<string, Bucket>();
  const alone: Fold[] = [];
  for (const view of list) {
    if (shrinks(view)) alone.push(foldOfOne(view));
    else addTo(buckets, view, trees);
  }
  const folds = [...alone, ...[...buckets.values()].toSorted(largestFirst).flatMap(foldsOf)];
  return Map.groupBy(folds, (fold) => fold.class);
}

/** For each class the directories that come or go as a whole. */
function treesOf(views: readonly ActionView[]): ReadonlySet<string> {
  const whole = views.filter(
    ({ kind, action }) => kind === "directory" && (action === "mkdir" || action === "delete"),
  );
  return new Set(whole.map((view) => `${foldClassOf(view)} ${view.path}`));
}

function addTo(buckets: Map<string, Bucket>, view: ActionView, trees: ReadonlySet<string>): void {
  const kind = foldClassOf(view);
  const isWhole = (dir: string) => trees.has(`${kind} ${dir}`);
  let dir = isWhole(view.path) ? view.path : parentOf(view.path);
  const isTree = isWhole(dir);
  if (isTree) while (dir !== "" && isWhole(parentOf(dir))) dir = parentOf(dir);
  // What comes from one directory into another one belongs together.
  const from = kind === "move" && view.from !== undefined ? parentOf(view.from) : undefined;
  const key = `${kind} ${isTree ? "tree" : "inside"} ${dir}\0${from ?? ""}`;
  const bucket = buckets.get(key) ?? {
    class: kind,
    dir,
    from,
    isTree,
    entries: 0,
    bytes: 0,
    first: [],
  };
  buckets.set(key, bucket);
  bucket.entries++;
  bucket.bytes += view.size ?? 0;
  if (bucket.first.length < fewEnough) bucket.first.push(view);
}

function foldsOf({ class: kind, dir, from, isTree, entries, bytes, first }: Bucket): Fold[] {
  if (isTree ? entries === 1 : entries <= fewEnough) return first.map(foldOfOne);
  const [view] = first;
  if (view === undefined) return [];
  const type = isTree ? "tree" : "inside";
  return [{ class: kind, path: dir, from, type, entries, bytes, view }];
}

function foldOfOne(view: ActionView): Fold {
  const { path, from, size: bytes = 0 } = view;
  return { class: foldClassOf(view), path, from, type: "one", entries: 1, bytes, view };
}

function largestFirst(a: Bucket, b: Bucket): number {
  return b.entries - a.entries || b.bytes - a.bytes || (a.dir < b.dir ? -1 : 1);
}

function parentOf(path: ActionView["path"]): ActionView["path"] {
  return path.slice(0, Math.max(0, path.lastIndexOf("/"))) as ActionView["path"];
}
