import * as fc from "fast-check";
import { afterAll, describe, expect, test } from "vitest";
import {
  type Answers,
  type IgnoreFiles,
  openGitJudge,
  type Tree,
} from "../../test/support/git-judge.ts";
import { byteString, type ByteString, bytesOfText } from "../base/byte-string.ts";
import { compileFilter, explainFilter, type FilterMatcher } from "./filter-matcher.ts";
import { parseRule } from "./filter-rule.ts";
import { noFilter } from "./filter.ts";
import { type IgnoreStack, ignoreStack } from "./ignore-stack.ts";
import { parentPath, type RelPath } from "./path.ts";

const git = openGitJudge();
afterAll(() => git[Symbol.dispose]());

describe("the rule that decides about a path is the one that git finds", () => {
  test("for one ignore file", async () => {
    await fc.assert(
      fc.asyncProperty(trees(), ignoreTexts(), async (tree, text) => {
        const files = new Map([["", text]]);
        expect(ourAnswers(tree, files)).toEqual(await git.answers(tree, files));
      }),
      { numRuns: 600 },
    );
  });

  test("for an ignore file in any directory", async () => {
    await fc.assert(
      fc.asyncProperty(trees(), fc.array(ignoreTexts(), { maxLength: 8 }), async (tree, texts) => {
        const files = ignoreFilesFor(tree, texts);
        expect(ourAnswers(tree, files)).toEqual(await git.answers(tree, files));
      }),
      { numRuns: 300 },
    );
  });
});

test("rules of the command line win over ignore files as they do for git ls-files", () => {
  // Git does not trim what stands on its command line, and knows no comments there.
  const patterns = fc.array(
    lines().filter((line) => !/[ \r\t]$|^#/.test(line)),
    { maxLength: 4 },
  );
  fc.assert(
    fc.property(
      trees(),
      fc.array(ignoreTexts(), { maxLength: 4 }),
      patterns,
      (tree, texts, rules) => {
        const files = ignoreFilesFor(tree, texts);
        expect(walkedFiles(tree, files, rules)).toEqual(git.files(tree, files, rules));
      },
    ),
    { numRuns: 80 },
  );
});

/** Files that a walk finds, which asks from the top down and enters nothing that is excluded. */
function walkedFiles(
  tree: Tree,
  files: IgnoreFiles,
  patterns: readonly ByteString[],
): readonly string[] {
  const rules = patterns.flatMap((pattern) => {
    const rule = parseRule(pattern, "--exclude");
    return rule === undefined || "error" in rule ? [] : rule;
  });
  const stacks = stacksOf(tree, files, compileFilter({ ...noFilter, rules }));
  const excluded = new Set<string>();
  for (const { path, isDirectory } of tree) {
    const parent = parentPath(path);
    if (excluded.has(parent) || stacks.get(parent)!.excludes(path, isDirectory)) excluded.add(path);
  }
  return tree
    .filter(({ path, isDirectory }) => !isDirectory && !excluded.has(path))
    .map(({ path }) => path)
    .toSorted();
}

function ourAnswers(tree: Tree, files: IgnoreFiles): Answers {
  const stacks = stacksOf(tree, files, compileFilter(noFilter));
  return tree.map(({ path, isDirectory }) => {
    const found = explainFilter(stacks.get(parentPath(path))!, path, isDirectory);
    return [path, found === undefined ? "" : (found.excluded ? "" : "!") + found.rule.origin];
  });
}

/** The stack for what is in each directory. */
function stacksOf(
  tree: Tree,
  files: IgnoreFiles,
  filter: FilterMatcher,
): ReadonlyMap<string, IgnoreStack> {
  const top = "" as RelPath;
  const stacks = new Map<string, IgnoreStack>([
    [top, ignoreStack(filter).enter(top, files.get(top))],
  ]);
  for (const { path, isDirectory } of tree) {
    if (isDirectory) stacks.set(path, stacks.get(parentPath(path))!.enter(path, files.get(path)));
  }
  return stacks;
}

function ignoreFilesFor(tree: Tree, texts: readonly ByteString[]): IgnoreFiles {
  const places = ["", ...tree.filter(({ isDirectory }) => isDirectory).map(({ path }) => path)];
  return new Map(texts.slice(0, places.length).map((text, index) => [places[index]!, text]));
}

/** Trees of a few names, so that patterns meet them; up to four levels. */
function trees(): fc.Arbitrary<Tree> {
  const paths = fc.tuple(fc.array(names(), { minLength: 1, maxLength: 4 }), fc.boolean());
  return fc.array(paths, { minLength: 4, maxLength: 14 }).map((drawn) => {
    const entries = new Map<string, boolean>();
    for (const [components, isDirectory] of drawn) {
      const path = components.join("/");
      const above = components.slice(1).map((_, index) => components.slice(0, index + 1).join("/"));
      // Nothing can be a file and a directory at once.
      if (entries.has(path) || above.some((dir) => entries.get(dir) === false)) continue;
      for (const dir of above) entries.set(dir, true);
      entries.set(path, isDirectory);
    }
    return [...entries]
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([path, isDirectory]) => ({ path: path as ByteString as RelPath, isDirectory }));
  });
}

function names(): fc.Arbitrary<ByteString> {
  const plain = ["a", "b", "ab", "a.b", "foo", "foobar", ".x", "B", "1", "é"];
  const odd = ["a b", "a ", "a[b]", "**", "a\\b", "-", "!a", "#a", "\r", "[", "*"];
  const any = fc.uint8Array({ minLength: 1, maxLength: 3 }).map(byteString);
  return fc.oneof(
    { weight: 9, arbitrary: fc.constantFrom(...plain).map(bytesOfText) },
    { weight: 3, arbitrary: fc.constantFrom(...odd).map(bytesOfText) },
    { weight: 1, arbitrary: any.filter((name) => !/[/\0]|^\.\.?$|^\.git$/i.test(name)) },
  );
}

function ignoreTexts(): fc.Arbitrary<ByteString> {
  return fc
    .tuple(
      fc.constantFrom("", "", "", "\u00ef\u00bb\u00bf"),
      fc.array(lines(), { minLength: 1, maxLength: 6 }),
      fc.constantFrom("", "\n", "\r\n", "\r", "\0"),
    )
    .map(([mark, drawn, end]) => (mark + drawn.join("\n") + end) as ByteString);
}

function lines(): fc.Arbitrary<ByteString> {
  return fc
    .tuple(
      fc.constantFrom("", "", "", "", "!", "/", "!/", "#", "\\!", "\\#"),
      fc.array(pieces(), { maxLength: 5 }),
      fc.constantFrom("", "", "", "", "/", " ", "  ", "/ ", "\\ ", "\r"),
    )
    .map(([before, drawn, after]) => (before + drawn.join("") + after) as ByteString);
}

function pieces(): fc.Arbitrary<ByteString> {
  const stars = ["*", "**", "?", "/", "/**/", "**/", "/**", "*/", "***", "/*", "//", "./"];
  const escapes = ["\\", "\\*", "\\/", "\\a", "\\\\", "\\ ", "\\[", "!", "#", "\r", "\t", " ", "."];
  const sets = [
    "ab",
    "!a",
    "^b",
    "a-f",
    "]a",
    "!]",
    "!]a-",
    "a-",
    "-a",
    "\\]b",
    "a/b",
    "z-a",
    "[",
    "\\a-\\c",
    "!/",
  ];
  const classes = [
    "[:alpha:]",
    "[:punct:][:digit:]",
    "[:foo:]",
    "[:x",
    "b-[:x:",
    "![:upper:]",
    "[::]",
    "[:]",
    "a-[:digit:]",
  ];
  const brackets = [...sets, "é", "!é", ...classes].map((set) => `[${set}]`);
  const broken = ["[", "]", "[[:al]", "[!", "[]", "[a\\"];
  return fc.oneof(
    { weight: 6, arbitrary: names() },
    { weight: 8, arbitrary: fc.constantFrom(...stars).map(bytesOfText) },
    { weight: 3, arbitrary: fc.constantFrom(...escapes).map(bytesOfText) },
    { weight: 3, arbitrary: fc.constantFrom(...brackets).map(bytesOfText) },
    { weight: 1, arbitrary: fc.constantFrom(...broken).map(bytesOfText) },
  );
}
