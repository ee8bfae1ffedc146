import * as fc from "fast-check";
import { describe, expect, test } from "vitest";

import { chooseBases } from "./choose-bases.ts";
import type { SampledFile } from "./choose-bases.ts";
import type { ChunkList } from "./chunk-list.ts";
import { chunkDigestBytes, draftChunkList } from "./chunk-list.ts";
import type { RelPath } from "./path.ts";

const MiB = 2 ** 20;
const path = (text: string): RelPath => text as RelPath;

/** A stand-in for chunks: what they hold is a letter. */
function listOf(letters: string): ChunkList {
  const draft = draftChunkList();
  for (const letter of letters)
    draft.add(60_000, new Uint8Array(chunkDigestBytes).fill(letter.charCodeAt(0)));
  return draft.list();
}

function sampled(at: string, letters: string, size = 100 * MiB): SampledFile {
  return { path: path(at), size, sample: listOf(letters) };
}

function chosenOf(
  files: readonly SampledFile[],
  known: Readonly<Record<string, string>>,
): readonly (readonly string[])[] {
  const choice = chooseBases(files);
  for (const [at, letters] of Object.entries(known)) choice.look(path(at), listOf(letters));
  return files.map((_, i) => choice.chosen(i));
}

test.each<{
  name: string;
  sample: string;
  known: Readonly<Record<string, string>>;
  chosen: readonly string[];
}>([
  { name: "nothing in common", sample: "abc", known: { x: "def" }, chosen: [] },
  { name: "nothing to be told of", sample: "", known: { x: "abc" }, chosen: [] },
  {
    name: "the one that has most",
    sample: "abcdef",
    known: { x: "ab", y: "abcde", z: "abc" },
    chosen: ["y"],
  },
  {
    name: "what has something that the best has not comes behind it, what has nothing of its own not at all",
    sample: "abcdef",
    known: { x: "cd", y: "abcd", z: "df" },
    chosen: ["y", "z"],
  },
  {
    name: "what the replaced file has speaks for no other",
    sample: "abcdef",
    known: { wanted: "abcd", x: "abcd", y: "e" },
    chosen: ["y"],
  },
  {
    name: "no more than three, those that add most",
    sample: "abcdefghij",
    known: { v: "a", w: "bc", x: "def", y: "ghij", z: "" },
    chosen: ["y", "x", "w"],
  },
  {
    name: "of equal ones the first",
    sample: "abc",
    known: { x: "abc", y: "abc" },
    chosen: ["x"],
  },
  {
    name: "a chunk that comes again and again counts once",
    sample: "abcde",
    known: { x: "aaaaaaaaaa", y: "bc" },
    chosen: ["y", "x"],
  },
])("$name", ({ sample, known, chosen }) => {
  expect(chosenOf([sampled("wanted", sample)], known)).toEqual([chosen]);
});

test("each of several files gets its own, and equal ones the same", () => {
  const files = [sampled("a", "abc"), sampled("b", "def"), sampled("c", "abc")];
  expect(chosenOf(files, { x: "abcx", y: "xdef", c: "c" })).toEqual([["x"], ["y"], ["x"]]);
});

test("a list that costs more than it is likely to save is not told of", () => {
  const known = { x: `a${"x".repeat(100_000)}` };
  expect(chosenOf([sampled("w", "abcdefghij", 10 * MiB)], known)).toEqual([[]]);
  expect(chosenOf([sampled("w", "abcdefghij", 100 * MiB)], known)).toEqual([["x"]]);
});

describe("whatever files consist of", () => {
  const letters = fc.string({
    unit: fc.constantFrom("a", "b", "c", "d", "e", "f", "g", "h", "i", "j"),
    maxLength: 20,
  });
  const some = fc.array(letters, { maxLength: 6 });

  test("each that is chosen has something of the file that none before it has", () => {
    fc.assert(
      fc.property(some, fc.array(letters, { maxLength: 12 }), (wanted, lists) => {
        const files = wanted.map((text, i) => sampled(`w${i}`, text));
        const known = Object.fromEntries(lists.map((text, i) => [`k${i}`, text]));
        for (const [i, chosen] of chosenOf(files, known).entries()) {
          let open = wanted[i]!.split("");
          for (const one of chosen) {
            const rest = open.filter((letter) => !known[one]!.includes(letter));
            expect(rest.length).toBeLessThan(open.length);
            open = rest;
          }
          // And the one that has most of all of it is among them.
          const sharedWith = (text: string): number =>
            wanted[i]!.split("").filter((letter) => text.includes(letter)).length;
          const most = (texts: readonly string[]): number => Math.max(0, ...texts.map(sharedWith));
          expect(most(chosen.map((one) => known[one]!))).toBe(most(lists));
        }
      }),
    );
  });

  test("a file is served as if it were the only one", () => {
    fc.assert(
      fc.property(some, fc.array(letters, { maxLength: 6 }), (wanted, lists) => {
        const files = wanted.map((text, i) => sampled(`w${i}`, text));
        const known = Object.fromEntries(lists.map((text, i) => [`k${i}`, text]));
        const alone = files.map((file) => chosenOf([file], known)[0]);
        expect(chosenOf(files, known)).toEqual(alone);
      }),
    );
  });
});

test("very many files that all share the same cost no more than a moment", () => {
  const same = "abcdefghijklmnopqrstuvwxyz";
  const files = Array.from({ length: 1024 }, (_, i) => sampled(`w${i}`, same));
  const choice = chooseBases(files);
  const list = listOf(same);
  for (let i = 0; i < 5000; i++) choice.look(path(`k${i}`), list);
  expect(choice.chosen(1023)).toEqual(["k0"]);
});
