import * as fc from "fast-check";
import { expect, test } from "vitest";

import { formatStamp, layerName, parseStamp } from "./version-stamp.ts";

const moment = fc.integer({ min: 0, max: Date.UTC(9999, 11, 31) });

test("a stamp says its moment, whatever the layer", () => {
  fc.assert(
    fc.property(moment, fc.integer({ min: 1, max: 1000 }), (at, layer) => {
      expect(parseStamp(layerName(formatStamp(at), layer))).toEqual({ at, layer });
    }),
  );
});

test("the order of names is the order of time", () => {
  fc.assert(
    fc.property(moment, moment, (a, b) => {
      expect(formatStamp(a) < formatStamp(b)).toBe(a < b);
    }),
  );
});

test.each([
  "",
  "2026-11-20",
  "2026-11-20T19-30-00Z",
  "2026-13-20T19-30-00.000Z",
  "2026-11-20T19-30-00.000Z~1",
  "2026-11-20T19-30-00.000Z~x",
  "2026-11-20T19-30-00.000Z.jsonl",
  "thinned.json",
])("%j is no stamp", (name) => {
  expect(parseStamp(name)).toBeUndefined();
});
