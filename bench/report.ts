import type { Outcome, Scores } from "./contest.ts";
import type { Sample } from "./measure.ts";
import type { Side } from "./trees.ts";
import type { Work } from "./work.ts";

type Measured = Extract<Outcome, { type: "measured" }>;

/** One column of a table. */
interface Column {
  readonly head: string;
  /** Of a row without figures: a dash, if it says nothing. */
  readonly ofAny?: (outcome: Outcome) => string;
  readonly of: (outcome: Measured, isWhole: boolean) => string;
}

const SUBJECT: readonly Column[] = [
  { head: "work", ofAny: ({ work }) => work.title, of: ({ work }) => work.title },
  { head: "against", ofAny: ({ work }) => work.rival.title, of: ({ work }) => work.rival.title },
];

const TIME: readonly Column[] = [
  {
    head: "our median",
    ofAny: ({ type }) => (type === "failed" ? "failed" : "not measured"),
    of: ({ scores }) => formatSeconds(medianSeconds(scores, "ours")),
  },
  {
    head: "their median",
    of: ({ scores }) => formatSeconds(medianSeconds(scores, "theirs")),
  },
  { head: "ratio of medians", of: ({ scores }) => ratioOfTimes(scores).toFixed(2) },
  {
    head: "asked for",
    ofAny: ({ work }) => askedFor(work),
    of: ({ work, scores }, isWhole) => {
      // A figure that is not known misses nothing.
      const isPeakRight = (peakOf(scores, "ours") ?? 0) <= (work.atMostPeak ?? Infinity);
      const isMet = ratioOfTimes(scores) <= work.atMost && isPeakRight;
      return judged(askedFor(work), isMet, isWhole);
    },
  },
];

const WIRE: readonly Column[] = [
  { head: "our bytes", of: ({ scores }) => formatBytes(medianWire(scores, "ours")) },
  { head: "their bytes", of: ({ scores }) => formatBytes(medianWire(scores, "theirs")) },
  { head: "ratio of bytes", of: ({ scores }) => formatSmall(ratioOfWire(scores)) },
  {
    head: "asked for",
    ofAny: ({ work }) => askedOfWire(work),
    of: ({ work, scores }, isWhole) => {
      const limit = work.remote?.atMostWire;
      if (limit === undefined) return "–";
      return judged(askedOfWire(work), ratioOfWire(scores) <= limit, isWhole);
    },
  },
];

const MEMORY: readonly Column[] = [
  {
    head: "peak memory, ours and theirs",
    of: ({ scores }) =>
      (["ours", "theirs"] as const).map((side) => formatPeak(peakOf(scores, side))).join(", "),
  },
];

/**
 * Markdown tables that read as well on a terminal, one for this machine and one for other hosts; a line for each row that
 * has figures, and what has none and why. What was asked for is about whole trees; `isWhole` says which rows may be
 * held to it.
 */
export function formatReport(
  outcomes: readonly Outcome[],
  isWhole: (work: Work) => boolean,
): string {
  const tables = [
    { columns: [...SUBJECT, ...TIME, ...MEMORY], isRemote: false },
    { columns: [...SUBJECT, ...TIME, ...WIRE, ...MEMORY], isRemote: true },
  ].flatMap(({ columns, isRemote }) => {
    const own = outcomes.filter(({ work }) => (work.remote !== undefined) === isRemote);
    const rows = own.map((outcome) => formatRow(columns, outcome, isWhole(outcome.work)));
    return rows.length === 0 ? [] : [formatTable([columns.map(({ head }) => head), ...rows])];
  });
  const ranges = outcomes.flatMap((outcome) =>
    outcome.type === "measured" ? [formatRange(outcome.work, outcome.scores)] : [],
  );
  const reasons = outcomes.flatMap((outcome) =>
    outcome.type === "measured" ? [] : [`- ${outcome.work.name}: ${outcome.reason}`],
  );
  if (ranges.length > 0) tables.push(`Fastest and slowest:\n\n${ranges.join("\n")}`);
  if (reasons.length > 0) tables.push(`Without figures:\n\n${reasons.join("\n")}`);
  return tables.join("\n\n");
}

function formatRow(columns: readonly Column[], outcome: Outcome, isWhole: boolean): string[] {
  return columns.map((column) =>
    outcome.type === "measured" ? column.of(outcome, isWhole) : (column.ofAny?.(outcome) ?? "–"),
  );
}

function judged(asked: string, isMet: boolean, isWhole: boolean): string {
  return isWhole ? `${asked}: ${isMet ? "met" : "missed"}` : asked;
}

function askedFor(work: Work): string {
  const peak = work.atMostPeak === undefined ? "" : ` and ≤ ${formatPeak(work.atMostPeak)}`;
  return `≤ ${work.atMost}${peak}`;
}

function askedOfWire({ remote }: Work): string {
  return remote?.atMostWire === undefined ? "–" : `≤ ${remote.atMostWire}`;
}

function formatRange(work: Work, scores: Scores): string {
  const [ours, theirs] = [scores.ours, scores.theirs].map(({ samples }) => {
    const seconds = samples.map((sample) => sample.seconds);
    return `${formatSeconds(Math.min(...seconds))} to ${formatSeconds(Math.max(...seconds))}`;
  });
  return `- ${work.name}: ours ${ours}, theirs ${theirs}; rounds: ${scores.ours.samples.length}`;
}

function formatTable(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((row) => row[column]?.length ?? 0)),
  );
  const lines = rows.map((row) => {
    const cells = row.map((cell, column) => cell.padEnd(widths[column] ?? 0));
    return `| ${cells.join(" | ")} |`;
  });
  const rule = `| ${widths.map((width) => "-".repeat(width)).join(" | ")} |`;
  return [lines[0], rule, ...lines.slice(1)].join("\n");
}

function ratioOfTimes(scores: Scores): number {
  return medianSeconds(scores, "ours") / medianSeconds(scores, "theirs");
}

function ratioOfWire(scores: Scores): number {
  return medianWire(scores, "ours") / medianWire(scores, "theirs");
}

function medianSeconds(scores: Scores, side: Side): number {
  return median(scores[side].samples.map((sample) => sample.seconds));
}

function medianWire(scores: Scores, side: Side): number {
  return median(scores[side].wire);
}

function median(figures: readonly number[]): number {
  const sorted = figures.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? upper) + upper) / 2;
}

/** Of all rounds, not of the middle one: what is asked for is a limit. */
function peakOf(scores: Scores, side: Side): number | undefined {
  const peaks = scores[side].samples.flatMap((sample: Sample) => sample.peakBytes ?? []);
  return peaks.length === 0 ? undefined : Math.max(...peaks);
}

function formatSeconds(seconds: number): string {
  return seconds < 0.1 ? `${(seconds * 1000).toFixed(1)} ms` : `${seconds.toFixed(2)} s`;
}

/** Ratios of bytes can be a thousandth of what is in the other rows. */
function formatSmall(ratio: number): string {
  return ratio < 0.1 ? ratio.toPrecision(2) : ratio.toFixed(2);
}

function formatBytes(bytes: number): string {
  if (bytes < 1e6) return `${(bytes / 1e3).toFixed(1)} kB`;
  return `${(bytes / 1e6).toFixed(bytes < 1e8 ? 1 : 0)} MB`;
}

function formatPeak(bytes: number | undefined): string {
  return bytes === undefined ? "unknown" : `${Math.round(bytes / 1e6)} MB`;
}
