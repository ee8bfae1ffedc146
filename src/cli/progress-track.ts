import type { ProgressView } from "./run-event.ts";

/** What one file costs besides its bytes, in bytes: so that a hundred thousand tiny files do not sit at 99 %. */
const fileCost = 65_536;
/** What is left is reckoned from this long: a memory stick may do nothing for half of it. */
const longWindow = 60_000;
/** The speed shown is that of the last moments. */
const shortWindow = 4000;
/** Below this many bytes a second, an end is anybody's guess. */
const slowest = 1024;
/** Standing still for less is nothing to speak of. */
const stallAfter = 10_000;
const sampleGap = 250;

/** How a run is getting on. */
export interface ProgressState {
  readonly phase: ProgressView["phase"];
  readonly elapsedMs: number;
  /** Entries seen in the scans, and how many a second. */
  readonly sourceEntries: number;
  readonly targetEntries: number;
  readonly entriesPerSecond: number;
  readonly files: number;
  readonly totalFiles: number;
  readonly bytes: number;
  readonly totalBytes: number;
  readonly bytesPerSecond: number;
  /** 0 to 1; only once there is a total that no longer grows. */
  readonly share: number | undefined;
  /** Milliseconds; only where it can be told. */
  readonly timeLeft: number | undefined;
  /** Milliseconds without any progress, where that is worth saying. */
  readonly stalled: number | undefined;
}

interface Point {
  readonly at: number;
  readonly entries: number;
  readonly bytes: number;
  readonly work: number;
}

/** Follows one run from samples. Times are those of a clock that never goes back. */
export interface ProgressTrack {
  /** The state at a moment. Calls need not be regular. */
  look(at: number): ProgressState;
}

export function trackProgress(sample: () => ProgressView, start: number): ProgressTrack {
  let phase: ProgressView["phase"] | undefined;
  /** A phase counts from where the counters stood when it first began; flushing comes between two parts of one. */
  const bases = new Map<ProgressView["phase"], { files: number; bytes: number }>();
  let points: Point[] = [];
  let moved = start;
  return {
    look: (at) => {
      const view = sample();
      const counted = view.target;
      const base = bases.get(view.phase) ?? { files: counted.files, bytes: counted.bytes };
      if (view.phase !== phase) {
        phase = view.phase;
        bases.set(phase, base);
        points = [];
        moved = at;
      }
      const files = counted.files - base.files;
      const bytes = counted.bytes - base.bytes;
      const entries = view.source.entries + view.target.entries;
      const point = { at, entries, bytes, work: bytes + files * fileCost };
      const last = points.at(-1);
      if (last === undefined || point.work + point.entries > last.work + last.entries) moved = at;
      points = remember(points, point);
      return stateOf(view, point, points, { files, elapsedMs: at - start, stoodFor: at - moved });
    },
  };
}

/** Keeps the points of the long window, and no two that are closer than is of use. */
function remember(points: readonly Point[], point: Point): Point[] {
  const kept = points.filter((old) => point.at - old.at <= longWindow);
  const before = kept.at(-2);
  if (before !== undefined && point.at - before.at < sampleGap) kept.pop();
  return [...kept, point];
}

function stateOf(
  view: ProgressView,
  now: Point,
  points: readonly Point[],
  { files, elapsedMs, stoodFor }: { files: number; elapsedMs: number; stoodFor: number },
): ProgressState {
  const { phase, totalFiles, totalBytes } = view;
  const totalWork = totalBytes + totalFiles * fileCost;
  const hasTotal = phase === "apply" && totalWork > 0;
  const isStalled = phase !== "flush" && stoodFor >= stallAfter;
  const rate = rateOf(points, now, longWindow, "work");
  const knowsEnd =
    hasTotal && !isStalled && rate >= slowest && now.at - (points[0]?.at ?? 0) >= 2000;
  return {
    phase,
    elapsedMs,
    sourceEntries: view.source.entries,
    targetEntries: view.target.entries,
    entriesPerSecond: rateOf(points, now, shortWindow, "entries"),
    files,
    totalFiles,
    bytes: now.bytes,
    totalBytes,
    bytesPerSecond: rateOf(points, now, shortWindow, "bytes"),
    share: hasTotal ? Math.min(1, now.work / totalWork) : undefined,
    timeLeft: knowsEnd ? (Math.max(0, totalWork - now.work) / rate) * 1000 : undefined,
    stalled: isStalled ? stoodFor : undefined,
  };
}

/** Units a second over the last `span` milliseconds. */
function rateOf(
  points: readonly Point[],
  now: Point,
  span: number,
  unit: "work" | "bytes" | "entries",
): number {
  const from = points.find((point) => now.at - point.at <= span) ?? now;
  const seconds = (now.at - from.at) / 1000;
  return seconds > 0 ? (now[unit] - from[unit]) / seconds : 0;
}
