import fc from "fast-check";
import { expect, test } from "vitest";

import { formatDeleteLimit, parseDeleteLimit } from "./delete-limit.ts";

test.each([
  ["0", { type: "count", count: 0 }],
  ["25", { type: "count", count: 25 }],
  ["25%", { type: "percent", percent: 25, atLeast: 0 }],
  ["0.5%", { type: "percent", percent: 0.5, atLeast: 0 }],
  ["100%", { type: "percent", percent: 100, atLeast: 0 }],
])("%s is a limit", (text, limit) => {
  expect(parseDeleteLimit(text)).toEqual(limit);
});

test.each(["", "%", "-1", "1.5", "101%", "5 %", "all", "99999999999999999999"])(
  "%j is no limit",
  (text) => {
    expect(parseDeleteLimit(text)).toBeUndefined();
  },
);

test("what is formatted parses to the same", () => {
  const limit = fc.oneof(
    fc.record({ type: fc.constant("count" as const), count: fc.maxSafeNat() }),
    fc.record({
      type: fc.constant("percent" as const),
      percent: fc.integer({ min: 0, max: 10_000 }).map((hundredths) => hundredths / 100),
      atLeast: fc.constant(0),
    }),
  );
  fc.assert(
    fc.property(limit, (limit) => {
      expect(parseDeleteLimit(formatDeleteLimit(limit))).toEqual(limit);
    }),
  );
});
