import { readFileSync } from "node:fs";

import { describe, expect, test } from "vitest";

import { guardNames } from "../../src/core/guards.ts";
import type { RunEvent } from "../../src/cli/run-event.ts";
import { toApiEvent } from "../../src/cli/api-event.ts";
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

describe("docs/scripting.md", () => {
  test("has an example of each object, with the very fields that are said", () => {
    const shape = (object: object) => Object.keys(object).join();
    const said = events.flatMap((event) => toApiEvent(event) ?? []).map(shape);
    // The rest is said by other commands than those that report a run.
    const others: readonly unknown[] = ["run", "content", "difference"];
    const isEvent = (said: object) =>
      "type" in said && !others.includes(said.type) && !("different" in said);
    const shown = examples.filter(isEvent).map(shape);
    expect(shown).toEqual(said);
  });

  test("names every guard", () => {
    expect(guardNames.filter((name) => !text.includes(`\`${name}\``))).toEqual([]);
  });
});
