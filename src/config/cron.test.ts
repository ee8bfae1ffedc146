import { describe, expect, test } from "vitest";

import { parseCron } from "./cron.ts";

function times(expression: string, from: string, count: number, zone = "UTC"): string[] {
  const cron = parseCron(expression, zone);
  const out: string[] = [];
  let at = Date.parse(from);
  for (let i = 0; i < count; i++) {
    const next = cron?.next(at);
    if (next === undefined) break;
    expect(next).toBeGreaterThan(at);
    out.push(new Date(next).toISOString());
    at = next;
  }
  return out;
}

describe("parseCron", () => {
  test("five fields count minutes", () => {
    expect(times("*/15 * * * *", "2026-11-20T10:01:00Z", 2)).toEqual([
      "2026-11-20T10:15:00.000Z",
      "2026-11-20T10:30:00.000Z",
    ]);
  });

  test("six fields count seconds", () => {
    expect(times("*/20 * * * * *", "2026-11-20T10:00:00Z", 2)).toEqual([
      "2026-11-20T10:00:20.000Z",
      "2026-11-20T10:00:40.000Z",
    ]);
  });

  test("a nickname stands for fields", () => {
    expect(times("@daily", "2026-11-20T10:00:00Z", 1)).toEqual(["2026-11-21T00:00:00.000Z"]);
  });

  test("a time that the clock skips in spring is made up within the day, once", () => {
    const all = times("30 2 * * *", "2026-03-28T12:00:00Z", 2, "Europe/Berlin");
    expect(all.map((time) => time.slice(0, 10))).toEqual(["2026-03-29", "2026-03-30"]);
  });

  test("a time that the clock passes twice in autumn is due once", () => {
    const all = times("30 2 * * *", "2026-10-24T12:00:00Z", 2, "Europe/Berlin");
    expect(all.map((time) => time.slice(0, 10))).toEqual(["2026-10-25", "2026-10-26"]);
  });

  test("every minute goes on through both changes", () => {
    for (const from of ["2026-03-29T00:50:00Z", "2026-10-25T00:50:00Z"]) {
      const all = times("* * * * *", from, 90, "Europe/Berlin").map((time) => Date.parse(time));
      expect(all.every((ms, i) => i === 0 || ms - (all[i - 1] ?? 0) === 60_000)).toBe(true);
    }
  });

  test("a date that never comes is never due", () => {
    expect(
      parseCron("0 0 30 2 *", "UTC")?.next(Date.parse("2026-01-01T00:00:00Z")),
    ).toBeUndefined();
  });

  test.each([
    "",
    "* * * *",
    "61 * * * *",
    "a b c d e",
    "2026-01-01T00:00:00",
    "@never",
    "* * * * * * *",
  ])("%j is no schedule", (expression) => {
    expect(parseCron(expression)).toBeUndefined();
  });
});
