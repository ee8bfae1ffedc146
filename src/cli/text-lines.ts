import { isAbsolute } from "node:path";

import type { ActionView } from "../app/action-view.ts";
import type { Problem } from "../core/problem.ts";
import { escapePath, escapeText } from "./escape.ts";
import { formatBytes, formatElapsed, plural } from "./format.ts";
import type { Look, Tone } from "./look.ts";
import type { GuardTrip, RunSummary } from "./run-event.ts";

const marks = {
  create: () => "+",
  mkdir: () => "+",
  update: () => "~",
  move: ({ moved }) => moved,
  exchange: ({ swapped }) => swapped,
  copy: ({ copied }) => copied,
  delete: () => "-",
  metadata: () => "*",
} as const satisfies Record<ActionView["action"], (glyphs: Look["glyphs"]) => string>;

const tones = {
  create: "green",
  mkdir: "green",
  update: "yellow",
  move: "cyan",
  exchange: "cyan",
  copy: "cyan",
  delete: "red",
  metadata: "dim",
} as const satisfies Record<ActionView["action"], Tone>;

/** The mark of a kind of action, in its colour. */
export function markOf(action: ActionView["action"], look: Look): string {
  return look.paint(tones[action], marks[action](look.glyphs));
}

/** One action on one line: a mark, the path, and what the path alone does not say. */
export function actionLine(view: ActionView, look: Look): string {
  const slash = view.kind === "directory" ? "/" : "";
  const aspects = view.aspects.length === 0 ? "" : `  (${view.aspects.join(", ")})`;
  const from = view.from === undefined ? "" : `  (${relationOf(view)} ${escapePath(view.from)})`;
  return `${markOf(view.action, look)} ${escapePath(view.path)}${slash}${from}${aspects}`;
}

function relationOf({ action }: ActionView): string {
  switch (action) {
    case "move":
    case "copy":
      return "from";
    case "exchange":
      return "swapped with";
    default:
      return "link to";
  }
}

/** `target` is named where several targets are under way. It is not what a problem at the source is about. */
export function problemLine(problem: Problem, target: string | undefined, look: Look): string {
  const joint = problem.side === "source" ? ", for" : "";
  const name = target === undefined ? "" : `${joint} ${escapeText(target)}`;
  const code = look.paint("dim", `[${problem.code}, at the ${problem.side}${name}]`);
  const mark = look.paint("yellow", "!");
  const path = problem.path === "" ? "./" : escapePath(problem.path);
  return `${mark} ${path}: ${escapeText(problem.message)} ${code}`;
}

/** What a guard saw, what would have happened, and how to go on. */
export function guardLines(
  trip: GuardTrip,
  target: string,
  accepted: boolean,
  look: Look,
): string[] {
  const saw = escapeText(trip.saw);
  if (accepted) {
    return [
      `${look.paint("yellow", look.glyphs.warning)} guard ${trip.guard} passed, as accepted: ${saw}`,
    ];
  }
  const mark = look.paint("red", look.glyphs.stopped);
  return [
    `${mark} ${escapeText(target)}: halted by the guard "${trip.guard}"; nothing was changed`,
    `    ${saw}`,
    `    ${escapeText(trip.would)}`,
    `    ${escapeText(trip.advice)}`,
  ];
}

/** A failure as a whole, whatever it is a failure of. */
interface WholeFailure {
  readonly target?: string | undefined;
  readonly code?: string;
  readonly message: string;
  readonly hint?: string | undefined;
}

/** A failure as a whole: one line, and one with what to do. What a guard found looks like a guard. */
export function errorLines({ target, code, message, hint }: WholeFailure, look: Look): string[] {
  const advice = hint === undefined ? [] : [escapeText(hint)];
  const name = target === undefined ? "" : `${escapeText(target)}: `;
  if (code === "GUARD") {
    const mark = look.paint("red", look.glyphs.stopped);
    const head = `${mark} ${name}halted by a guard; nothing was changed`;
    return [head, ...[escapeText(message), ...advice].map((line) => `    ${line}`)];
  }
  const place = beginsWithLocation(message, target) ? "" : name;
  const head = `${look.paint("red", "syncline:")} ${place}${escapeText(message)}`;
  return [head, ...advice.map((line) => `  ${line}`)];
}

/** Whether a message says itself where it is: at the target as it was typed, or at a full path. */
function beginsWithLocation(message: string, target: string | undefined): boolean {
  const isAtTarget = [":", " "].some((end) => message.startsWith(`${target}${end}`));
  return isAtTarget || isAbsolute(message);
}

/** The last line of a run, as CLI.md sets it. */
export function summaryLine(summary: RunSummary, look: Look): string {
  const { totals } = summary;
  const { glyphs } = look;
  const changes =
    `+${totals.created} ~${totals.updated} ${glyphs.moved}${totals.moved} ` +
    `${glyphs.copied}${totals.copied} -${totals.deleted}`;
  const parts = [
    ...outcomeWords(summary),
    `${summary.checked} checked`,
    changes,
    ...(totals.metadata > 0 ? [`${totals.metadata} metadata`] : []),
    ...(summary.skipped > 0 ? [`${summary.skipped} skipped`] : []),
    ...(summary.problems > 0 ? [plural(summary.problems, "problem")] : []),
    sentWords(summary),
    formatElapsed(summary.durationMs),
    ...(summary.dryRun ? ["dry run, nothing was changed"] : []),
  ];
  const route = `${escapeText(summary.source)} ${glyphs.arrow} ${escapeText(summary.target)}`;
  return `${markOfStatus(summary, look)} ${route}  ${parts.join(` ${glyphs.dot} `)}`;
}

/**
 * Between other hosts, what has crossed the connection and what has come about without: by being known there, or by being
 * small on the way.
 */
function sentWords({
  dryRun,
  totals,
  bytesCopied,
  bytesAvoided,
  sent,
  received,
}: RunSummary): string {
  const crossed = dryRun ? 0 : sent + received;
  const [yes, no] =
    crossed === 0
      ? [dryRun ? totals.bytes : bytesCopied, bytesAvoided]
      : [crossed, Math.max(0, bytesCopied + bytesAvoided - crossed)];
  return `${formatBytes(yes)} sent, ${formatBytes(no)} not sent`;
}

function markOfStatus({ status }: RunSummary, { glyphs, paint }: Look): string {
  switch (status) {
    case "done":
    case "changes":
      return paint("green", glyphs.done);
    case "problems":
      return paint("yellow", glyphs.warning);
    case "declined":
    case "guarded":
    case "locked":
    case "interrupted":
      return paint("yellow", glyphs.stopped);
    case "unreachable":
    case "failed":
      return paint("red", glyphs.failed);
  }
}

/** The state in words, wherever it is not simply done. */
function outcomeWords({ status }: RunSummary): string[] {
  switch (status) {
    case "done":
    case "changes":
      return [];
    case "problems":
      return ["finished, but not all of it"];
    case "declined":
      return ["nothing was changed"];
    case "guarded":
      return ["halted by a guard"];
    case "locked":
      return ["locked by another run"];
    case "interrupted":
      return ["interrupted"];
    case "unreachable":
      return ["out of reach"];
    case "failed":
      return ["failed"];
  }
}

/** Something worth knowing. */
export function noticeLine(message: string, look: Look): string {
  return `${look.paint("cyan", "note:")} ${escapeText(message)}`;
}
