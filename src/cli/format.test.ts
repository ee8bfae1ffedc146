import fc from "fast-check";
import { describe, expect, test } from "vitest";

import {
  formatBytes,
  formatCount,
  formatElapsed,
  formatPercent,
  formatTimeLeft,
  plural,
} from "./format.ts";

test.each([
  [0, "0 B"],
  [1023, "1023 B"],
  [1024, "1.0 KiB"],
  [1_048_524, "1023.9 KiB"],
  [1_048_575, "1.0 MiB"],
  [76_128_045_000, "70.9 GiB"],
  [2 ** 60, "1024.0 PiB"],
])("%d bytes are %s", (bytes, text) => {
  expect(formatBytes(bytes)).toBe(text);
});

test("no size is shown with more than four digits before the point", () => {
  fc.assert(
    fc.property(fc.maxSafeNat(), (bytes) => {
      expect(formatBytes(bytes)).toMatch(/^(\d{1,4} B|\d{1,4}\.\d [KMGTP]iB)$/);
    }),
  );
});

test.each([
  [0, "0"],
  [999, "999"],
  [12_408, "12 408"],
  [1_234_567, "1 234 567"],
])("%d is counted as %s", (count, text) => {
  expect(formatCount(count)).toBe(text);
});

test.each([
  [0, "0.00s"],
  [416, "0.42s"],
  [9994, "9.99s"],
  [9996, "10.0s"],
  [59_940, "59.9s"],
  [59_960, "1m00s"],
  [664_000, "11m04s"],
  [3_599_600, "1h00m"],
  [3_720_000, "1h02m"],
  [273_600_000, "3d04h"],
])("%d ms took %s", (ms, text) => {
  expect(formatElapsed(ms)).toBe(text);
});

describe("formatTimeLeft", () => {
  test.each([
    [0, "a few seconds"],
    [32_000, "about 30 s"],
    [117_000, "about 115 s"],
    [120_000, "about 2 min"],
    [301_000, "about 5 min"],
    [3 * 3_600_000, "about 3 h"],
    [72 * 3_600_000, "about 3 days"],
  ])("%d ms are %s", (ms, text) => {
    expect(formatTimeLeft(ms)).toBe(text);
  });
});

test.each([
  [0, 0, "0 %"],
  [9, 19_530, "0.046 %"],
  [1, 3, "33 %"],
  [999, 1000, "99 %"],
  [7, 7, "100 %"],
])("%d of %d is %s", (part, whole, text) => {
  expect(formatPercent(part, whole)).toBe(text);
});

test("one is not many", () => {
  expect([plural(1, "file"), plural(2000, "entry", "entries")]).toEqual([
    "1 file",
    "2 000 entries",
  ]);
});
