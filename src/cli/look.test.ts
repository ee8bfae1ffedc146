import { describe, expect, test } from "vitest";

import { lookOf } from "./look.ts";

describe("lookOf", () => {
  const colours = [
    { name: "a terminal has colours", variables: {}, terminal: true, painted: true },
    { name: "a file has none", variables: {}, terminal: false, painted: false },
    { name: "NO_COLOR takes them", variables: { NO_COLOR: "1" }, terminal: true, painted: false },
    {
      name: "an empty NO_COLOR does not",
      variables: { NO_COLOR: "" },
      terminal: true,
      painted: true,
    },
    {
      name: "FORCE_COLOR gives them",
      variables: { FORCE_COLOR: "1" },
      terminal: false,
      painted: true,
    },
    {
      name: "FORCE_COLOR=0 takes them",
      variables: { FORCE_COLOR: "0" },
      terminal: true,
      painted: false,
    },
    {
      name: "NO_COLOR is stronger than FORCE_COLOR",
      variables: { NO_COLOR: "1", FORCE_COLOR: "1" },
      terminal: true,
      painted: false,
    },
    {
      name: "a dumb terminal has none",
      variables: { TERM: "dumb" },
      terminal: true,
      painted: false,
    },
  ];
  test.each(colours)("$name", ({ variables, terminal, painted }) => {
    expect(lookOf(variables, terminal).paint("red", "x")).toBe(
      painted ? "\u001b[31mx\u001b[39m" : "x",
    );
  });

  const locales = [
    { name: "no locale is taken for UTF-8", variables: {}, done: "✓" },
    { name: "UTF-8 by LANG", variables: { LANG: "de_DE.UTF-8" }, done: "✓" },
    { name: "LC_ALL is stronger", variables: { LANG: "C.utf8", LC_ALL: "C" }, done: "ok" },
    { name: "an empty variable is none", variables: { LC_ALL: "", LC_CTYPE: "C.utf8" }, done: "✓" },
    { name: "latin1", variables: { LANG: "de_DE.ISO-8859-1" }, done: "ok" },
  ];
  test.each(locales)("$name", ({ variables, done }) => {
    expect(lookOf(variables, true).glyphs.done).toBe(done);
  });

  test("without UTF-8 every mark is ASCII", () => {
    const { glyphs } = lookOf({ LC_ALL: "C" }, true);
    expect(Object.values(glyphs).join("")).toMatch(/^[\x20-\x7e]+$/);
  });
});
