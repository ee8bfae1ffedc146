import { type ActionView, viewPlan } from "../app/action-view.ts";
import type { Plan } from "../core/plan.ts";
import { escapePath, escapeText } from "./escape.ts";
import { formatBytes, formatCount, formatPercent, formatTime, plural } from "./format.ts";
import type { Look } from "./look.ts";
import type { Fold, FoldClass } from "./plan-fold.ts";
import { foldClassOf, foldPlan, shrinks } from "./plan-fold.ts";
import { routeOf } from "./progress-lines.ts";
import { renamePath } from "./rename-path.ts";
import type { Decision, SavedNote } from "./run-event.ts";
import { shellWord } from "./shell-word.ts";
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

/** What each class is called, and what is worth saying of it. */
const words: Readonly<Record<FoldClass, readonly [name: string, remark?: string]>> = {
  delete: ["delete"],
  update: ["update"],
  move: ["rename", "not sent again"],
  copy: ["copy", "of what is there, not sent again"],
  create: ["create"],
  metadata: ["metadata"],
};

/** A plan, before somebody is asked, or by itself. */
export interface PlanToReview extends Decision {
  readonly source: string;
  readonly target: string;
  /** The limit on deletions, as it is written. */
  readonly deleteLimit: string;
  /** Guards that may trip. */
  readonly accepted: ReadonlySet<string>;
  /** Where the plan is kept, and since when; nothing of it where it is not. */
  readonly saved?: SavedNote;
  /** What becomes of what is replaced or deleted, in words; `undefined` where nothing is kept. */
  readonly versions?: string | undefined;
}

/** The plan at a glance: what it comes to, then the rows that matter most, then the limits it was held against. */
export function planLines(review: PlanToReview, look: Look): string[] {
  const views = [...viewPlan(review.plan)];
  const folds = foldPlan(views);
  const rows = classes.flatMap((kind) => foldLines(folds.get(kind) ?? [], look));
  return [
    headLine(review, look),
    ...classes.flatMap((kind) => classLine(kind, views, look)),
    ...problemSummary(review.plan, look),
    ...(views.length === 0 ? ["  nothing to do"] : ["", ...rows]),
    "",
    ...limitLines(review, look),
    ...applyLines(review),
  ];
}

function headLine(review: PlanToReview, { glyphs, paint }: Look): string {
  const { saved } = review;
  const id = saved?.id === undefined ? "" : ` ${saved.id}`;
  const made =
    saved === undefined
      ? []
      : [`made ${formatTime(saved.madeAt, saved.now)}`, "good until either side changes"];
  const facts = ["mirror", ...made].join(` ${glyphs.dot} `);
  return `${paint("bold", `Plan${id}`)}  ${routeOf(review, glyphs)}   ${facts}`;
}

/** How to go on from a plan that is kept. */
function applyLines({ saved, guards, accepted, plan }: PlanToReview): string[] {
  if (saved?.id === undefined || saved.appliedAt !== undefined) return [];
  const name = shellWord(saved.file ?? saved.id);
  const tripped = [...new Set(guards.map(({ guard }) => guard))].filter(
    (one) => !accepted.has(one),
  );
  const accept = tripped.length === 0 ? "" : ` --accept ${tripped.join()}`;
  const hasWork = viewPlan(plan).next().done !== true;
  return hasWork ? [`  syncline apply ${name}${accept}     syncline show ${name} --full`] : [];
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
  const [name, remark] = words[kind];
  const warning =
    shrinking === 0
      ? remark === undefined
        ? ""
        : `   ${remark}`
      : look.paint(
          "yellow",
          `   ${look.glyphs.warning} ${formatCount(shrinking)} ${shrinking === 1 ? "shrinks" : "shrink"} by more than half`,
        );
  return [`  ${markOf(kind, look)} ${name.padEnd(8)}${count} ${noun.padEnd(7)}${size}${warning}`];
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
  const { path, from } = fold;
  const moved = from === undefined || from === path ? escapePath(path) : renamed(from, path, look);
  const dir = `${moved}/`;
  const name = fold.type === "tree" ? dir : `${dir}*`;
  const entries = plural(fold.entries, "entry", "entries");
  const size = fold.bytes > 0 ? `   ${formatBytes(fold.bytes)}` : "";
  return `  ${mark} ${padPath(name)}${entries}${size}`;
}

function oneLine(view: ActionView, look: Look): string {
  const { oldSize, size } = view;
  if (foldClassOf(view) === "move" && view.from !== undefined) return moveLine(view, look);
  if (view.action === "copy") return `${actionLine(view, look)}   ${formatBytes(size ?? 0)}`;
  if (size === undefined || view.action === "metadata") return actionLine(view, look);
  const path = `${markOf(view.action, look)} ${padPath(escapePath(view.path))}`;
  if (oldSize === undefined) return `${path}${formatBytes(size)}`;
  const sizes = `${formatBytes(oldSize)} ${look.glyphs.arrow} ${formatBytes(size)}`;
  if (!shrinks(view)) return `${path}${sizes}`;
  const share = formatPercent(oldSize - size, oldSize);
  return `${path}${sizes}   ${look.paint("yellow", `${look.glyphs.warning} shrinks ${share}`)}`;
}

function moveLine(view: ActionView, look: Look): string {
  const { glyphs } = look;
  const arrow = view.action === "exchange" ? glyphs.swapped : glyphs.arrow;
  const slash = view.kind === "directory" ? "/" : "";
  const path = `${renamePath(view.from ?? view.path, view.path, arrow)}${slash}`;
  const size = view.size === undefined || view.size === 0 ? "" : formatBytes(view.size);
  return `${markOf(view.action, look)} ${size === "" ? path : padPath(path)}${size}`;
}

function renamed(from: ActionView["path"], to: ActionView["path"], { glyphs }: Look): string {
  return from === "" || to === ""
    ? `{${escapePath(from)} ${glyphs.arrow} ${escapePath(to)}}`
    : renamePath(from, to, glyphs.arrow);
}

function limitLines(review: PlanToReview, look: Look): string[] {
  const { plan, guards, deleteLimit, room, accepted, versions } = review;
  const { deleted } = plan.totals;
  const share = formatPercent(deleted, plan.targetEntries);
  const of = `${formatCount(deleted)} of ${formatCount(plan.targetEntries)} = ${share}`;
  const free = room.freeBytes === undefined ? "" : `, ${formatBytes(room.freeBytes)} free`;
  const limits = [
    ...(deleted > 0 ? [`deletes ${of} (limit ${deleteLimit})`] : []),
    ...(room.bytes > 0 ? [`space ${formatBytes(room.bytes)} needed${free}`] : []),
  ];
  return [
    ...(limits.length > 0 ? [`  ${limits.join(` ${look.glyphs.dot} `)}`] : []),
    ...(versions === undefined ? [] : [`  old copies kept (${versions})`]),
    ...guards.flatMap(({ guard, saw, would, advice }) => [
      `  ${look.paint("yellow", look.glyphs.warning)} guard ${guard}: ${escapeText(saw)}`,
      ...(accepted.has(guard) ? [] : [would, advice].map((line) => `      ${escapeText(line)}`)),
    ]),
  ];
}

function padPath(path: string): string {
  return path + " ".repeat(Math.max(2, pathWidth - displayWidth(path)));
}
