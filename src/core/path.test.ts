import * as fc from "fast-check";
import { describe, expect, test } from "vitest";

import { bytes, path } from "../../test/model/findings.ts";
import type { RelPath } from "./path.ts";
import {
  baseName,
  comparePaths,
  depthOf,
  isWithinAny,
  joinPath,
  parentPath,
  parseName,
  parseRelPath,
} from "./path.ts";

describe("bytes from outside", () => {
  test.each(["a", "-", "...", "..a", "a b", "\u00ff\u00fe", "new\nline", "~", "*", "\\"])(
    "%j is a name",
    (name) => {
      expect(parseName(bytes(name))).toBe(name);
      expect(parseRelPath(bytes(`x/${name}`))).toBe(`x/${name}`);
    },
  );

  test.each(["", ".", "..", "/", "a/b", "a/", "\0", "a\0b"])("%j is no name", (name) => {
    expect(parseName(bytes(name))).toBeUndefined();
  });

  test.each(["/", "/a", "a/", "a//b", "a/./b", "..", "../a", "a/../b", "a/b/..", ".", "a\0/b"])(
    "%j is no path",
    (text) => {
      expect(parseRelPath(bytes(text))).toBeUndefined();
    },
  );

  test("nothing is the root", () => {
    expect(parseRelPath(bytes(""))).toBe("");
  });
});

test.each([
  ["", "", "", 0],
  ["a", "", "a", 1],
  ["a/b", "a", "b", 2],
  ["a/b/c.d", "a/b", "c.d", 3],
])("%j lies in %j as %j, %i deep", (text, parent, name, depth) => {
  expect([parentPath(path(text)), baseName(path(text)), depthOf(path(text))]).toEqual([
    parent,
    name,
    depth,
  ]);
});

test.each([
  ["a/b", "a", true],
  ["a/b/c", "a", true],
  ["a/b/c", "a/b", true],
  ["a", "a", true],
  ["a", "a/b", false],
  ["ab", "a", false],
  ["a.b", "a", false],
  ["", "a", false],
  // The root holds everything, and so is not looked for.
  ["a", "", false],
])("whether %j is within any of %j: %s", (inner, outer, expected) => {
  expect(isWithinAny(path(inner), new Set([path("x"), path(outer)]))).toBe(expected);
});

test("a path is within any of none never", () => {
  expect(isWithinAny(path("a/b"), new Set())).toBe(false);
});

describe("the order of paths", () => {
  // Bytes below and above the slash, one that sorts before everything, and one that is no ASCII.
  const names = fc
    .array(fc.constantFrom("a", "b", "-", ".", " ", "\u0001", "\u00ff"), {
      minLength: 1,
      maxLength: 3,
    })
    .map((parts) => parts.join(""))
    .filter((name) => name !== "." && name !== "..");
  const paths = fc.array(names, { maxLength: 4 }).map((parts) => parts.join("/") as RelPath);

  test("is that of a walk that lists names by their bytes", () => {
    fc.assert(
      fc.property(fc.array(paths), (some) => {
        const all = new Set<RelPath>([path("")]);
        for (const one of some) for (let at = one; at !== ""; at = parentPath(at)) all.add(at);
        const walked: RelPath[] = [];
        const visit = (dir: RelPath): void => {
          walked.push(dir);
          const below = [...all].filter((one) => one !== "" && parentPath(one) === dir);
          for (const name of below.map(baseName).sort()) visit(joinPath(dir, name));
        };
        visit(path(""));
        expect([...all].toSorted(comparePaths)).toEqual(walked);
      }),
    );
  });

  test("is total", () => {
    fc.assert(
      fc.property(paths, paths, paths, (a, b, c) => {
        expect(Math.sign(comparePaths(a, b))).toBe(0 - Math.sign(comparePaths(b, a)));
        expect(comparePaths(a, b) === 0).toBe(a === b);
        const [x, y, z] = [a, b, c].toSorted(comparePaths);
        expect(comparePaths(x!, z!)).toBeLessThanOrEqual(0);
        expect(comparePaths(x!, y!)).toBeLessThanOrEqual(0);
      }),
    );
  });

  test("puts a directory before what it holds, and that before its next sibling", () => {
    const sorted = ["", "a", "a/\u0001", "a/b", "a/b/c", "a\u0001", "a b", "a-b", "a.b", "ab", "b"];
    expect(sorted.map(path).toReversed().toSorted(comparePaths)).toEqual(sorted);
  });
});
