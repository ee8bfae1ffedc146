import { renameSync, symlinkSync } from "node:fs";

import { describe, expect, test } from "vitest";

import { fingerprint, walk } from "../support/judge.ts";
import { mountBind } from "../support/mounts.ts";
import type { Place } from "../support/place.ts";
import { newPlace } from "../support/place.ts";
import { DRIVERS } from "../support/proof.ts";
import type { Options } from "../support/syncline.ts";
import { guardsOf, mirror } from "../support/syncline.ts";
import { files, makeTree } from "../support/trees.ts";

interface Scene {
  readonly name: string;
  readonly guard: "same" | "nested";
  /** Makes links and mounts, and says what is mirrored to what, below the place. */
  readonly locations: (place: Place) => readonly [source: string, target: string];
}

const SCENES: readonly Scene[] = [
  { name: "the same path", guard: "same", locations: () => ["tree", "tree"] },
  {
    name: "the same path, spelled otherwise",
    guard: "same",
    locations: () => ["tree", "./x/../tree/."],
  },
  {
    name: "the same through a link",
    guard: "same",
    locations: ({ path }) => {
      symlinkSync("tree", path("link"));
      return ["tree", "link"];
    },
  },
  {
    name: "the same through a link further up",
    guard: "same",
    locations: ({ dir, path }) => {
      symlinkSync(dir, path("up"));
      return ["up/tree", "tree"];
    },
  },
  {
    name: "the same through a bind mount",
    guard: "same",
    locations: ({ path }) => {
      mountBind(path("tree"), path("bound"));
      return ["tree", "bound"];
    },
  },
  { name: "the target inside the source", guard: "nested", locations: () => ["tree", "tree/a"] },
  {
    name: "the target, still missing, inside the source",
    guard: "nested",
    locations: () => ["tree", "tree/a/not/yet"],
  },
  { name: "the source inside the target", guard: "nested", locations: () => ["tree/a", "tree"] },
  {
    name: "the target inside the source through a link",
    guard: "nested",
    locations: ({ path }) => {
      symlinkSync("tree/a", path("link"));
      return ["tree", "link"];
    },
  },
  {
    name: "a missing target inside the source through a link",
    guard: "nested",
    locations: ({ path }) => {
      symlinkSync("tree/a", path("link"));
      return ["tree", "link/new"];
    },
  },
  {
    name: "the source inside the target through a link",
    guard: "nested",
    locations: ({ path }) => {
      symlinkSync("tree/a", path("link"));
      return ["link", "tree"];
    },
  },
  {
    name: "the target inside the source through a bind mount",
    guard: "nested",
    locations: ({ path }) => {
      mountBind(path("tree/a"), path("bound"));
      return ["tree", "bound"];
    },
  },
  {
    name: "below a bind mount of what is inside the source",
    guard: "nested",
    locations: ({ path }) => {
      mountBind(path("tree/a"), path("bound"));
      return ["tree", "bound/new"];
    },
  },
  {
    name: "the source inside the target through a bind mount",
    guard: "nested",
    locations: ({ path }) => {
      mountBind(path("tree/a"), path("bound"));
      return ["bound", "tree"];
    },
  },
  {
    name: "the target mounted into the source, far from where it is named",
    guard: "nested",
    locations: ({ path }) => {
      makeTree(path("other"), files({ x: "x" }));
      mountBind(path("other"), path("tree/mounted"));
      return ["tree", "other"];
    },
  },
  {
    name: "the source mounted into the target, far from where it is named",
    guard: "nested",
    locations: ({ path }) => {
      makeTree(path("other"), files({ x: "x" }));
      mountBind(path("tree"), path("other/mounted"));
      return ["tree", "other"];
    },
  },
];

/** The tree that must not suffer. */
function plant(place: Place): void {
  makeTree(place.path("tree"), files({ "a/b/c": "c", "a/d": "d", e: "e" }));
}

async function run(
  place: Place,
  [source, target]: readonly [string, string],
  options: Options,
): Promise<unknown> {
  const result = await mirror(place, ["-y", source, target], options);
  return { code: result.code, guards: guardsOf(result) };
}

describe.each(DRIVERS)("$driver", ({ options }) => {
  test.each(SCENES)("$name: $guard", async ({ guard, locations }) => {
    using place = newPlace();
    plant(place);
    const pair = locations(place);
    const before = fingerprint(place.path("tree"));
    expect(await run(place, pair, options)).toEqual({ code: 5, guards: [guard] });
    expect(fingerprint(place.path("tree")) === before).toBe(true);
  });
});

test("neighbours whose names begin alike are neither the same nor nested", async () => {
  using place = newPlace();
  plant(place);
  const result = await mirror(place, ["tree", "tree-copy"]);
  expect([result.code, walk(place.path("tree-copy")).length]).toEqual([0, 6]);
  const back = await mirror(place, ["tree-copy/a", "tree/a2/a"]);
  expect(back.code).toBe(0);
});

test("a hard-linked file, or a link that points at the other replica, is no overlap", async () => {
  using place = newPlace();
  plant(place);
  symlinkSync("../target", place.path("tree/to-target"));
  const result = await mirror(place, ["tree", "target"]);
  expect(result.code).toBe(0);
});

test("nested replicas can be mirrored where the inner one is left out and that is accepted", async () => {
  using place = newPlace();
  plant(place);
  const line = ["--exclude", "/copy", "--accept", "nested", "tree", "tree/copy"];
  const first = await mirror(place, line);
  const again = await mirror(place, line);
  expect([first.code, again.code]).toEqual([0, 0]);
  expect(walk(place.path("tree/copy")).map(({ path }) => path)).toEqual([
    "",
    "a",
    "a/b",
    "a/b/c",
    "a/d",
    "e",
  ]);
});

test("two targets that are one directory, or one inside the other, are not both written", async () => {
  using place = newPlace();
  plant(place);
  makeTree(place.path("t1"), []);
  symlinkSync("t1", place.path("t2"));
  const same = await mirror(place, ["tree", "t1", "t2"]);
  expect(same.code).not.toBe(0);
  const nested = await mirror(place, ["tree", "t1", "t1/inner"]);
  expect(nested.code).not.toBe(0);
  // Whatever was refused, nothing of the first target was taken for strange and deleted.
  const twins = await mirror(place, ["tree", "t3", "./t3"]);
  expect(twins.code).toBe(2);
  renameSync(place.path("t2"), place.path("t4"));
});
