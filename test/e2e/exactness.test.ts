import { existsSync } from "node:fs";

import { describe, expect, test } from "vitest";

import { leftovers, mirrorAndProve, DRIVERS } from "../support/proof.ts";
import { walk } from "../support/judge.ts";
import { newPlace } from "../support/place.ts";
import { tool } from "../support/python.ts";
import { countsOf, mirror, summaryOf } from "../support/syncline.ts";
import { everything, files, makeTree, MOMENT, rootOnly } from "../support/trees.ts";
import type { TreeEntry } from "../support/trees.ts";

/** What only mknod can make is beyond the portable driver, and it says so. */
const withoutNodes = (entries: TreeEntry[]) =>
  entries.filter(
    ({ kind, path }) =>
      !["fifo", "socket", "char", "block"].includes(kind) && !path.includes("fifo"),
  );

describe.each(DRIVERS)("$driver", ({ driver, options, tolerance }) => {
  const all = (crowd: number) => {
    const entries = [...everything(crowd), ...rootOnly()];
    return driver === "libc" ? entries : withoutNodes(entries);
  };

  test("a first mirror of everything is exact, and a second run plans nothing", async () => {
    using place = newPlace();
    makeTree(place.source, all(5000));
    const before = walk(place.source);
    const first = await mirrorAndProve(place, { options, tolerance });
    // The root is the place, not an entry.
    expect(summaryOf(first)["created"]).toBe(before.length - 1);
    expect(leftovers(walk(place.target))).toEqual([]);
    expect(walk(place.source)).toEqual(before);
  });

  test("a mirror of everything over something else is exact", async () => {
    using place = newPlace();
    const tree = all(200);
    makeTree(place.source, tree);
    const stray = tree.map((entry): TreeEntry => {
      const { path } = entry;
      if (entry.kind === "directory") return { path, kind: "directory", mtime: MOMENT };
      return { path, kind: "file", content: `stray ${path.slice(0, 20)}`, mode: 0o640 };
    });
    makeTree(place.target, [
      ...stray,
      ...files({ "names/more": "more", "zzz/only/here": "here", ".dot": "" }),
    ]);
    await mirrorAndProve(place, { options, tolerance });
  });

  test("on a disk: ext4 has other limits than memory", async () => {
    using place = newPlace("disk");
    makeTree(place.source, all(200));
    await mirrorAndProve(place, { options, tolerance });
  });
});

test("special files are left out quietly where a driver cannot make them, and loudly when they were asked for", async () => {
  using place = newPlace();
  makeTree(place.source, [
    ...files({ a: "a" }),
    { path: "fifo", kind: "fifo" },
    { path: "socket", kind: "socket" },
  ]);
  const options = { env: { SYNCLINE_FS: "portable" } };
  const quiet = await mirror(place, [place.source, place.target], options);
  expect([quiet.code, walk(place.target).map(({ path }) => path)]).toEqual([0, ["", "a"]]);
  const asked = await mirror(
    place,
    ["--preserve", "specials", place.source, place.target],
    options,
  );
  expect([asked.code, Number(summaryOf(asked)["problems"]) > 0]).toEqual([3, true]);
});

test("a missing target is made, with its parents", async () => {
  using place = newPlace();
  makeTree(place.source, files({ "a/b": "c" }));
  const target = place.path("not/yet/there");
  const result = await mirror(place, [place.source, target]);
  expect(result.code).toBe(0);
  expect(walk(target).map(({ path }) => path)).toEqual(["", "a", "a/b"]);
});

test("trailing slashes, dots and links to the roots mean nothing", async () => {
  using place = newPlace();
  makeTree(place.source, files({ "a/b": "c" }));
  makeTree(place.path("real"), []);
  tool("ln", ["-s", "real", place.target]);
  tool("ln", ["-s", "source", place.path("link")]);
  for (const source of ["./source/", "source/.", "link", "link/", "x/../source//", place.source]) {
    const result = await mirror(place, [source, "target"]);
    expect([source, result.code]).toEqual([source, source.startsWith("x") ? result.code : 0]);
  }
  expect(walk(place.path("real")).map(({ path }) => path)).toEqual(["", "a", "a/b"]);
  expect(tool("readlink", [place.target])).toBe("real\n");
});

test("a single file is mirrored to its new place, or into a directory", async () => {
  using place = newPlace();
  makeTree(place.dir, [
    { path: "file", kind: "file", content: "content", mtime: MOMENT, mode: 0o640 },
    { path: "dir", kind: "directory" },
    ...files({ "dir/bystander": "stays" }),
  ]);
  const intoName = await mirror(place, [place.path("file"), place.path("copy")]);
  const intoDir = await mirror(place, [place.path("file"), place.path("dir")]);
  expect([intoName.code, intoDir.code]).toEqual([0, 0]);
  const seen = walk(place.dir).filter(({ path }) => /^(file|copy|dir\/.*)$/.test(path));
  expect(seen.map(({ path, mtime, mode, size }) => [path, mtime, mode, size])).toEqual([
    ["copy", String(MOMENT), 0o640, 7],
    ["dir/bystander", expect.any(String), 0o644, 5],
    ["dir/file", String(MOMENT), 0o640, 7],
    ["file", String(MOMENT), 0o640, 7],
  ]);
  const again = await mirror(place, [place.path("file"), place.path("dir")]);
  expect([countsOf(again)["updated"], countsOf(again)["created"]]).toEqual([0, 0]);
});

test("--no-delete keeps what only the target has, and stays done", async () => {
  using place = newPlace();
  makeTree(place.source, files({ a: "new", "d/b": "new" }));
  makeTree(place.target, files({ a: "older one", "d/c": "only here", "e/f": "only here" }));
  const args = ["--no-delete", place.source, place.target];
  const first = await mirror(place, args);
  const again = await mirror(place, args);
  expect([first.code, again.code, Object.values(countsOf(again))]).toEqual([
    0,
    0,
    [0, 0, 0, 0, 0, 0, 0],
  ]);
  expect(walk(place.target).map(({ path }) => path)).toEqual([
    "",
    "a",
    "d",
    "d/b",
    "d/c",
    "e",
    "e/f",
  ]);
});

test("state is kept where it belongs, for its owner alone", async () => {
  using place = newPlace();
  makeTree(place.source, files({ a: "a" }));
  await mirror(place, [place.source, place.target]);
  const state = walk(place.stateHome);
  expect(state.length).toBeGreaterThan(1);
  const open = state.filter(({ path, mode }) => path !== "" && (mode & 0o077) !== 0);
  expect(open.map(({ path }) => path)).toEqual([]);
  expect(existsSync(`${place.target}/.syncline`)).toBe(false);
});
