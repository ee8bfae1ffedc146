import fc from "fast-check";
import { describe, expect, test } from "vitest";

import type { ByteString } from "../base/byte-string.ts";
import { bytesOfText, textOfBytes } from "../base/byte-string.ts";
import { escapePath, escapeText, safeJson } from "./escape.ts";

const dangerous = /[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/;
const anyBytes = fc
  .uint8Array({ maxLength: 40 })
  .map((bytes) => String.fromCharCode(...bytes) as ByteString);

describe("escapePath", () => {
  test.each([
    ["plain.txt", "plain.txt"],
    ["", "."],
    ["dir/naïve ☃ 😀", "dir/naïve ☃ 😀"],
    ["a\nb\tc\rd", "a\\nb\\tc\\rd"],
    ["\x1b[2Jgone", "\\x1b[2Jgone"],
    ["del\x7f", "del\\x7f"],
    ["c1\u009b31m", "c1\\u{9b}31m"],
    ["gpj.\u202eexe", "gpj.\\u{202e}exe"],
    ["a\\nb", "a\\\\nb"],
  ])("%j is shown as %s", (text, shown) => {
    expect(escapePath(bytesOfText(text))).toBe(shown);
  });

  test.each([
    ["gro\xdf", "gro\\xdf"],
    ["\xed\xa0\x80", "\\xed\\xa0\\x80"],
    ["\xc0\xaf", "\\xc0\\xaf"],
    ["\xf0\x9f\x98", "\\xf0\\x9f\\x98"],
    ["\xc3\xa9\xff", "é\\xff"],
    ["\xf4\x90\x80\x80", "\\xf4\\x90\\x80\\x80"],
  ])("bytes %j are shown as %s", (bytes, shown) => {
    expect(escapePath(bytes as ByteString)).toBe(shown);
  });

  test("whatever the bytes, nothing acts on a terminal", () => {
    fc.assert(fc.property(anyBytes, (bytes) => !dangerous.test(escapePath(bytes))));
  });

  test("what is valid UTF-8 and harmless is shown as it is", () => {
    fc.assert(
      fc.property(anyBytes, (bytes) => {
        const text = textOfBytes(bytes);
        fc.pre(text !== undefined && text !== "" && !dangerous.test(text) && !text.includes("\\"));
        expect(escapePath(bytes)).toBe(text);
      }),
    );
  });

  test("no two names look the same", () => {
    const tricky = fc
      .array(
        fc.constantFrom("\\", "x", "1", "b", "n", "\n", "\x1b", "\xc2", "\x85", "u{85}", "a"),
        {
          maxLength: 6,
        },
      )
      .map((parts) => parts.join("") as ByteString);
    fc.assert(
      fc.property(tricky, tricky, (a, b) => {
        fc.pre(a !== b);
        expect(escapePath(a)).not.toBe(escapePath(b));
      }),
      { numRuns: 2000 },
    );
  });
});

test("text of any kind is harmless when escaped", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (text) => !dangerous.test(escapeText(text))),
  );
});

test("safe JSON holds the same value and nothing dangerous", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (text) => {
      const json = safeJson({ path: text });
      expect(dangerous.test(json)).toBe(false);
      expect(JSON.parse(json)).toEqual({ path: text });
    }),
  );
});
