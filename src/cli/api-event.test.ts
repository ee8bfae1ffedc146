import { describe, expect, test } from "vitest";

import {
  chmod,
  create,
  hardLink,
  mkdir,
  noTotals,
  planOf,
  relPath,
  remove,
  summaryOf,
} from "../../test/support/recorded-events.ts";
import type { Action } from "../core/plan.ts";
import type { RelPath } from "../core/path.ts";
import { toApiEvent } from "./api-event.ts";
import { jsonPrinter } from "./json-printer.ts";
import type { RunEvent } from "./run-event.ts";

const target = "/mnt/nas";
const done = (action: Action): RunEvent => ({ type: "action", target, action, outcome: "done" });

describe("toApiEvent", () => {
  test("a summary has exactly the fields of CLI.md, in their order", () => {
    const totals = { ...noTotals, created: 1, updated: 2, deleted: 3, metadata: 4, bytes: 99 };
    const summary = summaryOf({
      run: 412,
      status: "problems",
      checked: 10,
      totals,
      skipped: 5,
      problems: 6,
      bytesCopied: 7,
      bytesAvoided: 8,
      durationMs: 9.4,
    });
    const said = toApiEvent({ type: "summary", target, summary });
    expect(JSON.stringify(said)).toBe(
      JSON.stringify({
        type: "summary",
        version: 1,
        run: 412,
        source: "photos",
        target,
        checked: 10,
        created: 1,
        updated: 2,
        moved: 0,
        copied: 0,
        deleted: 3,
        metadata: 4,
        skipped: 5,
        problems: 6,
        conflicts: 0,
        bytesSent: 0,
        bytesReceived: 0,
        bytesCopied: 7,
        bytesAvoided: 8,
        durationMs: 9,
        exitCode: 3,
      }),
    );
  });

  test("a run that is not in the history has no number", () => {
    const event: RunEvent = { type: "summary", target, summary: summaryOf() };
    expect(toApiEvent(event)).toMatchObject({ run: null, exitCode: 0 });
  });

  test.each([
    [create("a", 3), { action: "create", path: "a", kind: "file", size: 3 }],
    [mkdir("d"), { action: "mkdir", path: "d", kind: "directory" }],
    [remove("a", 9), { action: "delete", path: "a", kind: "file", size: 9 }],
    [hardLink("b", "a"), { action: "create", path: "b", from: "a", kind: "file", size: 1 }],
    [chmod("a"), { action: "metadata", path: "a", kind: "file", size: 1, aspects: ["mode"] }],
  ])("action %#", (action, said) => {
    expect(toApiEvent(done(action))).toEqual({
      type: "action",
      target,
      ...said,
      side: "target",
      outcome: "done",
    });
  });

  test("housekeeping is not spoken of", () => {
    const action: Action = { type: "remove-leftover", path: relPath("x"), isDirectory: false };
    expect(toApiEvent(done(action))).toBeUndefined();
    expect(toApiEvent({ type: "phase", target, phase: "scan" })).toBeUndefined();
  });

  test("bytes that are not UTF-8 come along exactly", () => {
    const bad = "gro\xdf" as RelPath;
    const link = { ...hardLink("b", "a"), path: bad, from: bad } as Action;
    expect(toApiEvent(done(link))).toMatchObject({
      path: "gro\ufffd",
      pathBytes: Buffer.from("gro\xdf", "latin1").toString("base64"),
      from: "gro\ufffd",
      fromBytes: "Z3Jv3w==",
    });
    const problem = { path: bad, side: "source", code: "io", message: "m" } as const;
    expect(toApiEvent({ type: "problem", target, problem })).toEqual({
      type: "problem",
      target,
      path: "gro\ufffd",
      pathBytes: "Z3Jv3w==",
      side: "source",
      code: "io",
      message: "m",
    });
  });

  test("a plan is told in numbers only", () => {
    const plan = planOf({ content: [create("a", 3)] }, { checked: 2, skipped: 1 });
    const room = { bytes: 3, freeBytes: undefined };
    expect(toApiEvent({ type: "plan", target, plan, guards: [], room })).toEqual({
      type: "plan",
      target,
      checked: 2,
      created: 0,
      updated: 0,
      moved: 0,
      copied: 0,
      deleted: 0,
      metadata: 0,
      skipped: 1,
      problems: 0,
      bytes: 0,
      deletedBytes: 0,
    });
  });

  test("an error without a target is that of the whole run", () => {
    const event: RunEvent = {
      type: "error",
      target: undefined,
      code: "STATE",
      message: "m",
      hint: undefined,
    };
    expect(toApiEvent(event)).toEqual({
      type: "error",
      version: 1,
      target: null,
      code: "STATE",
      message: "m",
      hint: null,
    });
  });
});

describe("jsonPrinter", () => {
  const events: RunEvent[] = [
    { type: "start", source: "photos", target, dryRun: false },
    { type: "phase", target, phase: "scan" },
    done(create("a\u0085\u202e")),
    { type: "notice", message: "m" },
    { type: "summary", target, summary: summaryOf() },
  ];
  const printed = (quiet: boolean) => {
    const lines: string[] = [];
    events.forEach(jsonPrinter((text) => void lines.push(text), quiet));
    return lines;
  };

  test("one object a line, ending in the summary", () => {
    const types = printed(false).map((line) => (JSON.parse(line) as { type: string }).type);
    expect(types).toEqual(["start", "action", "notice", "summary"]);
  });

  test("no line holds what a terminal would obey", () => {
    expect(printed(false)[1]).toContain('"path":"a\\u0085\\u202e"');
  });

  test("quiet leaves how it ended", () => {
    expect(printed(true)).toHaveLength(1);
  });
});
