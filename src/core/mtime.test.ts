import { describe, expect, test } from "vitest";

import { mtimeRule, mtimesApart, surelyApart } from "./mtime.ts";

const at = (mtimeSec: number, mtimeNs: number) => ({ mtimeSec, mtimeNs });

describe("mtimes", () => {
  test.each([
    ["are exact", 1, at(5, 1), at(5, 1), 0],
    ["are exact", 1, at(5, 2), at(5, 1), 1],
    ["lose what microseconds do not keep", 1000, at(5, 1999), at(5, 1000), 0],
    ["are two microseconds, however near", 1000, at(5, 2000), at(5, 1999), 1],
    ["lose what seconds do not keep", 1e9, at(5, 999_999_999), at(5, 0), 0],
    ["are two seconds, however near", 1e9, at(6, 0), at(5, 999_999_999), 1],
    ["are two seconds, before the epoch as well", 1e9, at(-1, 900_000_000), at(0, 0), -100_000_000],
    ["are one pair of seconds", 2e9, at(4, 0), at(5, 500_000_000), 0],
    ["are two pairs of seconds", 2e9, at(6, 0), at(5, 0), 1_000_000_000],
  ])("%s at %s ns", (_what, resolution, a, b, expected) => {
    expect(mtimesApart(a, b, mtimeRule([1, resolution], undefined))).toBe(expected);
    expect(mtimesApart(b, a, mtimeRule([resolution, 1], undefined))).toBe(0 - expected);
  });

  test("may be as far apart as somebody has said, in place of what can be kept", () => {
    const rule = mtimeRule([1e9], 10);
    expect(surelyApart(rule)).toBe(11);
    expect(mtimesApart(at(1, 5), at(0, 999_999_995), rule)).toBe(0);
    expect(mtimesApart(at(1, 6), at(0, 999_999_995), rule)).toBe(11);
    expect(mtimesApart(at(1, 11), at(1, 0), rule)).toBe(11);
  });
});
