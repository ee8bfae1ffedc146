import { afterAll, describe, expect, test } from "vitest";
import { openGitJudge, type Tree } from "../../test/support/git-judge.ts";
import { type ByteString, bytesOfText } from "../base/byte-string.ts";
import { compileFilter, explainFilter, isSizeExcluded } from "./filter-matcher.ts";
import { parseIgnoreText, parseRule } from "./filter-rule.ts";
import { type Filter, noFilter } from "./filter.ts";
import { parentPath, type RelPath } from "./path.ts";

const git = openGitJudge();
afterAll(() => git[Symbol.dispose]());

/** Lines, the paths they exclude, and paths they do not. A path that ends in a slash is a directory. */
const cases: readonly { name: string; lines: string[]; excluded: string[]; kept: string[] }[] = [
  {
    name: "a plain name matches at any depth, files and directories",
    lines: ["foo"],
    excluded: ["foo", "a/foo/", "a/foo/x", "b/c/foo"],
    kept: ["foobar", "a.foo", "Foo"],
  },
  {
    name: "a slash at the end asks for a directory, and takes what is in it",
    lines: ["node_modules/"],
    excluded: ["node_modules/", "node_modules/x", "a/node_modules/", "a/node_modules/b/c"],
    kept: ["b/node_modules"],
  },
  {
    name: "a slash at the beginning or in the middle ties the pattern to the root",
    lines: ["/build", "doc/frotz", "src/*.o"],
    excluded: ["build", "doc/frotz", "src/a.o"],
    kept: ["a/build", "a/doc/frotz", "src/b/a.o"],
  },
  {
    name: "a star stays within a name",
    lines: ["/a/*/z", "*.log", "tmp*e"],
    excluded: ["a/b/z", "x.log", ".log", "c/y.log", "tmpe", "tmp.file.e"],
    kept: ["a/b/c/z", "a/z", "log", "x.logs", "tmp"],
  },
  {
    name: "two stars span directories, also none, where they stand alone",
    lines: ["**/one", "two/**", "three/**/z", "/**/four/five"],
    excluded: [
      "one",
      "a/b/one",
      "two/x",
      "two/y/z",
      "three/z",
      "three/a/b/z",
      "four/five",
      "q/four/five",
    ],
    kept: ["two/", "three/", "three/a/", "one.c"],
  },
  {
    name: "two stars beside other text are one, but git compares a plain beginning first",
    lines: ["a/x**z/c", "foo**/bar"],
    excluded: ["a/xz/c", "a/xyz/c", "foobar", "foo/bar", "foo1/2/bar"],
    kept: ["a/x1/2z/c", "foo/1"],
  },
  {
    name: "the last rule that matches wins",
    lines: ["*.c", "!keep.c", "keep.c", "!/keep.c", "!*.h"],
    excluded: ["a.c", "sub/keep.c"],
    kept: ["keep.c", "a.h"],
  },
  {
    name: "nothing below an excluded directory comes back",
    lines: ["out/", "!out/keep", "in/*", "!in/keep"],
    excluded: ["out/", "out/keep", "in/other"],
    kept: ["in/", "in/keep"],
  },
  {
    name: "all but some: the directories on the way have to be included too",
    lines: ["/*", "!/foo/", "/foo/*", "!/foo/bar/"],
    excluded: ["x", "y/", "foo/z"],
    kept: ["foo/", "foo/bar/", "foo/bar/q"],
  },
  {
    name: "backslashes quote",
    lines: ["\\#a", "\\!b", "c\\*", "d\\?", "\\[e]", "f\\\\g", "h\\ "],
    excluded: ["#a", "!b", "c*", "d?", "[e]", "f\\g", "h "],
    kept: ["a", "b", "cc", "dd", "e", "fg", "h"],
  },
  {
    name: "comments, blank lines, spaces at the end, and tabs that are no spaces",
    lines: ["# a", "", "   ", "b  ", "c\t", " d"],
    excluded: ["b", "c\t", " d"],
    kept: ["# a", "a", "b  ", "c", "d"],
  },
  {
    name: "brackets: ranges, negation, their own closing one, and quoted bytes",
    lines: ["[a-c]1", "[!a-c]2", "[^x]3", "[]]4", "[a\\-z]5", "[z-]6", "[!]]7", "[z-a]8"],
    excluded: ["a1", "d2", "y3", "]4", "-5", "a5", "z5", "-6", "a7", "z8"],
    kept: ["d1", "a2", "x3", "a4", "b5", "a6", "]7", "a8", "m8"],
  },
  {
    name: "POSIX classes are ASCII",
    lines: [
      "[[:digit:]]a",
      "[[:upper:][:blank:]]b",
      "[![:alnum:]]c",
      "[[:space:]]d",
      "[[:xdigit:]-]e",
    ],
    excluded: ["1a", "Ab", " b", "_c", "\nd", "\rd", "fe", "-e"],
    kept: ["xa", "ab", "1c", "\vd", "\fd", "ge"],
  },
  {
    name: "characters are bytes, for a question mark as for brackets",
    lines: ["?1", "??2", "[é]3", "é4", "*5"],
    excluded: ["a1", "é2", "é4", "é5"],
    kept: ["é1", "a2", "é3", "e4"],
  },
  {
    name: "case counts",
    lines: ["Readme"],
    excluded: ["Readme"],
    kept: ["README", "readme"],
  },
  {
    name: "names that mean something to JavaScript mean nothing here",
    lines: ["__proto__", "constructor/", "[[:toString:]]"],
    excluded: ["__proto__", "constructor/"],
    kept: ["toString", "prototype"],
  },
];

describe("what a pattern means, by hand and by git", () => {
  test.each(cases)("$name", async ({ lines, excluded, kept }) => {
    const text = bytesOfText(lines.join("\n"));
    const matcher = compileFilter({ ...noFilter, rules: parseIgnoreText(text, ".gitignore") });
    const tree = treeOf([...excluded, ...kept]);
    const ours = new Map(
      tree.map(({ path, isDirectory }) => [path, explainFilter(matcher, path, isDirectory)]),
    );
    const isExcluded = (path: string): boolean => ours.get(key(path))?.excluded === true;
    expect([excluded.filter((path) => !isExcluded(path)), kept.filter(isExcluded)]).toEqual([
      [],
      [],
    ]);

    const answers = await git.answers(tree, new Map([["", text]]));
    expect(tree.map(({ path }) => [path, originOf(ours.get(path))])).toEqual(answers);
  });
});

describe("lines that can match nothing are refused, in words that do not repeat them", () => {
  test.each([
    { line: "foo\\", error: "the pattern ends in a backslash" },
    { line: "foo\\/", error: "the pattern ends in a backslash" },
    { line: "a[b", error: "a [ is not closed" },
    { line: "a[]", error: "a [ is not closed" },
    { line: "[[:digit:]", error: "a [ is not closed" },
    { line: "[[:digits:]]", error: "there is no character class of that name" },
    { line: "a/[/]/b", error: "the brackets match no character" },
    { line: "!", error: "the pattern can match no path" },
    { line: "/", error: "the pattern can match no path" },
    { line: "a//b", error: "the pattern can match no path" },
    { line: "./a", error: "the pattern can match no path" },
    { line: "a/../b", error: "the pattern can match no path" },
    { line: "a\0b", error: "the pattern holds a NUL byte" },
  ])("$line", ({ line, error }) => {
    expect(parseRule(bytesOfText(line), "--exclude")).toEqual({ error });
  });

  test("a file's bad lines are passed over, and its good ones know where they stand", () => {
    const text = bytesOfText("\uFEFFone\r\n# two\r\n\r\nfo[ur\r\nfive  \r\n!six");
    expect(parseIgnoreText(text, "a/.gitignore")).toEqual([
      { pattern: "one", origin: "a/.gitignore:1" },
      { pattern: "five", origin: "a/.gitignore:5" },
      { pattern: "!six", origin: "a/.gitignore:6" },
    ]);
  });
});

test("a filter without rules excludes nothing and explains nothing", () => {
  const matcher = compileFilter(noFilter);
  const path = "a/b" as ByteString as RelPath;
  expect([matcher.excludes(path, true), explainFilter(matcher, path, false)]).toEqual([
    false,
    undefined,
  ]);
});

test("what is below an excluded directory is explained by the directory", () => {
  const rules = [
    { pattern: bytesOfText("out/"), origin: "--exclude" },
    { pattern: bytesOfText("!keep"), origin: "--include" },
  ];
  const matcher = compileFilter({ ...noFilter, rules });
  expect(explainFilter(matcher, "out/a/keep" as ByteString as RelPath, false)).toEqual({
    excluded: true,
    rule: rules[0],
    at: "out",
  });
});

test("a hostile pattern cannot stop a scan", () => {
  const rules = [{ pattern: `${"*a".repeat(60)}b` as ByteString, origin: "--exclude" }];
  const matcher = compileFilter({ ...noFilter, rules });
  // As a regular expression this takes longer than the universe has been there.
  expect(matcher.excludes("a".repeat(255) as ByteString as RelPath, false)).toBe(false);
});

test("bounds on size include the bounds", () => {
  const filter: Filter = { rules: [], minSize: 10, maxSize: 20 };
  expect([9, 10, 20, 21].map((size) => isSizeExcluded(filter, size))).toEqual([
    true,
    false,
    false,
    true,
  ]);
  expect(isSizeExcluded(noFilter, 0)).toBe(false);
});

function key(path: string): RelPath {
  return bytesOfText(path.replace(/\/$/, "")) as RelPath;
}

function originOf(found: ReturnType<typeof explainFilter>): string {
  return found === undefined ? "" : (found.excluded ? "" : "!") + found.rule.origin;
}

/** The tree that holds these paths, with the directories above them. */
function treeOf(paths: readonly string[]): Tree {
  const entries = new Map<RelPath, boolean>();
  for (const text of paths) {
    const path = key(text);
    for (let dir = parentPath(path); dir !== ""; dir = parentPath(dir)) entries.set(dir, true);
    if (entries.get(path) !== true) entries.set(path, text.endsWith("/"));
  }
  return [...entries]
    .map(([path, isDirectory]) => ({ path, isDirectory }))
    .toSorted((a, b) => (a.path < b.path ? -1 : 1));
}
