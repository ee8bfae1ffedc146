/** Plans that fast-check makes up: every kind of action, whether or not they make sense together. */
import * as fc from "fast-check";

import type { ByteString } from "../../src/base/byte-string.ts";
import type { Entry, EntryKind, Leaf, Metadata } from "../../src/core/entry.ts";
import type { GuardName } from "../../src/core/guards.ts";
import { guardNames } from "../../src/core/guards.ts";
import type { RelPath } from "../../src/core/path.ts";
import type { Action, Aspect, Phases } from "../../src/core/plan.ts";
import { phaseNames } from "../../src/core/plan.ts";
import type { Preserve } from "../../src/core/preserve.ts";
import { preserveKeys } from "../../src/core/preserve.ts";
import type { Problem } from "../../src/core/problem.ts";
import type {
  PlanHeader,
  PlannedAction,
  PlanDocument,
} from "../../src/state/plan/plan-document.ts";
import { phaseTypes } from "../../src/state/plan/plan-document.ts";
import { names } from "./arbitrary.ts";

const anyNames = fc.oneof(
  names(),
  fc
    .uint8Array({ minLength: 1, maxLength: 12 })
    .map((bytes) => String.fromCharCode(...bytes).replaceAll(/[/\0]/g, "_"))
    .filter((name) => name !== "." && name !== ".." && !name.startsWith(".syncline")),
);

export function paths(): fc.Arbitrary<RelPath> {
  return fc
    .array(anyNames, { minLength: 1, maxLength: 4 })
    .map((components) => components.join("/") as RelPath);
}

const uint32 = fc.oneof(fc.constantFrom(0, 1, 0xffff_ffff), fc.nat(0xffff_ffff));
const exact = fc.oneof(fc.constantFrom(0, Number.MAX_SAFE_INTEGER), fc.maxSafeNat());
const seconds = fc.oneof(fc.constantFrom(0, -1), fc.maxSafeInteger());
const nanoseconds = fc.oneof(fc.constantFrom(0, 999_999_999), fc.nat(999_999_999));
const bytes = fc
  .uint8Array({ minLength: 1, maxLength: 20 })
  .map((raw) => String.fromCharCode(...raw) as ByteString);

const xattrs = fc
  .uniqueArray(
    fc.tuple(
      bytes.map((name) => name.replaceAll("\0", "_") as ByteString),
      fc.oneof(bytes, fc.constant("" as ByteString)),
    ),
    { maxLength: 3, selector: ([name]) => name },
  )
  .map((list) => list.toSorted((a, b) => (a[0] < b[0] ? -1 : 1)));

const metadata: fc.Arbitrary<Omit<Metadata, "size">> = fc.record({
  mtimeSec: seconds,
  mtimeNs: nanoseconds,
  ctimeSec: seconds,
  ctimeNs: nanoseconds,
  birthSec: seconds,
  birthNs: nanoseconds,
  mode: fc.nat(0o7777),
  uid: uint32,
  gid: uint32,
  dev: uint32,
  inoHigh: uint32,
  inoLow: uint32,
  nlink: uint32,
  blocks: exact,
  xattrs: fc.option(xattrs, { nil: undefined }),
});

const specialKinds = ["fifo", "socket", "block-device", "character-device"] as const;

export function entries(kind: EntryKind): fc.Arbitrary<Entry> {
  return fc
    .record({
      common: metadata,
      size: exact,
      closed: fc.boolean(),
      linkTarget: bytes.map((target) => target.replaceAll("\0", "_") as ByteString),
      rdev: uint32,
    })
    .map(({ common, size, closed, linkTarget, rdev }): Entry => {
      switch (kind) {
        case "file":
          return { ...common, kind, size };
        case "directory":
          return { ...common, kind, size: 0, closed };
        case "symlink":
          return { ...common, kind, size: 0, linkTarget };
        default:
          return { ...common, kind, size: 0, rdev };
      }
    });
}

const leaves = fc.oneof(entries("file"), entries("symlink"), entries("fifo")) as fc.Arbitrary<Leaf>;
const anything = fc.oneof(leaves as fc.Arbitrary<Entry>, entries("directory"));
const aspects = fc.uniqueArray(
  fc.constantFrom<Aspect>("content", "times", "mode", "owner", "link-target"),
);

/** An action of that type at any path. */
export function actions(type: Action["type"]): fc.Arbitrary<Action> {
  return fc
    .record({
      path: paths(),
      other: paths(),
      origin: fc.option(paths(), { nil: undefined }),
      entry: anything,
      leaf: leaves,
      file: entries("file"),
      original: entries("file"),
      directory: entries("directory"),
      symlink: entries("symlink"),
      special: fc.constantFrom(...specialKinds).chain(entries),
      expected: fc.option(anything, { nil: undefined }),
      old: fc.option(leaves, { nil: undefined }),
      oldDirectory: fc.option(entries("directory"), { nil: undefined }),
      aspects,
      flag: fc.boolean(),
      carries: fc.record({ entries: fc.constantFrom(0, 1, 2), bytes: exact }),
    })
    .map((made): Action => {
      const { path, entry, file, directory, expected, carries, flag } = made;
      // A sibling is neither the path itself nor inside it, nor around it.
      const from = `other/${made.other}` as RelPath;
      const at = `place/${path}` as RelPath;
      switch (type) {
        case "make-directory":
          return { type, path, expected, entry: directory } as Action;
        case "put-file":
          return { type, path, expected, entry: file, ...(flag && { content: from }) } as Action;
        case "put-symlink":
          return { type, path, expected, entry: made.symlink } as Action;
        case "put-special":
          return { type, path, expected, entry: made.special } as Action;
        case "link":
          return { type, path: at, from, expected, entry: made.leaf };
        case "set-metadata":
          return { type, path, expected: entry, entry, aspects: made.aspects };
        case "move": {
          const moved = { type, path: at, from, carries } as const;
          const origin = made.origin === undefined ? {} : { origin: made.origin };
          return flag
            ? { ...moved, ...origin, expected: undefined, entry: directory }
            : { ...moved, ...origin, expected: made.old, entry: made.leaf };
        }
        case "exchange":
          return { type, path: at, from, expected: entry, entry: made.leaf, carries };
        case "copy-file":
          return { type, path: at, from, expected, entry: file, original: made.original } as Action;
        case "remove":
          return { type, path, expected: entry };
        case "remove-leftover":
          return { type, path: `${path}/.syncline~abcdef~0` as RelPath, isDirectory: flag };
        case "finish-directory": {
          const spot = flag ? path : ("" as RelPath);
          const rest = { aspects: made.aspects, shown: flag, entry: directory };
          return { type, path: spot, expected: made.oldDirectory, ...rest } as Action;
        }
      }
    });
}

function phaseOf(name: keyof Phases): fc.Arbitrary<Action[]> {
  return fc.uniqueArray(fc.constantFrom(...phaseTypes[name]).chain(actions), {
    maxLength: 3,
    selector: ({ path }) => path,
  });
}

const texts = fc.string({ unit: "binary", maxLength: 10 });
const guards = fc.constantFrom<GuardName>(...guardNames);
const root = fc.record({
  location: texts,
  path: texts.map((text) => `/${text.replaceAll("\0", "")}`),
  exists: fc.boolean(),
  identity: texts,
});

const headers: fc.Arbitrary<Omit<PlanHeader, "id">> = fc.record({
  madeAt: fc.nat(4_102_444_800_000),
  source: root,
  target: root,
  preserve: fc
    .tuple(...preserveKeys.map(() => fc.boolean()))
    .map(
      (flags) =>
        Object.fromEntries(preserveKeys.map((key, i) => [key, flags[i]])) as unknown as Preserve,
    ),
  links: fc.constantFrom("keep", "follow", "skip", "safe"),
  modifyWindow: fc.option(fc.maxSafeNat(), { nil: undefined }),
  single: fc.option(fc.record({ sourceName: names(), targetName: names() }), { nil: undefined }),
  deleteLimit: fc.oneof(
    fc.record({ type: fc.constant("count" as const), count: exact }),
    fc.record({
      type: fc.constant("percent" as const),
      percent: fc.integer({ min: 0, max: 1000 }).map((tenths) => tenths / 10),
      atLeast: exact,
    }),
  ),
  versions: fc.oneof(
    fc.record({ keep: fc.constantFrom("none" as const, "tiered" as const) }),
    fc.record({ keep: fc.constant("trash" as const), age: exact }),
  ),
  accept: fc.uniqueArray(guards),
  guards: fc.array(fc.record({ guard: guards, saw: texts, would: texts, advice: texts }), {
    maxLength: 2,
  }),
  room: fc.record({ bytes: exact, freeBytes: fc.option(exact, { nil: undefined }) }),
  checked: exact,
  targetEntries: exact,
  skipped: exact,
});

const problems: fc.Arbitrary<Problem> = fc.record({
  path: fc.oneof(paths(), fc.constant("" as RelPath)),
  side: fc.constantFrom("source", "target"),
  code: fc.constantFrom("unreadable", "folding"),
  message: texts,
});

/** A plan without its id, as it is saved. */
export function savedPlans(): fc.Arbitrary<
  Omit<PlanDocument, "header"> & { readonly header: Omit<PlanHeader, "id"> }
> {
  return fc
    .record({
      header: headers,
      phases: fc.tuple(...phaseNames.map(phaseOf)),
      problems: fc.array(problems, { maxLength: 2 }),
      folded: fc.array(fc.tuple(paths(), paths()), { maxLength: 2 }),
      nested: fc.array(paths(), { maxLength: 2 }),
      spans: fc.array(fc.tuple(fc.nat(20), fc.nat(5)), { maxLength: 2 }),
    })
    .map(({ header, phases, problems: trouble, folded, nested, spans }) => {
      let number = 0;
      const planned = phases.flatMap((list, i) =>
        list.map((action): PlannedAction => {
          number++;
          const needs = spans
            .map(([first, length]) => [first + 1, first + 1 + length] as const)
            .filter(([first, last]) => number < first || last < number);
          return { number, phase: phaseNames[i]!, action, needs };
        }),
      );
      return { header, actions: planned, problems: trouble, concerns: { folded, nested } };
    });
}
