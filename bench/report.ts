import type { Outcome, Samples } from "./contest.ts";
import type { Sample } from "./measure.ts";
import type { Work } from "./works.ts";

const HEAD = [
  "work",
  "against",
  "our median",
  "their median",
  "ratio of medians",
  "asked for",
  "peak memory, ours and theirs",
];

/**
 * A Markdown table that reads as well on a terminal, a line for each row that has figures, and what has none and why.
 * What was asked for is about whole trees; `isWhole` says which rows may be held to it.
 */
export function formatReport(
  outcomes: readonly Outcome[],
  isWhole: (work: Work) => boolean,
): string {
  const rows = outcomes.map((outcome) => formatRow(outcome, isWhole(outcome.work)));
  const ranges = outcomes.flatMap((outcome) =>
    outcome.type === "measured" ? [formatRange(outcome.work, outcome.samples)] : [],
  );
  const reasons = outcomes.flatMap((outcome) =>
    outcome.type === "measured" ? [] : [`- ${outcome.work.name}: ${outcome.reason}`],
  );
  const parts = [formatTable([HEAD, ...rows])];
  if (ranges.length > 0) parts.push(`Fastest and slowest:\n\n${ranges.join("\n")}`);
  if (reasons.length > 0) parts.push(`Without figures:\n\n${reasons.join("\n")}`);
  return parts.join("\n\n");
}

function formatRow(outcome: Outcome, isWhole: boolean): string[] {
  const { work } = outcome;
  const start = [work.title, work.rival.title];
  if (outcome.type !== "measured") {
    const word = outcome.type === "failed" ? "failed" : "not measured";
    return [...start, word, "–", "–", askedFor(work), "–"];
  }
  const ours = median(outcome.samples.ours);
  const theirs = median(outcome.samples.theirs);
  const ratio = ours / theirs;
  const peaks = [peakOf(outcome.samples.ours), peakOf(outcome.samples.theirs)];
  // A figure that is not known misses nothing.
  const misses = ratio > work.atMost || (peaks[0] ?? 0) > (work.atMostBytes ?? Infinity);
  return [
    ...start,
    formatSeconds(ours),
    formatSeconds(theirs),
    ratio.toFixed(2),
    isWhole ? `${askedFor(work)}: ${misses ? "missed" : "met"}` : askedFor(work),
    peaks.map(formatPeak).join(", "),
  ];
}

function askedFor(work: Work): string {
  const bytes = work.atMostBytes === undefined ? "" : ` and ≤ ${formatPeak(work.atMostBytes)}`;
  return `≤ ${work.atMost}${bytes}`;
}

function formatRange(work: Work, samples: Samples): string {
  const [ours, theirs] = [samples.ours, samples.theirs].map((side) => {
    const seconds = side.map((sample) => sample.seconds);
    return `${formatSeconds(Math.min(...seconds))} to ${formatSeconds(Math.max(...seconds))}`;
  });
  return `- ${work.name}: ours ${ours}, theirs ${theirs}; rounds: ${samples.ours.length}`;
}

function formatTable(rows: readonly (readonly string[])[]): string {
  const widths = HEAD.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const lines = rows.map((row) => {
    const cells = row.map((cell, column) => cell.padEnd(widths[column] ?? 0));
    return `| ${cells.join(" | ")} |`;
  });
  const rule = `| ${widths.map((width) => "-".repeat(width)).join(" | ")} |`;
  return [lines[0], rule, ...lines.slice(1)].join("\n");
}

function median(samples: readonly Sample[]): number {
  const sorted = samples.map((sample) => sample.seconds).sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? upper) + upper) / 2;
}

/** Of all rounds, not of the middle one: what is asked for is a limit. */
function peakOf(samples: readonly Sample[]): number | undefined {
  const peaks = samples.flatMap((sample) => sample.peakBytes ?? []);
  return peaks.length === 0 ? undefined : Math.max(...peaks);
}

function formatSeconds(seconds: number): string {
  return seconds < 0.1 ? `${(seconds * 1000).toFixed(1)} ms` : `${seconds.toFixed(2)} s`;
}

function formatPeak(bytes: number | undefined): string {
  return bytes === undefined ? "unknown" : `${Math.round(bytes / 1e6)} MB`;
}
