import * as fc from "fast-check";
import { describe, expect, test } from "vitest";

import { directory, file, path, special, symlink } from "../../test/model/findings.ts";
import type { Around, Difference } from "./difference.ts";
import type { Entry } from "./entry.ts";
import type { MirrorRules } from "./mirror-plan.ts";
import { newMirrorPlanner } from "./mirror-plan.ts";
import type { Action, Aspect, Plan } from "./plan.ts";
import { actionsOf, phaseNames } from "./plan.ts";

type Told = Exclude<Difference, { type: "check" }>;

const counts = { checked: 3, targetEntries: 5, skipped: 1 };

function planOf(told: readonly Told[], rules: Partial<MirrorRules> = {}): Plan {
  const planner = newMirrorPlanner({ delete: true, hardlinks: true, foldsCase: false, ...rules });
  for (const difference of told) planner.add(difference);
  return planner.finish(counts);
}

/** The plan as sentences, phase by phase. */
function planned(told: readonly Told[], rules: Partial<MirrorRules> = {}): string[] {
  const { phases, problems } = planOf(told, rules);
  return [
    ...phaseNames.flatMap((name) => phases[name].map((action) => `${name}: ${said(action)}`)),
    ...problems.map(({ path, side, code }) => `problem: ${path} ${side} ${code}`),
  ];
}

function said(action: Action): string {
  const expected = "expected" in action ? action.expected : undefined;
  const over = expected === undefined ? "" : ` over ${expected.kind}`;
  switch (action.type) {
    case "link":
      return `link ${action.path} to ${action.from}${over}`;
    case "set-metadata":
      return `set ${action.path} ${action.aspects.join()}`;
    case "finish-directory":
      return `finish ${action.path || "the root"}${action.shown ? ` ${action.aspects.join()}` : ""}`;
    case "remove":
      return `remove ${action.path}`;
    default:
      return `${action.type} ${action.path}${over}`;
  }
}

const sourceOnly = (at: string, source: Entry, around?: Around): Told => ({
  type: "source-only",
  path: path(at),
  source,
  around,
});
const targetOnly = (at: string, target: Entry, around?: Around): Told => ({
  type: "target-only",
  path: path(at),
  target,
  around,
});
const differs = (
  at: string,
  source: Entry,
  target: Entry,
  aspects: Aspect[],
  around?: Around,
): Told => ({
  type: "differs",
  path: path(at),
  source,
  target,
  aspects,
  around,
});
const kept = (at: string): Told => ({ type: "kept", path: path(at) });
const frozen = (at: string): Told => ({
  type: "frozen",
  problem: { path: path(at), side: "target", code: "unreadable", message: "" },
});
const leftover = (at: string, around?: Around): Told => ({
  type: "leftover",
  path: path(at),
  isDirectory: false,
  around,
});
const around = (at: string): Around => ({
  path: path(at),
  source: directory({ inoLow: 50 }),
  target: directory({ inoLow: 60 }),
});

describe("what becomes of a difference", () => {
  test.each<[what: string, told: Told[], expected: string[], rules?: Partial<MirrorRules>]>([
    ["a new file is put", [sourceOnly("a", file())], ["content: put-file a"]],
    ["a new link is put", [sourceOnly("a", symlink())], ["content: put-symlink a"]],
    ["a new fifo is put", [sourceOnly("a", special())], ["content: put-special a"]],
    [
      "a new directory is made first and finished last",
      [sourceOnly("a", directory()), sourceOnly("a/b", directory()), sourceOnly("a/b/c", file())],
      [
        "directories: make-directory a",
        "directories: make-directory a/b",
        "content: put-file a/b/c",
        "finishing: finish a/b",
        "finishing: finish a",
      ],
    ],
    ["a new root is finished", [sourceOnly("", directory())], ["finishing: finish the root"]],
    [
      "what only the target has is removed",
      [targetOnly("a", directory()), targetOnly("a/b", file())],
      ["removals: remove a/b", "removals: remove a"],
    ],
    ["or is not", [targetOnly("a", directory()), targetOnly("a/b", file())], [], { delete: false }],
    [
      "other content is put over the old",
      [differs("a", file(), file(), ["content", "times"])],
      ["content: put-file a over file"],
    ],
    [
      "another link is put over the old",
      [differs("a", symlink(), symlink(), ["link-target"])],
      ["content: put-symlink a over symlink"],
    ],
    [
      "another device is put over the old",
      [
        differs("a", special({ kind: "block-device" }), special({ kind: "block-device" }), [
          "device",
        ]),
      ],
      ["content: put-special a over block-device"],
    ],
    [
      "other metadata is set",
      [differs("a", file(), file(), ["mode", "times"])],
      ["metadata: set a mode,times"],
    ],
    [
      "a directory's metadata is set last",
      [differs("a", directory(), directory(), ["mode"])],
      ["finishing: finish a mode"],
    ],
    [
      "the root's, too",
      [differs("", directory(), directory(), ["times"])],
      ["finishing: finish the root times"],
    ],
    [
      "a file gives way to a directory at once",
      [differs("a", directory(), file(), ["kind"])],
      ["directories: make-directory a over file", "finishing: finish a"],
    ],
    [
      "a directory gives way to a file when it is empty",
      [differs("a", file(), directory(), ["kind"]), targetOnly("a/b", file())],
      ["removals: remove a/b", "replacements: put-file a over directory"],
    ],
    [
      "what a killed run left is removed, whatever the rules",
      [leftover("a")],
      ["removals: remove-leftover a"],
      { delete: false },
    ],
    ["what cannot be read is a problem", [frozen("a")], ["problem: a target unreadable"]],
    ["what is kept is nobody's business", [kept("a")], []],
  ])("%s", (_what, told, expected, rules) => {
    expect(planned(told, rules)).toEqual(expected);
  });

  test("a plan carries what it was made from, and what it comes to", () => {
    const plan = planOf([
      sourceOnly("a", file({ size: 7 })),
      sourceOnly("d", directory()),
      differs("b", file({ size: 5 }), file({ size: 9 }), ["content"]),
      differs("c", file(), file(), ["mode"]),
      targetOnly("e", file({ size: 3 })),
    ]);
    expect(plan).toMatchObject({
      ...counts,
      totals: { created: 2, updated: 1, deleted: 1, metadata: 1, bytes: 12, deletedBytes: 3 },
      concerns: { folded: [], nested: [] },
    });
    const [put] = plan.phases.content;
    expect(put).toEqual({
      type: "put-file",
      path: "a",
      expected: undefined,
      entry: file({ size: 7 }),
    });
  });
});

test("as many moves as there may be are arranged", () => {
  const planner = newMirrorPlanner({ delete: true, hardlinks: true });
  const around = { path: path(""), source: directory(), target: directory() };
  const actions = Array.from({ length: 300_000 }, (_, n): Action => {
    const carries = { entries: 1, bytes: 0 } as const;
    const [from, to] = [path(`a${n}`), path(`b${n}`)];
    return { type: "move", path: to, from, expected: undefined, entry: file(), carries };
  });
  planner.arrange({ actions, touched: actions.map(() => around) });
  const { totals, phases } = planner.finish(counts);
  expect([totals.moved, phases.finishing.length]).toEqual([300_000, 1]);
});

describe("a directory that is there already", () => {
  test.each<[what: string, told: Told]>([
    ["a file is put into it", sourceOnly("d/a", file(), around("d"))],
    ["a directory is made in it", sourceOnly("d/a", directory(), around("d"))],
    ["something in it is replaced", differs("d/a", file(), file(), ["content"], around("d"))],
    ["a directory in it is replaced", differs("d/a", file(), directory(), ["kind"], around("d"))],
    ["something in it is removed", targetOnly("d/a", file(), around("d"))],
    ["what a killed run left in it is removed", leftover("d/a", around("d"))],
    [
      "a name in it is linked",
      {
        type: "linked",
        path: path("d/a"),
        source: file({ nlink: 2, inoLow: 1 }),
        target: file({ nlink: 1, inoLow: 9 }),
        aspects: [],
        around: around("d"),
      },
    ],
  ])("gets its times back when %s", (_what, told) => {
    const other: Told = {
      type: "linked",
      path: path("a"),
      source: file({ nlink: 2, inoLow: 1 }),
      target: file({ nlink: 1, inoLow: 8 }),
      aspects: [],
      around: undefined,
    };
    const { phases } = planOf([other, told]);
    expect(phases.finishing.at(-1)).toEqual({
      type: "finish-directory",
      path: "d",
      expected: around("d").target,
      entry: around("d").source,
      aspects: [],
      shown: false,
    });
  });

  test("is finished once", () => {
    const told = [
      differs("d", directory(), directory(), ["mode"]),
      sourceOnly("d/a", file(), around("d")),
      sourceOnly("d/b", file(), around("d")),
    ];
    expect(planned(told).filter((line) => line.includes("finish"))).toEqual([
      "finishing: finish d mode",
    ]);
  });

  test("is left alone when nothing but metadata changes in it", () => {
    expect(planned([differs("d/a", file(), file(), ["mode"], around("d"))])).toEqual([
      "metadata: set d/a mode",
    ]);
  });
});

describe("a directory with something in it that has to stay", () => {
  const stays: readonly (readonly [what: string, told: Told])[] = [
    ["something kept", kept("d/e/x")],
    ["something unreadable", frozen("d/e/x")],
  ];

  test.each(stays)("is not removed: %s", (_what, stay) => {
    const told = [
      targetOnly("d", directory(), around("")),
      targetOnly("d/e", directory()),
      stay,
      targetOnly("d/e/y", file()),
      targetOnly("d/f", directory()),
    ];
    expect(planned(told).filter((line) => !line.startsWith("problem"))).toEqual([
      "removals: remove d/f",
      "removals: remove d/e/y",
    ]);
  });

  test.each(stays)("gives way to nothing, and keeps all that is in it: %s", (_what, stay) => {
    const told = [
      differs("d", file(), directory(), ["kind"], around("")),
      targetOnly("d/e", directory()),
      stay,
      targetOnly("d/y", file()),
    ];
    const lines = planned(told);
    expect(lines).toContain("problem: d target blocked");
    expect(lines.filter((line) => !line.startsWith("problem"))).toEqual([]);
  });

  test("gives way to nothing either where nothing is removed", () => {
    const told = [differs("d", symlink(), directory(), ["kind"]), targetOnly("d/y", file())];
    expect(planned(told, { delete: false })).toEqual(["problem: d target blocked"]);
  });

  test("blocks one name of a file, and not the others", () => {
    const shared = file({ nlink: 2, inoLow: 1 });
    const told = [
      differs("d", shared, directory(), ["kind"]),
      kept("d/x"),
      sourceOnly("e", shared),
    ];
    expect(planned(told)).toEqual(["content: put-file e", "problem: d target blocked"]);
  });
});

describe("names that share a file", () => {
  const shared = (inode: number, nlink = 2): Entry => file({ nlink, inoLow: inode });

  test("are put once and linked", () => {
    const told = [sourceOnly("b", shared(1)), sourceOnly("a", shared(1))];
    expect(planned(told)).toEqual(["content: put-file a", "links: link b to a"]);
    expect(planned(told, { hardlinks: false })).toEqual([
      "content: put-file a",
      "content: put-file b",
    ]);
  });

  test("wait for a directory to be gone that is in the way of any of them", () => {
    const first = [differs("a", shared(1), directory(), ["kind"]), sourceOnly("b", shared(1))];
    expect(planned(first)).toEqual([
      "replacements: put-file a over directory",
      "replacementLinks: link b to a",
    ]);
    const second = [sourceOnly("a", shared(1)), differs("b", shared(1), directory(), ["kind"])];
    expect(planned(second)).toEqual([
      "content: put-file a",
      "replacementLinks: link b to a over directory",
    ]);
  });

  test("are linked when the metadata is set by which the file is known", () => {
    const told = [differs("a", shared(1), shared(7, 1), ["times"]), sourceOnly("b", shared(1))];
    expect(planned(told)).toEqual(["metadata: set a times", "links: link b to a"]);
  });

  test("and shall not any more are parted, kept groups or not", () => {
    const told: Told[] = ["a", "b"].map((at, i) => ({
      type: "linked",
      path: path(at),
      source: file({ inoLow: i + 1 }),
      target: shared(7) as never,
      aspects: [],
      around: undefined,
    }));
    expect(planned(told)).toEqual(["content: put-file b over file"]);
    expect(planned(told, { hardlinks: false })).toEqual([]);
  });

  test("are not changed in place where groups are not kept", () => {
    const told = [
      differs("a", file(), shared(7), ["mode"]),
      differs("l", symlink(), symlink({ nlink: 2 }), ["times"]),
    ];
    expect(planned(told, { hardlinks: false })).toEqual([
      "content: put-file a over file",
      "content: put-symlink l over symlink",
    ]);
  });
});

describe("names that the target takes for one", () => {
  test("are a concern, and the later ones are left out with all below them", () => {
    const told: Told[] = [
      sourceOnly("A", directory()),
      sourceOnly("A/x", file()),
      { type: "folded", path: path("a"), other: path("A") },
      sourceOnly("a", directory()),
      sourceOnly("a/x", file()),
      sourceOnly("ab", file()),
    ];
    expect(planOf(told).concerns.folded).toEqual([["a", "A"]]);
    expect(planned(told)).toEqual([
      "directories: make-directory A",
      "content: put-file A/x",
      "content: put-file ab",
      "finishing: finish A",
      "problem: a target folding",
    ]);
  });

  test("are no file to link to", () => {
    const shared = file({ nlink: 2, inoLow: 1 });
    const told: Told[] = [
      sourceOnly("A", file()),
      { type: "folded", path: path("a"), other: path("A") },
      sourceOnly("a", shared),
      sourceOnly("b", shared),
    ];
    expect(planned(told)).toEqual([
      "content: put-file A",
      "content: put-file b",
      "problem: a target folding",
    ]);
  });

  test.each<[what: string, source: Entry, target: Entry]>([
    ["a file", file(), file()],
    ["a file with several names", file({ nlink: 2 }), file()],
    ["a directory", directory(), directory()],
    ["another kind", symlink(), file()],
  ])(
    "are neither put nor removed where only case tells them apart: %s",
    (_what, source, target) => {
      const told = [
        sourceOnly("N", source, around("")),
        ...(source.kind === "directory" ? [sourceOnly("N/x", file())] : []),
        targetOnly("n", target, around("")),
        ...(target.kind === "directory" ? [targetOnly("n/y", file())] : []),
      ];
      expect(planned(told, { foldsCase: true })).toEqual(["problem: N target folding"]);
    },
  );
});

test("directories that are the other one's root are a concern", () => {
  const { concerns } = planOf([{ type: "nested", path: path("a/b") }]);
  expect(concerns.nested).toEqual(["a/b"]);
});

test("content of a run's only file comes from where it is", () => {
  const { phases } = planOf([sourceOnly("b", file({ nlink: 3 }))], { content: path("a") });
  expect(phases.content).toMatchObject([{ type: "put-file", path: "b", content: "a" }]);
});

test("the order in which differences are told changes nothing", () => {
  const shared = file({ nlink: 3, inoLow: 1 });
  const told: Told[] = [
    sourceOnly("a", directory()),
    sourceOnly("a/x", shared),
    sourceOnly("b", shared, around("")),
    differs("c", file(), directory(), ["kind"], around("")),
    targetOnly("c/x", file()),
    targetOnly("c/y", directory()),
    differs("d", shared, file({ inoLow: 9 }), ["mode"], around("")),
    differs("e", directory(), directory(), ["mode"], around("")),
    targetOnly("f", directory(), around("")),
    kept("f/x"),
    differs("g", file(), directory(), ["kind"], around("")),
    frozen("g/x"),
    targetOnly("g/y", file()),
    leftover("h", around("")),
  ];
  const plan = planOf(told);
  fc.assert(
    fc.property(fc.shuffledSubarray(told, { minLength: told.length }), (shuffled) => {
      expect(planOf(shuffled)).toEqual(plan);
    }),
  );
  expect([...actionsOf(plan)].length).toBeGreaterThan(8);
});
