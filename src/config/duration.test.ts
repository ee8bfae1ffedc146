import fc from "fast-check";
import { describe, expect, test } from "vitest";

import { formatDuration, parseDuration } from "./duration.ts";

describe("parseDuration", () => {
  test.each([
    ["5m", 300_000],
    ["1d2h", 93_600_000],
    ["00d01h30m00s", 5_400_000],
    ["200ms", 200],
    ["1m200ms", 60_200],
    ["30s", 30_000],
    ["0s", 0],
    ["0", 0],
  ])("%s is %d ms", (text, ms) => {
    expect(parseDuration(text)).toBe(ms);
  });

  test.each(["", " ", "5", "m", "-5m", "5 m", "1h1d", "5m5m", "1.5h", "5M", "1e3s", "٣s"])(
    "%j is no duration",
    (text) => {
      expect(parseDuration(text)).toBeUndefined();
    },
  );

  test("what is too long to count exactly is no duration", () => {
    expect(parseDuration("99999999999999d")).toBeUndefined();
  });
});

test("what is formatted parses to the same", () => {
  fc.assert(
    fc.property(fc.maxSafeNat(), (ms) => {
      expect(parseDuration(formatDuration(ms))).toBe(ms);
    }),
  );
});
