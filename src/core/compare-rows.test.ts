import { describe, expect, test } from "vitest";

import { bytes, directory, file, special, symlink } from "../../test/model/findings.ts";
import { aspectsOf, CHECK, compareRows } from "./compare-rows.ts";
import type { Sameness } from "./compare-rows.ts";
import type { Entry } from "./entry.ts";
import type { Preserve } from "./preserve.ts";
import { preserveAll } from "./preserve.ts";
import { newChunk, pushFinding, SAME_CONTENT } from "./snapshot.ts";

/** `file()` was changed at this moment, in milliseconds. */
const changedAt = 1_000_000 + 5 / 1e6;

const sameness: Sameness = {
  compare: "size+mtime",
  mtimes: { resolution: 1, window: 0 },
  preserve: preserveAll,
  linkTimes: true,
  racySince: Infinity,
};

/** What differs; "check" where the content has to be read. */
function differs(source: Entry, target: Entry, over: Partial<Sameness> = {}): string[] {
  const chunk = newChunk(4);
  for (const entry of [file(), source, target, file()]) pushFinding(chunk, 1, "x", entry);
  const bits = compareRows(chunk, 1, chunk, 2, { ...sameness, ...over });
  return [...((bits & CHECK) === 0 ? [] : ["check"]), ...aspectsOf(bits)];
}

const without = (key: keyof Preserve): Partial<Sameness> => ({
  preserve: { ...preserveAll, [key]: false },
});

describe("files", () => {
  test.each<
    [what: string, source: Entry, target: Entry, expected: string[], over?: Partial<Sameness>]
  >([
    ["are the same when all is", file(), file(), []],
    ["differ in size", file(), file({ size: 11 }), ["content"]],
    ["differ in seconds", file(), file({ mtimeSec: 999 }), ["content", "times"]],
    ["differ in a nanosecond", file(), file({ mtimeNs: 6 }), ["content", "times"]],
    [
      "differ a nanosecond across a second",
      file({ mtimeSec: 999, mtimeNs: 999_999_999 }),
      file({ mtimeSec: 1000, mtimeNs: 0 }),
      ["content", "times"],
    ],
    [
      "with nothing in them cannot differ in content",
      file({ size: 0 }),
      file({ size: 0, mtimeNs: 9 }),
      ["times"],
    ],
    ["differ in mode", file(), file({ mode: 0o600 }), ["mode"]],
    ["differ in owner and group", file(), file({ uid: 9, gid: 9 }), ["owner", "group"]],
    ["differ in attributes", file(), file({ xattrs: [[bytes("user.a"), bytes("1")]] }), ["xattrs"]],
    [
      "differ in an attribute's value",
      file({ xattrs: [[bytes("user.a"), bytes("2")]] }),
      file({ xattrs: [[bytes("user.a"), bytes("1")]] }),
      ["xattrs"],
    ],
    ["have no attributes as they have an empty list", file({ xattrs: [] }), file(), []],
    [
      "do not differ in what is no matter",
      file(),
      file({ ctimeSec: 1, inoLow: 9, dev: 9, blocks: 1, nlink: 9 }),
      [],
    ],
    ["with a mode that is not kept", file(), file({ mode: 0o600 }), [], without("mode")],
    ["with an owner that is not kept", file(), file({ uid: 9 }), [], without("owner")],
    ["with a group that is not kept", file(), file({ gid: 9 }), [], without("group")],
    [
      "with attributes that are not kept",
      file(),
      file({ xattrs: [[bytes("user.a"), bytes("1")]] }),
      [],
      { preserve: { ...preserveAll, xattrs: false, acls: false } },
    ],
  ])("%s", (_what, source, target, expected, over) => {
    expect(differs(source, target, over)).toEqual(expected);
  });

  test.each<[what: string, source: Entry, target: Entry, expected: string[]]>([
    ["a window as wide as the difference", file({ mtimeNs: 5 }), file({ mtimeNs: 1005 }), []],
    ["either way", file({ mtimeNs: 1005 }), file({ mtimeNs: 5 }), []],
    [
      "and not a nanosecond more",
      file({ mtimeNs: 5 }),
      file({ mtimeNs: 1006 }),
      ["content", "times"],
    ],
    [
      "across a second",
      file({ mtimeSec: 1, mtimeNs: 0 }),
      file({ mtimeSec: 0, mtimeNs: 999_999_500 }),
      [],
    ],
    [
      "before the epoch",
      file({ mtimeSec: -1, mtimeNs: 999_999_500 }),
      file({ mtimeSec: 0, mtimeNs: 100 }),
      [],
    ],
  ])("times count as equal within %s", (_what, source, target, expected) => {
    expect(differs(source, target, { mtimes: { resolution: 1, window: 1000 } })).toEqual(expected);
  });

  test.each<[what: string, target: Entry, expected: string[]]>([
    ["the target is as old", file(), []],
    ["the target is newer", file({ mtimeSec: 1001 }), []],
    ["the target is older", file({ mtimeSec: 999 }), ["content"]],
  ])("without times being kept: %s", (_what, target, expected) => {
    expect(differs(file(), target, without("times"))).toEqual(expected);
  });
});

describe("the ways of comparing", () => {
  test("by size alone looks at no time for content", () => {
    const over = { compare: "size" } as const;
    expect(differs(file(), file({ mtimeSec: 1 }), over)).toEqual(["times"]);
    expect(differs(file(), file({ mtimeSec: 1, size: 11 }), over)).toEqual(["content", "times"]);
  });

  test("by content reads whatever has equal size, and nothing else", () => {
    const over = { compare: "content" } as const;
    expect(differs(file(), file(), over)).toEqual(["check"]);
    expect(differs(file(), file({ mtimeSec: 1, mode: 0 }), over)).toEqual([
      "check",
      "times",
      "mode",
    ]);
    expect(differs(file(), file({ size: 11 }), over)).toEqual(["content"]);
    expect(differs(file({ size: 0 }), file({ size: 0 }), over)).toEqual([]);
    expect(differs(directory(), directory(), over)).toEqual([]);
  });

  test.each<[what: string, racySince: number, expected: string[]]>([
    ["changed long before the scan", changedAt + 0.001, []],
    ["changed when the scan began", changedAt, ["check"]],
    ["changed while the scan went on", changedAt - 1000, ["check"]],
    ["of the far future", changedAt - 3_600_001, []],
  ])("a source file %s is read or not", (_what, racySince, expected) => {
    expect(differs(file(), file(), { racySince })).toEqual(expected);
    expect(differs(file(), file(), { racySince, compare: "size" })).toEqual([]);
    expect(differs(file({ size: 0 }), file({ size: 0 }), { racySince })).toEqual([]);
    expect(differs(file(), file({ size: 11 }), { racySince })).toEqual(["content"]);
  });
});

describe("set-id bits", () => {
  test.each<[what: string, source: Entry, target: Entry, expected: string[]]>([
    [
      "are missed where the owner is the same",
      file({ mode: 0o4755 }),
      file({ mode: 0o755 }),
      ["mode"],
    ],
    [
      "are not missed on somebody else's file",
      file({ mode: 0o4755 }),
      file({ mode: 0o755, uid: 9 }),
      [],
    ],
    [
      "are not missed on another group's file",
      file({ mode: 0o2755 }),
      file({ mode: 0o755, gid: 9 }),
      [],
    ],
    [
      "of the group are missed where only the owner differs",
      file({ mode: 0o2755 }),
      file({ mode: 0o755, uid: 9 }),
      ["mode"],
    ],
    [
      "are too many wherever they are",
      file({ mode: 0o755 }),
      file({ mode: 0o4755, uid: 9 }),
      ["mode"],
    ],
    [
      "do not hide the rest of the mode",
      file({ mode: 0o4755 }),
      file({ mode: 0o700, uid: 9 }),
      ["mode"],
    ],
  ])("%s", (_what, source, target, expected) => {
    const preserve = { ...preserveAll, owner: false, group: false };
    expect(differs(source, target, { preserve })).toEqual(expected);
  });
});

describe("preserveAll else", () => {
  test.each<
    [what: string, source: Entry, target: Entry, expected: string[], over?: Partial<Sameness>]
  >([
    ["of another kind differs in nothing but that", file(), directory(), ["kind"]],
    ["special of another kind, too", special(), special({ kind: "socket" }), ["kind"]],
    [
      "directories differ in metadata",
      directory(),
      directory({ mtimeNs: 9, mode: 0, uid: 9 }),
      ["times", "mode", "owner"],
    ],
    [
      "links differ in what they say",
      symlink(),
      symlink({ linkTarget: bytes("elsewhere") }),
      ["link-target"],
    ],
    ["links differ in time", symlink(), symlink({ mtimeNs: 9 }), ["times"]],
    [
      "links whose times cannot be set do not",
      symlink(),
      symlink({ mtimeNs: 9 }),
      [],
      { linkTimes: false },
    ],
    ["links have no mode", symlink(), symlink({ mode: 0 }), []],
    ["links have owners", symlink(), symlink({ gid: 9 }), ["group"]],
    ["fifos differ in metadata", special(), special({ mode: 0o600 }), ["mode"]],
    ["fifos have no device", special({ rdev: 1 }), special({ rdev: 2 }), []],
    [
      "devices differ in number",
      special({ kind: "block-device", rdev: 1 }),
      special({ kind: "block-device", rdev: 2 }),
      ["device"],
    ],
  ])("%s", (_what, source, target, expected, over) => {
    expect(differs(source, target, over)).toEqual(expected);
  });
});

describe("content that scans have compared on their way", () => {
  const read = (
    side: "source" | "target",
    source: Entry,
    target: Entry,
    racySince: number = Infinity,
  ): string[] => {
    const chunk = newChunk(2);
    for (const entry of [source, target]) pushFinding(chunk, 1, "x", entry);
    chunk.flags[side === "source" ? 0 : 1]! |= SAME_CONTENT;
    const same = {
      ...sameness,
      compare: "content",
      mtimes: { resolution: 1, window: 1e9 },
      racySince,
    } as const;
    const bits = compareRows(chunk, 0, chunk, 1, same);
    return [...((bits & CHECK) === 0 ? [] : ["check"]), ...aspectsOf(bits)];
  };

  test("is not read again, whoever read it", () => {
    for (const side of ["source", "target"] as const) {
      expect(read(side, file(), file())).toEqual([]);
      expect(read(side, file(), file({ mode: 0o600 }))).toEqual(["mode"]);
    }
  });

  test("is read again where a file may have changed since", () => {
    expect(read("target", file({ mtimeNs: 6 }), file())).toEqual(["check"]);
    expect(read("source", file(), file({ mtimeSec: 990 }))).toEqual(["check", "times"]);
    expect(read("target", file(), file(), changedAt)).toEqual(["check"]);
    expect(read("target", file({ size: 11 }), file())).toEqual(["content"]);
  });
});
