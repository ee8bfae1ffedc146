import { describe, expect, test } from "vitest";

import { directory, file, path, symlink } from "../../test/model/findings.ts";
import type { Entry } from "./entry.ts";
import type { LinkMember } from "./link-groups.ts";
import { planLinkGroups } from "./link-groups.ts";
import type { Aspect } from "./plan.ts";

/** A member: the source's file by a number, the target's by another one with how many names it has. */
function member(
  at: string,
  source: number,
  target: readonly [inode: number, names: number] | Entry | undefined,
  ...aspects: Aspect[]
): LinkMember {
  return {
    path: path(at),
    source: file({ inoLow: source, nlink: source === 0 ? 1 : 2 }),
    target: Array.isArray(target)
      ? file({ inoLow: target[0], nlink: target[1] })
      : (target as Entry | undefined),
    aspects,
    around: undefined,
  };
}

/** Actions as sentences. */
function planned(members: readonly LinkMember[], leaving: readonly Entry[] = []): string[] {
  return planLinkGroups(members, leaving).map(({ action }) => {
    const over = "expected" in action && action.expected !== undefined ? " over" : "";
    if (action.type === "link") return `link ${action.path} to ${action.from}${over}`;
    if (action.type === "set-metadata") return `set ${action.path} ${action.aspects.join()}`;
    return `${action.type} ${action.path}${over}`;
  });
}

describe("names that share a file in the source", () => {
  test.each<[what: string, members: LinkMember[], expected: string[]]>([
    [
      "get one where the target has none",
      [member("a", 1, undefined), member("b", 1, undefined)],
      ["put-file a", "link b to a"],
    ],
    ["keep the one they have", [member("a", 1, [7, 2]), member("b", 1, [7, 2])], []],
    [
      "keep the first that is right",
      [member("a", 1, [7, 1], "content"), member("b", 1, [8, 1])],
      ["link a to b over"],
    ],
    [
      "keep one for all",
      [member("a", 1, [7, 1]), member("b", 1, [8, 1]), member("c", 1, undefined)],
      ["link b to a over", "link c to a"],
    ],
    [
      "lose the ones that are wrong",
      [member("a", 1, [7, 2], "content"), member("b", 1, [7, 2], "content")],
      ["put-file a over", "link b to a over"],
    ],
    [
      "have their metadata set once",
      [member("a", 1, [7, 2], "mode"), member("b", 1, [7, 2], "mode")],
      ["set a mode"],
    ],
    [
      "take the place of other things",
      [member("a", 1, symlink(), "kind"), member("b", 1, directory(), "kind")],
      ["put-file a over", "link b to a over"],
    ],
  ])("%s", (_what, members, expected) => {
    expect(planned(members)).toEqual(expected);
    expect(planned(members.toReversed())).toEqual(expected);
  });
});

describe("names that share a file in the target alone", () => {
  test("are parted: the first keeps it", () => {
    expect(planned([member("a", 0, [7, 2]), member("b", 0, [7, 2])])).toEqual(["put-file b over"]);
  });

  test("are parted between groups", () => {
    const members = [
      member("a", 1, [7, 4]),
      member("b", 2, [7, 4]),
      member("c", 1, [7, 4]),
      member("d", 2, [7, 4]),
    ];
    expect(planned(members)).toEqual(["put-file b over", "link d to b over"]);
  });

  test("find another file where the first is taken", () => {
    const members = [
      member("a", 1, [7, 2]),
      member("b", 2, [7, 2]),
      member("c", 2, [8, 1]),
      member("d", 1, [8, 1]),
    ];
    expect(planned(members)).toEqual(["link d to a over", "link b to c over"]);
  });
});

describe("a file whose metadata has to change", () => {
  test("is changed where all its names are dealt with", () => {
    expect(planned([member("a", 0, [7, 2], "mode"), member("b", 0, [7, 2])])).toEqual([
      "set a mode",
      "put-file b over",
    ]);
    const leaving = [file({ inoLow: 7, nlink: 2 })];
    expect(planned([member("a", 0, [7, 2], "times")], leaving)).toEqual(["set a times"]);
  });

  test("is replaced where it has names that nobody knows of", () => {
    expect(planned([member("a", 0, [7, 2], "mode")])).toEqual(["put-file a over"]);
    expect(planned([member("a", 0, [7, 3], "mode")], [file({ inoLow: 7, nlink: 3 })])).toEqual([
      "put-file a over",
    ]);
    expect(planned([member("a", 0, [7, 2], "mode")], [file({ inoLow: 8, nlink: 2 })])).toEqual([
      "put-file a over",
    ]);
  });

  test("is left alone for one that needs no change", () => {
    expect(planned([member("a", 1, [7, 3], "mode"), member("b", 1, [8, 1])])).toEqual([
      "link a to b over",
    ]);
  });
});

test("links that share a name are kept together like files", () => {
  const link = (at: string, target: Entry | undefined): LinkMember => ({
    path: path(at),
    source: symlink({ nlink: 2, inoLow: 1 }),
    target,
    aspects: target === undefined ? ["kind"] : [],
    around: undefined,
  });
  expect(planned([link("a", undefined), link("b", undefined)])).toEqual([
    "put-symlink a",
    "link b to a",
  ]);
  expect(planned([link("a", undefined), link("b", symlink({ inoLow: 9 }))])).toEqual([
    "link a to b",
  ]);
});

test("nothing comes of nothing", () => {
  expect(planned([])).toEqual([]);
});
