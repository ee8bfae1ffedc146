import { PassThrough } from "node:stream";

import { describe, expect, test } from "vitest";

import { create, planOf, remove } from "../../test/support/recorded-events.ts";
import { confirmPlan } from "./confirm.ts";
import { lookOf } from "./look.ts";

const review = {
  source: "a",
  target: "b",
  plan: planOf({ content: [create("new", 1)], removals: [remove("old", 1)] }),
  guards: [],
  deleteLimit: "50%",
  accepted: new Set<string>(),
  room: { bytes: 0, freeBytes: undefined },
};

/** Answers questions in the order given, and each only when it is asked. The input ends where there is no answer left. */
async function asked(answers: readonly string[], signal = new AbortController().signal) {
  const input = new PassThrough();
  const left = [...answers];
  const lines: string[] = [];
  let questions = 0;
  const write = (text: string) => {
    if (!text.includes("?")) return;
    questions++;
    const answer = left.shift();
    if (answer === undefined) input.end();
    else input.write(`${answer}\n`);
  };
  const place = { look: lookOf({}, false), line: (text: string) => void lines.push(text) };
  const confirmed = await confirmPlan(review, { input, place, write, signal });
  return { confirmed, questions, lines };
}

describe("confirmPlan", () => {
  test.each([
    ["y", true],
    ["YES", true],
    ["n", false],
    ["no", false],
  ])("%s is %s", async (answer, confirmed) => {
    expect(await asked([answer])).toMatchObject({ confirmed, questions: 1 });
  });

  test("view shows every action and asks again", async () => {
    const { confirmed, questions, lines } = await asked(["v", "y"]);
    expect({ confirmed, questions }).toEqual({ confirmed: true, questions: 2 });
    expect(lines.slice(-2)).toEqual(["+ new", "- old"]);
  });

  test("anything else is asked again, and an input that ends is a no", async () => {
    expect(await asked(["", "perhaps"])).toMatchObject({ confirmed: false, questions: 3 });
  });

  test("an interruption is a no, whenever it comes", async () => {
    const before = AbortSignal.abort();
    expect(await asked([], before)).toMatchObject({ confirmed: false, questions: 0 });
    const during = new AbortController();
    setTimeout(() => during.abort(), 20);
    const input = new PassThrough();
    const place = { look: lookOf({}, false), line: () => {} };
    const dialogue = { input, place, write: () => {}, signal: during.signal };
    expect(await confirmPlan(review, dialogue)).toBe(false);
  });
});
