import { expect, test } from "vitest";

import { describeVersionRule, parseVersionRule } from "./version-rule.ts";

const day = 86_400_000;

test.each([
  ["none", { keep: "none" }, "none"],
  ["trash", { keep: "trash", age: 30 * day }, "trash, 30d"],
  ["trash:90d", { keep: "trash", age: 90 * day }, "trash, 90d"],
  ["trash:1d12h", { keep: "trash", age: 1.5 * day }, "trash, 1d12h"],
  ["tiered", { keep: "tiered" }, "tiered"],
] as const)("%s", (text, rule, words) => {
  expect(parseVersionRule(text)).toEqual(rule);
  expect(describeVersionRule(rule)).toBe(words);
});

test.each(["", "all", "trash:", "trash:0", "trash:90", "tiered:30d", "Trash"])(
  "%j is no rule",
  (text) => {
    expect(parseVersionRule(text)).toBeUndefined();
  },
);
