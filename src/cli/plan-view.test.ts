import { describe, expect, test } from "vitest";

import {
  chmod,
  copy,
  create,
  directoryEntry,
  mkdir,
  move,
  noTotals,
  planOf,
  relPath,
  remove,
  rmdir,
  swap,
  update,
} from "../../test/support/recorded-events.ts";
import { viewPlan } from "../app/action-view.ts";
import type { Phases, Plan } from "../core/plan.ts";
import { lookOf } from "./look.ts";
import { foldPlan } from "./plan-fold.ts";
import { fullPlanLines, planLines } from "./plan-view.ts";

const look = lookOf({}, false);
const numbers = (count: number) => Array.from({ length: count }, (_, i) => i);

function shown(phases: Partial<Phases>, rest: Partial<Omit<Plan, "phases">> = {}): string[] {
  const plan = planOf(phases, rest);
  const review = {
    source: "a",
    target: "b",
    plan,
    guards: [],
    deleteLimit: "50%",
    accepted: new Set<string>(),
    room: { bytes: 0, freeBytes: undefined },
  };
  return planLines(review, look);
}

function folds(phases: Partial<Phases>): string[] {
  const byClass = foldPlan(viewPlan(planOf(phases)));
  return [...byClass.values()]
    .flat()
    .map((fold) => `${fold.class} ${fold.type} ${fold.path} ${fold.entries} ${fold.bytes}`);
}

describe("foldPlan", () => {
  test("a directory that comes or goes stands for all that is in it, at any depth", () => {
    expect(
      folds({
        directories: [mkdir("new"), mkdir("new/deep"), mkdir("other/leaf")],
        content: [create("new/a", 1), create("new/deep/b", 2), create("other/leaf/c", 4)],
        removals: [remove("old/x/y", 8), rmdir("old/x"), remove("old/z", 16), rmdir("old")],
      }),
    ).toEqual(["delete tree old 4 24", "create tree new 4 3", "create tree other/leaf 2 4"]);
  });

  test("an empty directory is one entry", () => {
    expect(folds({ directories: [mkdir("new")] })).toEqual(["create one new 1 0"]);
  });

  test("a few entries of a directory stand alone, many are folded", () => {
    expect(
      folds({
        content: [
          ...numbers(3).map((i) => create(`few/${i}`, 1)),
          ...numbers(4).map((i) => update(`many/${i}`, 2, 2)),
        ],
      }),
    ).toEqual([
      "update inside many 4 8",
      "create one few/0 1 1",
      "create one few/1 1 1",
      "create one few/2 1 1",
    ]);
  });

  test("what is deleted and what is created in one directory are two things", () => {
    expect(folds({ directories: [mkdir("d")], removals: [remove("d/x", 1)] })).toEqual([
      "delete one d/x 1 1",
      "create one d 1 0",
    ]);
  });

  test("a file that shrinks by more than half is never folded away", () => {
    const content = [...numbers(9).map((i) => update(`d/${i}`, 10, 9)), update("d/cut", 100, 19)];
    expect(folds({ content })).toEqual(["update one d/cut 1 19", "update inside d 9 81"]);
  });
});

describe("planLines", () => {
  test("shows what it comes to, deletions first, then where, then the limits", () => {
    const lines = shown(
      {
        directories: [mkdir("2024/Oslo")],
        content: [
          ...numbers(387).map((i) => create(`2024/Oslo/${i}`, 8_000_000)),
          update("Catalog/main", 2_254_857_830, 429_496_729),
          update("notes", 1000, 1001),
        ],
        metadata: [chmod("x")],
        removals: [
          ...numbers(8).map((i) => remove(`2023/Old phone/${i}`, 160_000_000)),
          rmdir("2023/Old phone"),
        ],
      },
      {
        totals: { ...noTotals, deleted: 9 },
        targetEntries: 19_530,
        problems: [
          { path: relPath("Catalog/db"), side: "source", code: "busy", message: "it is locked" },
        ],
      },
    );
    expect(lines).toEqual([
      "Plan  a → b   mirror",
      "  - delete          9 entries      1.2 GiB",
      "  ~ update          2 entries    409.6 MiB   ⚠ 1 shrinks by more than half",
      "  + create        388 entries      2.9 GiB",
      "  * metadata        1 entry  ",
      "  ! problems        1 left as they are",
      "",
      "  - 2023/Old phone/                             9 entries   1.2 GiB",
      "  ~ Catalog/main                                2.1 GiB → 409.6 MiB   ⚠ shrinks 80 %",
      "  ~ notes                                       1000 B → 1001 B",
      "  + 2024/Oslo/                                  388 entries   2.9 GiB",
      "  * x  (mode)",
      "",
      "  deletes 9 of 19 530 = 0.046 % (limit 50%)",
    ]);
  });

  test("many entries of the root are not a file with the name *", () => {
    const content = numbers(4).map((i) => create(`${i}`));
    expect(shown({ content })).toContain(`  + ${"./*".padEnd(44)}4 entries`);
  });

  test("a long plan says how much is not shown", () => {
    const content = numbers(40).map((i) => create(`d${i}/f`, 1));
    expect(shown({ content }).filter((line) => line.includes("more"))).toEqual([
      "  … 34 more places, 34 entries",
    ]);
  });

  test("renames are a class of their own, what they share said once", () => {
    const moves = [
      move("2024/Roma", "2024/Rome", directoryEntry, 4_400),
      move("a/1.jpg", "b/1.jpg", undefined, 100),
      ...numbers(4).map((i) => move(`in/${i}`, `out/${i}`, undefined, 10)),
      ...numbers(4).map((i) => move(`here/${i}`, `here/x${i}`, undefined, 10)),
      swap("d/x", "d/y"),
    ];
    expect(shown({ moves, content: [copy("c/new", "c/old", 2048)] })).toEqual([
      "Plan  a → b   mirror",
      "  → rename         11 entries      4.5 KiB   not sent again",
      "  ⧉ copy            1 entry        2.0 KiB   of what is there, not sent again",
      "",
      "  → here/*                                      4 entries   40 B",
      "  → {in → out}/*                                4 entries   40 B",
      "  → 2024/{Roma → Rome}/                         4.3 KiB",
      "  → {a → b}/1.jpg                               100 B",
      "  ⇄ d/{x ⇄ y}",
      "  ⧉ c/new  (from c/old)   2.0 KiB",
      "",
    ]);
  });

  test("a plan that is kept says how to go on, guards and all", () => {
    const guards = [
      { guard: "deletes", saw: "1 of 1", would: "it would go", advice: "Look." },
      { guard: "space", saw: "none", would: "w", advice: "a" },
    ] as const;
    const plan = planOf({ removals: [remove("x", 1)] });
    const kept = { plan, guards, room: { bytes: 2048, freeBytes: 1024 } };
    const now = Date.UTC(2026, 10, 20, 14, 30);
    const saved = {
      id: "7f3a9c12",
      madeAt: now - 1_669_000,
      file: undefined,
      appliedAt: undefined,
      now,
    };
    const route = { source: "a", target: "b", deleteLimit: "50%", accepted: new Set(["space"]) };
    expect(planLines({ ...route, ...kept, saved }, look)).toEqual([
      expect.stringMatching(
        /^Plan 7f3a9c12 {2}a → b {3}mirror · made \d\d:02:11 · good until either side changes$/,
      ),
      "  - delete          1 entry            1 B",
      "",
      "  - x                                           1 B",
      "",
      "  space 2.0 KiB needed, 1.0 KiB free",
      "  ⚠ guard deletes: 1 of 1",
      "      it would go",
      "      Look.",
      "  ⚠ guard space: none",
      "  syncline apply 7f3a9c12 --accept deletes     syncline show 7f3a9c12 --full",
    ]);
    const applied = { ...saved, appliedAt: "2026-11-20T14:10:00.000Z" };
    const lines = planLines({ ...route, ...kept, saved: applied }, look);
    expect(lines.some((line) => line.includes("syncline apply"))).toBe(false);
    const other = planLines({ ...route, ...kept, saved: { ...saved, file: "p q" } }, look);
    expect(other.at(-1)).toContain("syncline apply 'p q' --accept deletes");
  });

  test("nothing to do is said", () => {
    expect(shown({})).toEqual(["Plan  a → b   mirror", "  nothing to do", ""]);
  });

  test("names cannot act on the terminal", () => {
    const removals = [
      remove("\u001b[2J\n", 1),
      ...numbers(9).map((i) => remove(`\u009b${i}/${i}`, 1)),
    ];
    expect(
      shown({ removals })
        .join("")
        .replaceAll(/[^\x00-\x1f\x7f-\x9f]/g, ""),
    ).toBe("");
  });

  test("the full view has every action in order, and every problem", () => {
    const plan = planOf(
      { directories: [mkdir("d")], content: [create("d/a", 1)], removals: [remove("z")] },
      { problems: [{ path: relPath("p"), side: "target", code: "busy", message: "m" }] },
    );
    const review = {
      source: "a",
      target: "b",
      plan,
      guards: [],
      deleteLimit: "50%",
      accepted: new Set<string>(),
      room: { bytes: 0, freeBytes: undefined },
    };
    expect(fullPlanLines(review, look)).toEqual([
      "+ d/",
      "+ d/a",
      "- z",
      "! p: m [busy, at the target]",
    ]);
  });
});
