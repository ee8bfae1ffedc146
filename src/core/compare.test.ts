import { describe, expect, test } from "vitest";

import type { Rows } from "../../test/model/findings.ts";
import { directory, file, snapshotOf } from "../../test/model/findings.ts";
import type { CompareRules } from "./compare.ts";
import { compare } from "./compare.ts";
import type { CompareCounts, Difference } from "./difference.ts";
import { noFilter } from "./filter.ts";
import type { Preserve } from "./preserve.ts";

const preserve: Preserve = {
  mode: true,
  times: true,
  owner: true,
  group: true,
  xattrs: true,
  acls: true,
  hardlinks: true,
  devices: true,
  specials: true,
};

const rules: CompareRules = {
  isSingle: false,
  excludedGoes: false,
  targetPlace: undefined,
  sameMachine: false,
  sameness: {
    compare: "size+mtime",
    window: 0,
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
