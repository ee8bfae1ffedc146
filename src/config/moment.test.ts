import { expect, test } from "vitest";

import { parseMoment } from "./moment.ts";

const now = Date.UTC(2026, 10, 20, 12, 0, 0);
const local = (...parts: [number, number, number, number?, number?, number?, number?]): number => {
  const [year, month, day, hour = 0, minute = 0, second = 0, ms = 0] = parts;
  return new Date(year, month - 1, day, hour, minute, second, ms).getTime();
};

test.each([
  ["2h", now - 7_200_000 + 1],
  ["0", now + 1],
  ["2026-11-19", local(2026, 11, 19) + 1],
  ["2026-11-19 19:30", local(2026, 11, 19, 19, 30) + 1],
  ["2026-11-19T19:30:05", local(2026, 11, 19, 19, 30, 5) + 1],
  ["2026-11-19T19:30:05.5", local(2026, 11, 19, 19, 30, 5, 500) + 1],
  ["2026-11-19T19:30:05Z", Date.UTC(2026, 10, 19, 19, 30, 5) + 1],
  // A run as it is listed: what it replaced is what was there.
  ["2026-11-19T19-30-05.123Z", Date.UTC(2026, 10, 19, 19, 30, 5, 123)],
  ["2999-01-01T00-00-00.000Z", Date.UTC(2999, 0)],
])("%s", (text, from) => {
  expect(parseMoment(text, now)).toBe(from);
});

test.each([
  "",
  "yesterday",
  "2026",
  "2026-02-30",
  "2026-11-20 24:00",
  "2026-11-20 19:60",
  "19:30",
  "2999-01-01",
  "2026-11-19 19:30 Z",
])("%j is no moment in the past", (text) => {
  expect(parseMoment(text, now)).toBeUndefined();
});
