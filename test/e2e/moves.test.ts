import { lstatSync, readFileSync, renameSync, writeFileSync } from "node:fs";

import { describe, expect, test } from "vitest";

import { judge, walk } from "../support/judge.ts";
import type { Place } from "../support/place.ts";
import { newPlace, ORDINARY_USER } from "../support/place.ts";
import { DRIVERS, leftovers, mirrorAndProve, outcome, planned } from "../support/proof.ts";
import { tool } from "../support/python.ts";
import type { JsonEvent, Result } from "../support/syncline.ts";
import { countsOf, mirror, NOTHING_TO_DO, ofType, summaryOf } from "../support/syncline.ts";
import { tracing } from "../support/trace.ts";
import type { TreeEntry } from "../support/trees.ts";
import { files, makeTree, manyFiles, MOMENT } from "../support/trees.ts";

/** Moves in the source, as a person would do them. */
function shell(place: Place, script: string): void {
  tool("sh", ["-ec", `cd "$0"; ${script}`, place.source]);
}

/** What a run says that it did, `action from > path`. */
function done(result: Result): string[] {
  return ofType(result, "action")
    .filter(({ outcome }) => outcome === "done")
    .map(({ action, from, path }: JsonEvent) =>
      typeof from !== "string"
        ? `${String(action)} ${String(path)}`
        : `${String(action)} ${from} > ${String(path)}`,
    )
    .filter((line) => !line.startsWith("metadata"));
}

function inode(path: string): bigint {
  return lstatSync(path, { bigint: true }).ino;
}

describe.each(DRIVERS)("$driver", ({ options, tolerance }) => {
  /** Two trees of these, equal; then the source is rearranged, and one run is proved to end it. */
  async function rearranged(
    place: Place,
    entries: readonly TreeEntry[],
    script: string,
    args: readonly string[] = ["--max-delete", "100%"],
  ): Promise<Result> {
    makeTree(place.source, entries);
    await mirrorAndProve(place, { options, tolerance });
    shell(place, script);
    return mirrorAndProve(place, { args, options, tolerance });
  }

  test("a renamed file is renamed, and nothing is sent", async () => {
    using place = newPlace();
    makeTree(place.source, [{ path: "d/a", kind: "file", size: 300_000, fill: 1, mtime: MOMENT }]);
    await mirrorAndProve(place, { options, tolerance });
    const before = inode(`${place.target}/d/a`);
    shell(place, "mkdir e; mv d/a e/b");
    const result = await mirrorAndProve(place, { options, tolerance });
    expect(inode(`${place.target}/e/b`)).toBe(before);
    expect(countsOf(result)).toMatchObject({ created: 1, moved: 1, updated: 0, deleted: 0 });
    expect(summaryOf(result)).toMatchObject({ bytesCopied: 0, bytesAvoided: 300_000 });
  });

  test.each([
    ["a swap", { a: "one", b: "two" }, "mv a x; mv b a; mv x b", 2],
    [
      "a rotation of five",
      { a: "1", b: "22", c: "333", d: "4444", e: "55555" },
      "mv a x; mv b a; mv c b; mv d c; mv e d; mv x e",
      5,
    ],
    ["a chain into a name that is deleted", { a: "1", b: "2", c: "3" }, "rm c; mv b c; mv a b", 2],
    [
      "a file to where its directory was",
      { "a/x": "one", "a/y": "" },
      "mv a/x t; rm -r a; mv t a",
      1,
    ],
    ["a file into a directory of its own name", { a: "one" }, "mv a t; mkdir a; mv t a/a", 1],
    [
      "a directory into another one that moves",
      { "a/x": "one", "b/y": "two", "b/z": "three" },
      "mv a b/in; mv b c",
      2,
    ],
    [
      "a directory and its own child change places",
      { "a/x": "one", "a/b/y": "two", "a/b/z": "three" },
      "mv a/b t; mv a t/a; mv t a; mv a/a a/b",
      undefined,
    ],
    [
      "out of a directory that goes into one that comes",
      { "old/a": "one", "old/b": "two", "old/c": "gone" },
      "mkdir -p new/in; mv old/a new/in/x; mv old/b new/y; rm -r old",
      2,
    ],
    [
      "two directories swapped",
      { "a/x": "one", "a/s/t": "in a", "b/y": "two", "b/s/t": "in b" },
      "mv a t; mv b a; mv t b",
      undefined,
    ],
    [
      "names that look like options",
      { "-rf": "one", "--delete": "two" },
      "mv -- -rf '*'; mv -- --delete -rf",
      2,
    ],
  ] as const)("%s", async (_name, contents, script, moved) => {
    using place = newPlace();
    // Every file has a time of its own: what has the same size and time in the same place is taken for the same.
    const entries = files(contents).map((entry, n) => ({
      ...entry,
      mtime: MOMENT + BigInt(n) * 10n ** 9n,
    }));
    const result = await rearranged(place, entries, script);
    expect(Number(summaryOf(result)["bytesCopied"])).toBe(0);
    if (moved !== undefined) expect(countsOf(result)).toMatchObject({ moved, updated: 0 });
    expect(leftovers(walk(place.target))).toEqual([]);
    expect(walk(place.target).filter(({ path }) => path.includes("parked"))).toEqual([]);
  });

  test("a directory of some thousand files is one rename, whatever else has changed in it", async () => {
    using place = newPlace();
    const many = manyFiles(3000, "old").map((entry) => ({
      ...entry,
      path: `in/old/${entry.path}`,
    }));
    makeTree(place.source, many);
    await mirrorAndProve(place, { options, tolerance });
    const before = inode(`${place.target}/in/old/d7/f777`);
    shell(
      place,
      "mkdir elsewhere; mv in/old elsewhere/new; cd elsewhere/new; rm d3/f300; echo edited > d4/f400; echo x > d5/more; mv d6/f600 d7/",
    );
    const result = await mirrorAndProve(place, { options, tolerance });
    expect(done(result).toSorted()).toEqual(
      [
        "mkdir elsewhere",
        "move in/old > elsewhere/new",
        "move elsewhere/new/d6/f600 > elsewhere/new/d7/f600",
        "delete elsewhere/new/d3/f300",
        "update elsewhere/new/d4/f400",
        "create elsewhere/new/d5/more",
      ].toSorted(),
    );
    expect(inode(`${place.target}/elsewhere/new/d7/f777`)).toBe(before);
  });

  test("a file that is renamed and copied is there twice, and was not sent", async () => {
    using place = newPlace();
    const tree: TreeEntry[] = [{ path: "a", kind: "file", size: 200_000, fill: 1, mtime: MOMENT }];
    const result = await rearranged(place, tree, "mv a b; cp -p b c; mkdir d; cp b d/e");
    expect(countsOf(result)).toMatchObject({ moved: 1, copied: 2 });
    expect(summaryOf(result)).toMatchObject({ bytesAvoided: 600_000 });
  });

  test("names of one file stay names of one file, wherever they go", async () => {
    using place = newPlace();
    const tree: TreeEntry[] = [
      ...files({ "a/one": "shared", "a/lone": "alone" }),
      { path: "b/two", kind: "link", target: "a/one" },
    ];
    await rearranged(place, tree, "mv a/one c; mv b x; ln x/two x/three; mv a y; ln y/lone lone");
  });

  test("what somebody has changed at the target is not taken for the file that was left there", async () => {
    using place = newPlace();
    makeTree(place.source, [{ path: "a", kind: "file", content: "ours", mtime: MOMENT }]);
    await mirrorAndProve(place, { options, tolerance });
    writeFileSync(`${place.target}/a`, "mine");
    shell(place, "mv a b");
    const result = await mirrorAndProve(place, {
      args: ["--max-delete", "100%"],
      options,
      tolerance,
    });
    expect(countsOf(result)).toMatchObject({ created: 1, moved: 0, deleted: 1 });
    expect(readFileSync(`${place.target}/b`, "utf8")).toBe("ours");
  });

  test("with --no-moves everything is sent again", async () => {
    using place = newPlace();
    const result = await rearranged(place, files({ "d/a": "content", b: "b" }), "mv d e; mv b c", [
      "--no-moves",
      "--max-delete",
      "100%",
    ]);
    expect(countsOf(result)).toMatchObject({ moved: 0, copied: 0, created: 3, deleted: 3 });
    expect(summaryOf(result)).toMatchObject({ bytesAvoided: 0 });
  });

  test("what has moved counts as no deletion, so that no limit is in the way", async () => {
    using place = newPlace();
    const many = Object.fromEntries(Array.from({ length: 60 }, (_, n) => [`f${n}`, `file ${n}`]));
    const result = await rearranged(place, files(many), 'for f in f*; do mv "$f" "g$f"; done', []);
    expect(countsOf(result)).toMatchObject({ moved: 60, deleted: 0 });
  });

  test("without any memory of the pair, content tells what has moved", async () => {
    using place = newPlace();
    makeTree(place.source, files({ "d/a": "content of a", "d/b": "content of b", c: "c" }));
    const line = ["--no-state", place.source, place.target];
    expect(outcome(await mirror(place, line, options))).toEqual({
      code: 0,
      problems: [],
      stderr: "",
    });
    shell(place, "mv d e; mv c e/a2");
    const result = await mirror(place, line, options);
    expect(done(result)).toEqual(["move d > e", "move c > e/a2"]);
    expect(judge(place.source, place.target, tolerance)).toEqual([]);
  });

  test("an ordinary user's directories without write permission move like others", async () => {
    using place = newPlace();
    const tree: TreeEntry[] = [
      ...files({ "a/in/x": "one", "a/in/y": "two", "b/z": "three", "b/c/t": "four" }),
      { path: "a/in", kind: "directory", mode: 0o500, mtime: MOMENT },
      { path: "b/c", kind: "directory", mode: 0o500, mtime: MOMENT },
      { path: "b", kind: "directory", mode: 0o500, mtime: MOMENT },
      { path: "a", kind: "directory", mode: 0o555, mtime: MOMENT },
    ];
    makeTree(place.source, tree, ORDINARY_USER);
    const asUser = { ...options, asUser: true };
    await mirrorAndProve(place, { options: asUser, tolerance });
    // Root moves them, since the user could not; whose they are does not change.
    shell(place, "mv a/in b/in; mv b/c a/c; mv b/z a/z; mv a t; mv b a; mv t b");
    const result = await mirrorAndProve(place, { options: asUser, tolerance });
    expect(countsOf(result)).toMatchObject({ created: 0, updated: 0, deleted: 0, problems: 0 });
    shell(place, "mv b/c b/d; mkdir new; chown 12345:12345 new; mv a new/a");
    const again = await mirrorAndProve(place, { options: asUser, tolerance });
    expect(countsOf(again)).toMatchObject({ created: 1, updated: 0, deleted: 0, moved: 2 });
    expect(Number(summaryOf(again)["bytesCopied"])).toBe(0);
  });

  test("a dry run says the same and does nothing", async () => {
    using place = newPlace();
    makeTree(place.source, files({ a: "one", b: "two!", "d/x": "three", "d/y": "four" }));
    await mirrorAndProve(place, { options, tolerance });
    shell(place, "mv a t; mv b a; mv t b; mv d e");
    const before = walk(place.target);
    const dry = await mirror(place, ["--dry-run", place.source, place.target], options);
    expect(walk(place.target)).toEqual(before);
    const real = await mirrorAndProve(place, { options, tolerance });
    const said = (result: Result) =>
      ofType(result, "action").map(({ action, from, path }) => [action, from, path]);
    expect(said(dry)).toEqual(said(real));
    expect(countsOf(dry)).toEqual(countsOf(real));
  });
});

test("a renamed directory is one system call", async () => {
  using place = newPlace();
  makeTree(
    place.source,
    manyFiles(2000, "x").map((entry) => ({ ...entry, path: `old/${entry.path}` })),
  );
  await mirrorAndProve(place);
  renameSync(`${place.source}/old`, `${place.source}/new`);
  const log = place.path("calls");
  const through = tracing("rename,renameat,renameat2,unlinkat,openat", log);
  const env = { NODE_DISABLE_COMPILE_CACHE: "1" };
  const result = await mirror(place, [place.source, place.target], { through, env });
  expect(outcome(result)).toEqual({ code: 0, problems: [], stderr: "" });
  const calls = readFileSync(log, "latin1").split("\n");
  expect(calls.filter((call) => /rename/.test(call) && !call.includes(place.home))).toEqual([
    expect.stringMatching(/renameat2\(\d+, "old", \d+, "new", RENAME_NOREPLACE\)/),
  ]);
  // It is known where the directory was, so that no file had to be opened.
  expect(calls.filter((call) => /"f\d+"/.test(call))).toEqual([]);
  expect(judge(place.source, place.target)).toEqual([]);
});

test("each candidate is read once, on either side", async () => {
  using place = newPlace();
  const one = (n: number, size = 40): TreeEntry => ({
    path: `f${n}`,
    kind: "file",
    content: `${n} `.padEnd(size, "."),
    mtime: MOMENT + BigInt(n) * 1_000_000_000n,
  });
  // Some are so large that a sample is not all of it.
  makeTree(
    place.source,
    Array.from({ length: 40 }, (_, n) => one(n, n < 20 ? 40 : 900_000)),
  );
  await mirrorAndProve(place);
  for (let n = 0; n < 40; n += 2) renameSync(`${place.source}/f${n}`, `${place.source}/g${n}`);
  const log = place.path("calls");
  const through = tracing("openat", log);
  const result = await mirror(place, ["--no-state", place.source, place.target], { through });
  expect(countsOf(result)).toEqual({ ...NOTHING_TO_DO, moved: 20, metadata: 1 });
  const opened = Map.groupBy(
    [...readFileSync(log, "latin1").matchAll(/openat\(\d+, "([fg]\d+)"/g)].map(([, name]) => name!),
    (name) => name,
  );
  // Small ones once, large ones once for the sample and once for the whole.
  for (let n = 0; n < 40; n++) {
    const times = [`f${n}`, `g${n}`].map((name) => opened.get(name)?.length ?? 0);
    const once = n < 20 ? 1 : 2;
    expect([n, ...times]).toEqual(n % 2 === 0 ? [n, once, once] : [n, 0, 0]);
  }
  expect(await planned(place, [place.source, place.target])).toEqual({
    ...NOTHING_TO_DO,
    actions: [],
    code: 0,
  });
});
