import { lstatSync, mkdirSync, rmSync } from "node:fs";

import { describe, expect, test } from "vitest";

import { fingerprint, judge, walk } from "../support/judge.ts";
import { mountMemory, unmount } from "../support/mounts.ts";
import type { Place } from "../support/place.ts";
import { newPlace } from "../support/place.ts";
import { mirrorAndProve } from "../support/proof.ts";
import { countsOf, guardsOf, mirror, ofType, syncline } from "../support/syncline.ts";
import { files, makeTree, manyFiles } from "../support/trees.ts";

/** Runs, and proves that the guard tripped, said all it should, and that nothing at all was changed. */
async function expectGuard(place: Place, guard: string, args: readonly string[]): Promise<void> {
  const before = fingerprint(place.target);
  const halted = await mirror(place, args);
  expect([halted.code, guardsOf(halted)]).toEqual([5, [guard]]);
  expect(ofType(halted, "guard")[0]).toMatchObject({
    saw: expect.stringMatching(/\w/),
    would: expect.stringMatching(/\w/),
    advice: expect.stringMatching(/\w/),
    accepted: false,
  });
  const inWords = await syncline(place, ["mirror", "-y", ...args]);
  expect([inWords.code, inWords.stderr.includes(guard) || inWords.stderr.length > 40]).toEqual([
    5,
    true,
  ]);
  expect(fingerprint(place.target) === before).toBe(true);
}

describe("the source", () => {
  test("is missing", async () => {
    using place = newPlace();
    makeTree(place.target, files({ a: "a" }));
    await expectGuard(place, "missing-source", [place.source, place.target]);
    // There is nothing to go on with.
    const accepted = await mirror(place, [
      "--accept",
      "missing-source",
      place.source,
      place.target,
    ]);
    expect([accepted.code === 0, walk(place.target).length]).toEqual([false, 2]);
  });

  test("is missing, and so is the target: nothing is made", async () => {
    using place = newPlace();
    const result = await mirror(place, [place.source, place.target]);
    expect(result.code).toBe(5);
    expect(() => walk(place.target)).toThrow("FileNotFoundError");
  });

  test("is a link to nothing", async () => {
    using place = newPlace();
    makeTree(place.dir, [{ path: "source", kind: "symlink", target: "gone" }]);
    makeTree(place.target, files({ a: "a" }));
    await expectGuard(place, "missing-source", [place.source, place.target]);
  });

  test("is empty over a target that holds something", async () => {
    using place = newPlace();
    makeTree(place.source, []);
    makeTree(place.target, files({ a: "a", b: "b" }));
    await expectGuard(place, "empty-source", [place.source, place.target]);
    await mirrorAndProve(place, { args: ["--accept", "empty-source,deletes"] });
  });

  test("is empty over a target that is empty or missing: that is in sync", async () => {
    using place = newPlace();
    makeTree(place.source, []);
    const missing = await mirror(place, [place.source, place.target]);
    const empty = await mirror(place, [place.source, place.target]);
    expect([missing.code, empty.code, judge(place.source, place.target)]).toEqual([0, 0, []]);
  });

  test("is empty because its disk is not mounted", async () => {
    using place = newPlace();
    mountMemory(place.source, "size=8m");
    makeTree(place.source, files({ a: "a", "b/c": "c" }));
    await mirrorAndProve(place);
    const before = fingerprint(place.target);
    unmount(place.source);
    const away = await mirror(place, [place.source, place.target]);
    expect(away.code).toBe(5);
    // Not even a bystander on the bare mount point makes it the right disk.
    makeTree(place.source, files({ a: "a", "b/other": "c" }));
    const other = await mirror(place, [place.source, place.target]);
    expect([other.code, guardsOf(other)]).toEqual([5, ["identity"]]);
    expect(fingerprint(place.target) === before).toBe(true);
    await mirrorAndProve(place, { args: ["--accept", "identity"] });
  });

  test("becomes a file where it was a directory, or a directory's target is a file", async () => {
    using place = newPlace();
    makeTree(place.source, files({ a: "a" }));
    makeTree(place.dir, files({ target: "a file" }));
    const overFile = await mirror(place, [place.source, place.target]);
    expect(overFile.code).not.toBe(0);
    expect(walk(place.dir).find(({ path }) => path === "target")).toMatchObject({ size: 6 });
  });
});

describe("deletes", () => {
  const scene = (place: Place, kept: number, extra: number): void => {
    makeTree(place.source, manyFiles(kept, "same").slice(0, kept));
    makeTree(place.target, manyFiles(kept + extra, "same"));
  };

  test("more than half of the target, and ten at least", async () => {
    using place = newPlace();
    scene(place, 20, 30);
    await expectGuard(place, "deletes", [place.source, place.target]);
    await mirrorAndProve(place, { args: ["--accept", "deletes"] });
  });

  test("more than half, but fewer than ten, pass", async () => {
    using place = newPlace();
    scene(place, 2, 9);
    const result = await mirrorAndProve(place);
    expect(countsOf(result)["deleted"]).toBe(9);
  });

  test("half or less passes, however many", async () => {
    using place = newPlace();
    scene(place, 60, 40);
    await mirrorAndProve(place);
  });

  test.each([
    ["10", 11],
    ["0", 1],
    ["5%", 11],
    ["0%", 1],
  ])("--max-delete %s", async (limit, extra) => {
    using place = newPlace();
    scene(place, 99 - extra, extra);
    await expectGuard(place, "deletes", ["--max-delete", limit, place.source, place.target]);
    const enough = String(extra);
    await mirrorAndProve(place, { args: ["--max-delete", enough] });
  });

  test("--max-delete 100% lets everything go, and --no-delete never trips", async () => {
    using place = newPlace();
    scene(place, 20, 60);
    const keep = await mirror(place, ["--no-delete", place.source, place.target]);
    expect([keep.code, countsOf(keep)["deleted"]]).toEqual([0, 0]);
    await mirrorAndProve(place, { args: ["--max-delete", "100%"] });
  });

  test("what goes with --delete-excluded counts too", async () => {
    using place = newPlace();
    scene(place, 60, 0);
    makeTree(place.target, []);
    await mirrorAndProve(place);
    const args = ["--delete-excluded", "--exclude", "f*", place.source, place.target];
    await expectGuard(place, "deletes", args);
  });

  test("accepting one guard does not accept another", async () => {
    using place = newPlace();
    makeTree(place.source, []);
    makeTree(place.target, manyFiles(30, "x"));
    const before = fingerprint(place.target);
    for (const guard of ["deletes", "empty-source"]) {
      const result = await mirror(place, ["--accept", guard, place.source, place.target]);
      expect(result.code).toBe(5);
    }
    expect(fingerprint(place.target) === before).toBe(true);
  });
});

describe("space", () => {
  test("a target too small for what it should hold", async () => {
    using place = newPlace();
    mountMemory(place.target, "size=4m");
    makeTree(place.source, [{ path: "large", kind: "file", size: 6_000_000, fill: 1 }]);
    await expectGuard(place, "space", [place.source, place.target]);
  });

  test("a target with room for the new, but not while the old still stands", async () => {
    using place = newPlace();
    mountMemory(place.target, "size=10m");
    makeTree(place.source, [{ path: "large", kind: "file", size: 6_000_000, fill: 1 }]);
    makeTree(place.target, [{ path: "large", kind: "file", size: 6_000_001, fill: 2 }]);
    await expectGuard(place, "space", [place.source, place.target]);
  });

  test("too few inodes", async () => {
    using place = newPlace();
    mountMemory(place.target, "size=8m,nr_inodes=50");
    makeTree(place.source, manyFiles(80, "x"));
    await expectGuard(place, "space", [place.source, place.target]);
  });

  test("holes need no room", async () => {
    using place = newPlace();
    mountMemory(place.target, "size=4m");
    makeTree(place.source, [{ path: "sparse", kind: "file", size: 2 ** 33, segments: [] }]);
    const result = await mirror(place, [place.source, place.target]);
    expect([result.code, lstatSync(`${place.target}/sparse`).size]).toEqual([0, 2 ** 33]);
  });
});

test("a guard leaves no trace of the target that was to be made", async () => {
  using place = newPlace();
  makeTree(place.source, files({ a: "a" }));
  mkdirSync(place.path("source/inner"));
  const result = await mirror(place, [place.source, place.path("source/inner/target")]);
  expect([result.code, guardsOf(result)]).toEqual([5, ["nested"]]);
  rmSync(place.path("source/inner"), { recursive: true });
  expect(walk(place.source).map(({ path }) => path)).toEqual(["", "a"]);
});
