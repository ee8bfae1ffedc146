import fc from "fast-check";
import { expect, test } from "vitest";

import type { Name } from "../core/path.ts";
import { sortNames } from "./sort-names.ts";

test("any listing comes out in byte order with every name once", () => {
  const byte = fc.integer({ min: 1, max: 255 }).map((code) => String.fromCharCode(code));
  const names = fc.array(
    fc.string({ unit: byte, minLength: 1, maxLength: 4 }) as fc.Arbitrary<Name>,
  );
  fc.assert(
    fc.property(names, (listing) => {
      const expected = [...new Set(listing)].sort((a, b) =>
        Buffer.compare(Buffer.from(a, "latin1"), Buffer.from(b, "latin1")),
      );
      expect(sortNames([...listing])).toEqual(expected);
    }),
  );
});
