import { writeFileSync } from "node:fs";

import { expect, test } from "vitest";

import { fingerprint, walk } from "../support/judge.ts";
import { mountExfat, mountImage } from "../support/mounts.ts";
import type { Place } from "../support/place.ts";
import { newPlace } from "../support/place.ts";
import { mirrorAndProve, outcome, planned } from "../support/proof.ts";
import { tool } from "../support/python.ts";
import { countsOf, guardsOf, mirror, NOTHING_TO_DO, summaryOf } from "../support/syncline.ts";
import type { TreeEntry } from "../support/trees.ts";
import { everything, files, makeTree, MOMENT, rootOnly } from "../support/trees.ts";

const MIB = 1 << 20;

test("btrfs: content is shared, not copied, on the first run and on updates", async () => {
  using place = newPlace("disk");
  mountImage(place.path("disk"), "btrfs", "256M");
  const [source, target] = ["disk/source", "disk/target"].map(place.path) as [string, string];
  const large = (fill: number): TreeEntry[] => [
    { path: "large", kind: "file", size: 16 * MIB, fill },
    { path: "d/other", kind: "file", size: 5 * MIB + 7, fill: fill + 1 },
  ];
  makeTree(source, large(1));
  const proof = { ...place, source, target };
  const first = await mirrorAndProve(proof);
  expect(Number(summaryOf(first)["bytesAvoided"])).toBeGreaterThanOrEqual(21 * MIB);
  expect(tool("filefrag", ["-v", `${target}/large`])).toContain("shared");
  tool("rm", ["-r", source]);
  makeTree(source, large(5));
  const second = await mirrorAndProve(proof);
  expect(Number(summaryOf(second)["bytesAvoided"])).toBeGreaterThanOrEqual(21 * MIB);
  expect(tool("filefrag", ["-v", `${target}/d/other`])).toContain("shared");
  // What is shared takes no room: a tree larger than what is free is no reason to halt.
  makeTree(source, [{ path: "filler", kind: "file", size: 100 * MIB, fill: 9 }]);
  await mirrorAndProve(proof);
});

test.each(["btrfs", "xfs", "ext4"] as const)("everything, onto %s", async (type) => {
  using place = newPlace("disk");
  mountImage(place.path("disk"), type, type === "xfs" ? "400M" : "200M");
  const target = place.path("disk/target");
  // A link's text is limited to a block there.
  const tree = [...everything(300), ...rootOnly()].filter(({ path }) => path !== "links/long");
  makeTree(place.source, tree);
  await mirrorAndProve({ ...place, target });
});

/** Names, sizes, times in whole seconds and content: all that such a disk keeps. */
function plain(root: string): unknown[] {
  return walk(root)
    .filter(({ path }) => path !== "")
    .map(({ path, kind, sha256, mtime }) => [path, kind, sha256, BigInt(mtime) / 2_000_000_000n]);
}

const PLAIN_TREE: readonly TreeEntry[] = [
  ...files({ "Documents/Letter.txt": "dear", "Documents/empty": "", "a b/c": "x" }),
  { path: "odd second", kind: "file", content: "1", mtime: MOMENT, mode: 0o640 },
  { path: "script", kind: "file", content: "#!", mtime: MOMENT + 1_500_000_000n, mode: 0o755 },
  { path: "other's", kind: "file", content: "x", uid: 12345, gid: 6 },
  { path: "unicode \u00c3\u00a9", kind: "file", content: "x" },
  { path: "Documents", kind: "directory", mtime: MOMENT },
];

/** A target on a disk that keeps next to nothing. */
function exfatPlace(): Place & { readonly disk: string } {
  const place = newPlace("disk");
  const disk = place.path("disk");
  mountExfat(disk, "48M");
  return { ...place, disk, target: `${disk}/target` };
}

test("exFAT: no modes, owners or fractions of a second; a second run plans nothing all the same", async () => {
  using place = exfatPlace();
  makeTree(place.source, PLAIN_TREE);
  const line = [place.source, place.target];
  const first = await mirror(place, line);
  expect(outcome(first)).toEqual({ code: 0, problems: [], stderr: "" });
  expect(plain(place.target)).toEqual(plain(place.source));
  expect(await planned(place, line)).toEqual({ ...NOTHING_TO_DO, actions: [], code: 0 });
  writeFileSync(`${place.source}/odd second`, "2");
  const update = await mirror(place, line);
  expect(countsOf(update)).toEqual({ ...NOTHING_TO_DO, updated: 1 });
  expect(plain(place.target)).toEqual(plain(place.source));
});

test("exFAT as the source: what it does not know is not asked of the target", async () => {
  using place = exfatPlace();
  makeTree(place.path("made"), PLAIN_TREE);
  const out = await mirror(place, [place.path("made"), place.target]);
  expect(out.code).toBe(0);
  const back = await mirror(place, [place.target, place.path("back")]);
  expect([back.code, plain(place.path("back"))]).toEqual([0, plain(place.path("made"))]);
  const line = [place.target, place.path("back")];
  expect(await planned(place, line)).toEqual({ ...NOTHING_TO_DO, actions: [], code: 0 });
});

test("exFAT: links and special files cannot be kept; that is said, and all the rest arrives", async () => {
  using place = exfatPlace();
  makeTree(place.source, [
    ...files({ a: "a", "d/b": "b" }),
    { path: "d/link", kind: "symlink", target: "b" },
    { path: "d/hard", kind: "link", target: "d/b" },
    { path: "fifo", kind: "fifo" },
  ]);
  const result = await mirror(place, [place.source, place.target]);
  expect([0, 3]).toContain(result.code);
  expect(tool("cat", [`${place.target}/a`, `${place.target}/d/hard`])).toBe("ab");
  // As problems or in a notice, but not in silence: links are kept unless somebody asks for something else.
  expect(`${result.stdout}${result.stderr}`).toMatch(/\blinks?\b/);
});

test("exFAT: names that it cannot keep are problems of their own", async () => {
  using place = exfatPlace();
  makeTree(place.source, files({ fine: "1", "what?": "2", "a:b": "3", "z\nz": "4", zz: "5" }));
  const result = await mirror(place, [place.source, place.target]);
  expect([result.code, walk(place.target).map(({ path }) => path)]).toEqual([
    3,
    ["", "fine", "zz"],
  ]);
});

test("exFAT: two names that would become one are a guard", async () => {
  using place = exfatPlace();
  makeTree(place.source, files({ "d/Readme": "one", "d/README": "two", x: "x" }));
  makeTree(place.target, files({ x: "old" }));
  const before = fingerprint(place.target);
  const halted = await mirror(place, [place.source, place.target]);
  expect([halted.code, guardsOf(halted)]).toEqual([5, ["folding"]]);
  expect(fingerprint(place.target) === before).toBe(true);
  const line = ["--accept", "folding", place.source, place.target];
  const accepted = await mirror(place, line);
  expect([0, 3]).toContain(accepted.code);
  // One of the two is there, whole, and it stays the same one.
  const content = () => tool("sh", ["-c", 'cat "$0"/d/*', place.target]);
  expect(["one", "two"]).toContain(content());
  const kept = content();
  await mirror(place, line);
  expect(content()).toBe(kept);
});

test("exFAT: a name that only changes its case is a move", async () => {
  using place = exfatPlace();
  makeTree(place.target, files({ "d/readme": "content", "OLD/x": "x", empty: "", edited: "old" }));
  makeTree(
    place.source,
    files({ "d/README": "content", "old/x": "x", Empty: "", EDITED: "new", other: "" }),
  );
  // Not now: what is less than two seconds apart would be equal there, and may yet be rounded to two times.
  for (const root of [place.target, place.source])
    tool("find", [root, "-depth", "-exec", "touch", "-d", "@1600000000", "{}", "+"]);
  const line = [place.source, place.target];
  const result = await mirror(place, line);
  expect(outcome(result)).toEqual({ code: 0, problems: [], stderr: "" });
  expect(countsOf(result)).toMatchObject({ created: 1, moved: 4, updated: 1, deleted: 0 });
  expect(plain(place.target)).toEqual(plain(place.source));
  expect(await planned(place, line)).toEqual({ ...NOTHING_TO_DO, actions: [], code: 0 });
});
