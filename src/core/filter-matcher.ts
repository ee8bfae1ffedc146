import type { Filter, FilterRule } from "./filter.ts";
import { parentPath, type RelPath } from "./path.ts";
import { compileRules } from "./rule-set.ts";

/** What the rules say of one path: excluded, included in spite of an earlier or outer rule, or nothing. */
type Verdict = "excluded" | "included" | undefined;

/** The rule that decides about a path, and what it decides. */
export interface Explanation {
  readonly excluded: boolean;
  readonly rule: FilterRule;
  /** The path that the rule matched: the path asked for, or a directory above it. */
  readonly at: RelPath;
}

/** A compiled filter, or one with the ignore files of the directories above a path added to it. */
export interface FilterMatcher {
  /**
   * Whether the path is left alone. Its parents must be known not to be excluded: walks ask from the top down, and never
   * enter what is excluded. Sizes are asked for with {@link isSizeExcluded}.
   */
  excludes(path: RelPath, isDirectory: boolean): boolean;
  verdict(path: RelPath, isDirectory: boolean): Verdict;
  /** The rule behind {@link verdict}. */
  ruleFor(path: RelPath, isDirectory: boolean): FilterRule | undefined;
}

const matchesNothing: FilterMatcher = {
  excludes: () => false,
  verdict: () => undefined,
  ruleFor: () => undefined,
};

/** Compiles the rules of a filter. Cheap to call where there are none. */
export function compileFilter(filter: Filter): FilterMatcher {
  if (filter.rules.length === 0) return matchesNothing;
  const { find, rules, negated } = compileRules(filter.rules);
  return {
    excludes: (path, isDirectory) => {
      const index = find(path, isDirectory);
      return index !== -1 && !negated[index]!;
    },
    verdict: (path, isDirectory) => {
      const index = find(path, isDirectory);
      return index === -1 ? undefined : negated[index]! ? "included" : "excluded";
    },
    ruleFor: (path, isDirectory) => rules[find(path, isDirectory)],
  };
}

/** Whether a file of that many bytes is left alone for its size. */
export function isSizeExcluded(filter: Filter, size: number): boolean {
  return size < (filter.minSize ?? 0) || size > (filter.maxSize ?? Infinity);
}

/**
 * Finds the rule that decides about a path, for people who ask why: that of the topmost directory that is excluded, or
 * else the path's own. `undefined` where no rule speaks.
 */
export function explainFilter(
  matcher: FilterMatcher,
  path: RelPath,
  isDirectory: boolean,
): Explanation | undefined {
  const parent = parentPath(path);
  const above = parent === "" ? undefined : explainFilter(matcher, parent, true);
  if (above?.excluded === true) return above;
  const rule = matcher.ruleFor(path, isDirectory);
  if (rule === undefined) return undefined;
  return { excluded: matcher.excludes(path, isDirectory), rule, at: path };
}
