import { linkSync, lstatSync, rmSync, writeFileSync } from "node:fs";

import { describe, expect, test } from "vitest";

import { walk } from "../support/judge.ts";
import { newPlace } from "../support/place.ts";
import { DRIVERS, mirrorAndProve } from "../support/proof.ts";
import { tool } from "../support/python.ts";
import { countsOf, mirror, ofType, summaryOf } from "../support/syncline.ts";
import type { TreeEntry } from "../support/trees.ts";
import { everything, files, makeTree, MOMENT, rootOnly } from "../support/trees.ts";

/** Inodes and change times by path: equal before and after where nothing was written. */
function inodes(root: string): Record<string, string> {
  return Object.fromEntries(walk(root).map(({ path, inode }) => [path, inode]));
}

test("changes of metadata alone are made in place: no content is written, no inode replaced", async () => {
  using place = newPlace();
  makeTree(place.source, [...everything(20), ...rootOnly()]);
  tool("cp", ["-a", place.source, place.target]);
  const before = inodes(place.target);
  const change = (script: string) => tool("sh", ["-ec", `cd "$0"; ${script}`, place.source]);
  change(
    "chmod 700 . names modes/f444 modes/d0; chmod 4711 modes/f4755; chown 7:8 empty-file root",
  );
  change("chown -h 7:8 root/foreign-link; chown 9:9 special/fifo; chmod 600 special/socket");
  change("touch -d @1000000000.5 times times/epoch.d special/fifo; touch -h -d @5 links/up");
  change("setfattr -n user.added -v new large; setfattr -x user.note attributes/file");
  change("setfattr -n user.on-dir -v x empty-dir; setfacl -b attributes/file");
  change("setfacl -k attributes; setfacl -m u:99:r-x names; setfacl -m d:u:98:r-- empty-dir");
  const result = await mirrorAndProve(place);
  const { created, updated, deleted } = countsOf(result);
  expect({ created, updated, deleted }).toEqual({ created: 0, updated: 0, deleted: 0 });
  expect(summaryOf(result)["bytesCopied"]).toBe(0);
  expect(inodes(place.target)).toEqual(before);
});

test("--no-preserve leaves alone what it names", async () => {
  using place = newPlace();
  const own: TreeEntry = { path: "a", kind: "file", content: "a", mtime: MOMENT };
  makeTree(place.source, [{ ...own, mode: 0o600, xattrs: { "user.a": "1" }, uid: 5 }]);
  makeTree(place.target, [{ ...own, mode: 0o644, xattrs: { "user.b": "2" }, uid: 6 }]);
  const before = walk(place.target)[1];
  const list = "mode,owner,group,xattrs,acls";
  const result = await mirror(place, ["--no-preserve", list, place.source, place.target]);
  expect([result.code, walk(place.target)[1]]).toEqual([0, before]);
  await mirrorAndProve(place);
});

describe.each(DRIVERS)("$driver", ({ options, tolerance }) => {
  test("hard links are broken and joined as the source has them, within and across directories", async () => {
    using place = newPlace();
    const linked = (path: string, target: string): TreeEntry => ({ path, kind: "link", target });
    makeTree(place.source, [
      ...files({ "a/one": "group", "a/two": "group", "a/three": "was alone", "b/x": "x", k: "k" }),
      linked("b/one", "a/one"),
      linked("b/three", "a/three"),
      linked("b/y", "b/x"),
    ]);
    await mirrorAndProve(place, { options, tolerance });
    const source = (name: string) => `${place.source}/${name}`;
    // Broken here, joined there, and one group moved over to another.
    rmSync(source("b/one"));
    writeFileSync(source("b/one"), "group");
    rmSync(source("a/two"));
    linkSync(source("a/one"), source("a/two"));
    rmSync(source("b/y"));
    linkSync(source("a/three"), source("b/y"));
    linkSync(source("b/x"), source("b/new-name"));
    await mirrorAndProve(place, { options, tolerance });
    // The same content and times, so that nothing but the link itself can tell.
    tool("cp", ["-a", "--remove-destination", source("a/one"), source("a/two")]);
    await mirrorAndProve(place, { options, tolerance });
    rmSync(source("a/two"));
    linkSync(source("a/one"), source("a/two"));
    await mirrorAndProve(place, { options, tolerance });
  });

  test("links that the target has in excess are broken, and the others' content is not touched", async () => {
    using place = newPlace();
    makeTree(place.source, files({ a: "new a", b: "old", c: "old" }));
    makeTree(place.target, [
      ...files({ a: "old", "gone/d": "x" }),
      { path: "b", kind: "link", target: "a" },
      { path: "c", kind: "link", target: "a" },
      { path: "gone/e", kind: "link", target: "a" },
    ]);
    // A name outside of the replica shares the file too, and must keep what it has.
    linkSync(`${place.target}/a`, place.path("bystander"));
    await mirrorAndProve(place, { options, tolerance });
    expect(tool("cat", [place.path("bystander")])).toBe("old");
  });

  test("one name of a group changes: all names have the new content and are one file", async () => {
    using place = newPlace();
    makeTree(place.source, [
      ...files({ "m/first": "before" }),
      { path: "a-second", kind: "link", target: "m/first" },
      { path: "z-third", kind: "link", target: "m/first" },
    ]);
    await mirrorAndProve(place, { options, tolerance });
    writeFileSync(`${place.source}/z-third`, "after, in place");
    await mirrorAndProve(place, { options, tolerance });
    expect(lstatSync(`${place.target}/a-second`).nlink).toBe(3);
  });

  test("directories keep their times whatever is changed below them", async () => {
    using place = newPlace();
    const dir = (path: string, n: number): TreeEntry => ({
      path,
      kind: "directory",
      mtime: MOMENT + BigInt(n) * 1_000_000n,
    });
    makeTree(place.source, [
      dir("", 1),
      dir("a", 2),
      dir("a/b", 3),
      dir("a/b/c", 4),
      ...files({ "a/b/c/new": "new", "a/b/kept": "kept" }),
    ]);
    makeTree(place.target, [
      dir("", 1),
      dir("a", 2),
      dir("a/b", 3),
      dir("a/b/c", 4),
      ...files({ "a/b/c/old": "old", "a/gone/x": "x" }),
    ]);
    await mirrorAndProve(place, { options, tolerance });
  });
});

test("an update keeps a sparse file sparse, and one with no holes does not become one that lies", async () => {
  using place = newPlace();
  const MIB = 1 << 20;
  const file = (fill: number): TreeEntry => ({
    path: "disk.img",
    kind: "file",
    size: 64 * MIB,
    segments: [3, 40].map((at) => ({ at: at * MIB + 4096, length: 8192, fill })),
  });
  makeTree(place.target, [file(1)]);
  makeTree(place.source, [file(2)]);
  const result = await mirrorAndProve(place);
  expect(Number(summaryOf(result)["bytesCopied"])).toBeLessThan(4 * MIB);
  expect(lstatSync(`${place.target}/disk.img`).blocks * 512).toBeLessThan(4 * MIB);
});

test("--compare: what each mode can and cannot see", async () => {
  using place = newPlace();
  const at = (content: string, mtime: bigint): TreeEntry[] => [
    { path: "f", kind: "file", content, mtime },
  ];
  const seen = async (mode: string, old: TreeEntry[], now: TreeEntry[]) => {
    for (const root of [place.source, place.target]) rmSync(root, { recursive: true, force: true });
    makeTree(place.source, now);
    makeTree(place.target, old);
    const result = await mirror(place, ["--compare", mode, place.source, place.target]);
    const actions = ofType(result, "action").filter(({ path }) => path === "f");
    return [result.code, actions.map(({ action }) => action), tool("cat", [`${place.target}/f`])];
  };
  const [old, other, later] = [at("old", MOMENT), at("new", MOMENT), at("old", MOMENT + 1n)];
  expect(await seen("size+mtime", old, other)).toEqual([0, [], "old"]);
  expect(await seen("content", old, other)).toEqual([0, ["update"], "new"]);
  expect(await seen("content", old, later)).toEqual([0, ["metadata"], "old"]);
  expect(await seen("size", old, at("new", MOMENT + 5n))).toEqual([0, ["metadata"], "old"]);
  expect(await seen("size", old, at("longer", MOMENT))).toEqual([0, ["update"], "longer"]);
});

test("--modify-window: times this close are equal, and are left as they are", async () => {
  using place = newPlace();
  makeTree(place.source, [{ path: "f", kind: "file", content: "x", mtime: MOMENT }]);
  makeTree(place.target, [
    { path: "", kind: "directory", mtime: BigInt(walk(place.source)[0]?.mtime ?? 0) },
    { path: "f", kind: "file", content: "x", mtime: MOMENT + 900_000_000n },
  ]);
  const near = await mirror(place, ["--modify-window", "1s", place.source, place.target]);
  expect([near.code, ofType(near, "action")]).toEqual([0, []]);
  await mirrorAndProve(place);
});
