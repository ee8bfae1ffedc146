import { closeSync, openSync, readFileSync } from "node:fs";
import * as fc from "fast-check";
import { expect, test } from "vitest";

import { newDirectory } from "../../../test/model/disk.ts";
import { noise } from "../../../test/support/noise.ts";
import type { Descriptor, FileDriver } from "../../fs/driver.ts";
import { portableDriver } from "../../fs/portable-driver.ts";
import { writeSparsely } from "./write-sparsely.ts";

const block = 4096;
const part = fc.record({
  length: fc.oneof(fc.integer({ min: 1, max: 3 * block }), fc.constant(block)),
  isZero: fc.boolean(),
});

test("what was written piece by piece is all there, and nothing was written of blocks of zeros", () => {
  using dir = newDirectory();
  const driver = portableDriver();
  fc.assert(
    fc.property(
      fc.array(part, { maxLength: 12 }),
      fc.integer({ min: 1, max: 9000 }),
      (parts, step) => {
        const content = Buffer.concat(
          // No byte of noise is zero, so that whatever is not written shows.
          parts.map(({ length, isZero }, i) =>
            isZero
              ? Buffer.alloc(length)
              : Buffer.from(noise(length, i + 1)).map((byte) => byte | 1),
          ),
        );
        const written: [from: number, end: number][] = [];
        const watched: FileDriver = {
          ...driver,
          writeAt(fd, data, length, position) {
            written.push([position, position + length]);
            driver.writeAt(fd, data, length, position);
          },
        };
        const fd = openSync(`${dir.path}/f`, "w+") as Descriptor;
        try {
          for (let at = 0; at < content.length; at += step)
            writeSparsely(watched, fd, content.subarray(at, at + step), at);
          driver.truncate(fd, content.length);
        } finally {
          closeSync(fd);
        }
        expect(readFileSync(`${dir.path}/f`).equals(content)).toBe(true);
        for (let at = 0; at < content.length; at += block) {
          if (content.subarray(at, at + block).some((byte) => byte !== 0)) continue;
          const end = Math.min(at + block, content.length);
          expect(written.filter(([from, to]) => from < end && to > at)).toEqual([]);
        }
      },
    ),
  );
});
