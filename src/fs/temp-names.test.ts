import * as fc from "fast-check";
import { describe, expect, test } from "vitest";

import type { Name } from "../core/path.ts";
import { parseName } from "../core/path.ts";
import { isTempName, tempNames, tempRun } from "./temp-names.ts";

const word = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });

describe("temporary names", () => {
  test("are recognised, whatever the random word and however many there are", () => {
    fc.assert(
      fc.property(word, word, fc.nat(2000), (first, second, count) => {
        const words = [first, second];
        const next = tempNames(tempRun(() => words.shift()!));
        let name = next();
        for (let n = 0; n < count; n++) name = next();
        expect(isTempName(name)).toBe(true);
        expect(parseName(name)).toBe(name);
      }),
      { numRuns: 50 },
    );
  });

  test("are different from one another, in one run and between two", () => {
    const [a, b] = [tempNames(tempRun(() => 0)), tempNames(tempRun(() => 0.999_999_9))];
    const made = Array.from({ length: 5000 }, () => [a(), b()]).flat();
    expect(new Set(made).size).toBe(made.length);
  });

  test("have room beside any name: they are short", () => {
    const next = tempNames(tempRun(() => 0.5));
    let longest = 0;
    for (let n = 0; n < 5000; n++) longest = Math.max(longest, next().length);
    expect(longest).toBeLessThan(64);
  });

  test.each([
    ".syncline",
    ".syncline~",
    ".syncline~abc",
    ".syncline~abcdef",
    ".syncline~abcdef~",
    ".syncline~abcde~0",
    ".syncline~ABCDEF~0",
    ".syncline~abcdef~0~",
    ".syncline~abcdef~0.txt",
    ".syncline~abcdef~/0",
    "x.syncline~abcdef~0",
    ".syncline~abcdef0123456789x~0",
    ".syncline~abcdef~0123456789abc",
    "syncline~abcdef~0",
    "",
  ])("are not %j, which somebody else may have made", (name) => {
    expect(isTempName(name as Name)).toBe(false);
  });
});
