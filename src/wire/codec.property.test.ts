import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { ByteString } from "../base/byte-string.ts";
import { swapBytes } from "./columns.ts";
import { Reader } from "./reader.ts";
import { WireError } from "./wire-error.ts";
import { Writer } from "./writer.ts";

const colours = ["red", "green", "blue"] as const;
const most = 1000;

/** One value of a message: how it is written, how it is read, and what it is. */
interface Part {
  readonly kind: string;
  readonly value: unknown;
  write(to: Writer): void;
  read(from: Reader): unknown;
}

function part<T>(
  kind: string,
  values: fc.Arbitrary<T>,
  how: { write(to: Writer, value: T): void; read(from: Reader): T },
): fc.Arbitrary<Part> {
  return values.map((value) => ({
    kind,
    value,
    write: (to) => how.write(to, value),
    read: (from) => how.read(from),
  }));
}

const whole = (bits: number): fc.Arbitrary<number> =>
  fc.oneof(
    fc.nat({ max: Math.min(300, 2 ** bits - 1) }),
    fc.integer({ min: 0, max: 2 ** bits - 1 }),
    fc.nat({ max: bits }).map((bit) => 2 ** bit - 1),
  );
const finite = fc.double({ noNaN: true, noDefaultInfinity: true });
const raw: fc.Arbitrary<Uint8Array> = fc.uint8Array({ maxLength: 100 });
const text = fc.string({ unit: "binary", maxLength: 100 });
const latin1 = fc
  .oneof(raw, fc.uint8Array({ maxLength: 100, max: 127 }), fc.constant(Uint8Array.of(0xef, 0xbb)))
  .map((bytes) => Buffer.from(bytes).toString("latin1") as ByteString);

const parts = fc.oneof(
  part("u8", whole(8), { write: (to, n) => to.u8(n), read: (from) => from.u8() }),
  part("u16", whole(16), { write: (to, n) => to.u16(n), read: (from) => from.u16() }),
  part("u32", whole(32), { write: (to, n) => to.u32(n), read: (from) => from.u32() }),
  part("varint", whole(53), { write: (to, n) => to.varint(n), read: (from) => from.varint() }),
  part("f64", finite, { write: (to, n) => to.f64(n), read: (from) => from.f64() }),
  part("bool", fc.boolean(), { write: (to, b) => to.bool(b), read: (from) => from.bool() }),
  part("bytes", raw, { write: (to, b) => to.bytes(b), read: (from) => from.bytes(most) }),
  part("text", text, { write: (to, t) => to.text(t), read: (from) => from.text(most) }),
  part("latin1", latin1, { write: (to, t) => to.latin1(t), read: (from) => from.latin1(most) }),
  part("u8s", fc.uint8Array(), { write: (to, c) => to.u8s(c), read: (from) => from.u8s(most) }),
  part("u16s", fc.uint16Array(), { write: (to, c) => to.u16s(c), read: (from) => from.u16s(most) }),
  part("u32s", fc.uint32Array(), { write: (to, c) => to.u32s(c), read: (from) => from.u32s(most) }),
  part("f64s", fc.float64Array({ noNaN: true, noDefaultInfinity: true }), {
    write: (to, c) => to.f64s(c),
    read: (from) => from.f64s(most),
  }),
  part("oneOf", fc.constantFrom(...colours), {
    write: (to, c) => to.oneOf(colours, c),
    read: (from) => from.oneOf(colours),
  }),
  part("optional", fc.option(whole(8), { nil: undefined }), {
    write: (to, n) => to.optional(n, (n) => to.u8(n)),
    read: (from) => from.optional(() => from.u8()),
  }),
  part("list", fc.array(whole(53)), {
    write: (to, all) => to.list(all, (n) => to.varint(n)),
    read: (from) => from.list(most, () => from.varint()),
  }),
);

function written(message: readonly Part[]): Uint8Array {
  const to = new Writer();
  for (const part of message) part.write(to);
  return to.take();
}

describe("a message", () => {
  test("is read as it was written, wherever in memory it lies", () => {
    fc.assert(
      fc.property(fc.array(parts), fc.nat({ max: 9 }), (message, offset) => {
        const bytes = written(message);
        const moved = new Uint8Array(offset + bytes.length).subarray(offset);
        moved.set(bytes);
        const from = new Reader(moved);
        expect(message.map((part) => part.read(from))).toEqual(message.map(({ value }) => value));
        expect(() => from.end()).not.toThrow();
      }),
    );
  });

  test("that is cut short anywhere is refused", () => {
    fc.assert(
      fc.property(fc.array(parts, { minLength: 1 }), fc.nat(), (message, place) => {
        const bytes = written(message);
        const from = new Reader(bytes.subarray(0, place % bytes.length));
        expect(() => {
          for (const part of message) part.read(from);
        }).toThrow(WireError);
      }),
    );
  });

  test("of any bytes at all is read or refused, and nothing larger than it is made of it", () => {
    fc.assert(
      fc.property(fc.array(parts), fc.uint8Array({ maxLength: 200 }), (message, bytes) => {
        const from = new Reader(bytes);
        try {
          for (const part of message) {
            const value = part.read(from);
            if (ArrayBuffer.isView(value)) expect(value.byteLength).toBeLessThan(bytes.length);
          }
          from.end();
        } catch (error) {
          expect(error).toBeInstanceOf(WireError);
        }
      }),
    );
  });
});

test("a writer is as new after its message was taken", () => {
  const writer = new Writer(1);
  writer.text("a first message, which is longer than there was room for");
  const first = writer.take();
  expect(writer.length).toBe(0);
  writer.u8(7);
  expect([...writer.take()]).toEqual([7]);
  expect(new Reader(first).text(most)).toMatch(/^a first message/);
});

test("numbers of another machine are turned around", () => {
  const bytes = Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8);
  swapBytes(bytes, 4);
  expect([...bytes]).toEqual([4, 3, 2, 1, 8, 7, 6, 5]);
});

test("numbers lie on the wire little end first", () => {
  const writer = new Writer();
  writer.u16(0x0102).u32(0x0304_0506).u32s(Uint32Array.of(1, 2));
  expect([...writer.take()]).toEqual([2, 1, 6, 5, 4, 3, 2, 1, 0, 0, 0, 2, 0, 0, 0]);
});

test("every value finds room, wherever that ends", () => {
  for (let before = 0; before < 40; before++) {
    for (const add of [
      (out: Writer): Writer => out.u16(1),
      (out: Writer): Writer => out.u32(1),
      (out: Writer): Writer => out.f64(1),
      (out: Writer): Writer => out.varint(2 ** 50),
    ]) {
      const out = new Writer(16).raw(new Uint8Array(before));
      const roomy = new Writer(1000).raw(new Uint8Array(before));
      expect(add(out).take()).toEqual(add(roomy).take());
    }
  }
});
