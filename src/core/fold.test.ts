import * as fc from "fast-check";
import { describe, expect, test } from "vitest";

import { bytesOfText } from "../base/byte-string.ts";
import { bytes } from "../../test/model/findings.ts";
import { foldName, foldPath } from "./fold.ts";

const fold = (text: string): string => foldName(bytesOfText(text));

describe("names that some file system takes for one", () => {
  test.each([
    ["a", "A"],
    ["readme.TXT", "README.txt"],
    ["é", "É"],
    ["é", "e\u0301"],
    ["É", "e\u0301"],
    ["straße", "STRASSE"],
    ["ς", "Σ"],
    ["σ", "ς"],
    ["ﬁ", "FI"],
    ["ǆ", "ǅ"],
    ["\u212a", "k"],
    ["ſ", "s"],
    ["я", "Я"],
    ["\u0390", "\u03aa\u0301"],
    ["\u01f0", "J\u030c"],
    ["\u1e96", "H\u0331"],
  ])("%j and %j fold into one", (a, b) => {
    expect(fold(a)).toBe(fold(b));
  });

  test.each([
    ["a", "b"],
    ["e", "é"],
    ["a", "a "],
    ["a.", "a"],
    ["o", "ö"],
  ])("%j and %j do not", (a, b) => {
    expect(fold(a)).not.toBe(fold(b));
  });
});

test("names that are no text are only themselves", () => {
  expect(foldName(bytes("A\u00ff"))).toBe("A\u00ff");
  expect(foldName(bytes("A\u00ff"))).not.toBe(foldName(bytes("a\u00ff")));
});

test("case and composition never make two names of one", () => {
  const letters = fc.constantFrom(
    ...Array.from("aàâäæçéèêëîïôœöùûüÿñßſıİΐΰάέήίόύώᾳῃῳςσﬁﬂǆǰ"),
    "\u0301",
    "\u0308",
    "\u0327",
    "\u0345",
  );
  const names = fc.array(letters, { minLength: 1, maxLength: 6 }).map((parts) => parts.join(""));
  fc.assert(
    fc.property(names, (name) => {
      const folded = fold(name);
      for (const form of ["NFC", "NFD"] as const) expect(fold(name.normalize(form))).toBe(folded);
      expect(fold(name.normalize("NFD").toUpperCase())).toBe(folded);
    }),
    { numRuns: 2000 },
  );
});

test("a path folds name by name, whatever is no text in it", () => {
  expect(foldPath(bytes("\u00ff/README"))).toBe(foldPath(bytes("\u00ff/readme")));
  expect(foldPath(bytes("\u00ff/A"))).not.toBe(foldPath(bytes("\u00fe/A")));
});
