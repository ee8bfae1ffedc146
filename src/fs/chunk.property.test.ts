import * as fc from "fast-check";
import { expect, test } from "vitest";

import { noise } from "../../test/support/noise.ts";
import { newChunker } from "./chunker.ts";

const KiB = 1024;

/** Content with what real files have in it: noise, text, and stretches of one byte. */
const content = fc
  .array(
    fc.record({
      length: fc.integer({ min: 0, max: 700 * KiB }),
      what: fc.constantFrom("noise", "text", "zeros"),
      seed: fc.nat(),
    }),
    { maxLength: 4 },
  )
  .map((parts) =>
    Buffer.concat(parts.map(({ length, what, seed }) => makePart(what, length, seed))),
  );

function makePart(what: string, length: number, seed: number): Buffer {
  if (what === "zeros") return Buffer.alloc(length);
  if (what === "noise") return Buffer.from(noise(length, seed));
  return Buffer.alloc(length, `line ${seed} of some text that goes on and on\n`);
}

/** Chunks of what comes in pieces of these lengths, again and again. */
function chunksOf(bytes: Uint8Array, pieces: readonly number[]): Buffer[] {
  const chunks: Buffer[] = [];
  const chunker = newChunker((chunk) => void chunks.push(Buffer.from(chunk)));
  for (let from = 0, i = 0; from < bytes.length; i++) {
    const length = pieces[i % pieces.length]!;
    chunker.push(bytes.subarray(from, from + length));
    from += length;
  }
  chunker.end();
  return chunks;
}

const whole = [Number.MAX_SAFE_INTEGER];
const hex = (chunk: Buffer): string => chunk.toString("base64");

test("chunks are the content, however it comes in pieces", () => {
  const pieces = fc.array(fc.integer({ min: 1, max: 1500 * KiB }), { minLength: 1, maxLength: 5 });
  fc.assert(
    fc.property(content, pieces, (bytes, lengths) => {
      const chunks = chunksOf(bytes, lengths);
      expect(Buffer.concat(chunks).equals(bytes)).toBe(true);
      expect(chunks.map(hex)).toEqual(chunksOf(bytes, whole).map(hex));
    }),
    { numRuns: 40 },
  );
});

test("a change touches a few chunks, wherever it is and whatever its length", () => {
  const size = 4 * KiB * KiB;
  fc.assert(
    fc.property(
      fc.nat(),
      fc.integer({ min: 0, max: size }),
      fc.integer({ min: 0, max: 100_000 }),
      fc.integer({ min: 0, max: 100_000 }),
      (seed, at, gone, come) => {
        const old = Buffer.from(noise(size, seed));
        const parts = [old.subarray(0, at), noise(come, seed + 1), old.subarray(at + gone)];
        const known = new Set(chunksOf(old, whole).map(hex));
        const chunks = chunksOf(Buffer.concat(parts), whole);
        const unknown = chunks.filter((chunk) => !known.has(hex(chunk)));
        expect(unknown.length).toBeLessThan(14);
      },
    ),
    { numRuns: 25 },
  );
});
