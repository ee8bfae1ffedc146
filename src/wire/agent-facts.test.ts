import { expect, test } from "vitest";

import { agentFacts, codecFor, rateOf } from "./agent-facts.ts";

test("what a side says of itself is understood by the other one", () => {
  const facts = agentFacts(["zstd", "none"], 2_097_152);
  expect([codecFor(["deflate", "zstd"], facts), rateOf(facts)]).toEqual(["zstd", 2_097_152]);
  expect(rateOf(agentFacts(["none"]))).toBeUndefined();
});

test.each(["", "0", "-1", "NaN", "Infinity", "1e999", "fast"])(
  "a rate that nobody can mean is none: %j",
  (rate) => {
    expect(rateOf(new Map([["rate", rate]]))).toBeUndefined();
  },
);
