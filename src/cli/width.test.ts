import fc from "fast-check";
import { expect, test } from "vitest";

import { displayWidth, fitWidth } from "./width.ts";

test.each([
  ["", 0],
  ["abc", 3],
  ["naïve", 5],
  ["nai\u0308ve", 5],
  ["写真", 4],
  ["한글", 4],
  ["😀", 2],
  ["─→✓", 3],
])("%j takes %d columns", (text, width) => {
  expect(displayWidth(text)).toBe(width);
});

test.each([
  ["abcdef", 6, "abcdef"],
  ["abcdef", 5, "abcd…"],
  ["写真です", 6, "写真…"],
  ["abc", 0, ""],
])("%j in %d columns is %j", (text, columns, fitted) => {
  expect(fitWidth(text, columns, "…")).toBe(fitted);
});

test("nothing is ever wider than it may be", () => {
  fc.assert(
    fc.property(fc.string({ unit: "grapheme" }), fc.nat(40), (text, columns) => {
      expect(displayWidth(fitWidth(text, columns, "..."))).toBeLessThanOrEqual(columns);
    }),
  );
});
