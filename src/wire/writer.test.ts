import { expect, test } from "vitest";

import { Reader } from "./reader.ts";
import { Writer } from "./writer.ts";

test.each([
  ["u16", 2],
  ["u32", 4],
  ["f64", 8],
] as const)("%s may be what makes a writer grow", (name, bytes) => {
  for (let before = 0; before <= 32; before++) {
    const out = new Writer(16).raw(new Uint8Array(before));
    out[name](7);
    const from = new Reader(out.take());
    from.raw(before);
    expect(from.remaining).toBe(bytes);
    expect(from[name]()).toBe(7);
  }
});
