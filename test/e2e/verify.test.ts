import { chmodSync, statSync, utimesSync, writeFileSync } from "node:fs";

import { describe, expect, test } from "vitest";

import { walk } from "../support/judge.ts";
import type { Place } from "../support/place.ts";
import { newPlace, ORDINARY_USER } from "../support/place.ts";
import { DRIVERS } from "../support/proof.ts";
import { tool } from "../support/python.ts";
import type { Options, Result } from "../support/syncline.ts";
import { eventsOf, ofType, problemsOf, summaryOf, syncline } from "../support/syncline.ts";
import { everything, files, HARD_NAMES, makeTree, MOMENT, rootOnly } from "../support/trees.ts";

async function verify(
  place: Place,
  args: readonly string[] = [],
  options: Options = {},
): Promise<Result> {
  return syncline(place, ["verify", "--json", ...args, place.source, place.target], options);
}

/** Differences as `path: what`. */
function differences(result: Result): string[] {
  return ofType(result, "difference").map((event) => {
    const { path, only, aspects, corrupt } = event as unknown as {
      path: string;
      only: string | null;
      aspects: string[];
      corrupt: string[];
    };
    const what = only === null ? aspects.join(" ") : `only ${only}`;
    return `${path}: ${[what, ...corrupt.map((side) => `corrupt ${side}`)].join(" ").trim()}`;
  });
}

/** Not by rsync, which takes times of the same second for equal. */
function copy(from: string, to: string): void {
  tool("cp", ["-aT", from, to]);
}

/** Other content of the same length, with the same mtime as before. */
function rot(file: string): void {
  const before = statSync(file, { bigint: true });
  writeFileSync(file, "?".repeat(Number(before.size)));
  tool("touch", [
    "-d",
    `@${before.mtimeNs / 1_000_000_000n}.${String(before.mtimeNs % 1_000_000_000n).padStart(9, "0")}`,
    file,
  ]);
  expect(statSync(file, { bigint: true }).mtimeNs).toBe(before.mtimeNs);
}

describe.each(DRIVERS)("$driver", ({ options }) => {
  test("trees with everything in them are equal to their copies", async () => {
    using place = newPlace();
    makeTree(place.source, [...everything(300), ...rootOnly()]);
    copy(place.source, place.target);
    const result = await verify(place, [], options);
    expect([result.code, differences(result), problemsOf(result)]).toEqual([0, [], []]);
    const { checked, skipped, different, problems, exitCode, unremembered } = summaryOf(result);
    // The portable driver makes no devices and fifos, and so does not ask for them.
    expect({
      checked: Number(checked) + Number(skipped),
      different,
      problems,
      exitCode,
      unremembered,
    }).toEqual({
      checked: walk(place.source).length - 1,
      different: 0,
      problems: 0,
      exitCode: 0,
      unremembered: null,
    });
  });

  test("every kind of difference is said, in path order", async () => {
    using place = newPlace();
    const common = { mode: 0o644, mtime: MOMENT };
    const root = { path: "", kind: "directory", mtime: MOMENT } as const;
    const late = MOMENT + 2_000_000_000n;
    makeTree(place.source, [
      { path: "content", kind: "file", content: "abc", ...common },
      { path: "dir", kind: "directory", mode: 0o700, mtime: MOMENT },
      { path: "kind", kind: "directory", mtime: MOMENT },
      { path: "link", kind: "symlink", target: "x", mtime: MOMENT },
      { path: "mode", kind: "file", content: "m", ...common, mode: 0o600 },
      { path: "only-a/below", kind: "file", content: "a" },
      { path: "owner", kind: "file", content: "o", ...common },
      { path: "same", kind: "file", content: "s", ...common },
      { path: "shared1", kind: "file", content: "l", ...common },
      { path: "shared2", kind: "link", target: "shared1" },
      { path: "size", kind: "file", content: "12", ...common },
      { path: "times", kind: "file", content: "t", ...common },
      root,
    ]);
    makeTree(place.target, [
      { path: "content", kind: "file", content: "abd", ...common },
      { path: "dir", kind: "directory", mode: 0o755, mtime: MOMENT },
      { path: "kind", kind: "file", content: "k", mtime: MOMENT },
      { path: "link", kind: "symlink", target: "y", mtime: MOMENT },
      { path: "mode", kind: "file", content: "m", ...common, mode: 0o640 },
      { path: "only-b", kind: "file", content: "b" },
      { path: "owner", kind: "file", content: "o", ...common, uid: 7, gid: 8 },
      { path: "same", kind: "file", content: "s", ...common },
      { path: "shared1", kind: "file", content: "l", ...common },
      { path: "shared2", kind: "file", content: "l", ...common },
      { path: "size", kind: "file", content: "123", ...common },
      { path: "times", kind: "file", content: "t", ...common, mtime: late },
      root,
    ]);
    const result = await verify(place, [], options);
    expect([result.code, differences(result)]).toEqual([
      3,
      [
        "content: content",
        "dir: mode",
        "kind: kind",
        "link: link-target",
        "mode: mode",
        "only-a: only source",
        "only-a/below: only source",
        "only-b: only target",
        "owner: owner group",
        "shared2: links",
        "size: content",
        "times: times",
      ],
    ]);
    const { different, onlySource, onlyTarget, exitCode } = summaryOf(result);
    expect({ different, onlySource, onlyTarget, exitCode }).toEqual({
      different: 9,
      onlySource: 2,
      onlyTarget: 1,
      exitCode: 3,
    });
    const lenient = ["--no-preserve", "mode,owner,group,times,hardlinks", "--exclude", "only-*"];
    expect(differences(await verify(place, lenient, options))).toEqual([
      "content: content",
      "kind: kind",
      "link: link-target",
      "size: content",
    ]);
  });

  test("changes nothing, neither in the trees nor in the state", async () => {
    using place = newPlace();
    makeTree(place.source, everything(50));
    copy(place.source, place.target);
    writeFileSync(`${place.target}/new`, "new");
    const before = [walk(place.source), walk(place.target)];
    const result = await verify(place, [], options);
    expect(result.code).toBe(3);
    // Inodes, times of change and all: whatever is touched has another ctime.
    expect([walk(place.source), walk(place.target)]).toEqual(before);
    expect(walk(place.home).map(({ path }) => path)).toEqual([""]);
  });

  test("content that changed while size and time did not is named on the side that has it", async () => {
    using place = newPlace();
    makeTree(
      place.source,
      files({ ours: "ours", theirs: "theirs", both: "both", "d/fine": "fine" }),
    );
    copy(place.source, place.target);
    const first = await verify(place, ["--remembered"], options);
    expect([first.code, summaryOf(first)["unremembered"]]).toEqual([0, 4]);
    const second = await verify(place, ["--remembered"], options);
    expect([second.code, summaryOf(second)["unremembered"]]).toEqual([0, 0]);
    for (const at of ["source/ours", "target/theirs", "source/both", "target/both"])
      rot(place.path(at));
    for (const _again of [1, 2]) {
      // It is not remembered instead.
      const third = await verify(place, ["--remembered"], options);
      expect([third.code, differences(third)]).toEqual([
        3,
        [
          "both: corrupt source corrupt target",
          "ours: content corrupt source",
          "theirs: content corrupt target",
        ],
      ]);
      expect(summaryOf(third)).toMatchObject({ corrupt: 3, different: 3, unremembered: 0 });
    }
    const other = await verify(place, ["--remembered", "--hash", "md5"], options);
    expect(summaryOf(other)).toMatchObject({ unremembered: 4 });
    expect(summaryOf(await verify(place, ["--remembered"], options))).toMatchObject({ corrupt: 3 });
  });
});

test("in a large tree, content that differs is found wherever it is, and mirrored", async () => {
  using place = newPlace();
  const tree = (generation: string) =>
    Array.from({ length: 2000 }, (_, n) => {
      const content = n % 97 === 0 ? `${generation} ${n}` : `same ${n}`;
      return {
        path: n < 700 ? `crowd/f${n}` : `d${n % 31}/e/f${n}`,
        kind: "file" as const,
        content: content.repeat(n % 50),
        mtime: MOMENT,
      };
    });
  makeTree(place.source, tree("ours"));
  makeTree(place.target, tree("them"));
  const wrong = tree("").filter(({ content }, n) => n % 97 === 0 && content !== "");
  const loose = ["--no-preserve", "times"];
  const result = await verify(place, loose);
  const expected = wrong.map(({ path }) => `${path}: content`);
  expect(differences(result).toSorted()).toEqual(expected.toSorted());
  const line = ["mirror", "--json", "--compare", "content", place.source, place.target];
  const mirrored = await syncline(place, line);
  expect(summaryOf(mirrored)).toMatchObject({ updated: wrong.length, created: 0 });
  expect((await verify(place)).code).toBe(0);
});

test("a file that was changed as files are is not corrupt, and is remembered anew", async () => {
  using place = newPlace();
  makeTree(place.source, files({ f: "before" }));
  copy(place.source, place.target);
  await verify(place, ["--remembered"]);
  writeFileSync(`${place.source}/f`, "after!");
  utimesSync(`${place.source}/f`, 1_700_000_000, 1_700_000_000);
  const different = await verify(place, ["--remembered"]);
  expect(differences(different)).toEqual(["f: content times"]);
  copy(place.source, place.target);
  expect(summaryOf(await verify(place, ["--remembered"]))).toMatchObject({ unremembered: 1 });
  rot(`${place.target}/f`);
  expect(differences(await verify(place, ["--remembered"]))).toEqual(["f: content corrupt target"]);
});

test("what a mirror has copied is known from the first day, on the side that has rotted", async () => {
  using place = newPlace();
  makeTree(place.source, files({ ours: "one", theirs: "two", well: "three" }));
  await syncline(place, ["mirror", "-y", place.source, place.target]);
  rot(`${place.source}/ours`);
  rot(`${place.target}/theirs`);
  const result = await verify(place, ["--remembered"]);
  expect([result.code, differences(result), summaryOf(result)["unremembered"]]).toEqual([
    3,
    ["ours: content corrupt source", "theirs: content corrupt target"],
    0,
  ]);
});

test("BLAKE3 in WebAssembly remembers what the native binding does", async () => {
  using place = newPlace();
  makeTree(place.source, [
    ...files({ small: "small", empty: "" }),
    { path: "large", kind: "file", size: 3_000_000, fill: 7 },
  ]);
  copy(place.source, place.target);
  const by = (binding: string) => ({ env: { SYNCLINE_HASH: binding } });
  await verify(place, ["--remembered"], by("native"));
  const again = await verify(place, ["--remembered"], by("wasm"));
  expect(summaryOf(again)).toMatchObject({ unremembered: 0, corrupt: 0, exitCode: 0 });
  const wrong = await verify(place, ["--remembered"], by("gpu"));
  expect([wrong.code, wrong.stderr]).toEqual([2, expect.stringContaining("SYNCLINE_HASH")]);
});

test("what an ordinary user cannot read is a problem on its side, and the rest is compared", async () => {
  using place = newPlace();
  const tree = files({ a: "a", b: "b", "closed/in": "x", z: "z" });
  makeTree(place.source, tree, ORDINARY_USER);
  copy(place.source, place.target);
  chmodSync(`${place.source}/a`, 0);
  chmodSync(`${place.target}/b`, 0);
  chmodSync(`${place.target}/closed`, 0);
  writeFileSync(`${place.target}/z`, "?");
  for (const args of [[], ["--remembered"]]) {
    const line = ["--no-preserve", "mode,times", ...args];
    const result = await verify(place, line, { asUser: true });
    expect([result.code, differences(result)]).toEqual([3, ["z: content"]]);
    const problems = ofType(result, "problem").map(({ path, side, code }) => [path, side, code]);
    expect(problems).toEqual([
      ["a", "source", "unreadable"],
      ["b", "target", "unreadable"],
      ["closed", "target", "unreadable"],
    ]);
  }
});

test("hard names are compared and named exactly, and shown harmlessly", async () => {
  using place = newPlace();
  const named = HARD_NAMES.map((name) => ({ path: name, kind: "file", content: "a" }) as const);
  makeTree(place.source, named);
  makeTree(
    place.target,
    named.map((file) => ({ ...file, content: "b" })),
  );
  const loose = ["--no-preserve", "times"];
  const result = await verify(place, loose);
  const said = ofType(result, "difference").map(({ path, pathBytes }) =>
    typeof pathBytes === "string"
      ? Buffer.from(pathBytes, "base64").toString("latin1")
      : Buffer.from(path as string).toString("latin1"),
  );
  expect(said).toEqual(HARD_NAMES.toSorted());
  const text = await syncline(place, ["verify", ...loose, "source", "target"]);
  expect(text.stdout).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/);
  expect(text.stdout.trimEnd().split("\n")).toHaveLength(HARD_NAMES.length + 1);
});

test("single files are compared, whatever their names", async () => {
  using place = newPlace();
  makeTree(place.dir, files({ a: "same", b: "same", c: "sane", "d/a": "same" }));
  const code = async (a: string, b: string) =>
    (await syncline(place, ["verify", "--no-preserve", "times", a, b])).code;
  expect(await Promise.all([code("a", "b"), code("a", "c"), code("a", "d")])).toEqual([0, 3, 0]);
  await syncline(place, ["verify", "--remembered", "--no-preserve", "times", "a", "b"]);
  rot(place.path("b"));
  const rotten = ["verify", "--json", "--remembered", "--no-preserve", "times", "a", "b"];
  expect(differences(await syncline(place, rotten))).toEqual([
    expect.stringMatching(/^b: content/),
  ]);
});

test("a root that is missing fails, and nothing is compared with itself", async () => {
  using place = newPlace();
  makeTree(place.source, files({ "in/f": "f" }));
  tool("ln", ["-s", place.source, place.path("alias")]);
  tool("ln", ["-s", "nowhere", place.path("dangling")]);
  const code = async (a: string, b: string) => (await syncline(place, ["verify", a, b])).code;
  expect(await code("source", "missing")).toBe(1);
  expect(await code("missing", "source")).toBe(1);
  expect(await code("source", "dangling")).toBe(1);
  expect(await code("source", "alias")).toBe(2);
  expect(await code("source/in/f", "alias/in/f")).toBe(2);
  expect(await code("source", "source/in/f")).toBe(1);
  // One within the other is no harm to anyone.
  expect(await code("source", "source/in")).toBe(3);
  const failed = await syncline(place, ["verify", "--json", "source", "missing"]);
  expect(eventsOf(failed)).toEqual([
    expect.objectContaining({ type: "error", target: "missing", code: "ROOT_MISSING" }),
  ]);
});

test("the options of a mirror make its result equal", async () => {
  using place = newPlace();
  makeTree(place.source, [
    ...files({ "a.txt": "a", "b.o": "b", "d/big": "x".repeat(5000), ".gitignore": "*.log\n" }),
    ...files({ "d/x.log": "log" }),
    { path: "l", kind: "symlink", target: "a.txt" },
  ]);
  const options = ["--exclude", "*.o", "--max-size", "4K", "--gitignore", "--links", "follow"];
  await syncline(place, ["mirror", ...options, place.source, place.target]);
  expect((await verify(place)).code).toBe(3);
  const result = await verify(place, options);
  expect([result.code, differences(result)]).toEqual([0, []]);
});
