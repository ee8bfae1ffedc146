import * as fc from "fast-check";
import { expect, test } from "vitest";

import type { ChunkList } from "../core/chunk-list.ts";
import { chunkDigestBytes, maxChunk, mostBasisChunks } from "../core/chunk-list.ts";
import type { ApplyAnswer } from "./apply-answers.ts";
import { readAnswer, writeAnswer } from "./apply-answers.ts";
import { readChunkLists, writeChunkLists } from "./chunk-lists.ts";
import { Reader } from "./reader.ts";
import { WireError } from "./wire-error.ts";
import { Writer } from "./writer.ts";

const list: fc.Arbitrary<ChunkList> = fc
  .array(
    fc.tuple(
      fc.integer({ min: 1, max: maxChunk }),
      fc.uint8Array({ minLength: chunkDigestBytes, maxLength: chunkDigestBytes }),
    ),
    { maxLength: 20 },
  )
  .map((chunks) => ({
    sizes: Uint32Array.from(chunks, ([size]) => size),
    digests: new Uint8Array(Buffer.concat(chunks.map(([, digest]) => digest))),
  }));
const perhaps = fc.option(list, { nil: undefined });
const basis = fc.option(fc.array(fc.oneof(list, fc.nat()), { maxLength: 4 }), { nil: undefined });

function written(write: (out: Writer) => void): Uint8Array {
  const out = new Writer();
  write(out);
  return out.take();
}

test("chunk lists arrive as they were sent, and nothing that is cut short does", () => {
  fc.assert(
    fc.property(fc.array(perhaps, { maxLength: 8 }), fc.nat(), (lists, cut) => {
      const message = written((out) => writeChunkLists(out, lists));
      const from = new Reader(message);
      expect(readChunkLists(from, lists.length)).toEqual(lists);
      from.end();
      if (message.length === 0) return;
      const short = new Reader(message.subarray(0, cut % message.length));
      expect(() => readChunkLists(short, lists.length)).toThrow(WireError);
    }),
  );
});

test.each([
  ["more chunks than can be asked with", (out: Writer) => out.varint(mostBasisChunks + 1)],
  ["more chunks than the message has", (out: Writer) => out.varint(1000)],
  ["an empty chunk", (out: Writer) => out.varint(1).varint(0).raw(new Uint8Array(16))],
  [
    "too large a chunk",
    (out: Writer) =>
      out
        .varint(1)
        .varint(maxChunk + 1)
        .raw(new Uint8Array(16)),
  ],
])("a list with %s is refused", (_what, write) => {
  const message = written((out) => void write(out.bool(true)));
  expect(() => readChunkLists(new Reader(message), 1)).toThrow(WireError);
});

const actions = 50;
const wants = fc
  .uniqueArray(fc.integer({ min: 0, max: actions - 1 }))
  .chain((indices) =>
    fc.tuple(...indices.map((index) => basis.map((it) => ({ index, basis: it })))),
  )
  .map((it): ApplyAnswer => ({ type: "wants", wants: it }));

test("what is wanted arrives in its order", () => {
  fc.assert(
    fc.property(wants, (answer) => {
      const from = new Reader(written((out) => writeAnswer(out, answer)));
      expect(readAnswer(from, actions)).toEqual(answer);
      from.end();
    }),
  );
});

test.each([
  [[[0, actions + 1]]],
  [[[actions, 1]]],
  [[[3, 0]]],
  [
    [
      [0, actions],
      [0, 1],
    ],
  ],
  [[[2 ** 52, 2 ** 52]]],
])("content of no action is not wanted: %j", (runs) => {
  const message = written((out) => {
    out.u8(1).list(runs, ([first, count]) => void out.varint(first!).varint(count!));
    out.raw(new Uint8Array(200));
  });
  expect(() => readAnswer(new Reader(message), actions)).toThrow(WireError);
});
