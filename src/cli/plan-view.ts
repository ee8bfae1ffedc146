import { type ActionView, viewPlan } from "../app/action-view.ts";
import type { Plan } from "../core/plan.ts";
import { escapePath, escapeText } from "./escape.ts";
import { formatBytes, formatCount, formatPercent, plural } from "./format.ts";
import type { Look } from "./look.ts";
import type { Fold, FoldClass } from "./plan-fold.ts";
import { foldClassOf, foldPlan, shrinks } from "./plan-fold.ts";
import { routeOf } from "./progress-lines.ts";
import type { GuardTrip } from "./run-event.ts";
import { actionLine, markOf, problemLine } from "./text-lines.ts";
import { displayWidth } from "./width.ts";

/** Deletions first: they are what has to be seen. */
const classes = [
  "delete",
  "update",
  "move",
  "copy",
  "create",
  "metadata",
] as const satisfies FoldClass[];
/** Rows that each class may take, so that the whole fits a screen. */
const rowsEach = 6;
const pathWidth = 44;

/** What is shown before somebody is asked. */
export interface PlanToReview {
  readonly source: string;
  readonly target: string;
  readonly plan: Plan;
  readonly guards: readonly GuardTrip[];
  /** The limit on deletions, as it is written. */
  readonly deleteLimit: string;
  /** What becomes of what is replaced or deleted, in words; `undefined` where nothing is kept. */
  readonly versions?: string | undefined;
}

/** The plan at a glance: what it comes to, then the rows that matter most, then the limits it was held against. */
export function planLines(review: PlanToReview, look: Look): string[] {
  const views = [...viewPlan(review.plan)];
  const folds = foldPlan(views);
  const rows = classes.flatMap((kind) => foldLines(folds.get(kind) ?? [], look));
  return [
    `${look.paint("bold", "Plan")}  ${routeOf(review, look.glyphs)}   mirror`,
    ...classes.flatMap((kind) => classLine(kind, views, look)),
    ...problemSummary(review.plan, look),
    "",
    ...rows,
    "",
    ...limitLines(review, look),
  ];
}

/** Every action of the plan in the order in which it is carried out, and every problem that it leaves. */
export function fullPlanLines({ plan }: PlanToReview, look: Look): string[] {
  return [
    ...Array.from(viewPlan(plan), (view) => actionLine(view, look)),
    ...plan.problems.map((problem) => problemLine(problem, undefined, look)),
  ];
}

function classLine(kind: FoldClass, all: readonly ActionView[], look: Look): string[] {
  const views = all.filter((view) => foldClassOf(view) === kind);
  if (views.length === 0) return [];
  const bytes = views.reduce((sum, view) => sum + (view.size ?? 0), 0);
  const shrinking = views.filter(shrinks).length;
  const count = formatCount(views.length).padStart(9);
  const noun = views.length === 1 ? "entry" : "entries";
  const size = kind === "metadata" ? "" : formatBytes(bytes).padStart(13);
  const warning =
    shrinking === 0
      ? ""
      : look.paint(
          "yellow",
          `   ${look.glyphs.warning} ${formatCount(shrinking)} ${shrinking === 1 ? "shrinks" : "shrink"} by more than half`,
        );
  return [`  ${markOf(kind, look)} ${kind.padEnd(8)}${count} ${noun.padEnd(7)}${size}${warning}`];
}

function problemSummary({ problems }: Plan, { paint }: Look): string[] {
  if (problems.length === 0) return [];
  const count = formatCount(problems.length).padStart(9);
  return [`  ${paint("yellow", "!")} problems${count} left as they are`];
}

function foldLines(folds: readonly Fold[], look: Look): string[] {
  const { glyphs } = look;
  const lines = folds.slice(0, rowsEach).map((fold) => foldLine(fold, look));
  const rest = folds.slice(rowsEach);
  if (rest.length === 0) return lines;
  const entries = rest.reduce((sum, fold) => sum + fold.entries, 0);
  const places = plural(rest.length, "more place");
  return [...lines, `  ${glyphs.more} ${places}, ${plural(entries, "entry", "entries")}`];
}

function foldLine(fold: Fold, look: Look): string {
  const mark = markOf(fold.class, look);
  if (fold.type === "one") return `  ${oneLine(fold.view, look)}`;
  const dir = `${escapePath(fold.path)}/`;
  const name = fold.type === "tree" ? dir : `${dir}*`;
  const entries = plural(fold.entries, "entry", "entries");
  const size = fold.bytes > 0 ? `   ${formatBytes(fold.bytes)}` : "";
  return `  ${mark} ${padPath(name)}${entries}${size}`;
}

function oneLine(view: ActionView, look: Look): string {
  const { oldSize, size } = view;
  if (size === undefined || view.action === "metadata") return actionLine(view, look);
  const path = `${markOf(view.action, look)} ${padPath(escapePath(view.path))}`;
  if (oldSize === undefined) return `${path}${formatBytes(size)}`;
  const sizes = `${formatBytes(oldSize)} ${look.glyphs.arrow} ${formatBytes(size)}`;
  if (!shrinks(view)) return `${path}${sizes}`;
  const share = formatPercent(oldSize - size, oldSize);
  return `${path}${sizes}   ${look.paint("yellow", `${look.glyphs.warning} shrinks ${share}`)}`;
}

function limitLines({ plan, guards, deleteLimit, versions }: PlanToReview, look: Look): string[] {
  const { deleted } = plan.totals;
  const share = formatPercent(deleted, plan.targetEntries);
  const of = `${formatCount(deleted)} of ${formatCount(plan.targetEntries)} = ${share}`;
  return [
    ...(deleted > 0 ? [`  deletes ${of} (limit ${deleteLimit})`] : []),
    ...(versions === undefined ? [] : [`  old copies kept (${versions})`]),
    ...guards.map(
      ({ guard, saw }) =>
        `  ${look.paint("yellow", look.glyphs.warning)} guard ${guard}: ${escapeText(saw)}`,
    ),
  ];
}

function padPath(path: string): string {
  return path + " ".repeat(Math.max(2, pathWidth - displayWidth(path)));
}
