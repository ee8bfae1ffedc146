import * as fc from "fast-check";
import { describe, expect, test } from "vitest";

import { path } from "../../test/model/findings.ts";
import { pairFiles } from "./pair-files.ts";

const placed = (paths: readonly string[]) => paths.map((at) => ({ path: path(at) }));

function paired(
  olds: readonly string[],
  nows: readonly string[],
): { pairs: string[]; rest: string[] } {
  const { pairs, rest } = pairFiles(placed(olds), placed(nows));
  return {
    pairs: pairs.map(([old, now]) => `${old.path} > ${now.path}`),
    rest: rest.map((one) => one.path),
  };
}

describe("of equal files", () => {
  test.each([
    ["the one at the same path", ["a", "b/x"], ["b/x", "c"], ["b/x > b/x", "a > c"]],
    ["then the one of the same name", ["a/x", "b/y"], ["c/y", "c/x"], ["a/x > c/x", "b/y > c/y"]],
    [
      "then the one in the same directory",
      ["a/x", "b/y"],
      ["b/1", "a/2"],
      ["a/x > a/2", "b/y > b/1"],
    ],
    ["then the first", ["b/x", "a/y"], ["d/1", "c/2"], ["a/y > c/2", "b/x > d/1"]],
  ] as const)("%s is the same file", (_name, olds, nows, pairs) => {
    expect(paired(olds, nows)).toEqual({ pairs: expect.arrayContaining([...pairs]), rest: [] });
  });

  test("those for which none is left are the rest", () => {
    expect(paired(["a"], ["c", "b", "a"])).toEqual({ pairs: ["a > a"], rest: ["b", "c"] });
    expect(paired(["a", "b"], ["c"])).toEqual({ pairs: ["a > c"], rest: [] });
  });

  const paths = fc.uniqueArray(fc.constantFrom("a", "b", "a/x", "b/x", "b/y", "c/y", "c/z", "d"));

  test("each has one partner at most, as many as there can be, whatever the order", () => {
    fc.assert(
      fc.property(paths, paths, fc.func(fc.nat()), (olds, nows, order) => {
        const { pairs, rest } = pairFiles(placed(olds), placed(nows));
        const count = Math.min(olds.length, nows.length);
        expect([pairs.length, rest.length]).toEqual([count, nows.length - count]);
        expect(new Set(pairs.map(([old]) => old.path)).size).toBe(count);
        expect(new Set([...pairs.map(([, now]) => now), ...rest]).size).toBe(nows.length);
        const shuffled = (all: readonly string[]) => all.toSorted((a, b) => order(a) - order(b));
        expect(paired(shuffled(olds), shuffled(nows))).toEqual(paired(olds, nows));
      }),
    );
  });
});
