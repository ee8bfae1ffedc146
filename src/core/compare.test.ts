import { describe, expect, test } from "vitest";

import type { Rows } from "../../test/model/findings.ts";
import {
  bytes,
  directory,
  excluded,
  file,
  leftover,
  problem,
  snapshotOf,
  special,
  symlink,
} from "../../test/model/findings.ts";
import type { CompareRules } from "./compare.ts";
import { compare } from "./compare.ts";
import type { CompareCounts, Difference } from "./difference.ts";
import { noFilter } from "./filter.ts";
import { rootPath } from "./path.ts";
import { preserveAll } from "./preserve.ts";

const preserve = preserveAll;

const rules: CompareRules = {
  top: rootPath,
  holdsTrees: false,
  isSingle: false,
  excludedGoes: false,
  targetPlace: undefined,
  sameMachine: false,
  sameness: {
    compare: "size+mtime",
    mtimes: { resolution: 1, window: 0 },
    preserve,
    linkTimes: true,
    racySince: Infinity,
  },
  selection: {
    preserve,
    symlinks: true,
    filter: noFilter,
    ignoreFiles: false,
    foldsCase: false,
  },
};

async function differences(
  source: Rows,
  target: Rows,
  over: Partial<CompareRules> = {},
  chunkRows: number = 100,
): Promise<{ readonly all: Difference[]; readonly counts: CompareCounts }> {
  const all: Difference[] = [];
  const run = compare(snapshotOf(source, chunkRows), snapshotOf(target, chunkRows), {
    ...rules,
    ...over,
  });
  for (;;) {
    const next = await run.next();
    if (next.done === true) return { all, counts: next.value };
    all.push(...next.value);
  }
}

describe("the directory around a difference", () => {
  test.each([1, 2, 100])("is the one that holds it, in chunks of %i", async (chunkRows) => {
    const [sa, sb, ta, tb] = [11, 12, 21, 22].map((inoLow) => directory({ inoLow }));
    const source: Rows = [
      ["a", sa!],
      ["b", sb!],
      ["b/only-source", file()],
    ];
    const target: Rows = [
      ["a", ta!],
      ["a/only-target", file()],
      ["b", tb!],
    ];
    const { all } = await differences(source, target, {}, chunkRows);
    expect(all.map((one) => "around" in one && one.around)).toEqual([
      { path: "a", source: sa, target: ta },
      { path: "b", source: sb, target: tb },
    ]);
  });
});

/** A difference in few words. */
function said(difference: Difference): string {
  switch (difference.type) {
    case "differs":
    case "check":
      return `${difference.type} ${difference.path || "root"}: ${difference.aspects.join()}`;
    case "frozen": {
      const { path, side, code } = difference.problem;
      return `frozen ${path}: ${side} ${code}`;
    }
    case "folded":
      return `folded ${difference.path} into ${difference.other}`;
    default:
      return `${difference.type} ${difference.path || "root"}`;
  }
}

/** Differences and counts, the same for every size of chunks. */
async function compared(
  source: Rows,
  target: Rows,
  over: Partial<CompareRules> = {},
): Promise<{ readonly lines: string[]; readonly counts: number[] }> {
  const results = [];
  for (const chunkRows of [1, 2, 3, 100]) {
    const { all, counts } = await differences(source, target, over, chunkRows);
    const { checked, targetEntries, skipped } = counts;
    results.push({ lines: all.map(said), counts: [checked, targetEntries, skipped] });
  }
  for (const result of results) expect(result).toEqual(results[0]);
  return results[0]!;
}

const dir = directory();
const withSelection = (over: Partial<CompareRules["selection"]>): Partial<CompareRules> => ({
  selection: { ...rules.selection, ...over },
});

describe("what is said of two trees", () => {
  test.each<[what: string, source: Rows, target: Rows, lines: string[], counts: number[]]>([
    [
      "nothing where they are equal",
      [
        ["a", dir],
        ["a/b", file()],
      ],
      [
        ["a", dir],
        ["a/b", file()],
      ],
      [],
      [2, 2, 0],
    ],
    [
      "everything that only one of them has, with all that is in it",
      [
        ["a", dir],
        ["a/x", file()],
        ["c", dir],
      ],
      [
        ["b", dir],
        ["b/y", dir],
        ["b/y/z", file()],
        ["d", file()],
      ],
      [
        "source-only a",
        "source-only a/x",
        "target-only b",
        "target-only b/y",
        "target-only b/y/z",
        "source-only c",
        "target-only d",
      ],
      [3, 4, 0],
    ],
    [
      "what differs in an entry of both",
      [
        ["a", file()],
        ["d", dir],
      ],
      [
        ["a", file({ size: 1 })],
        ["d", directory({ mode: 0 })],
      ],
      ["differs a: content", "differs d: mode"],
      [2, 2, 0],
    ],
    [
      "what differs in the root",
      [["", directory({ mode: 0 })]],
      [["", dir]],
      ["differs root: mode"],
      [0, 0, 0],
    ],
    [
      "another kind, and what was inside",
      [["a", file()]],
      [
        ["a", dir],
        ["a/x", file()],
      ],
      ["differs a: kind", "target-only a/x"],
      [1, 2, 0],
    ],
    [
      "another kind, and what shall be inside",
      [
        ["a", dir],
        ["a/x", file()],
      ],
      [["a", file()]],
      ["differs a: kind", "source-only a/x"],
      [2, 1, 0],
    ],
    [
      "names of files that have several",
      [
        ["a", file({ nlink: 2 })],
        ["b", file()],
      ],
      [
        ["a", file()],
        ["b", file({ nlink: 2 })],
      ],
      ["linked a", "linked b"],
      [2, 2, 0],
    ],
    [
      "names in the order of bytes, directories' contents between",
      [
        ["a", dir],
        ["a/x", file()],
        ["a-b", file()],
        ["a.b", file()],
      ],
      [
        ["a", dir],
        ["a-b", file()],
        ["ab", file()],
      ],
      ["source-only a/x", "source-only a.b", "target-only ab"],
      [4, 3, 0],
    ],
    [
      "leftovers, whatever else has their name",
      [
        ["d", dir],
        ["d/.syncline~aaaaaa~0", leftover],
      ],
      [
        ["d", dir],
        ["d/.syncline~aaaaaa~0", leftover],
        ["d/.syncline~aaaaaa~1", leftover],
      ],
      ["leftover d/.syncline~aaaaaa~0", "leftover d/.syncline~aaaaaa~1"],
      [1, 1, 0],
    ],
  ])("%s", async (_what, source, target, lines, counts) => {
    expect(await compared(source, target)).toEqual({ lines, counts });
  });

  test("everything, where the target is missing", async () => {
    const all: Difference[] = [];
    const source = snapshotOf([
      ["a", dir],
      ["a/x", file()],
    ]);
    for await (const some of compare(source, (async function* () {})(), rules)) all.push(...some);
    expect(all.map(said)).toEqual(["source-only root", "source-only a", "source-only a/x"]);
  });
});

describe("a path that cannot be read", () => {
  const inside: Rows = [
    ["p", dir],
    ["p/x", file()],
    ["p/y", dir],
    ["p/y/z", file()],
    ["q", file()],
  ];

  test.each<[what: string, source: Rows, target: Rows, lines: string[]]>([
    [
      "in the source",
      [
        ["p", problem()],
        ["q", file()],
      ],
      inside,
      ["frozen p: source unreadable"],
    ],
    [
      "in the target",
      inside,
      [
        ["p", problem()],
        ["q", file()],
      ],
      ["frozen p: target unreadable"],
    ],
    [
      "in both",
      [
        ["p", problem("io")],
        ["q", file()],
      ],
      [
        ["p", problem("busy")],
        ["q", file()],
      ],
      ["frozen p: source io"],
    ],
    [
      "in the source alone",
      [
        ["p", problem()],
        ["q", file()],
      ],
      [["q", file()]],
      ["frozen p: source unreadable"],
    ],
    [
      "in the target alone",
      [["q", file()]],
      [
        ["p", problem()],
        ["q", file()],
      ],
      ["frozen p: target unreadable"],
    ],
    [
      "in the source, excluded in the target",
      [
        ["p", problem()],
        ["q", file()],
      ],
      [
        ["p", excluded],
        ["q", file()],
      ],
      ["frozen p: source unreadable"],
    ],
  ])("freezes itself and all below: %s", async (_what, source, target, lines) => {
    expect((await compared(source, target)).lines).toEqual(lines);
  });
});

describe("a path that is excluded", () => {
  const tree: Rows = [
    ["e", dir],
    ["e/x", file()],
    ["f", file()],
  ];
  const out: Rows = [
    ["e", excluded],
    ["f", file()],
  ];
  const goes: Partial<CompareRules> = { excludedGoes: true };

  test.each<
    [
      what: string,
      source: Rows,
      target: Rows,
      lines: string[],
      counts: number[],
      over?: Partial<CompareRules>,
    ]
  >([
    ["in both is nobody's business", out, out, ["kept e"], [1, 1, 1]],
    ["in the source stays in the target", out, tree, ["kept e"], [1, 3, 1]],
    ["in the source alone is not made", out, [["f", file()]], [], [1, 1, 1]],
    ["in the target alone stays", [["f", file()]], out, ["kept e"], [1, 1, 0]],
    [
      "in the target alone is in the way of another kind",
      tree,
      out,
      ["frozen e: target blocked"],
      [2, 1, 0],
    ],
    [
      "in the source goes from the target where it shall",
      out,
      tree,
      ["target-only e", "target-only e/x"],
      [1, 3, 1],
      goes,
    ],
    ["in the source alone is not made then either", out, [["f", file()]], [], [1, 1, 1], goes],
  ])("%s", async (_what, source, target, lines, counts, over) => {
    expect(await compared(source, target, over)).toEqual({ lines, counts });
  });
});

describe("entries of a kind that is not wanted", () => {
  const device = special({ kind: "block-device" });
  const noSpecials = withSelection({ preserve: { ...preserve, specials: false, devices: false } });
  const small = withSelection({ filter: { ...noFilter, minSize: 5, maxSize: 20 } });

  test.each<
    [what: string, source: Rows, target: Rows, lines: string[], over: Partial<CompareRules>]
  >([
    [
      "fifos and devices are left alone on both sides",
      [
        ["a", special()],
        ["b", device],
      ],
      [
        ["a", special({ mode: 0 })],
        ["c", device],
      ],
      ["kept a", "kept c"],
      noSpecials,
    ],
    [
      "even where something else stands",
      [["a", special()]],
      [
        ["a", dir],
        ["a/x", file()],
      ],
      ["kept a"],
      noSpecials,
    ],
    [
      "but give way to what is wanted",
      [["a", file()]],
      [["a", special()]],
      ["differs a: kind"],
      noSpecials,
    ],
    [
      "links are, where none can be made",
      [["a", symlink()]],
      [["a", symlink({ linkTarget: bytes("b") })]],
      ["kept a"],
      withSelection({ symlinks: false }),
    ],
    [
      "files out of bounds are",
      [
        ["a", file({ size: 4 })],
        ["b", file({ size: 21 })],
      ],
      [
        ["a", file()],
        ["c", file({ size: 4 })],
      ],
      ["kept a", "kept c"],
      small,
    ],
    [
      "files at the bounds are not",
      [
        ["a", file({ size: 5 })],
        ["b", file({ size: 20 })],
      ],
      [["c", file({ size: 20 })]],
      ["source-only a", "source-only b", "target-only c"],
      small,
    ],
    [
      "and they stay when excluded paths go",
      [["a", special()]],
      [
        ["a", special({ mode: 0 })],
        ["b", special()],
      ],
      ["kept a", "kept b"],
      { ...noSpecials, excludedGoes: true },
    ],
  ])("%s", async (_what, source, target, lines, over) => {
    expect((await compared(source, target, over)).lines).toEqual(lines);
  });
});

describe("a directory that was not entered", () => {
  const closed = directory({ closed: true });

  test.each<[what: string, source: Rows, target: Rows, lines: string[]]>([
    [
      "in the source is left alone at the target",
      [["m", closed]],
      [
        ["m", dir],
        ["m/x", file()],
      ],
      ["kept m"],
    ],
    [
      "in the target is left alone there",
      [
        ["m", dir],
        ["m/x", file()],
      ],
      [["m", closed]],
      ["kept m"],
    ],
    ["is made empty where the target has none", [["m", closed]], [], ["source-only m"]],
    ["is not removed where the source has none", [], [["m", closed]], ["kept m"]],
    ["gives way to nothing", [["m", file()]], [["m", closed]], ["frozen m: target blocked"]],
  ])("%s", async (_what, source, target, lines) => {
    expect((await compared(source, target)).lines).toEqual(lines);
  });
});

describe("ignore files of the source", () => {
  const over = withSelection({ ignoreFiles: true });

  test("hold for what only the target has, in their own directory and below", async () => {
    const source: Rows = [
      ["a", dir, "x\n!y/x\n"],
      ["a/y", dir],
      ["b", dir],
    ];
    const target: Rows = [
      ["a", dir],
      ["a/x", file()],
      ["a/y", dir],
      ["a/y/x", file()],
      ["a/z", dir],
      ["a/z/x", file()],
      ["b", dir],
      ["b/x", file()],
    ];
    expect((await compared(source, target, over)).lines).toEqual([
      "kept a/x",
      "target-only a/y/x",
      "target-only a/z",
      "kept a/z/x",
      "target-only b/x",
    ]);
  });

  test("do not hold for what a sibling of their directory replaces", async () => {
    const source: Rows = [
      ["a", dir, "x\n"],
      ["b", file()],
    ];
    const target: Rows = [
      ["a", dir],
      ["b", dir],
      ["b/x", file()],
    ];
    expect((await compared(source, target, over)).lines).toEqual([
      "differs b: kind",
      "target-only b/x",
    ]);
  });

  test("keep a directory from being replaced that they alone exclude", async () => {
    const source: Rows = [
      ["", dir, "a/\n"],
      ["a", file()],
      ["b", file()],
    ];
    const target: Rows = [
      ["a", dir],
      ["a/x", file()],
      ["b", dir],
    ];
    expect((await compared(source, target, over)).lines).toEqual([
      "frozen a: target blocked",
      "differs b: kind",
    ]);
  });

  test("are outranked by the rules of the run", async () => {
    const filter = { ...noFilter, rules: [{ pattern: bytes("!x"), origin: "test" }] };
    const source: Rows = [["", dir, "x\ny\n"]];
    const target: Rows = [
      ["x", file()],
      ["y", file()],
    ];
    const both = withSelection({ ignoreFiles: true, filter });
    expect((await compared(source, target, both)).lines).toEqual(["target-only x", "kept y"]);
  });
});

describe("replicas that hold one another", () => {
  const [s, t] = [directory({ inoLow: 100 }), directory({ inoLow: 200 })];
  const here: Partial<CompareRules> = { sameMachine: true };

  test.each<
    [what: string, source: Rows, target: Rows, lines: string[], over?: Partial<CompareRules>]
  >([
    [
      "the target in the source",
      [
        ["", s],
        ["d", dir],
        ["d/t", t],
      ],
      [
        ["", t],
        ["d", dir],
        ["d/t", dir],
      ],
      ["nested d/t"],
    ],
    [
      "the source in the target",
      [
        ["", s],
        ["a", dir],
      ],
      [
        ["", t],
        ["a", dir],
        ["a/s", s],
      ],
      ["nested a/s", "target-only a/s"],
    ],
    [
      "identities of other machines say nothing",
      [
        ["", s],
        ["d", t],
      ],
      [
        ["", t],
        ["d", dir],
      ],
      [],
      { sameMachine: false },
    ],
    [
      "a directory that is not entered holds nothing",
      [
        ["", s],
        ["d", directory({ inoLow: 200, closed: true })],
      ],
      [
        ["", t],
        ["d", dir],
      ],
      ["kept d"],
    ],
    [
      "the place of a missing target in the source",
      [
        ["", s],
        ["d", t],
      ],
      [],
      ["source-only root", "nested d", "source-only d"],
      { targetPlace: { dev: 3, inoHigh: 0, inoLow: 200 } },
    ],
  ])("%s", async (_what, source, target, lines, over) => {
    const all: Difference[] = [];
    const nothing = (async function* () {})();
    const given = target.length === 0 ? nothing : snapshotOf(target, 2);
    for await (const some of compare(snapshotOf(source, 2), given, { ...rules, ...here, ...over }))
      all.push(...some);
    expect(all.map(said)).toEqual(lines);
  });
});

describe("names that the target takes for one", () => {
  const over = withSelection({ foldsCase: true });

  test("are said where the source has both, in one directory", async () => {
    const source: Rows = [
      ["A", dir],
      ["A/x", file()],
      ["a", dir],
      ["a/x", file()],
      ["b", dir],
      ["b/a", file()],
    ];
    expect((await compared(source, source, over)).lines).toEqual(["folded a into A"]);
    expect((await compared(source, source)).lines).toEqual([]);
  });
});

describe("a run of one file", () => {
  test("says nothing of the directories around it", async () => {
    const single: Partial<CompareRules> = { isSingle: true };
    const source: Rows = [
      ["", directory({ mode: 0 })],
      ["a", file()],
    ];
    expect(
      (
        await compared(
          source,
          [
            ["", dir],
            ["a", file({ size: 1 })],
          ],
          single,
        )
      ).lines,
    ).toEqual(["differs a: content"]);
    expect((await compared(source, [["", dir]], single)).lines).toEqual(["source-only a"]);
  });
});

describe("the streams", () => {
  test("are both ended when the reader leaves, and when one of them fails", async () => {
    const ended: string[] = [];
    const watched = async function* (name: string, rows: Rows, failure?: Error) {
      try {
        yield* snapshotOf(rows, 1);
        if (failure !== undefined) throw failure;
      } finally {
        ended.push(name);
      }
    };
    const many: Rows = [
      ["a", file()],
      ["b", file()],
      ["c", file()],
    ];
    for await (const _some of compare(watched("source", many), watched("target", []), rules)) break;
    expect(ended.toSorted()).toEqual(["source", "target"]);

    ended.length = 0;
    const failure = new Error("the disk is broken");
    const reading = (async () => {
      for await (const _some of compare(watched("s", many), watched("t", [], failure), rules));
    })();
    await expect(reading).rejects.toBe(failure);
    expect(ended.toSorted()).toEqual(["s", "t"]);
  });

  test("are read no further ahead than what is compared", async () => {
    let given = 0;
    const rows: Rows = Array.from({ length: 50 }, (_, n) => [`f${100 + n}`, file()] as const);
    const counted = async function* () {
      for await (const chunk of snapshotOf(rows, 5)) {
        given++;
        yield chunk;
      }
    };
    const run = compare(counted(), snapshotOf([], 1), rules);
    await run.next();
    expect(given).toBe(1);
    await run.return({ checked: 0, targetEntries: 0, skipped: 0 });
  });
});
