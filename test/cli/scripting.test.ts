import { readFileSync } from "node:fs";

import { describe, expect, test } from "vitest";

import { guardNames } from "../../src/core/guards.ts";
import type { RunEvent } from "../../src/cli/run-event.ts";
import { toApiEvent } from "../../src/cli/api-event.ts";
import { toApiVerifyEvent } from "../../src/cli/verify-api-event.ts";
import type { VerifyEvent } from "../../src/cli/verify-lines.ts";
import {
  chmod,
  create,
  directoryEntry,
  planOf,
  relPath,
  summaryOf,
} from "../support/recorded-events.ts";

const text = readFileSync(new URL("../../docs/scripting.md", import.meta.url), "utf8");
const examples = [...text.matchAll(/```jsonl\n(.*?)```/gs)]
  .flatMap(([, block = ""]) => block.trim().split("\n"))
  .map((line) => JSON.parse(line) as Record<string, unknown>);

const target = "b";
const events: RunEvent[] = [
  { type: "start", source: "a", target, dryRun: false },
  { type: "plan", target, plan: planOf({}), guards: [], room: { bytes: 0, freeBytes: 1 } },
  { type: "action", target, action: create("x"), outcome: "done" },
  {
    type: "action",
    target,
    action: { ...chmod("x"), entry: directoryEntry },
    outcome: "done",
  } as RunEvent,
  {
    type: "problem",
    target,
    problem: { path: relPath("x"), side: "source", code: "io", message: "m" },
  },
  {
    type: "guard",
    target,
    trip: { guard: "deletes", saw: "s", would: "w", advice: "a" },
    accepted: false,
  },
  { type: "saved", target, id: "7f3a9c12", madeAt: 0, file: undefined, appliedAt: undefined },
  { type: "notice", message: "m" },
  { type: "error", target, code: "STATE", message: "m", hint: undefined },
  { type: "summary", target, summary: summaryOf() },
];

const verifyEvents: VerifyEvent[] = [
  {
    type: "difference",
    target,
    difference: {
      path: relPath("x"),
      only: undefined,
      sourceKind: "file",
      targetKind: "file",
      aspects: ["content"],
      corrupt: [],
    },
  },
  {
    type: "summary",
    target,
    summary: {
      source: "a",
      target,
      status: "equal",
      checked: 1,
      skipped: 0,
      different: 0,
      onlySource: 0,
      onlyTarget: 0,
      corrupt: 0,
      problems: 0,
      unremembered: undefined,
      bytesCompared: 0,
      sent: 0,
      received: 0,
      durationMs: 1,
    },
  },
];

describe("docs/scripting.md", () => {
  test("has an example of each object, with the very fields that are said", () => {
    const shape = (object: object) => Object.keys(object).join();
    const said = [
      ...events.flatMap((event) => toApiEvent(event) ?? []),
      ...verifyEvents.flatMap((event) => toApiVerifyEvent(event) ?? []),
    ].map(shape);
    const isEvent = ({ type }: Record<string, unknown>) => type !== "run" && type !== "content";
    const shown = examples.filter(isEvent).map(shape);
    expect(shown).toEqual(said);
  });

  test("names every guard", () => {
    expect(guardNames.filter((name) => !text.includes(`\`${name}\``))).toEqual([]);
  });
});
