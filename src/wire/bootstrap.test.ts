import { expect, test } from "vitest";

import type { BootstrapAnswer } from "./bootstrap.ts";
import { formatAnswer, parseAnswer } from "./bootstrap.ts";

const facts = {
  platform: "linux",
  arch: "x64",
  libc: "glibc",
  nodeVersion: "v18.0.0",
  natives: true,
  notice: undefined,
};

const answers: readonly BootstrapAnswer[] = [
  { word: "have", facts },
  { word: "need", facts: { ...facts, notice: "a\nb" }, parts: ["agent", "blake"] },
  { word: "no-node" },
  { word: "old-node", version: "v16.0.0" },
  { word: "failed", message: "so there" },
];

test.each(answers)("an answer is read as it was written: $word", (answer) => {
  const line = formatAnswer(answer);
  expect(line.indexOf("\n")).toBe(line.length - 1);
  expect(parseAnswer(line)).toEqual(answer);
});

test("the shell's own answer needs no more than a word", () => {
  expect(parseAnswer("no-node")).toEqual({ word: "no-node" });
});

test.each([
  "",
  "perhaps {}",
  "have",
  "have {}",
  "have []",
  "have {",
  'have {"facts":null}',
  'have {"facts":{"platform":"linux","arch":"x64","libc":"glibc"}}',
  'have {"facts":{"platform":1,"arch":"x64","libc":"glibc","nodeVersion":"v18"}}',
  `need ${JSON.stringify({ facts })}`,
  `need ${JSON.stringify({ facts, parts: "agent" })}`,
  `need ${JSON.stringify({ facts, parts: ["passwd"] })}`,
  `need ${JSON.stringify({ facts, parts: ["agent", "agent"] })}`,
  `need ${JSON.stringify({ facts, parts: ["agent", "agent", "koffi", "blake"] })}`,
])("%j is no answer", (line) => {
  expect(parseAnswer(line)).toBeUndefined();
});

test("texts have an end, and what is not known is left out", () => {
  const long = "x".repeat(10_000);
  expect(parseAnswer(`failed ${JSON.stringify({ message: long })}`)).toEqual({
    word: "failed",
    message: "x".repeat(500),
  });
  expect(
    parseAnswer(`have ${JSON.stringify({ facts: { ...facts, more: 1, natives: 1 } })}`),
  ).toEqual({ word: "have", facts: { ...facts, natives: false } });
});
