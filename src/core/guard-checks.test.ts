import { describe, expect, test } from "vitest";

import { directory, file, path, symlink } from "../../test/model/findings.ts";
import type { Entry } from "./entry.ts";
import type { PlanLimits, RootFacts } from "./guard-checks.ts";
import { checkPlan, checkRoots } from "./guard-checks.ts";
import type { DeleteLimit, GuardTrip } from "./guards.ts";
import { defaultDeleteLimit } from "./guards.ts";
import type { Action, Phases, Plan } from "./plan.ts";
import { totalsOf } from "./plan-totals.ts";

const names = (trips: readonly GuardTrip[]): string[] => trips.map(({ guard }) => guard);

function root(over: Partial<RootFacts> = {}): RootFacts {
  return {
    location: "/somewhere",
    exists: true,
    lineage: ["1:9", "1:2"],
    mountPoint: "/",
    knownMountPoint: undefined,
    ...over,
  };
}

describe("roots", () => {
  const source = root({ location: "/source", lineage: ["1:5", "1:3", "1:2"] });

  test.each<[what: string, source: RootFacts, target: RootFacts, expected: string[]]>([
    ["that have nothing to do with one another", source, root(), []],
    ["with a target that does not exist yet", source, root({ exists: false }), []],
    ["without a source", root({ exists: false }), root(), ["missing-source"]],
    ["without both", root({ exists: false }), root({ exists: false }), ["missing-source"]],
    ["that are one", source, root({ lineage: source.lineage }), ["same"]],
    ["that are one by another way", source, root({ lineage: ["1:5", "1:8", "1:2"] }), ["same"]],
    ["with the target inside", source, root({ lineage: ["1:7", "1:5", "1:3", "1:2"] }), ["nested"]],
    [
      "with the target to be made right inside",
      source,
      root({ exists: false, lineage: source.lineage }),
      ["nested"],
    ],
    [
      "with the target to be made deep inside",
      source,
      root({ exists: false, lineage: ["1:7", ...source.lineage] }),
      ["nested"],
    ],
    ["with the source inside", source, root({ lineage: ["1:3", "1:2"] }), ["nested"]],
    [
      "with the target to be made beside the source",
      source,
      root({ exists: false, lineage: ["1:3", "1:2"] }),
      [],
    ],
    ["whose numbers are equal on other devices", source, root({ lineage: ["2:5", "2:3"] }), []],
  ])("%s", (_what, source, target, expected) => {
    expect(names(checkRoots(source, target, true))).toEqual(expected);
  });

  test("are held against one another only where identities can be", () => {
    expect(checkRoots(source, root({ lineage: source.lineage }), false)).toEqual([]);
  });

  test.each<[known: string | undefined, now: string | undefined, expected: string[]]>([
    [undefined, "/", []],
    ["/mnt/disk", "/mnt/disk", []],
    ["/mnt/disk", "/", ["identity"]],
    ["/mnt/disk", "/mnt", ["identity"]],
    ["/", "/mnt/disk", []],
    ["/mnt/disk", undefined, []],
  ])("that were mounted at %s and are now at %s", (knownMountPoint, mountPoint, expected) => {
    const moved = { knownMountPoint, mountPoint };
    expect(names(checkRoots(root({ ...source, ...moved }), root(), true))).toEqual(expected);
    expect(names(checkRoots(source, root(moved), true))).toEqual(expected);
  });

  test("say which of them it is, what it means and what to do", () => {
    const [trip] = checkRoots(source, root({ location: "/target", lineage: source.lineage }), true);
    expect(trip).toEqual({
      guard: "same",
      saw: "/source and /target are the same directory",
      would: "the tree would be mirrored onto itself",
      advice: "Name another target.",
    });
    const [inside] = checkRoots(source, root({ location: "/target", lineage: ["1:3"] }), true);
    expect(inside).toMatchObject({
      saw: "the source /source lies inside the target /target",
      would: "the source itself would be deleted from the target",
    });
  });
});

const put = (entry: Entry, expected?: Entry, at = "a"): Action =>
  ({
    type: entry.kind === "file" ? "put-file" : "put-symlink",
    path: path(at),
    expected,
    entry,
  }) as Action;
const make = (at: string): Action => ({
  type: "make-directory",
  path: path(at),
  expected: undefined,
  entry: directory(),
});
const removals = (count: number): Action[] =>
  Array.from({ length: count }, (_, n) => ({
    type: "remove",
    path: path(`r${n}`),
    expected: file(),
  }));

function planOf(phases: Partial<Phases>, over: Partial<Plan> = {}): Plan {
  const all: Phases = {
    moves: [],
    directories: [],
    content: [],
    metadata: [],
    links: [],
    removals: [],
    replacements: [],
    replacementLinks: [],
    finishing: [],
    ...phases,
  };
  return {
    phases: all,
    totals: totalsOf(all),
    checked: 100,
    targetEntries: 100,
    skipped: 0,
    problems: [],
    concerns: { folded: [], nested: [] },
    ...over,
  };
}

const limits: PlanLimits = {
  deleteLimit: defaultDeleteLimit,
  freeBytes: undefined,
  freeInodes: undefined,
  reflink: false,
  keepsVersions: false,
};

function trips(plan: Plan, over: Partial<PlanLimits> = {}): string[] {
  return names(checkPlan(plan, "/source", "/target", { ...limits, ...over }));
}

test("a plan without anything special trips nothing", () => {
  expect(trips(planOf({ content: [put(file())], removals: removals(3) }))).toEqual([]);
  expect(trips(planOf({}))).toEqual([]);
});

describe("an empty source", () => {
  test.each<[what: string, over: Partial<Plan>, expected: string[]]>([
    ["over a target that holds something", { checked: 0, targetEntries: 1 }, ["empty-source"]],
    ["over an empty target", { checked: 0, targetEntries: 0 }, []],
    ["that is not empty but filtered", { checked: 0, skipped: 1, targetEntries: 9 }, []],
    ["that is not", { checked: 1, targetEntries: 9 }, []],
  ])("%s", (_what, over, expected) => {
    expect(trips(planOf({}, over))).toEqual(expected);
  });

  test("trips beside the limit for deletes, which has to be accepted, too", () => {
    const plan = planOf({ removals: removals(20) }, { checked: 0, targetEntries: 20 });
    expect(trips(plan)).toEqual(["empty-source", "deletes"]);
  });

  test("says how much would go", () => {
    const plan = planOf({ removals: removals(1) }, { checked: 0, targetEntries: 1 });
    expect(checkPlan(plan, "/source", "/target", limits)).toMatchObject([
      {
        saw: "the source /source is empty, and /target holds 1 entry",
        would: "1 entry would be deleted",
      },
    ]);
  });
});

describe("deletes", () => {
  const half: DeleteLimit = { type: "percent", percent: 50, atLeast: 10 };

  test.each<[removed: number, of: number, limit: DeleteLimit, isOver: boolean]>([
    [9, 9, half, false],
    [10, 20, half, false],
    [10, 19, half, true],
    [11, 20, half, true],
    [50, 100, half, false],
    [51, 100, half, true],
    [0, 0, { type: "percent", percent: 0, atLeast: 0 }, false],
    [1, 100, { type: "percent", percent: 0, atLeast: 0 }, true],
    [100, 100, { type: "percent", percent: 100, atLeast: 0 }, false],
    [0, 100, { type: "count", count: 0 }, false],
    [1, 100, { type: "count", count: 0 }, true],
    [5, 100, { type: "count", count: 5 }, false],
    [6, 100, { type: "count", count: 5 }, true],
  ])("%i of %i with the limit %j", (removed, of, deleteLimit, isOver) => {
    const plan = planOf({ removals: removals(removed) }, { targetEntries: of });
    expect(trips(plan, { deleteLimit })).toEqual(isOver ? ["deletes"] : []);
  });

  test("leftovers are none", () => {
    const leftovers = Array.from({ length: 50 }, (_, n): Action => ({
      type: "remove-leftover",
      path: path(`.syncline~${n}`),
      isDirectory: false,
    }));
    const deleteLimit = { type: "count", count: 0 } as const;
    expect(trips(planOf({ removals: leftovers }), { deleteLimit })).toEqual([]);
  });

  test("are said as a share and beside the limit", () => {
    const plan = planOf({ removals: removals(60) }, { targetEntries: 80 });
    expect(checkPlan(plan, "/source", "/target", limits)[0]!.saw).toBe(
      "60 of 80 entries in /target are not in the source (75 %; the limit is 50 %)",
    );
  });
});

describe("space", () => {
  const sized = (size: number, over: Partial<Entry> = {}): Entry =>
    file({ size, blocks: Math.ceil(size / 512), ...(over as object) });

  test.each<[what: string, phases: Partial<Phases>, needed: number]>([
    ["new files", { content: [put(sized(1000)), put(sized(24))] }, 1024],
    ["holes take none", { content: [put(sized(1_000_000, { blocks: 2 }))] }, 1024],
    ["links take none", { content: [put(symlink())], directories: [make("d")] }, 0],
    [
      "growth alone, and the largest replaced file once more",
      { content: [put(sized(1000), sized(400)), put(sized(500), sized(900))] },
      600 + 500,
    ],
    [
      "what has further names frees nothing",
      { content: [put(sized(1000), sized(1000, { nlink: 2 }))] },
      1000,
    ],
    ["what replaces a directory", { replacements: [put(sized(1000), directory())] }, 1000],
    [
      "what is removed comes too late",
      { content: [put(sized(1000))], removals: removals(9) },
      1000,
    ],
  ])("needed: %s", (_what, phases, needed) => {
    const plan = planOf(phases);
    expect(trips(plan, { freeBytes: needed })).toEqual([]);
    if (needed > 0) expect(trips(plan, { freeBytes: needed - 1 })).toEqual(["space"]);
  });

  test("is not needed for content that is shared", () => {
    const plan = planOf({ content: [put(sized(1000))] });
    expect(trips(plan, { freeBytes: 0, reflink: true })).toEqual([]);
  });

  test("for new files and directories is counted, where it is limited", () => {
    const plan = planOf({
      directories: [make("d")],
      content: [put(file()), put(symlink(), undefined, "b"), put(file(), file(), "c")],
    });
    expect(trips(plan, { freeInodes: 3 })).toEqual([]);
    expect(trips(plan, { freeInodes: 2 })).toEqual(["space"]);
    expect(trips(plan, { freeInodes: 0, reflink: true })).toEqual(["space"]);
  });
});

describe("what was noticed on the way", () => {
  test("trips guards of its own", () => {
    const concerns = {
      folded: [[path("a\u00e4"), path("A")] as const, [path("b"), path("B")] as const],
      nested: [path("x/y")],
    };
    const found = checkPlan(planOf({}, { concerns }), "/source", "/target", limits);
    expect(names(found)).toEqual(["nested", "folding"]);
    expect(found[0]!.saw).toContain("x/y is the root of the other one");
    expect(found[1]!.saw).toContain("and 1 more such names");
  });
});
