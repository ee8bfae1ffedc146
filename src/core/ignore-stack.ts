import type { ByteString } from "../base/byte-string.ts";
import type { FilterMatcher } from "./filter-matcher.ts";
import { parseIgnoreText } from "./filter-rule.ts";
import type { RelPath } from "./path.ts";
import { compileRules } from "./rule-set.ts";

/**
 * A filter together with the ignore files of the directories above a path. It never changes: entering a directory gives
 * another stack, leaving it is going on with the one before.
 */
export interface IgnoreStack extends FilterMatcher {
  /**
   * The stack for what is in `dir`, which must be below every directory entered so far. `text` is the directory's own
   * ignore file; without one the stack itself is returned. `name` is what messages call the file.
   */
  enter(dir: RelPath, text: ByteString | undefined, name?: string): IgnoreStack;
}

/**
 * Starts a stack. The filter's own rules come from the command line and win over all ignore files; among these the file
 * nearest to the path that has a rule for it wins, and in one file the last such rule.
 */
export function ignoreStack(filter: FilterMatcher): IgnoreStack {
  return {
    excludes: (path, isDirectory) => filter.excludes(path, isDirectory),
    verdict: (path, isDirectory) => filter.verdict(path, isDirectory),
    ruleFor: (path, isDirectory) => filter.ruleFor(path, isDirectory),
    enter: (dir, text, name) => enterDirectory({ filter, files: ignoresNothing }, dir, text, name),
  };
}

/** Ignore files alone, innermost first. */
type IgnoreFiles = Omit<FilterMatcher, "excludes">;

interface Layers {
  readonly filter: FilterMatcher;
  readonly files: IgnoreFiles;
}

const ignoresNothing: IgnoreFiles = { verdict: () => undefined, ruleFor: () => undefined };

function enterDirectory(
  outer: Layers,
  dir: RelPath,
  text: ByteString | undefined,
  name: string | undefined,
): IgnoreStack {
  const files = text === undefined ? outer.files : addFile(outer.files, dir, text, name);
  const { filter } = outer;
  const layers = { filter, files };
  const verdict: IgnoreStack["verdict"] = (path, isDirectory) =>
    filter.verdict(path, isDirectory) ?? files.verdict(path, isDirectory);
  const stack: IgnoreStack = {
    verdict,
    excludes: (path, isDirectory) => verdict(path, isDirectory) === "excluded",
    ruleFor: (path, isDirectory) =>
      filter.ruleFor(path, isDirectory) ?? files.ruleFor(path, isDirectory),
    enter: (inner, innerText, innerName) =>
      innerText === undefined ? stack : enterDirectory(layers, inner, innerText, innerName),
  };
  return stack;
}

function addFile(
  outer: IgnoreFiles,
  dir: RelPath,
  text: ByteString,
  name: string = dir === "" ? ".gitignore" : `${dir}/.gitignore`,
): IgnoreFiles {
  const rules = parseIgnoreText(text, name);
  if (rules.length === 0) return outer;
  const { find, negated } = compileRules(rules);
  const from = dir === "" ? 0 : dir.length + 1;
  // Of the paths a stack is asked about, those that are not below the directory are above it, or the directory itself.
  const findBelow = (path: RelPath, isDirectory: boolean): number =>
    path.length < from ? -1 : find(from === 0 ? path : path.slice(from), isDirectory);
  return {
    verdict: (path, isDirectory) => {
      const index = findBelow(path, isDirectory);
      if (index === -1) return outer.verdict(path, isDirectory);
      return negated[index]! ? "included" : "excluded";
    },
    ruleFor: (path, isDirectory) =>
      rules[findBelow(path, isDirectory)] ?? outer.ruleFor(path, isDirectory),
  };
}
