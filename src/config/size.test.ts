import fc from "fast-check";
import { describe, expect, test } from "vitest";

import { formatSize, parseSize } from "./size.ts";

describe("parseSize", () => {
  test.each([
    ["0", 0],
    ["500", 500],
    ["500B", 500],
    ["10K", 10_240],
    ["10k", 10_240],
    ["10KB", 10_240],
    ["10KiB", 10_240],
    ["1.5M", 1_572_864],
    ["2GiB", 2_147_483_648],
    ["0.3K", 307],
  ])("%s is %d bytes", (text, bytes) => {
    expect(parseSize(text)).toBe(bytes);
  });

  test.each(["", "K", "-1", "1 K", "1.K", ".5K", "1KK", "1iB", "1e3", "0x10", "9000P", "NaN"])(
    "%j is no size",
    (text) => {
      expect(parseSize(text)).toBeUndefined();
    },
  );
});

test("what is formatted parses to the same", () => {
  fc.assert(
    fc.property(fc.maxSafeNat(), (bytes) => {
      expect(parseSize(formatSize(bytes))).toBe(bytes);
    }),
  );
});
