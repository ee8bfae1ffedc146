import { rmSync, truncateSync, writeFileSync } from "node:fs";

import { expect, test } from "vitest";

import { fingerprint, walk } from "../support/judge.ts";
import type { Place } from "../support/place.ts";
import { newPlace } from "../support/place.ts";
import { planned } from "../support/proof.ts";
import { tool } from "../support/python.ts";
import type { Result } from "../support/syncline.ts";
import {
  countsOf,
  mirror,
  NOTHING_TO_DO,
  problemsOf,
  summaryOf,
  syncline,
} from "../support/syncline.ts";
import { files, makeTree } from "../support/trees.ts";

/** Paths below the target, directories included. */
function inTarget(place: Place): string[] {
  return walk(place.target)
    .map(({ path }) => path)
    .filter((path) => path !== "");
}

/** Mirrors with these options, and again, which must have nothing to do. */
async function filtered(place: Place, ...args: string[]): Promise<Result> {
  const line = [...args, place.source, place.target];
  const result = await mirror(place, line);
  expect(result.code).toBe(0);
  expect(await planned(place, line)).toEqual({ ...NOTHING_TO_DO, actions: [], code: 0 });
  return result;
}

const TREE = files({
  "a.txt": "1",
  "a.tmp": "2",
  "build/out.o": "3",
  "keep.tmp": "4",
  "src/a.tmp": "5",
  "src/build/x": "6",
  "src/main.c": "7",
  "src/deep/er/z.log": "8",
});

test.each([
  [["--exclude", "*.tmp"], /tmp$/],
  [["--exclude", "/build/"], /^build/],
  [["--exclude", "build/"], /build/],
  [["--exclude", "src/**/*.log"], /log$/],
  [["--exclude", "/src"], /^src/],
  [["--exclude", "*.tmp", "--include", "keep.tmp"], /^a\.tmp$|^src\/a\.tmp$/],
  [["--exclude", "*", "--include", "/src/", "--include", "/src/main.c"], /^(?!src$|src\/main)/],
  [["--include", "keep.tmp", "--exclude", "*.tmp"], /tmp$/],
  // As git has it: below an excluded directory nothing can be included again.
  [["--exclude", "src/", "--include", "src/main.c"], /^src/],
])("%j", async (args, left) => {
  using place = newPlace();
  makeTree(place.source, TREE);
  const all = walk(place.source).map(({ path }) => path);
  await filtered(place, ...args);
  expect(inTarget(place)).toEqual(all.filter((path) => path !== "" && !left.test(path)));
});

test("excluded paths on the target are not touched, nor is what holds them deleted", async () => {
  using place = newPlace();
  makeTree(place.source, files({ "a.txt": "new", "kept/a": "a", "skip.me/x": "source" }));
  makeTree(place.target, [
    ...files({ "a.txt": "old one", "gone/x": "1", "gone/y.local": "2", "also.local/z": "3" }),
    ...files({ "skip.me/x": "target's", "skip.me/own": "4", "kept/b.local": "5" }),
    { path: "link.local", kind: "symlink", target: "/etc" },
    { path: "fifo.local", kind: "fifo" },
  ]);
  const own = (path: string) => /local|skip\.me/.test(path);
  const before = walk(place.target).filter(({ path }) => own(path));
  await filtered(place, "--exclude", "*.local", "--exclude", "skip.me");
  const after = walk(place.target);
  expect(after.filter(({ path }) => own(path))).toEqual(before);
  expect(after.map(({ path }) => path).filter((path) => !own(path))).toEqual([
    "",
    "a.txt",
    "gone",
    "kept",
    "kept/a",
  ]);
});

test("an excluded name is not replaced by another kind either", async () => {
  using place = newPlace();
  makeTree(place.source, files({ "x/inner": "source has a directory", y: "and a file" }));
  makeTree(place.target, files({ x: "target has a file", "y/cache.local": "and a directory" }));
  const before = fingerprint(`${place.target}/y`);
  const line = ["--exclude", "*.local", "--exclude", "x", place.source, place.target];
  const result = await mirror(place, line);
  // The file cannot take the place of what holds something that is not ours: that is a problem, said once, not a loss.
  expect(result.code).toBe(3);
  expect([fingerprint(`${place.target}/y`) === before, tool("cat", [`${place.target}/x`])]).toEqual(
    [true, "target has a file"],
  );
});

test("--delete-excluded removes from the target what is excluded, and nothing from the source", async () => {
  using place = newPlace();
  makeTree(place.source, TREE);
  await filtered(place);
  const before = fingerprint(place.source);
  const result = await filtered(place, "--delete-excluded", "--exclude", "*.tmp");
  expect(countsOf(result)["deleted"]).toBe(3);
  expect(inTarget(place).filter((path) => path.endsWith("tmp"))).toEqual([]);
  expect(fingerprint(place.source) === before).toBe(true);
});

test("--gitignore honours each directory's own file, and is itself copied", async () => {
  using place = newPlace();
  makeTree(place.source, [
    ...files({ ".gitignore": "*.o\n/top\n!keep.o\nlogs/\n", "a.o": "", "keep.o": "", top: "" }),
    ...files({ "sub/top": "", "sub/.gitignore": "!a.o\nlocal\r\n# note\n\\#x\n", "sub/a.o": "" }),
    ...files({ "sub/local": "", "sub/#x": "", "sub/b.o": "", "other/local": "", "logs/x": "" }),
    ...files({ "sub/logs/y": "", "logs/.gitignore": "!x\n", "file/logs": "" }),
  ]);
  tool("git", ["init", "-q", place.source]);
  const listed = tool("git", ["-C", place.source, "ls-files", "--others", "--exclude-standard"]);
  await filtered(place, "--gitignore", "--exclude", "/.git");
  const directories = walk(place.target).filter(({ kind }) => kind === "directory");
  const found = inTarget(place).filter((path) => !directories.some((dir) => dir.path === path));
  expect(found).toEqual(listed.trimEnd().split("\n").sort());
});

test("a .gitignore that is too large to be one freezes its directory, and is not read in part", async () => {
  using place = newPlace();
  makeTree(place.source, files({ "sub/.gitignore": "*.o\n", "sub/a.o": "new", "other/b": "b" }));
  makeTree(place.target, files({ "sub/a.o": "old" }));
  truncateSync(`${place.source}/sub/.gitignore`, 17 << 20);
  const result = await mirror(place, ["--gitignore", place.source, place.target]);
  expect([result.code, problemsOf(result)]).toEqual([3, ["sub too-large"]]);
  expect(inTarget(place)).toEqual(["other", "other/b", "sub", "sub/a.o"]);
});

test("without --gitignore such a file is a file like any other, and the target's own is never read", async () => {
  using place = newPlace();
  makeTree(place.source, files({ ".gitignore": "x\n", x: "x" }));
  await filtered(place);
  expect(inTarget(place)).toEqual([".gitignore", "x"]);
  rmSync(`${place.source}/.gitignore`);
  makeTree(place.target, []);
  writeFileSync(`${place.target}/.gitignore`, "*\n");
  await filtered(place, "--gitignore");
  expect(inTarget(place)).toEqual(["x"]);
});

test("--filter-from reads a file, or standard input, with comments, negation and either line end", async () => {
  using place = newPlace();
  makeTree(place.source, TREE);
  const rules = "\ufeff# what is made again\r\n*.tmp\r\n\r\n!keep.tmp\n/build/\nsrc/**/*.log";
  writeFileSync(place.path("rules"), rules);
  await filtered(place, "--filter-from", place.path("rules"));
  const fromFile = inTarget(place);
  expect(fromFile).toEqual([
    "a.txt",
    "keep.tmp",
    "src",
    "src/build",
    "src/build/x",
    "src/deep",
    "src/deep/er",
    "src/main.c",
  ]);
  tool("rm", ["-r", place.target]);
  const result = await mirror(place, ["--filter-from", "-", place.source, place.target], {
    input: rules,
  });
  expect([result.code, inTarget(place)]).toEqual([0, fromFile]);
});

test("rules stand in the order of the line, files and options alike", async () => {
  using place = newPlace();
  makeTree(place.source, TREE);
  writeFileSync(place.path("rules"), "!a.tmp\n");
  await filtered(place, "--filter-from", place.path("rules"), "--exclude", "*.tmp");
  expect(inTarget(place).includes("a.tmp")).toBe(false);
  await filtered(place, "--exclude", "*.tmp", "--filter-from", place.path("rules"));
  expect(inTarget(place).includes("a.tmp")).toBe(true);
});

test("patterns are bytes, as names are", async () => {
  using place = newPlace();
  makeTree(place.source, [
    { path: "\u00ffbad\u00fe", kind: "file" },
    { path: "new\nline", kind: "file" },
    { path: "\u00c3\u00a9", kind: "file" },
    { path: "e\u00cc\u0081", kind: "file" },
    { path: "--odd", kind: "file" },
  ]);
  writeFileSync(place.path("rules"), Buffer.from("\u00ffb*\n--odd\n", "latin1"));
  await filtered(place, "--filter-from", place.path("rules"), "--exclude", "é");
  expect(inTarget(place)).toEqual(["e\u00cc\u0081", "new\nline"]);
});

test("--max-size and --min-size leave files by size on either side alone", async () => {
  using place = newPlace();
  const sized = (n: number) => "x".repeat(n);
  makeTree(place.source, [
    ...files({ "s/0": "", "s/1023": sized(1023), "s/1024": sized(1024), "s/1025": sized(1025) }),
    ...files({ "s/2048": sized(2048), "s/2049": sized(2049) }),
    { path: "s/link", kind: "symlink", target: "x" },
  ]);
  makeTree(place.target, files({ "s/extra-small": "1", "s/extra-large": sized(5000) }));
  const result = await filtered(place, "--min-size", "1K", "--max-size", "2K");
  expect(inTarget(place).filter((path) => path.startsWith("s/"))).toEqual([
    "s/1024",
    "s/1025",
    "s/2048",
    "s/extra-large",
    "s/extra-small",
    "s/link",
  ]);
  expect(Number(summaryOf(result)["skipped"])).toBeGreaterThan(0);
});

test.each([
  ["an open bracket", "fine\n\n[abc\n", "rules:3"],
  ["a NUL byte", "fine\nsec\u0000ret\n", "rules:2"],
  ["a trailing backslash", "secret\\\n", "rules:1"],
])(
  "a bad pattern in a file is named by its place and not by its text: %s",
  async (_, text, where) => {
    using place = newPlace();
    makeTree(place.source, TREE);
    writeFileSync(place.path("rules"), text);
    const result = await syncline(place, ["mirror", "--filter-from", "rules", "source", "target"]);
    expect(result).toMatchObject({ code: 2, stdout: "" });
    expect(result.stderr).toContain(where);
    expect(result.stderr).not.toMatch(/abc|sec.?ret|at .*\.(ts|js)/);
    expect(() => walk(place.target)).toThrow("FileNotFoundError");
  },
);
