import { expect, test } from "vitest";

import { create, relPath } from "../../test/support/recorded-events.ts";
import type { Action } from "../core/plan.ts";
import type { RunEvent } from "../engine/events.ts";
import { newRunRecorder } from "./run-recorder.ts";

const done = (target: string, action: Action): RunEvent => ({
  type: "action",
  target,
  action,
  outcome: "done",
});

test("what is done to each target is kept apart, and everything is passed on", () => {
  const passed: RunEvent[] = [];
  const { report, take } = newRunRecorder((event) => passed.push(event));
  const problem = { path: relPath("p"), side: "source", code: "io", message: "it broke" } as const;
  const events: RunEvent[] = [
    { type: "phase", target: "t", phase: "apply" },
    done("t", create("a", 5)),
    done("u", create("b", 6)),
    { type: "problem", target: "t", problem },
    { type: "notice", message: "nothing of the history's" },
    done("t", { type: "remove-leftover", path: relPath("housekeeping"), isDirectory: false }),
  ];
  for (const event of events) report(event);
  expect(passed).toEqual(events);
  const one = { type: "action", action: "create", kind: "file", side: "target", outcome: "done" };
  expect(["t", "u", "v"].map((target) => take(target)).map(parsed)).toEqual([
    {
      dropped: 0,
      lines: [
        { ...one, target: "t", path: "a", size: 5 },
        { type: "problem", target: "t", ...problem },
      ],
    },
    { dropped: 0, lines: [{ ...one, target: "u", path: "b", size: 6 }] },
    { dropped: 0, lines: [] },
  ]);
});

test("twenty thousand lines are kept, the rest is counted", () => {
  const { report, take } = newRunRecorder(() => {});
  for (let i = 0; i < 20_003; i++) {
    report(done("t", create(`file${i}`)));
    report(done("t", { type: "remove-leftover", path: relPath("x"), isDirectory: false }));
  }
  const { lines, dropped } = take("t");
  expect([lines.length, dropped]).toEqual([20_000, 3]);
  expect(JSON.parse(lines.at(-1)!)).toMatchObject({ path: "file19999" });
});

function parsed({ lines, dropped }: { lines: readonly string[]; dropped: number }): unknown {
  return { lines: lines.map((line) => JSON.parse(line) as unknown), dropped };
}
