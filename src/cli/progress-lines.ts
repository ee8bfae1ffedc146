import { escapeText } from "./escape.ts";
import { formatBytes, formatCount, formatElapsed, formatTimeLeft } from "./format.ts";
import type { Glyphs } from "./look.ts";
import type { ProgressState } from "./progress-track.ts";
import { displayWidth, fitWidth } from "./width.ts";

const barWidth = 25;

/** A run under way. */
export interface ProgressRow {
  readonly source: string;
  readonly target: string;
  readonly state: ProgressState;
}

/** The rows of a live window for one run, none wider than `columns`. */
export function windowLines(row: ProgressRow, columns: number, glyphs: Glyphs): string[] {
  const { state } = row;
  const route = routeOf(row, glyphs);
  const elapsed = formatSeconds(state.elapsedMs);
  const gap = columns - displayWidth(route) - displayWidth(elapsed);
  const head = gap > 0 ? `${route}${" ".repeat(gap)}${elapsed}` : route;
  const bar = state.share === undefined ? "" : `${barOf(state.share, glyphs)} `;
  const details =
    state.phase === "apply" && state.totalFiles > 0
      ? [`       ${formatCount(state.files)} of ${formatCount(state.totalFiles)} files`]
      : [];
  return [head, `${title(state).padEnd(7)}${bar}${statusOf(state).join("   ")}`, ...details].map(
    (line) => fitWidth(line, columns, glyphs.more),
  );
}

/** The same on one line without any drawing, for a log that is read later. */
export function plainLine(row: ProgressRow, glyphs: Glyphs): string {
  const elapsed = formatSeconds(row.state.elapsedMs);
  const parts = [`${title(row.state)} ${statusOf(row.state).join(", ")}`, elapsed];
  return `${routeOf(row, glyphs)}  ${parts.join(` ${glyphs.dot} `)}`;
}

export function routeOf(row: { source: string; target: string }, glyphs: Glyphs): string {
  return `${escapeText(row.source)} ${glyphs.arrow} ${escapeText(row.target)}`;
}

function title({ phase }: ProgressState): string {
  switch (phase) {
    case "scan":
      return "scan";
    case "content":
      return "read";
    case "plan":
      return "plan";
    case "apply":
      return "copy";
    case "flush":
      return "flush";
  }
}

/** No share and no time left while what there is to do still grows. */
function statusOf(state: ProgressState): string[] {
  const stalled = state.stalled === undefined ? [] : [`stalled ${formatSeconds(state.stalled)}`];
  switch (state.phase) {
    case "scan":
      return [
        `source ${formatCount(state.sourceEntries)}, target ${formatCount(state.targetEntries)} entries`,
        ...(stalled.length > 0
          ? stalled
          : [`${formatCount(Math.round(state.entriesPerSecond))}/s`]),
      ];
    case "content":
      return [
        `${formatCount(state.files)} files, ${formatBytes(state.bytes)} compared`,
        ...(stalled.length > 0 ? stalled : [`${formatBytes(state.bytesPerSecond)}/s`]),
      ];
    case "plan":
      return ["deciding what to do"];
    case "apply":
      return [...applyStatus(state), ...stalled];
    case "flush":
      return ["waiting until the disk has everything"];
  }
}

function applyStatus(state: ProgressState): string[] {
  const { share, timeLeft, stalled } = state;
  return [
    ...(share === undefined ? [] : [`${Math.floor(share * 100)}%`]),
    `${formatBytes(state.bytes)} of ${formatBytes(state.totalBytes)}`,
    ...(stalled === undefined ? [`${formatBytes(state.bytesPerSecond)}/s`] : []),
    ...(timeLeft === undefined ? [] : [`${formatTimeLeft(timeLeft)} left`]),
  ];
}

function barOf(share: number, { barFull, barEmpty }: Glyphs): string {
  const full = Math.floor(share * barWidth);
  return barFull.repeat(full) + barEmpty.repeat(barWidth - full);
}

/** Elapsed time that is looked at while it grows needs no fractions. */
function formatSeconds(ms: number): string {
  return ms < 60_000 ? `${Math.floor(ms / 1000)}s` : formatElapsed(ms);
}
