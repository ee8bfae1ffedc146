import { describe, expect, test } from "vitest";

import { combineExitCodes, exitCodeOf, statusOfFailure } from "./exit-code.ts";

describe("combineExitCodes", () => {
  const cases = [
    { name: "nothing at all is done", codes: [], code: 0 },
    { name: "one failing target outweighs those that are done", codes: [0, 1, 0], code: 1 },
    { name: "a guard outweighs a lock and problems", codes: [3, 6, 5], code: 5 },
    { name: "an endpoint out of reach outweighs problems", codes: [3, 10, 0], code: 10 },
    { name: "an interruption outweighs everything", codes: [1, 2, 5, 130], code: 130 },
    { name: "conflicts outweigh a target that is away", codes: [75, 7, 0], code: 7 },
  ];
  test.each(cases)("$name", ({ codes, code }) => {
    expect(combineExitCodes(codes)).toBe(code);
  });
});

test.each([
  ["ENDPOINT_AUTH", 10],
  ["ENDPOINT_LOST", 10],
  ["GUARD", 5],
  ["LOCKED", 6],
  ["ROOT_MISSING", 1],
] as const)("a target that fails with %s before it begins is %j", (code, exitCode) => {
  expect(exitCodeOf(statusOfFailure(code))).toBe(exitCode);
});

test("a run that was declined is no failure", () => {
  expect([exitCodeOf("done"), exitCodeOf("declined"), exitCodeOf("problems")]).toEqual([0, 0, 3]);
});
