import { describe, expect, test } from "vitest";

import { SyncError } from "../base/errors.ts";
import { guardNames } from "../core/guards.ts";
import { preserveKeys } from "../core/preserve.ts";
import { nearestName, parseNameList } from "./name-list.ts";

function refusal(work: () => unknown): { code: string; message: string; hint: string | undefined } {
  try {
    work();
  } catch (error) {
    if (error instanceof SyncError) {
      return { code: error.code, message: error.message, hint: error.hint };
    }
    throw error;
  }
  throw new Error("nothing was thrown");
}

describe("parseNameList", () => {
  test("takes names in any order, spaces around them, each once", () => {
    expect([...parseNameList("xattrs, mode,xattrs", preserveKeys, "--preserve")]).toEqual([
      "xattrs",
      "mode",
    ]);
  });

  test("says what a mistyped name may have meant", () => {
    expect(refusal(() => parseNameList("mode,xatrs", preserveKeys, "--preserve"))).toEqual({
      code: "USAGE",
      message: '--preserve: there is no "xatrs"',
      hint: "Did you mean xattrs?",
    });
  });

  test("names them all where nothing is near", () => {
    expect(refusal(() => parseNameList("everything", guardNames, "--accept"))).toEqual({
      code: "USAGE",
      message: '--accept: there is no "everything"',
      hint: `The names are ${guardNames.join(", ")}.`,
    });
  });

  test.each(["", ",", "mode,"])("%j lacks a name", (text) => {
    expect(refusal(() => parseNameList(text, preserveKeys, "--preserve")).message).toBe(
      "--preserve: a name is missing",
    );
  });
});

test.each([
  ["delete", "deletes"],
  ["emtpy-source", "empty-source"],
  ["empty", "empty-source"],
  ["Same", "same"],
  ["zz", undefined],
])("%s is nearest to %s", (typed, name) => {
  expect(nearestName(typed, guardNames)).toBe(name);
});
