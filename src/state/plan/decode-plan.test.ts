import { describe, expect, test } from "vitest";

import { directory, file, path, symlink } from "../../../test/model/findings.ts";
import type { ByteString } from "../../base/byte-string.ts";
import type { Action, Phases } from "../../core/plan.ts";
import { isTempName, ownDirectory } from "../../fs/temp-names.ts";
import { decodePlan } from "./decode-plan.ts";
import { encodePlan } from "./encode-plan.ts";
import type { PlanDocument } from "./plan-document.ts";
import { planLimits } from "./plan-document.ts";

const names = {
  isOwn: (at: string) => at === ownDirectory || at.startsWith(`${ownDirectory}/`),
  isTemporary: isTempName,
};

type Json = Record<string, unknown>;

const actions: readonly (readonly [keyof Phases, Action])[] = [
  [
    "moves",
    {
      type: "move",
      path: path("new"),
      from: path("old"),
      expected: undefined,
      entry: directory(),
      carries: { entries: 1, bytes: 7 },
    },
  ],
  ["content", { type: "put-file", path: path("a"), expected: undefined, entry: file() }],
  ["content", { type: "put-symlink", path: path("b"), expected: undefined, entry: symlink() }],
  ["removals", { type: "remove", path: path("c"), expected: file() }],
  ["removals", { type: "remove-leftover", path: path("d/.syncline~abcdef~0"), isDirectory: false }],
];

const root = { location: "a", path: "/a", exists: true, identity: "1:2" };
const kept = { mode: true, times: true, owner: false, group: false, xattrs: true };
const header = {
  madeAt: 1_700_000_000_000,
  source: root,
  target: root,
  preserve: { ...kept, acls: true, hardlinks: true, devices: false, specials: true },
  links: "keep",
  versions: { keep: "none" },
  modifyWindow: undefined,
  single: undefined,
  deleteLimit: { type: "percent", percent: 50, atLeast: 10 },
  accept: [],
  guards: [],
  room: { bytes: 0, freeBytes: undefined },
  checked: 3,
  targetEntries: 4,
  skipped: 0,
} satisfies Omit<PlanDocument["header"], "id">;

/** The lines of a plan: header, five actions, a problem, the end. */
function plan(): string[] {
  return encodePlan({
    header,
    actions: actions.map(([phase, action], i) => ({ number: i + 1, phase, action, needs: [] })),
    problems: [{ path: path("p"), side: "source", code: "busy", message: "m" }],
    concerns: { folded: [], nested: [] },
  }).lines;
}

/** What is said of it, or nothing where it is taken. */
function verdict(lines: readonly string[]): string {
  try {
    decodePlan([Buffer.from(lines.join(""))], "f", names);
    return "";
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** The same plan with one line changed as an object, counted from 1 as in messages. */
function changed(line: number, change: (fields: Json) => void): string[] {
  return plan().map((text, i) => {
    if (i !== line - 1) return text;
    const fields = JSON.parse(text) as Json;
    change(fields);
    return `${JSON.stringify(fields)}\n`;
  });
}

const setting = (line: number, fields: Json) => changed(line, (all) => Object.assign(all, fields));
const entryWith = (fields: Json) =>
  changed(3, (all) => Object.assign(all["entry"] as Json, fields));
const raw = (bytes: string) => Buffer.from(bytes, "latin1").toString("base64");

test("the plan itself is taken", () => {
  expect(verdict(plan())).toBe("");
});

describe("paths", () => {
  test.each([
    "..",
    ".",
    "",
    "/etc/passwd",
    "a/../../b",
    "a//b",
    "a/",
    "./a",
    "a/./b",
    "a\0b",
    ".syncline",
    ".syncline/versions/x",
    ".syncline~abcdef~0",
    "x/.syncline~abcdef~0/y",
  ])("%j is refused, wherever it stands", (bad) => {
    const refused = /^f:\d: .*(is not a path below the root|is Syncline's own)/;
    expect(verdict(setting(3, { path: bad }))).toMatch(refused);
    expect(verdict(setting(2, { from: bad }))).toMatch(refused);
    expect(verdict(setting(2, { origin: bad }))).toMatch(refused);
    expect(verdict(setting(5, { path: bad }))).toMatch(refused);
  });

  test.each(["...", "a b", "-rf", ".synclines", "a/.syncline", "x/.syncline-parked~0", "\u00ff"])(
    "%j is as good as any",
    (good) => {
      expect(verdict(setting(3, { path: good }))).toBe("");
    },
  );

  test("bytes that are no text are told in base64, and in one form only", () => {
    const both = (text: string, bytes: string) =>
      verdict(setting(3, { path: text, pathBytes: raw(bytes) }));
    expect(both("\ufffd", "\xff")).toBe("");
    const mismatch = "f:3: path and pathBytes do not say the same";
    expect(both("a", "\xff")).toBe(mismatch);
    expect(both("a", "a")).toBe(mismatch);
    expect(both("../\ufffd", "../\xff")).toMatch(/^f:3: path .* is not a path below the root/);
    expect(verdict(setting(3, { path: "\ufffd", pathBytes: "/w" }))).toMatch(/is not base64/);
    expect(verdict(setting(3, { path: "\ud800" }))).toMatch(/^f:3: path is not a text/);
  });

  test("what is removed without another look has a name that only Syncline gives", () => {
    for (const bad of ["c", "precious", "d/.syncline~abcdef~0/x", ".syncline/.syncline~abcdef~0"])
      expect(verdict(setting(6, { path: bad }))).toMatch(/is not the name of a leftover/);
  });
});

describe("what an action is", () => {
  test.each<[what: string, lines: () => string[], message: string | RegExp]>([
    ["an unknown action", () => setting(3, { action: "rm-rf" }), /^f:3: action is none of/],
    ["a word of JavaScript's", () => setting(3, { action: "toString" }), /^f:3: action is none of/],
    ["an unknown phase", () => setting(3, { phase: "first" }), /^f:3: phase is none of/],
    [
      "an action of another phase",
      () => setting(5, { phase: "content" }),
      "f:5: remove does not belong to content",
    ],
    [
      "an unknown field",
      () => setting(3, { exec: "sh" }),
      'f:3: the action put-file has the unknown field "exec"',
    ],
    ["a field of another action", () => setting(3, { from: "x" }), /unknown field "from"/],
    ["no entry", () => changed(3, (all) => delete all["entry"]), "f:3: entry is not an object"],
    [
      "an entry of another kind",
      () => entryWith({ kind: "fifo", size: 0, rdev: 0 }),
      /entry is no file/,
    ],
    ["an entry of no kind", () => entryWith({ kind: "hole" }), /the kind of entry is none of/],
    ["an unknown field of an entry", () => entryWith({ acl: 1 }), /unknown field "acl"/],
    ["a negative size", () => entryWith({ size: -1 }), /size of entry is not a whole number/],
    ["a size beyond what is exact", () => entryWith({ size: 2 ** 53 }), /size of entry is not/],
    ["half a byte", () => entryWith({ size: 0.5 }), /size of entry is not a whole number/],
    ["a size in words", () => entryWith({ size: "1" }), /size of entry is not a whole number/],
    ["a time of one number", () => entryWith({ mtime: [1] }), /nanoseconds of entry/],
    ["a time of three", () => entryWith({ mtime: [1, 2, 3] }), /a time of entry is too long/],
    ["too many nanoseconds", () => entryWith({ mtime: [1, 1e9] }), /nanoseconds of entry/],
    ["a mode that is none", () => entryWith({ mode: "999" }), /the mode of entry is not octal/],
    ["a mode with more bits", () => entryWith({ mode: "17777" }), /the mode of entry is not/],
    ["a uid of 33 bits", () => entryWith({ uid: 2 ** 32 }), /uid of entry is not a whole number/],
    ["an inode of 65 bits", () => entryWith({ inode: "18446744073709551616" }), /is no inode/],
    ["an inode with a sign", () => entryWith({ inode: "-1" }), /is no inode/],
    [
      "attributes out of order",
      () =>
        entryWith({
          xattrs: [
            [raw("user.b"), ""],
            [raw("user.a"), ""],
          ],
        }),
      /attributes of entry are not in order/,
    ],
    [
      "an attribute with a NUL in its name",
      () => entryWith({ xattrs: [[raw("user.a\0"), ""]] }),
      /attributes of entry are not in order/,
    ],
    [
      "a link to nowhere",
      () => changed(4, (all) => Object.assign(all["entry"] as Json, { linkTarget: "" })),
      /linkTarget of entry is empty/,
    ],
    ["a removal of nothing", () => setting(5, { expected: null }), /expected is not an object/],
    ["a move onto itself", () => setting(2, { from: "new" }), /path and from are the same/],
    ["a move into itself", () => setting(2, { path: "old/x" }), /nothing can move into itself/],
    [
      "a directory that moves onto something",
      () => changed(2, (all) => (all["expected"] = all["entry"])),
      /a directory replaces nothing/,
    ],
    ["a need of itself", () => setting(3, { needs: [[1, 2]] }), /needs holds something else/],
    ["a need of nothing", () => setting(3, { needs: [0] }), /a span of needs/],
    ["needs that are no list", () => setting(3, { needs: "1" }), /needs is not a list/],
  ])("%s is refused", (_, lines, message) => {
    expect(verdict(lines())).toMatch(message);
  });
});

describe("what a plan is", () => {
  const [first = "", ...rest] = plan();
  test.each<[what: string, lines: () => string[], message: string | RegExp]>([
    ["nothing", () => [], "f:1: this is not a plan of Syncline's"],
    ["something else", () => ["hello\n"], "f:1: this is not JSON"],
    ["other JSON", () => ["[]\n"], "f:1: this is not a plan of Syncline's"],
    ["null", () => ["null\n"], "f:1: this is not a plan of Syncline's"],
    ["a plan of the future", () => setting(1, { version: 2 }), /^f:1: this is a plan of version 2/],
    ["an id that is a path", () => setting(1, { id: "../../x" }), "f:1: id is not an id"],
    [
      "a root that depends on where we are",
      () => setting(1, { target: { ...root, path: "b" } }),
      "f:1: path of target does not begin at the top",
    ],
    [
      "a root by a way that is none",
      () => setting(1, { target: { ...root, path: "http://host/b" } }),
      "f:1: path of target does not begin at the top",
    ],
    [
      "a guard that is none",
      () => changed(1, (all) => Object.assign(all["settings"] as Json, { accept: ["all"] })),
      /^f:1: a guard of accept is none of/,
    ],
    ["a moment that is none", () => setting(1, { madeAt: "now" }), "f:1: madeAt is not a moment"],
    ["no end", () => plan().slice(0, -1), "f:8: the end is missing: the file was cut off"],
    [
      "half a line",
      () => [...plan().slice(0, -1), plan().at(-1)!.slice(0, 9)],
      "f:8: the file ends in the middle of a line",
    ],
    ["more after the end", () => [...plan(), "{}\n"], "f:9: something follows the end"],
    ["no first line", () => rest, /^f:1: this is not a plan/],
    ["two of them", () => [first, ...plan()], "f:2: this is no line of a plan"],
    [
      "another order",
      () => [plan()[0]!, plan()[2]!, plan()[1]!, ...plan().slice(3)],
      "f:3: action 1 stands after action 2",
    ],
    [
      "a line twice",
      () => [...plan().slice(0, 3), ...plan().slice(2)],
      "f:4: action 2 stands after action 2",
    ],
    [
      "a phase too early",
      () => setting(5, { phase: "moves", action: "make-directory", entry: {} }),
      /^f:5: /,
    ],
    [
      "a path twice in a phase",
      () => setting(4, { path: "a" }),
      "f:4: its path has been there before",
    ],
    ["an action too many", () => setting(6, { number: 9 }), /^f:8: there are too many actions/],
    [
      "a problem less",
      () => plan().filter((_, i) => i !== 6),
      "f:7: other lines than those of actions are missing, or too many",
    ],
    [
      "an action after the problems",
      () => [...plan().slice(0, 5), plan()[6]!, plan()[5]!, plan()[7]!],
      "f:7: an action stands where no more actions can be",
    ],
  ])("%s is refused", (_, lines, message) => {
    expect(verdict(lines())).toMatch(message);
  });

  test("a line that is not UTF-8 is refused, and which one it is, is said", () => {
    const lines = plan().map((line) => Buffer.from(line));
    lines[2] = Buffer.concat([Buffer.from('{"type":"\xff'), Buffer.from([0xff, 0x0a])]);
    expect(() => decodePlan([Buffer.concat(lines)], "f", names)).toThrow(
      "f:3: the line is not UTF-8",
    );
  });

  test("a line without an end is not read to its end", () => {
    let pieces = 0;
    function* endless(): Generator<Uint8Array> {
      for (;;) {
        pieces++;
        yield Buffer.alloc(1024 * 1024, "x");
      }
    }
    expect(() => decodePlan(endless(), "f", names)).toThrow("f:1: the line is too long");
    expect(pieces).toBe(planLimits.line / 1024 / 1024 + 1);
  });
});

test("what a terminal or an editor would obey is escaped", () => {
  const at = "\u202e\u0085" as ByteString;
  const utf8 = Buffer.from(at).toString("latin1");
  const action = { type: "remove", path: path(utf8), expected: file() } as const;
  const step = { number: 1, phase: "removals", action, needs: [] } as const;
  const { lines } = encodePlan({
    header,
    actions: [step],
    problems: [],
    concerns: { folded: [], nested: [] },
  });
  expect(lines[1]).toContain('"path":"\\u202e\\u0085"');
  expect(verdict(lines)).toBe("");
});
