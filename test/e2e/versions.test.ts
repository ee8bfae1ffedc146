import { lstatSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import path from "node:path";

import { describe, expect, test } from "vitest";

import { plant } from "../crash/scene.ts";
import { fingerprint, judge, walk } from "../support/judge.ts";
import { judgeReplica, saveReplica, stampsIn } from "../support/kept.ts";
import { KINDS, NODES, pairs } from "../support/kind-pairs.ts";
import { mountMemory } from "../support/mounts.ts";
import type { Place } from "../support/place.ts";
import { newPlace, ORDINARY_USER } from "../support/place.ts";
import { DRIVERS, leftovers, outcome } from "../support/proof.ts";
import type { Options, Result } from "../support/syncline.ts";
import {
  countsOf,
  eventsOf,
  mirror,
  NOTHING_TO_DO,
  ofType,
  problemsOf,
  syncline,
} from "../support/syncline.ts";
import type { TreeEntry } from "../support/trees.ts";
import { files, HARD_NAMES, makeTree, MOMENT, utf8 } from "../support/trees.ts";

const done = { code: 0, problems: [], stderr: "" };

/** Mirrors with old copies kept, whatever goes. */
async function keeping(
  place: Place,
  options: Options = {},
  args: readonly string[] = ["--versions", "trash"],
): Promise<Result> {
  const line = [...args, "--max-delete", "100%", "--accept", "empty-source,space"];
  return mirror(place, [...line, place.source, place.target], options);
}

async function restore(
  place: Place,
  args: readonly string[],
  options: Options = {},
): Promise<Result> {
  return syncline(place, ["restore", "--json", place.target, ...args], options);
}

/** Puts a tree in the source's place. */
function become(root: string, entries: readonly TreeEntry[], uid = 0): void {
  rmSync(root, { recursive: true, force: true });
  makeTree(root, entries, uid);
}

describe.each(DRIVERS)("$driver", ({ driver, options, tolerance }) => {
  const kinds = KINDS.filter((kind) => driver === "libc" || !NODES.includes(kind));

  test("each state that a run has replaced comes back, elsewhere and in place", async () => {
    using place = newPlace();
    const saved = (n: number) => place.path(`saved-${n}`);
    const runs = 5;
    for (let n = 0; n < runs; n++) {
      plant(place, n, driver);
      expect(outcome(await keeping(place, options))).toEqual(done);
      saveReplica(place.target, saved(n));
      expect(judge(place.source, saved(n), tolerance)).toEqual([]);
    }
    const stamps = stampsIn(place.target);
    expect(stamps).toHaveLength(runs);
    for (let n = 0; n < runs - 1; n++) {
      const then = place.path(`then-${n}`);
      const result = await restore(place, [".", "--at", stamps[n + 1]!, "--to", then], options);
      expect(outcome(result)).toEqual(done);
      expect(judge(saved(n), then, tolerance)).toEqual([]);
    }
    for (const n of [1, 3, 0, 2]) {
      const result = await restore(place, [".", "--at", stamps[n + 1]!, "-y"], options);
      expect(outcome(result)).toEqual(done);
      expect(judgeReplica(saved(n), place.target, tolerance)).toEqual([]);
    }
    // What restoring replaced has been kept as well: the last state of all.
    const undone = stampsIn(place.target)[runs]!;
    expect(outcome(await restore(place, [".", "--at", undone, "-y"], options))).toEqual(done);
    expect(judgeReplica(saved(runs - 1), place.target, tolerance)).toEqual([]);
    expect(leftovers(walk(place.target))).toEqual([]);
  });

  test.each(["", "closed/"])("every kind that gave way to every kind, in %j", async (prefix) => {
    using place = newPlace();
    const { old, now } = pairs(kinds, prefix);
    const close: TreeEntry[] =
      prefix === "" ? [] : [{ path: "closed", kind: "directory", mode: 0o500, mtime: MOMENT }];
    makeTree(place.source, [...old, ...close]);
    expect(outcome(await keeping(place, options))).toEqual(done);
    saveReplica(place.target, place.path("saved"));
    become(place.source, [...now, ...close]);
    expect(outcome(await keeping(place, options))).toEqual(done);
    expect(judgeReplica(place.source, place.target, tolerance)).toEqual([]);
    const again = await keeping(place, options);
    expect(countsOf(again)).toEqual(NOTHING_TO_DO);
    const [, stamp] = stampsIn(place.target);
    expect(outcome(await restore(place, [".", "--at", stamp!, "-y"], options))).toEqual(done);
    expect(judgeReplica(place.path("saved"), place.target, tolerance)).toEqual([]);
  });

  test("names that programs stumble over, and twins in Unicode", async () => {
    using place = newPlace();
    const names = [...HARD_NAMES, utf8("\u00c5"), utf8("A\u030a"), ".syncline-mine", "run.json"];
    const tree = (n: number): TreeEntry[] => [
      ...names.map((name): TreeEntry => ({ path: name, kind: "file", content: `${n} ${name}` })),
      ...names.map((name): TreeEntry => ({
        path: `d/${name}/${name}`,
        ...(n === 1 ? { kind: "file", content: "x" } : { kind: "symlink", target: name }),
      })),
    ];
    makeTree(place.source, tree(1));
    expect(outcome(await keeping(place, options))).toEqual(done);
    saveReplica(place.target, place.path("saved"));
    become(place.source, tree(2));
    expect(outcome(await keeping(place, options))).toEqual(done);
    const [, stamp] = stampsIn(place.target);
    const listed = await syncline(place, ["versions", place.target, "--json"], options);
    expect(ofType(listed, "version")).toHaveLength(2 * names.length);
    expect(outcome(await restore(place, [".", "--at", stamp!, "-y"], options))).toEqual(done);
    expect(judgeReplica(place.path("saved"), place.target, tolerance)).toEqual([]);
  });

  test("an ordinary user's tree, directories that may not be written to included", async () => {
    using place = newPlace();
    const asUser = { ...options, asUser: true };
    const tree = (n: number): TreeEntry[] => [
      { path: "c", kind: "directory" },
      { path: "c/d", kind: "directory" },
      ...files({ "c/d/changes": `${n}`.repeat(n), [`c/d/only-${n}`]: "x", [`c/e-${n}/f`]: "x" }),
      { path: `c/e-${n}`, kind: "directory", mode: 0o555, mtime: MOMENT },
      { path: "c/d", kind: "directory", mode: 0o500, mtime: MOMENT },
      { path: "c", kind: "directory", mode: 0o555, mtime: MOMENT },
      { path: "", kind: "directory", mode: 0o500, mtime: MOMENT },
    ];
    makeTree(place.source, tree(1), ORDINARY_USER);
    expect(outcome(await keeping(place, asUser))).toEqual(done);
    saveReplica(place.target, place.path("saved"));
    become(place.source, tree(2), ORDINARY_USER);
    expect(outcome(await keeping(place, asUser))).toEqual(done);
    expect(judgeReplica(place.source, place.target, tolerance)).toEqual([]);
    const [, stamp] = stampsIn(place.target);
    expect(outcome(await restore(place, [".", "--at", stamp!, "-y"], asUser))).toEqual(done);
    expect(judgeReplica(place.path("saved"), place.target, tolerance)).toEqual([]);
    // Thinning gets rid of such directories, too.
    const short = ["--versions", "trash:1ms"];
    writeFileSync(place.path("source/c/d/changes"), "again");
    expect(outcome(await keeping(place, asUser, short))).toEqual(done);
  });
});

describe("restoring", () => {
  /** Three runs: `f` is one, two, gone; `d/x` comes with the second. */
  async function history(place: Place): Promise<readonly string[]> {
    makeTree(place.source, files({ f: "one", "d/stays": "s" }));
    await keeping(place);
    writeFileSync(place.path("source/f"), "two two");
    writeFileSync(place.path("source/d/x"), "x");
    await keeping(place);
    rmSync(place.path("source/f"));
    await keeping(place);
    return stampsIn(place.target);
  }
  const at = (place: Place, name: string) => readFileSync(path.join(place.target, name), "utf8");

  test("one file, as of each run, and what was made since is left alone", async () => {
    using place = newPlace();
    const [, second, third] = await history(place);
    expect(outcome(await restore(place, ["f", "--at", third!]))).toEqual(done);
    expect(at(place, "f")).toBe("two two");
    expect(outcome(await restore(place, ["f", "--at", second!, "-y"]))).toEqual(done);
    expect([at(place, "f"), at(place, "d/x")]).toEqual(["one", "x"]);
  });

  test("never over something newer without being told to", async () => {
    using place = newPlace();
    const [, second] = await history(place);
    writeFileSync(place.path("target/f"), "mine");
    const before = fingerprint(place.target);
    const refused = await restore(place, ["f", "--at", second!]);
    expect(refused.code).toBe(5);
    expect(ofType(refused, "error")).toMatchObject([{ code: "GUARD", hint: expect.any(String) }]);
    const dry = await restore(place, ["f", "--at", second!, "-n"]);
    expect([dry.code, ofType(dry, "action").length]).toEqual([0, 1]);
    expect(fingerprint(place.target)).toBe(before);
    expect((await restore(place, ["f", "--at", second!, "-y"])).code).toBe(0);
    expect(at(place, "f")).toBe("one");
    // And what was there has been kept.
    const last = stampsIn(place.target).at(-1)!;
    expect((await restore(place, ["f", "--at", last, "-y"])).code).toBe(0);
    expect(at(place, "f")).toBe("mine");
  });

  test("makes the directories around it again", async () => {
    using place = newPlace();
    makeTree(place.source, [
      ...files({ "a/b/c": "deep", "a/b/e": "other", z: "z" }),
      { path: "a/b", kind: "directory", mode: 0o751, mtime: MOMENT },
      { path: "a", kind: "directory", mode: 0o711, mtime: MOMENT + 1n },
    ]);
    await keeping(place);
    saveReplica(place.target, place.path("saved"));
    rmSync(place.path("source/a"), { recursive: true });
    writeFileSync(place.path("source/a"), "a file now");
    await keeping(place);
    const stamp = stampsIn(place.target).at(-1)!;
    expect(outcome(await restore(place, ["a/b/c", "--at", stamp, "-y"]))).toEqual(done);
    expect(at(place, "a/b/c")).toBe("deep");
    expect(walk(place.target).map((seen) => seen.path)).not.toContain("a/b/e");
    expect(outcome(await restore(place, ["a", "--at", stamp, "-y"]))).toEqual(done);
    expect(judge(place.path("saved/a"), path.join(place.target, "a"))).toEqual([]);
  });

  test("to another directory, beside what is there", async () => {
    using place = newPlace();
    const [, , third] = await history(place);
    makeTree(place.path("out"), files({ "d/own": "own", "f.txt": "own" }));
    const to = ["--to", place.path("out")];
    expect(outcome(await restore(place, ["d", "--at", third!, ...to, "-y"]))).toEqual(done);
    expect(outcome(await restore(place, ["f", "--at", third!, ...to]))).toEqual(done);
    const names = walk(place.path("out")).map((seen) => seen.path);
    expect(names.sort()).toEqual(["", "d", "d/own", "d/stays", "d/x", "f", "f.txt"]);
  });

  test("says what cannot be", async () => {
    using place = newPlace();
    const [first, second] = await history(place);
    const says = async (...args: string[]) => {
      const result = await restore(place, args);
      return [result.code, eventsOf(result).at(-1)?.["code"]];
    };
    expect(await says("d/x", "--at", second!)).toEqual([1, "NO_VERSION"]);
    expect(await says("never", "--at", first!)).toEqual([1, "NO_VERSION"]);
    expect(await says("f", "--at", "yesterday")).toEqual([2, "USAGE"]);
    expect(await says("../f", "--at", second!)).toEqual([2, "USAGE"]);
    expect(await says(".syncline", "--at", second!)).toEqual([2, "USAGE"]);
    const other = await syncline(place, ["restore", "--json", place.source, "f", "--at", "1h"]);
    expect([other.code, eventsOf(other).at(-1)?.["code"]]).toEqual([1, "NO_VERSION"]);
  });

  test("what is kept is listed by path and time, for people and for programs", async () => {
    using place = newPlace();
    const [, second, third] = await history(place);
    const json = await syncline(place, ["versions", place.target, "--json"]);
    const seen = ofType(json, "version").map(({ path: name, run, reason, size }) => [
      name,
      run,
      reason,
      size,
    ]);
    expect(seen).toEqual([
      ["f", second, "replaced", 3],
      ["f", third, "deleted", 7],
    ]);
    const text = await syncline(place, ["versions", place.target, "f"]);
    expect(text.stdout.split("\n")).toHaveLength(3);
    expect((await syncline(place, ["versions", place.target, "d"])).stdout).toBe("");
  });
});

describe("what cannot be kept is not given up", () => {
  const old = files({ "d/update": "old content", "d/gone": "to be deleted" });

  async function refuses(place: Place, code: string, options: Options = {}): Promise<void> {
    become(place.source, files({ "d/update": "new", new: "n" }));
    const result = await keeping(place, options);
    expect(result.code).toBe(3);
    expect(problemsOf(result).sort()).toEqual([`d/gone ${code}`, `d/update ${code}`]);
    const content = (name: string) => readFileSync(path.join(place.target, name), "utf8");
    expect([content("d/update"), content("d/gone"), content("new")]).toEqual([
      "old content",
      "to be deleted",
      "n",
    ]);
  }

  test.each([".syncline", ".syncline/versions"])("a link planted at %s", async (name) => {
    using place = newPlace();
    makeTree(place.target, old);
    const trap = place.path("trap");
    mkdirSync(trap);
    mkdirSync(path.dirname(path.join(place.target, name)), { recursive: true });
    symlinkSync(trap, path.join(place.target, name));
    await refuses(place, "blocked");
    expect(walk(trap)).toHaveLength(1);
    expect(lstatSync(path.join(place.target, name)).isSymbolicLink()).toBe(true);
    expect((await syncline(place, ["versions", place.target])).code).toBe(1);
  });

  test("a directory of its own for its owner alone still works", async () => {
    using place = newPlace();
    makeTree(place.target, old);
    mkdirSync(path.join(place.target, ".syncline/versions"), { recursive: true, mode: 0o777 });
    become(place.source, files({ "d/update": "new" }));
    expect(outcome(await keeping(place))).toEqual(done);
    expect(lstatSync(path.join(place.target, ".syncline/versions")).mode & 0o777).toBe(0o700);
  });

  test("another file system mounted there", async () => {
    using place = newPlace();
    makeTree(place.target, old);
    mountMemory(path.join(place.target, ".syncline/versions"), "size=1m");
    await refuses(place, "foreign-mount");
  });

  test("a full disk", async () => {
    using place = newPlace();
    mountMemory(place.target, "size=1m,nr_inodes=12");
    makeTree(place.target, old);
    makeTree(
      place.target,
      Array.from({ length: 6 }, (_, n): TreeEntry => ({
        path: `fill-${n}`,
        kind: "file",
      })),
    );
    become(place.source, files({ "d/update": "new" }));
    const result = await keeping(place);
    expect(result.code).toBe(3);
    const codes = new Set(ofType(result, "problem").map(({ code }) => code));
    expect([...codes].filter((code) => code !== "no-space" && code !== "blocked")).toEqual([]);
    const left = walk(place.target).filter(({ path: at }) => !at.startsWith(".syncline"));
    expect(left.map(({ path: at }) => at)).toEqual(
      expect.arrayContaining(["d/gone", "d/update", "fill-0", "fill-5"]),
    );
  });
});

test("two runs at the same moment have directories of their own", async () => {
  using place = newPlace();
  makeTree(place.source, files({ f: "1" }));
  await keeping(place);
  for (const content of ["22", "333"]) {
    writeFileSync(place.path("source/f"), content);
    await keeping(place);
  }
  expect(new Set(stampsIn(place.target)).size).toBe(3);
});

test("without --versions nothing is kept, and nothing of it is seen or touched", async () => {
  using place = newPlace();
  makeTree(place.source, files({ f: "1" }));
  await keeping(place);
  writeFileSync(place.path("source/f"), "22");
  const kept = fingerprint(path.join(place.target, ".syncline"));
  const result = await mirror(place, [place.source, place.target]);
  expect(countsOf(result)).toEqual({ ...NOTHING_TO_DO, updated: 1 });
  expect(fingerprint(path.join(place.target, ".syncline"))).toBe(kept);
});
