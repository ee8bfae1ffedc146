import { describe, expect, test } from "vitest";

import {
  chmod,
  create,
  directoryEntry,
  hardLink,
  mkdir,
  noTotals,
  relPath,
  remove,
  summaryOf,
  update,
} from "../../test/support/recorded-events.ts";
import type { Action } from "../core/plan.ts";
import { lookOf } from "./look.ts";
import type { RunEvent } from "./run-event.ts";
import type { TextOptions } from "./text-printer.ts";
import { textPrinter } from "./text-printer.ts";

type Setting = Partial<Pick<TextOptions, "quiet" | "listActions" | "nameTargets">>;

function printed(events: readonly RunEvent[], setting: Setting = {}, variables = {}) {
  const lines: { results: string[]; remarks: string[] } = { results: [], remarks: [] };
  const place = (list: string[]) => ({
    look: lookOf(variables, false),
    line: (text: string) => void list.push(text),
  });
  const print = textPrinter({
    results: place(lines.results),
    remarks: place(lines.remarks),
    quiet: false,
    listActions: false,
    nameTargets: false,
    ...setting,
  });
  events.forEach(print);
  return lines;
}

const target = "/mnt/nas";
const acted = (action: Action, outcome: "planned" | "done" | "failed" = "done"): RunEvent => ({
  type: "action",
  target,
  action,
  outcome,
});

const problem: Extract<RunEvent, { type: "problem" }> = {
  type: "problem",
  target,
  problem: {
    path: relPath("a\nb"),
    side: "source",
    code: "unreadable",
    message: "you may not read it",
  },
};
const summary = summaryOf({
  checked: 19_930,
  totals: { ...noTotals, created: 412, updated: 18, moved: 57, deleted: 9, bytes: 5 },
  bytesCopied: 7_945_689_498,
  bytesAvoided: 4_724_464_026,
  durationMs: 664_000,
});
const ended = (rest: Partial<typeof summary>): RunEvent => ({
  type: "summary",
  target,
  summary: { ...summary, ...rest },
});

const everyAction: readonly Action[] = [
  mkdir("new"),
  create("new/\u001b[2J", 3),
  update("changed", 1, 2),
  hardLink("second", "first"),
  chmod("changed"),
  remove("old", 9),
  { type: "remove-leftover", path: relPath(".tmp"), isDirectory: false },
  {
    type: "finish-directory",
    path: relPath(""),
    expected: directoryEntry,
    entry: directoryEntry,
    aspects: ["times"],
    shown: true,
  },
  {
    type: "finish-directory",
    path: relPath("new"),
    expected: undefined,
    entry: directoryEntry,
    aspects: [],
    shown: false,
  },
];

describe("the last line", () => {
  test("is what CLI.md says", () => {
    expect(printed([ended({})])).toEqual({
      results: [
        "✓ photos → /mnt/nas  19930 checked · +412 ~18 →57 ⧉0 -9 · 7.4 GiB sent, 4.4 GiB not sent · 11m04s",
      ],
      remarks: [],
    });
  });

  test("counts metadata and problems where there are any, and says the state in words", () => {
    const totals = { ...noTotals, metadata: 3 };
    expect(printed([ended({ status: "problems", problems: 2, totals })]).results).toEqual([
      "⚠ photos → /mnt/nas  finished, but not all of it · 19930 checked · +0 ~0 →0 ⧉0 -0 · 3 metadata · 2 problems · 7.4 GiB sent, 4.4 GiB not sent · 11m04s",
    ]);
  });

  test("says how many entries were skipped, if any", () => {
    expect(printed([ended({ checked: 0, skipped: 12, totals: noTotals })]).results).toEqual([
      "✓ photos → /mnt/nas  0 checked · +0 ~0 →0 ⧉0 -0 · 12 skipped · 7.4 GiB sent, 4.4 GiB not sent · 11m04s",
    ]);
  });

  test("of a dry run tells what would be sent", () => {
    expect(printed([ended({ dryRun: true, bytesCopied: 0, bytesAvoided: 0 })]).results).toEqual([
      "✓ photos → /mnt/nas  19930 checked · +412 ~18 →57 ⧉0 -9 · 5 B sent, 0 B not sent · 11m04s · dry run, nothing was changed",
    ]);
  });

  test("tells what crossed a connection, where there was one, and how much more came into place", () => {
    const crossed = { sent: 1 << 20, received: 2048, bytesCopied: 3 << 20, bytesAvoided: 1 << 20 };
    expect(printed([ended(crossed)]).results).toEqual([
      "✓ photos → /mnt/nas  19930 checked · +412 ~18 →57 ⧉0 -9 · 1.0 MiB sent, 3.0 MiB not sent · 11m04s",
    ]);
    const idle = { sent: 900, received: 100, bytesCopied: 0, bytesAvoided: 0, totals: noTotals };
    expect(printed([ended(idle)]).results).toEqual([
      "✓ photos → /mnt/nas  19930 checked · +0 ~0 →0 ⧉0 -0 · 1000 B sent, 0 B not sent · 11m04s",
    ]);
    const lost = { ...idle, status: "unreachable" } as const;
    expect(printed([ended(lost)]).results).toEqual([
      "✗ photos → /mnt/nas  out of reach · 19930 checked · +0 ~0 →0 ⧉0 -0 · 1000 B sent, 0 B not sent · 11m04s",
    ]);
  });

  test("is ASCII where the locale is not UTF-8", () => {
    expect(printed([ended({})], {}, { LC_ALL: "C" }).results).toEqual([
      "ok photos -> /mnt/nas  19930 checked | +412 ~18 >57 =0 -9 | 7.4 GiB sent, 4.4 GiB not sent | 11m04s",
    ]);
  });

  test.each([
    ["declined", "■", "nothing was changed"],
    ["guarded", "■", "halted by a guard"],
    ["locked", "■", "locked by another run"],
    ["interrupted", "■", "interrupted"],
    ["failed", "✗", "failed"],
  ] as const)("of a run that is %s says so", (status, mark, words) => {
    const [line = ""] = printed([ended({ status })]).results;
    expect(line.startsWith(`${mark} photos → /mnt/nas  ${words} · `)).toBe(true);
  });
});

describe("actions", () => {
  test("are listed one a line, housekeeping left out", () => {
    expect(
      printed(
        everyAction.map((action) => acted(action)),
        { listActions: true },
      ).results,
    ).toEqual([
      "+ new/",
      "+ new/\\x1b[2J",
      "~ changed",
      "+ second  (link to first)",
      "* changed  (mode)",
      "- old",
      "* ./  (times)",
    ]);
  });

  test("look the same planned and done", () => {
    const list = (outcome: "planned" | "done") =>
      printed(
        everyAction.map((action) => acted(action, outcome)),
        { listActions: true },
      );
    expect(list("planned")).toEqual(list("done"));
  });

  test("that failed are left to their problem", () => {
    expect(printed([acted(create("x"), "failed")], { listActions: true }).results).toEqual([]);
  });

  test("are not listed unasked", () => {
    expect(printed(everyAction.map((action) => acted(action)))).toEqual({
      results: [],
      remarks: [],
    });
  });
});

describe("trouble", () => {
  test("of one path names path, reason and side", () => {
    expect(printed([problem]).remarks).toEqual([
      "! a\\nb: you may not read it [unreadable, at the source]",
    ]);
  });

  test("names the target where there are several, and never as if it were the source", () => {
    const there = { ...problem, problem: { ...problem.problem, side: "target" } } as const;
    expect(printed([problem, there], { nameTargets: true }).remarks).toEqual([
      "! a\\nb: you may not read it [unreadable, at the source, for /mnt/nas]",
      "! a\\nb: you may not read it [unreadable, at the target /mnt/nas]",
    ]);
  });

  test("of the root shows it as actions do", () => {
    const root = { ...problem, problem: { ...problem.problem, path: relPath("") } } as const;
    expect(printed([root]).remarks).toEqual([
      "! ./: you may not read it [unreadable, at the source]",
    ]);
  });

  const trip = { guard: "deletes", saw: "Saw it.", would: "Would.", advice: "Do this." } as const;

  test("seen by a guard says what it saw, what would have been, and how to go on", () => {
    expect(printed([{ type: "guard", target, trip, accepted: false }]).remarks).toEqual([
      '■ /mnt/nas: halted by the guard "deletes"; nothing was changed',
      "    Saw it.",
      "    Would.",
      "    Do this.",
    ]);
  });

  test("that was accepted is one line", () => {
    expect(printed([{ type: "guard", target, trip, accepted: true }]).remarks).toEqual([
      "⚠ guard deletes passed, as accepted: Saw it.",
    ]);
  });

  test("of a whole target says what to do", () => {
    const event: RunEvent = {
      type: "error",
      target,
      code: "LOCKED",
      message: "in use by \u001b process 7",
      hint: "Wait for it.",
    };
    expect(printed([event]).remarks).toEqual([
      "syncline: /mnt/nas: in use by \\x1b process 7",
      "  Wait for it.",
    ]);
  });

  test.each([
    "/mnt/nas: it is not a directory",
    "/mnt/nas is in use by process 7",
    "/home/me/photos: permission denied",
  ])("that says itself where it is has no second place before it: %s", (message) => {
    const event: RunEvent = { type: "error", target, code: "LOCKED", message, hint: undefined };
    expect(printed([event]).remarks).toEqual([`syncline: ${message}`]);
  });

  test("with a name that only begins like the target is said of the target", () => {
    const message = "nas2: it is gone";
    const event: RunEvent = { type: "error", target: "nas", code: "STATE", message, hint: "" };
    expect(printed([event]).remarks[0]).toBe("syncline: nas: nas2: it is gone");
  });

  test("that a guard has found before it could look at the trees is a guard's", () => {
    const message = "b: it is the source itself";
    const hint = "Name another target.";
    const event: RunEvent = { type: "error", target: "b", code: "GUARD", message, hint };
    expect(printed([event]).remarks).toEqual([
      "■ b: halted by a guard; nothing was changed",
      "    b: it is the source itself",
      "    Name another target.",
    ]);
  });

  test("is all that is said when quiet", () => {
    const events: RunEvent[] = [
      problem,
      { type: "notice", message: "just so" },
      acted(create("x")),
      ended({}),
    ];
    expect(printed(events, { quiet: true, listActions: true })).toEqual({
      results: [],
      remarks: ["! a\\nb: you may not read it [unreadable, at the source]"],
    });
  });
});
