import * as fc from "fast-check";
import { expect, test } from "vitest";

import { blockLength, blockPrefix, longestBlock, unframed } from "./start-blocks.ts";

const bytes = fc.uint8Array({ maxLength: 40 });

async function* inPieces(whole: Buffer, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < whole.length; at += size) yield whole.subarray(at, at + size);
}

async function gather(stream: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  for await (const piece of stream) pieces.push(piece);
  return Buffer.concat(pieces);
}

test("a length says itself, and nothing longer than the longest block", () => {
  for (const length of [0, 1, 255, 65_536, longestBlock]) {
    expect(blockLength(blockPrefix(length))).toBe(length);
  }
  for (const text of ["0400000g", "ffffffff", "1", "", "-0000001", "0x000001"]) {
    expect(() => blockLength(text)).toThrow("no valid length");
  }
});

test("bytes come out as they went in, however they are cut", async () => {
  const size = fc.integer({ min: 1, max: 60 });
  await fc.assert(
    fc.asyncProperty(fc.array(bytes), bytes, bytes, size, async (blocks, early, rest, size) => {
      const full = blocks.filter((block) => block.length > 0);
      const framed = [...full, new Uint8Array()].flatMap((block) => [
        Buffer.from(blockPrefix(block.length)),
        block,
      ]);
      const whole = Buffer.concat([...framed, rest]);
      expect(await gather(unframed(early, true, inPieces(whole, size)))).toEqual(
        Buffer.concat([early, ...full, rest]),
      );
      expect(await gather(unframed(early, false, inPieces(whole, size)))).toEqual(
        Buffer.concat([early, whole]),
      );
    }),
  );
});

test("nonsense in the place of a length is an error", async () => {
  const stream = unframed(new Uint8Array(), true, inPieces(Buffer.from("nonsense"), 3));
  await expect(gather(stream)).rejects.toThrow("no valid length");
});
