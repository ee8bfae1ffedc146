import { expect, test } from "vitest";

import { sampleBytes, sampleRanges } from "./chunk-sample.ts";

const MiB = 2 ** 20;

test.each([0, 1, MiB / 2, 7 * MiB, 8 * MiB, 40 * MiB, 8 * MiB + 1, 128 * MiB, 2 ** 40])(
  "a sample of %i bytes is in order, apart, inside, and small",
  (size) => {
    let end = 0;
    for (const { from, length } of sampleRanges(size)) {
      expect(from).toBeGreaterThanOrEqual(end);
      end = from + length;
    }
    expect(end).toBeLessThanOrEqual(size);
    expect(sampleBytes(size)).toBeLessThanOrEqual(Math.max(MiB / 2, size / 5));
    expect(sampleBytes(size)).toBeLessThanOrEqual(8.5 * MiB);
  },
);
