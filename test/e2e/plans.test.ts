import {
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";

import { describe, expect, test } from "vitest";

import { fingerprint, judge, walk } from "../support/judge.ts";
import type { Place } from "../support/place.ts";
import { newPlace, ORDINARY_USER } from "../support/place.ts";
import { DRIVERS, leftovers } from "../support/proof.ts";
import { tool } from "../support/python.ts";
import { onTerminal, plainText } from "../support/terminal.ts";
import type { JsonEvent, Options, Result } from "../support/syncline.ts";
import {
  countsOf,
  eventsOf,
  guardsOf,
  mirror,
  NOTHING_TO_DO,
  ofType,
  problemsOf,
  summaryOf,
  syncline,
} from "../support/syncline.ts";
import type { TreeEntry } from "../support/trees.ts";
import { everything, files, makeTree, manyFiles, MOMENT } from "../support/trees.ts";

/** Two trees that have something of everything: to make, change, replace, rename, relabel and remove. */
function unlikeTrees(): { source: TreeEntry[]; target: TreeEntry[] } {
  const nodes = (path: string) => /special|fifo/.test(path);
  const moved = (dir: string) =>
    manyFiles(30, "moved").map((one) => ({ ...one, path: `${dir}/${one.path}` }));
  return {
    source: [
      ...everything(30).filter(({ path }) => !nodes(path)),
      ...manyFiles(60, "new"),
      ...files({ "swap/a": "dir becomes file", "swap/b/c": "file becomes dir" }),
      { path: "after", kind: "directory" },
      ...moved("after/dir"),
    ],
    target: [
      ...manyFiles(80, "old").filter((_, n) => n % 7 !== 0),
      ...files({ "swap/a/x/y": "1", "swap/b": "2", "names/*": "3", "zz/1/2/3": "4" }),
      { path: "links", kind: "symlink", target: "elsewhere" },
      { path: "before", kind: "directory" },
      ...moved("before/dir"),
    ],
  };
}

function plan(place: Place, args: readonly string[], options: Options = {}): Promise<Result> {
  return syncline(place, ["plan", "mirror", "--json", ...args], options);
}

function apply(place: Place, args: readonly string[], options: Options = {}): Promise<Result> {
  return syncline(place, ["apply", "--json", ...args], options);
}

function idOf(result: Result): string {
  return String(ofType(result, "saved")[0]?.["id"]);
}

/** What is said of each action but whether it has been done, and to what. */
function actions(result: Result): JsonEvent[] {
  return ofType(result, "action").map(
    ({ outcome: _outcome, target: _target, ...action }) => action,
  );
}

/** The lines of a plan file. */
function linesOf(file: string): string[] {
  return readFileSync(file, "utf8").split(/(?<=\n)/);
}

function keep(file: string, keeps: (line: string) => boolean): void {
  writeFileSync(file, linesOf(file).filter(keeps).join(""));
}

/** Two files to copy, one to change, one to delete with its directory. */
function plant(place: Place): void {
  makeTree(place.source, files({ one: "1", two: "2", changed: "changed", "new/three": "3" }));
  makeTree(place.target, files({ changed: "was", "gone/file": "gone" }));
}

const generous = ["--max-delete", "100%"];

describe.each(DRIVERS)("$driver", ({ options, tolerance }) => {
  test("a plan does what a mirror would have done, action for action", async () => {
    using place = newPlace();
    const { source, target } = unlikeTrees();
    makeTree(place.source, source);
    makeTree(place.target, target);
    const before = [fingerprint(place.source), fingerprint(place.target)];
    const dry = await mirror(place, ["-n", ...generous, place.source, place.target], options);
    const made = await plan(place, [...generous, place.source, place.target], options);
    expect([made.code, actions(made)]).toEqual([0, actions(dry)]);
    expect([fingerprint(place.source), fingerprint(place.target)]).toEqual(before);
    const applied = await apply(place, [idOf(made)], options);
    expect([applied.code, problemsOf(applied)]).toEqual([0, []]);
    const sorted = (result: Result) =>
      actions(result)
        .map((one) => JSON.stringify(one))
        .sort();
    expect(sorted(applied)).toEqual(sorted(made));
    expect(judge(place.source, place.target, tolerance)).toEqual([]);
    expect(leftovers(walk(place.target))).toEqual([]);
    const again = await mirror(place, [place.source, place.target], options);
    expect(countsOf(again)).toEqual(NOTHING_TO_DO);
  });

  test("the same as a user who is nobody", async () => {
    using place = newPlace();
    makeTree(place.source, files({ "a/b": "1", c: "2" }), ORDINARY_USER);
    makeTree(place.target, files({ "a/x": "1", c: "was" }), ORDINARY_USER);
    const own = { ...options, asUser: true };
    const made = await plan(place, [...generous, place.source, place.target], own);
    const applied = await apply(place, [idOf(made)], own);
    expect([made.code, applied.code, problemsOf(applied)]).toEqual([0, 0, []]);
    expect(judge(place.source, place.target, tolerance)).toEqual([]);
  });
});

test("a plan holds every kind of action there is, and each of them works", async () => {
  using place = newPlace();
  const ring = (...contents: readonly [string, string, string]) =>
    files({ "ring/a": contents[0], "ring/b": contents[1], "ring/c": contents[2] });
  makeTree(place.source, [
    ...ring("1", "22", "333"),
    ...files({ "moved/to": "moved", twin: "moved", "new/file": "new", "mode/x": "same" }),
    ...files({ "dir/now/file": "x", "was-dir": "a file now", "hard/a": "hard" }),
    { path: "link", kind: "symlink", target: "there" },
    { path: "fifo", kind: "fifo" },
    { path: "hard/b", kind: "link", target: "hard/a" },
    { path: "mode/y", kind: "file", content: "y", mode: 0o640, mtime: MOMENT },
  ]);
  makeTree(place.target, [
    ...ring("22", "333", "1"),
    ...files({ "moved/from": "moved", gone: "gone", "mode/x": "same", "was-dir/x/y": "deep" }),
    ...files({ ".syncline~abcdef~0": "left" }),
    { path: "mode/y", kind: "file", content: "y", mode: 0o600, mtime: MOMENT },
  ]);
  const file = place.path("p");
  await plan(place, [...generous, "-o", file, place.source, place.target]);
  const kinds = linesOf(file).flatMap((line) => {
    const { type, action } = JSON.parse(line) as JsonEvent;
    return type === "action" ? [String(action)] : [];
  });
  expect([...new Set(kinds)].sort()).toEqual([
    "copy-file",
    "exchange",
    "finish-directory",
    "link",
    "make-directory",
    "move",
    "put-file",
    "put-special",
    "put-symlink",
    "remove",
    "remove-leftover",
    "set-metadata",
  ]);
  const result = await apply(place, [file]);
  expect([result.code, problemsOf(result)]).toEqual([0, []]);
  expect(judge(place.source, place.target)).toEqual([]);
});

test("a plan can be applied from another directory, by the beginning of its id, and once", async () => {
  using place = newPlace();
  plant(place);
  const made = await plan(place, ["source", "target"]);
  const id = idOf(made);
  expect(id).toMatch(/^[0-9a-f]{8}$/);
  const first = await apply(place, [id.slice(0, 5)], { cwd: "/" });
  expect([first.code, countsOf(first)]).toEqual([
    0,
    expect.objectContaining({ created: 4, updated: 1, deleted: 2 }),
  ]);
  expect(judge(place.source, place.target)).toEqual([]);
  rmSync(`${place.target}/one`);
  const second = await apply(place, [id]);
  expect([second.code, ofType(second, "error")[0]?.["message"]]).toEqual([
    2,
    expect.stringContaining("was applied already"),
  ]);
  expect(existsSync(`${place.target}/one`)).toBe(false);
  const shown = await syncline(place, ["show", id]);
  expect([shown.code, shown.stderr]).toEqual([0, expect.stringContaining("was applied at")]);
  expect(ofType(await syncline(place, ["history", "--json"]), "run")).toHaveLength(1);
});

test("a plan in a file is for its owner's eyes, and is applied once as well, under whatever name", async () => {
  using place = newPlace();
  plant(place);
  const file = place.path("plan.ndjson");
  const made = await plan(place, ["-o", file, place.source, place.target]);
  expect([made.code, ofType(made, "saved")[0]?.["file"]]).toEqual([0, file]);
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(existsSync(place.stateHome)).toBe(false);
  const copy = place.path("copy");
  writeFileSync(copy, readFileSync(file));
  expect((await apply(place, [file])).code).toBe(0);
  expect(judge(place.source, place.target)).toEqual([]);
  expect((await apply(place, [copy])).code).toBe(2);
  // What was applied can be looked at by its id from now on.
  const shown = await syncline(place, ["show", "--json", idOf(made)]);
  expect([shown.code, actions(shown)]).toEqual([0, actions(made)]);
});

test("a plan is never written through a link, nor in the place of something else", async () => {
  using place = newPlace();
  plant(place);
  writeFileSync(place.path("precious"), "precious");
  symlinkSync("precious", place.path("link"));
  const line = ["--json", place.source, place.target];
  const byLink = await plan(place, ["-o", place.path("link"), ...line]);
  expect([byLink.code, readFileSync(place.path("precious"), "utf8")]).toEqual([0, "precious"]);
  for (const bad of [place.path("source"), place.path("none/plan"), ""]) {
    expect((await plan(place, ["-o", bad, ...line])).code).toBe(2);
  }
});

describe("editing", () => {
  test("what was taken out is left as it is, and the rest is done", async () => {
    using place = newPlace();
    plant(place);
    const file = place.path("p");
    await plan(place, ["-o", file, place.source, place.target]);
    keep(file, (line) => !line.includes('"path":"gone') && !line.includes('"path":"two"'));
    const shown = await syncline(place, ["show", file]);
    expect(shown.stderr).toContain("actions have been taken out");
    const result = await apply(place, [file]);
    expect([result.code, countsOf(result)]).toEqual([
      0,
      expect.objectContaining({ created: 3, updated: 1, deleted: 0, problems: 0 }),
    ]);
    expect(existsSync(`${place.target}/gone/file`)).toBe(true);
    expect(existsSync(`${place.target}/two`)).toBe(false);
  });

  test("what makes no sense without the rest is refused before anything is touched", async () => {
    using place = newPlace();
    plant(place);
    const file = place.path("p");
    await plan(place, ["-o", file, place.source, place.target]);
    keep(file, (line) => !line.includes('"make-directory"') && !line.includes('"gone/file"'));
    const before = fingerprint(place.target);
    const result = await apply(place, [file]);
    expect([result.code, eventsOf(result)]).toEqual([
      2,
      [expect.objectContaining({ type: "error", code: "USAGE" })],
    ]);
    expect(String(eventsOf(result)[0]?.["message"])).toMatch(
      /line \d+: it works at "new\/three".*line \d+: it deletes the directory "gone"/,
    );
    expect(fingerprint(place.target) === before).toBe(true);
    // It says so when it is shown, too, and shows it all the same.
    const shown = await syncline(place, ["show", file]);
    expect([shown.code, shown.stderr]).toEqual([0, expect.stringContaining("cannot be applied")]);
  });

  test("a limit on deletions is held against what is left", async () => {
    using place = newPlace();
    makeTree(place.source, files({ a: "a" }));
    makeTree(place.target, manyFiles(200, "old"));
    const file = place.path("p");
    const made = await plan(place, ["-o", file, place.source, place.target]);
    expect([made.code, guardsOf(made)]).toEqual([5, ["deletes"]]);
    const halted = await apply(place, [file]);
    expect([halted.code, guardsOf(halted)]).toEqual([5, ["deletes"]]);
    keep(file, (line) => !line.includes('"removals"'));
    expect((await apply(place, [file])).code).toBe(0);
    expect(existsSync(`${place.target}/a`)).toBe(true);
  });
});

test("what is stale is left alone and said, and the rest is done", async () => {
  using place = newPlace();
  plant(place);
  const id = idOf(await plan(place, [place.source, place.target]));
  writeFileSync(`${place.target}/changed`, "by somebody else");
  writeFileSync(`${place.source}/one`, "another one");
  writeFileSync(`${place.target}/gone/kept`, "new");
  mkdirSync(`${place.target}/two`);
  const result = await apply(place, [id]);
  expect([result.code, problemsOf(result).sort()]).toEqual([
    3,
    ["changed changed", "gone not-empty", "one changed", "two changed"],
  ]);
  expect(readFileSync(`${place.target}/changed`, "utf8")).toBe("by somebody else");
  expect(readFileSync(`${place.target}/new/three`, "utf8")).toBe("3");
  expect(existsSync(`${place.target}/gone/file`)).toBe(false);
});

describe("guards", () => {
  test("a guard that trips is shown with what it saw, and the plan is kept; it can be accepted later", async () => {
    using place = newPlace();
    makeTree(place.source, files({ a: "a" }));
    makeTree(place.target, manyFiles(50, "old"));
    const text = await syncline(place, ["plan", "mirror", place.source, place.target]);
    expect(text.code).toBe(5);
    expect(text.stdout).toContain("guard deletes");
    expect(text.stdout).toMatch(/syncline apply [0-9a-f]{8} --accept deletes/);
    const [, id = ""] = /syncline apply ([0-9a-f]{8})/.exec(text.stdout) ?? [];
    expect((await apply(place, [id])).code).toBe(5);
    expect((await apply(place, [id, "--accept", "deletes"])).code).toBe(0);
    expect(judge(place.source, place.target)).toEqual([]);
  });

  test("what was accepted for the plan is accepted for its application", async () => {
    using place = newPlace();
    makeTree(place.source, files({ a: "a" }));
    makeTree(place.target, manyFiles(50, "old"));
    const made = await plan(place, ["--accept", "deletes", place.source, place.target]);
    expect([made.code, (await apply(place, [idOf(made)])).code]).toEqual([0, 0]);
  });

  test("another directory in the place of either is seen", async () => {
    for (const side of ["source", "target"] as const) {
      using place = newPlace();
      plant(place);
      const id = idOf(await plan(place, [place.source, place.target]));
      renameSync(place[side], place.path("elsewhere"));
      makeTree(place[side], files({ precious: "x" }));
      const before = fingerprint(place.target);
      const result = await apply(place, [id]);
      expect([result.code, guardsOf(result)]).toEqual([5, ["identity"]]);
      expect(fingerprint(place.target) === before).toBe(true);
      rmSync(place[side], { recursive: true });
      const missing = await apply(place, [id]);
      expect([missing.code, guardsOf(missing)]).toEqual([
        5,
        [side === "source" ? "missing-source" : "identity"],
      ]);
    }
  });

  test("a missing target is made when its time has come, even if somebody has made it by then", async () => {
    using place = newPlace();
    makeTree(place.source, files({ "a/b": "c" }));
    const target = place.path("not/yet");
    const [one, other] = [
      await plan(place, [place.source, target]),
      await plan(place, [place.source, target, "--compare", "content"]),
    ];
    expect(existsSync(place.path("not"))).toBe(false);
    expect((await apply(place, [idOf(one)])).code).toBe(0);
    expect(judge(place.source, target)).toEqual([]);
    rmSync(`${target}/a`, { recursive: true });
    expect((await apply(place, [idOf(other)])).code).toBe(0);
    expect(judge(place.source, target)).toEqual([]);
  });
});

test("what a plan says of itself: nothing to do, changes, trouble", async () => {
  using place = newPlace();
  plant(place);
  const line = ["--detailed-exitcode", place.source, place.target];
  const changes = await plan(place, line);
  expect([changes.code, summaryOf(changes)["exitCode"]]).toEqual([4, 4]);
  await mirror(place, [place.source, place.target]);
  const none = await plan(place, line);
  expect([none.code, actions(none)]).toEqual([0, []]);
  const text = await syncline(place, ["plan", "mirror", ...line]);
  expect(text.stdout).toContain("nothing to do");
  expect((await apply(place, [idOf(none)])).code).toBe(0);
});

test("the files whose content is to be sent are listed alone, as they are named in the source", async () => {
  using place = newPlace();
  makeTree(place.source, files({ a: "1", "new\nline": "22", "d/changed": "333", same: "=" }));
  makeTree(place.target, files({ "d/changed": "was", gone: "x" }));
  const line = ["plan", "mirror", "--list-content", place.source, place.target];
  const text = await syncline(place, line);
  expect(text.stdout.split("\n")).toEqual(
    expect.arrayContaining(["a", "d/changed", "new\\nline", ""]),
  );
  const json = ofType(await syncline(place, [...line, "--json"]), "content");
  expect(json.map(({ path, size }) => [path, size])).toEqual(
    expect.arrayContaining([
      ["a", 1],
      ["d/changed", 3],
      ["new\nline", 2],
    ]),
  );
  expect((await syncline(place, [...line, place.path("other")])).code).toBe(2);
});

test("several targets have a plan each, and none of them fits into one file", async () => {
  using place = newPlace();
  plant(place);
  const other = place.path("other");
  const both = await plan(place, [place.source, place.target, other]);
  const ids = ofType(both, "saved").map(({ id }) => String(id));
  expect([both.code, ids.length]).toEqual([0, 2]);
  for (const id of ids) expect((await apply(place, [id])).code).toBe(0);
  for (const target of [place.target, other]) expect(judge(place.source, target)).toEqual([]);
  const file = place.path("p");
  expect((await plan(place, ["-o", file, place.source, place.target, other])).code).toBe(2);
  expect(existsSync(file)).toBe(false);
});

test("what a plan replaces or deletes is kept, where that was asked for", async () => {
  using place = newPlace();
  plant(place);
  const line = ["plan", "mirror", "--versions", "tiered", place.source, place.target];
  const text = await syncline(place, line);
  expect(text.stdout).toContain("old copies kept (tiered)");
  const [, id = ""] = /syncline apply ([0-9a-f]{8})/.exec(text.stdout) ?? [];
  expect((await apply(place, [id])).code).toBe(0);
  const kept = walk(`${place.target}/.syncline/versions`).map(({ path }) => path);
  expect(kept.filter((path) => /(^|\/)(changed|gone\/file)/.test(path))).toHaveLength(2);
});

test("a plan of one file is one", async () => {
  using place = newPlace();
  makeTree(place.source, files({ one: "1" }));
  makeTree(place.target, files({ other: "x" }));
  const [from, to] = [`${place.source}/one`, `${place.target}/two`];
  const made = await plan(place, [from, to]);
  const moved = await plan(place, [from, to, "--compare", "content"]);
  expect((await apply(place, [idOf(made)])).code).toBe(0);
  expect(readFileSync(to, "utf8")).toBe("1");
  expect(readFileSync(`${place.target}/other`, "utf8")).toBe("x");
  rmSync(to);
  mkdirSync(to);
  expect((await apply(place, [idOf(moved)])).code).not.toBe(0);
  expect(walk(to)).toHaveLength(1);
});

describe("what is no plan", () => {
  test.each([
    ["an id that nobody has", "abcd", 2],
    ["a file that is not there", "nowhere/plan", 2],
    ["a directory", "source", 2],
    ["a pipe", "pipe", 2],
    ["something else", "source/one", 2],
  ])("%s", async (_, name, code) => {
    using place = newPlace();
    plant(place);
    tool("mkfifo", [place.path("pipe")]);
    for (const command of ["apply", "show"]) {
      const result = await syncline(place, [command, name]);
      expect([result.code, result.stderr]).toEqual([code, expect.stringContaining(name)]);
      expect(result.stderr).not.toMatch(/bug/);
    }
    expect(existsSync(place.stateHome)).toBe(false);
  });

  test("a path that climbs out is refused by file and line, before anything is touched", async () => {
    using place = newPlace();
    plant(place);
    const file = place.path("p");
    await plan(place, ["-o", file, place.source, place.target]);
    const evil = linesOf(file).map((line) => line.replace('"path":"two"', '"path":"../evil"'));
    writeFileSync(file, evil.join(""));
    const before = fingerprint(place.target);
    const result = await syncline(place, ["apply", file]);
    expect([result.code, result.stderr]).toEqual([
      2,
      expect.stringMatching(/p:\d+: path "\.\.\/evil" is not a path below the root/),
    ]);
    expect(fingerprint(place.target) === before).toBe(true);
    expect(existsSync(place.path("evil"))).toBe(false);
  });
});

test("a link that has come into the way of a plan is not followed", async () => {
  using place = newPlace();
  makeTree(place.source, files({ "d/a": "1", "d/b": "2" }));
  makeTree(place.target, files({ "d/a": "was" }));
  makeTree(place.path("outside"), files({ b: "precious", a: "was" }));
  const id = idOf(await plan(place, [place.source, place.target]));
  renameSync(`${place.target}/d`, place.path("aside"));
  symlinkSync("../outside", `${place.target}/d`);
  const before = fingerprint(place.path("outside"));
  const result = await apply(place, [id]);
  expect(result.code).toBe(3);
  expect(fingerprint(place.path("outside")) === before).toBe(true);
});

test("without state a plan lives in a file only, and that it was applied is not remembered, which is said", async () => {
  using place = newPlace();
  plant(place);
  const file = place.path("p");
  const none = await syncline(place, ["plan", "mirror", "--no-state", place.source, place.target]);
  expect([none.code, none.stdout]).toEqual([0, expect.not.stringContaining("syncline apply")]);
  await plan(place, ["--no-state", "-o", file, place.source, place.target]);
  const result = await syncline(place, ["apply", "--no-state", file]);
  expect([result.code, result.stderr]).toEqual([0, expect.stringContaining("nothing remembers")]);
  expect(judge(place.source, place.target)).toEqual([]);
});

test("on a terminal the plan is shown and asked about; no leaves it to be applied later", async () => {
  using place = newPlace();
  plant(place);
  const id = idOf(await plan(place, [place.source, place.target]));
  const answer = async (text: string): Promise<string> => {
    const running = onTerminal(place, ["apply", id]);
    await running.until(/Apply\?/);
    running.say(text);
    return plainText((await running.done).stdout);
  };
  const before = fingerprint(place.target);
  const no = await answer("n\n");
  expect([no, fingerprint(place.target) === before]).toEqual([
    expect.stringContaining("exit code 0"),
    true,
  ]);
  const yes = await answer("y\n");
  expect(yes).toMatch(/gone\/[^]*exit code 0/);
  expect(judge(place.source, place.target)).toEqual([]);
});
