import { expect, test } from "vitest";

import { parseRate } from "./rate.ts";

test.each([
  ["500", 500],
  ["500K", 512_000],
  ["2M/s", 2_097_152],
  ["1.5m", 1_572_864],
  ["1GiB/s", 1_073_741_824],
  ["0", undefined],
  ["0.1", undefined],
  ["", undefined],
  ["/s", undefined],
  ["2M/h", undefined],
  ["-1", undefined],
])("%j is a rate of %j", (text, rate) => {
  expect(parseRate(text)).toBe(rate);
});
