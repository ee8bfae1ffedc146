import type { FilterRule } from "./filter.ts";
import { type ParsedPattern, parsePattern } from "./filter-rule.ts";
import { type Glob, literalOf, matchesGlob, STAR } from "./glob.ts";

/** Rules compiled for one directory. Later rules win over earlier ones. */
export interface RuleSet {
  /**
   * Finds the last rule that matches a path, given relative to the directory the rules belong to. Returns its index in
   * `rules`, or -1. It does not ask whether a parent is excluded.
   */
  readonly find: (path: string, isDirectory: boolean) => number;
  readonly rules: readonly FilterRule[];
  /** By index in `rules`: whether the rule includes again what it matches. */
  readonly negated: readonly boolean[];
}

/** Index of the last rule that matches directories, and of the last that matches anything, or -1. */
interface Ranks {
  directory: number;
  any: number;
}

/** A rule that has to be tried. */
interface Trial {
  readonly rank: number;
  readonly directoryOnly: boolean;
  readonly anyDepth: boolean;
  /** Set where the pattern is a star and plain text: the text. */
  readonly suffix: string | undefined;
  readonly glob: Glob;
}

/** Compiles rules; those that are not patterns match nothing, as in git. */
export function compileRules(rules: readonly FilterRule[]): RuleSet {
  const negated: boolean[] = [];
  const names = new Map<string, Ranks>();
  const paths = new Map<string, Ranks>();
  const trials: Trial[] = [];
  rules.forEach(({ pattern }, rank) => {
    const parsed = parsePattern(pattern);
    negated.push(!("error" in parsed) && parsed.negated);
    if ("error" in parsed) return;
    const plain = literalOf(parsed.glob);
    if (plain === undefined) trials.unshift(toTrial(parsed, rank));
    else noteRank(parsed.anyDepth ? names : paths, plain, rank, parsed.directoryOnly);
  });
  return { rules, negated, find: finder(names, paths, trials) };
}

function finder(
  names: ReadonlyMap<string, Ranks>,
  paths: ReadonlyMap<string, Ranks>,
  trials: readonly Trial[],
): RuleSet["find"] {
  const needsName = names.size > 0 || trials.some((trial) => trial.anyDepth);
  return (path, isDirectory) => {
    const name = needsName ? path.slice(path.lastIndexOf("/") + 1) : "";
    let best = paths.size > 0 ? rankIn(paths, path, isDirectory) : -1;
    if (names.size > 0) best = Math.max(best, rankIn(names, name, isDirectory));
    for (const trial of trials) {
      if (trial.rank < best) return best;
      if (trial.directoryOnly && !isDirectory) continue;
      if (matchesTrial(trial, trial.anyDepth ? name : path)) return trial.rank;
    }
    return best;
  };
}

function matchesTrial(trial: Trial, text: string): boolean {
  return trial.suffix === undefined ? matchesGlob(trial.glob, text) : text.endsWith(trial.suffix);
}

function toTrial({ glob, directoryOnly, anyDepth }: ParsedPattern, rank: number): Trial {
  const suffix = anyDepth && glob.codes[0] === STAR ? literalOf(glob, 1) : undefined;
  return { rank, directoryOnly, anyDepth, suffix, glob };
}

function noteRank(
  map: Map<string, Ranks>,
  key: string,
  rank: number,
  directoryOnly: boolean,
): void {
  const ranks = map.get(key) ?? { directory: -1, any: -1 };
  ranks.directory = rank;
  if (!directoryOnly) ranks.any = rank;
  map.set(key, ranks);
}

function rankIn(map: ReadonlyMap<string, Ranks>, key: string, isDirectory: boolean): number {
  const ranks = map.get(key);
  if (ranks === undefined) return -1;
  return isDirectory ? ranks.directory : ranks.any;
}
