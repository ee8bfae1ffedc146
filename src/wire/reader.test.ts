import { describe, expect, test } from "vitest";
import type { ByteString } from "../base/byte-string.ts";
import { Reader } from "./reader.ts";
import { WireError } from "./wire-error.ts";
import { Writer } from "./writer.ts";

const nan = [0, 0, 0, 0, 0, 0, 0xf8, 0x7f];
const infinity = [0, 0, 0, 0, 0, 0, 0xf0, 0xff];

describe("refused", () => {
  const cases: {
    name: string;
    bytes: readonly number[];
    read: (from: Reader) => unknown;
    message: string;
  }[] = [
    {
      name: "a number that is not one",
      bytes: nan,
      read: (from) => from.f64(),
      message: "a number is not finite",
    },
    {
      name: "an infinite one",
      bytes: infinity,
      read: (from) => from.f64(),
      message: "a number is not finite",
    },
    {
      name: "one of either in a column",
      bytes: [2, ...Array.from({ length: 8 }, () => 0), ...nan],
      read: (from) => from.f64s(9),
      message: "a number is not finite",
    },
    {
      name: "a varint over its limit",
      bytes: [0xff, 1],
      read: (from) => from.varint(254),
      message: "a number is larger than 254",
    },
    {
      name: "a varint over 2^53 - 1",
      bytes: [0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x10],
      read: (from) => from.varint(),
      message: "a number is larger than 9007199254740991",
    },
    {
      name: "a varint that never ends",
      bytes: Array.from({ length: 20 }, () => 0x80),
      read: (from) => from.varint(),
      message: "a number has too many bytes",
    },
    {
      name: "a varint with zeros behind it",
      bytes: [0x81, 0],
      read: (from) => from.varint(),
      message: "a number is longer than it needs to be",
    },
    {
      name: "a yes or no of two",
      bytes: [2],
      read: (from) => from.bool(),
      message: "a yes or no is neither",
    },
    {
      name: "bytes over their limit",
      bytes: [3, 1, 2, 3],
      read: (from) => from.bytes(2),
      message: "a length is over the limit of 2 bytes",
    },
    {
      name: "a column over its limit",
      bytes: [3, 1, 2, 3],
      read: (from) => from.u8s(2),
      message: "a count is over the limit of 2",
    },
    {
      name: "a column of more than there is",
      bytes: [0xff, 0xff, 0xff, 0xff, 0x0f, 1, 2, 3],
      read: (from) => from.f64s(2 ** 40),
      message: "a message is shorter than what it says",
    },
    {
      name: "a list of more than there can be",
      bytes: [0xff, 0xff, 0xff, 0xff, 0x0f, 1],
      read: (from) => from.list(2 ** 40, () => 0),
      message: "a message is shorter than what it says",
    },
    {
      name: "a text that is not UTF-8",
      bytes: [2, 0xc3, 0x28],
      read: (from) => from.text(9),
      message: "a text is not valid UTF-8",
    },
    {
      name: "a value that is not in the list",
      bytes: [2],
      read: (from) => from.oneOf(["a", "b"]),
      message: "a value is none of those that are known",
    },
    {
      name: "more than was asked for",
      bytes: [1, 2],
      read: (from) => {
        from.u8();
        from.end();
      },
      message: "a message is longer than what it says",
    },
  ];
  for (const { name, bytes, read, message } of cases) {
    test(name, () => {
      const from = new Reader(Uint8Array.from(bytes));
      expect(() => read(from)).toThrow(new WireError(message));
    });
  }
});

test("what is read is of the plain kind, and what is in columns is a copy", () => {
  const buffer = Buffer.from([2, 7, 8, 1, 9, 5]);
  const from = new Reader(buffer);
  const bytes = from.bytes(9);
  const column = from.u8s(9);
  buffer.fill(0);
  expect([bytes.constructor, [...bytes]]).toEqual([Uint8Array, [0, 0]]);
  expect([...column]).toEqual([9]);
  expect(from.remaining).toBe(1);
  expect([...from.rest()]).toEqual([0]);
});

describe("not sent", () => {
  const cases: { name: string; write: (to: Writer) => unknown }[] = [
    { name: "a u8 of 256", write: (to) => to.u8(256) },
    { name: "a u16 of 65536", write: (to) => to.u16(65_536) },
    { name: "a u32 of 2^32", write: (to) => to.u32(2 ** 32) },
    { name: "a negative number", write: (to) => to.u32(-1) },
    { name: "half a number", write: (to) => to.varint(0.5) },
    { name: "a whole number that is not safe", write: (to) => to.varint(2 ** 53) },
    { name: "no number", write: (to) => to.varint(Number.NaN) },
    { name: "no finite number", write: (to) => to.f64(Infinity) },
    { name: "no finite number in a column", write: (to) => to.f64s(Float64Array.of(1, Infinity)) },
    { name: "a value that is not in the list", write: (to) => to.oneOf(["a"], "b") },
    { name: "text as a byte string", write: (to) => to.latin1("\u0100" as ByteString) },
    { name: "long text as one", write: (to) => to.latin1("\u0100".repeat(99) as ByteString) },
  ];
  for (const { name, write } of cases) {
    test(name, () => {
      expect(() => write(new Writer())).toThrow(RangeError);
    });
  }
});
