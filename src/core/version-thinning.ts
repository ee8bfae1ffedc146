/** What is kept of old copies, and for how long. */
export type VersionRule =
  | { readonly keep: "none" }
  /** Everything for that many milliseconds. */
  | { readonly keep: "trash"; readonly age: number }
  /** All of the last hour, then fewer and fewer; see {@link tiers}. */
  | { readonly keep: "tiered" };

const hour = 3_600_000;
const day = 24 * hour;
const week = 7 * day;

/**
 * Up to which age one version of a path is kept for every span of that length. Each span is made of whole spans of the
 * tier before, so that whatever stands for a span stood for its own, smaller span before: months are four weeks.
 */
const tiers: readonly { readonly until: number; readonly span: number }[] = [
  { until: day, span: hour },
  { until: 30 * day, span: day },
  { until: 84 * day, span: week },
  { until: Infinity, span: 4 * week },
];

/** Everything of the last hour stays, whatever else is kept. */
const untouched = hour;

/**
 * Which versions of one path stay: for each stamp, in ascending order, whether it does. `asOf` is the moment up to which
 * time counts as passed, by {@link thinningMoment}. Thinning now and again leaves what thinning once would.
 */
export function survivors(
  rule: VersionRule,
  stamps: readonly number[],
  asOf: number,
): readonly boolean[] {
  switch (rule.keep) {
    case "none":
      return stamps.map(() => true);
    case "trash":
      return stamps.map((at) => at >= asOf - rule.age);
    case "tiered":
      return stamps.map((at, i) => {
        const age = asOf - at;
        if (age <= untouched) return true;
        const { span } = tiers.find(({ until }) => age <= until)!;
        const next = stamps[i + 1];
        // Only the last of its span stands for it.
        return next === undefined || spanOf(next, span) !== spanOf(at, span);
      });
  }
}

function spanOf(at: number, span: number): number {
  return Math.floor(at / span);
}

/** How long the word of a run about what it made is of use where nothing of what it replaced is left. */
export function recordAge(rule: VersionRule): number {
  return rule.keep === "trash" ? rule.age : 120 * day;
}

/** What is known of time when old copies are to be thinned. */
export interface ThinningFacts {
  /** By the wall clock, in milliseconds since the epoch. */
  readonly now: number;
  /** When the machine was started, as a word that changes with every start, and how long it has been running since. */
  readonly boot: string;
  readonly uptime: number;
  /** Moments of all runs in the store. */
  readonly stamps: readonly number[];
  /** Written down by the last thinning, if there was one. */
  readonly last: LastThinning | undefined;
}

export interface LastThinning {
  /** Up to when time counted as passed. */
  readonly asOf: number;
  readonly boot: string;
  readonly uptime: number;
}

export type ThinningMoment =
  | { readonly type: "thin"; readonly asOf: number; readonly isBehind: boolean }
  /** The clock, or a name in the store, cannot be right: nothing is dropped. */
  | { readonly type: "hold"; readonly reason: "future" | "back" };

/** Clocks of machines that share a disk are this far apart, at most, if they are right. */
const tolerance = day;
/** What may count as passed where nothing says how long the machine was off. */
const afterStart = 8 * day;

/**
 * Up to when time counts as passed. A clock that jumps must not empty the store, so the store has a time of its own, which
 * follows the wall clock, but goes on by no more than twice what has passed by the time since the machine's start, which
 * nobody can set; or by eight days where the machine has been started since. A store that is thinned for the first time
 * begins with its oldest run, and so drops nothing.
 */
export function thinningMoment({ now, boot, uptime, stamps, last }: ThinningFacts): ThinningMoment {
  const oldest = Math.min(...stamps, now);
  if (stamps.some((at) => at > now + tolerance)) return { type: "hold", reason: "future" };
  if (last !== undefined && last.asOf > now + tolerance) return { type: "hold", reason: "back" };
  const from = last?.asOf ?? oldest;
  const isSameStart = last?.boot === boot && uptime >= last.uptime;
  const passed = last === undefined ? 0 : isSameStart ? 2 * (uptime - last.uptime) : afterStart;
  const asOf = Math.max(from, Math.min(now, from + passed));
  return { type: "thin", asOf, isBehind: now - asOf > tolerance };
}
