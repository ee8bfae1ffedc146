import { describe, expect, test } from "vitest";

import type { Entry, Leaf } from "../../src/core/entry.ts";
import type { Action } from "../../src/core/plan.ts";
import type { Endpoint } from "../../src/endpoint/endpoint.ts";
import type { EndpointPlace, Made, OpenPlace } from "./endpoint-place.ts";
import {
  applyAll,
  applyOne,
  brief,
  entryAt,
  failure,
  fileAt,
  inBrief,
  late,
  path,
} from "./endpoint-place.ts";

interface Stage extends AsyncDisposable {
  readonly place: EndpointPlace;
  readonly target: Endpoint;
  readonly entry: (at: string) => Promise<Entry>;
}

async function stageOf(
  open: OpenPlace,
  targets: Readonly<Record<string, Made | string>>,
): Promise<Stage> {
  const place = await open();
  place.make("target", { kind: "directory" });
  for (const [at, made] of Object.entries(targets)) {
    const node: Made = typeof made === "string" ? { kind: "file", content: made } : made;
    place.make(`target/${at}`, node);
  }
  const target = place.open("target");
  return {
    place,
    target,
    entry: (at) => entryAt(target, at),
    [Symbol.asyncDispose]: () => place[Symbol.asyncDispose](),
  };
}

const carries = { entries: 1, bytes: 0 } as const;

function move(from: string, to: string, entry: Entry, expected?: Entry): Action {
  const replaced = expected as Leaf | undefined;
  return { type: "move", path: path(to), from: path(from), entry, expected: replaced, carries };
}

function exchange(from: string, to: string, entry: Entry, expected: Entry): Action {
  return { type: "exchange", path: path(to), from: path(from), entry, expected, carries };
}

const changed = failure("target", "changed");

/** What stands below the target, without the target's own path. */
const held = (place: EndpointPlace): string[] =>
  brief(place, "target")
    .slice(1)
    .map((line) => line.replace("target/", ""));

/** Entries that find another place in the target. */
export function describeMoves(open: OpenPlace): void {
  describe("move", () => {
    test.each([
      {
        kind: "a file",
        made: { kind: "file", content: "x" },
        after: ["d directory", "d/b file x"],
      },
      {
        kind: "a link",
        made: { kind: "symlink", linkTarget: "there" },
        after: ["d directory", "d/b symlink there"],
      },
    ] satisfies { kind: string; made: Made; after: string[] }[])(
      "gives $kind another name in another directory",
      async ({ made, after }) => {
        await using stage = await stageOf(open, { a: made, d: { kind: "directory" } });
        const { place, target, entry } = stage;
        expect(await applyOne(target, move("a", "d/b", await entry("a")), target)).toBe("done");
        expect(held(place)).toEqual(after);
      },
    );

    test("takes along what is in a directory, and what follows finds it there", async () => {
      await using stage = await stageOf(open, { "a/b/c": "x", "a/d": "y", "e/f": "z" });
      const { place, target, entry } = stage;
      const [a, inner, file] = [await entry("a"), await entry("a/b"), await entry("a/b/c")];
      const actions = [move("a", "e/g", a), move("e/g/b", "h", inner), move("h/c", "e/g/c", file)];
      const outcomes = await applyAll(target, actions, target);
      expect(outcomes.map(inBrief)).toEqual(["done", "done", "done"]);
      expect(held(place)).toEqual([
        "e directory",
        "e/f file z",
        "e/g directory",
        "e/g/c file x",
        "e/g/d file y",
        "h directory",
      ]);
    });

    test("replaces exactly what the plan names", async () => {
      await using stage = await stageOf(open, { a: "new", b: "old" });
      const { place, target, entry } = stage;
      const action = move("a", "b", await entry("a"), await entry("b"));
      place.rewrite("target/b", "newer", late);
      expect(await applyOne(target, action, target)).toBe(changed);
      expect(held(place)).toEqual(["a file new", "b file newer"]);
      const again = move("a", "b", await entry("a"), await entry("b"));
      expect(await applyOne(target, again, target)).toBe("done");
      expect(held(place)).toEqual(["b file new"]);
    });

    test("leaves one of two names of a file where the one takes the other's place", async () => {
      await using stage = await stageOf(open, { a: "both" });
      const { place, target, entry } = stage;
      place.link("target/b", "target/a");
      const action = move("a", "b", await entry("a"), await entry("b"));
      expect(await applyOne(target, action, target)).toBe("done");
      expect(held(place)).toEqual(["b file both"]);
    });

    test.each(["file", "directory"] as const)(
      "never takes the place of a %s unasked",
      async (kind) => {
        await using stage = await stageOf(open, { a: "x", b: { kind } });
        const { place, target, entry } = stage;
        const before = held(place);
        expect(await applyOne(target, move("a", "b", await entry("a")), target)).toBe(changed);
        expect(held(place)).toEqual(before);
      },
    );

    test("moves nothing that has changed or gone", async () => {
      await using stage = await stageOf(open, { a: "x", c: "y" });
      const { place, target, entry } = stage;
      const [a, c] = [await entry("a"), await entry("c")];
      place.rewrite("target/a", "xx", late);
      place.remove("target/c");
      const outcomes = await applyAll(target, [move("a", "b", a), move("c", "d", c)], target);
      expect(outcomes.map(inBrief)).toEqual([changed, changed]);
      expect(held(place)).toEqual(["a file xx"]);
    });
  });

  describe("exchange", () => {
    test.each([
      { what: "two files", made: { a: "1", b: "2" }, after: ["a file 2", "b file 1"] },
      {
        what: "a file and a directory",
        made: { a: "1", "b/c": "2" },
        after: ["a directory", "a/c file 2", "b file 1"],
      },
    ])("swaps $what", async ({ made, after }) => {
      await using stage = await stageOf(open, made);
      const { place, target, entry } = stage;
      const action = exchange("b", "a", await entry("b"), await entry("a"));
      expect(await applyOne(target, action, target)).toBe("done");
      expect(held(place)).toEqual(after);
    });

    test("swaps nothing where one of the two has changed", async () => {
      await using stage = await stageOf(open, { a: "1", b: "2" });
      const { place, target, entry } = stage;
      const action = exchange("b", "a", await entry("b"), await entry("a"));
      place.rewrite("target/a", "11", late);
      expect(await applyOne(target, action, target)).toBe(changed);
      expect(held(place)).toEqual(["a file 11", "b file 2"]);
    });
  });

  describe("copy-file", () => {
    test("makes a file of another one's content, with metadata of its own", async () => {
      await using stage = await stageOf(open, { a: "content" });
      const { place, target } = stage;
      const original = await fileAt(target, "a");
      const entry = { ...original, mtimeSec: Number(late / 1_000_000_000n), mode: 0o600 };
      const action = {
        type: "copy-file",
        path: path("b"),
        from: path("a"),
        expected: undefined,
        entry,
        original,
      } as const;
      expect(await applyOne(target, action, target)).toBe("done");
      expect(held(place)).toEqual(["a file content", "b file content"]);
      expect(place.look("target/b")).toMatchObject([{ mode: "600", mtime: `${late}` }]);
      place.rewrite("target/a", "CONTENT", late);
      const again = { ...action, path: path("c") };
      expect(await applyOne(target, again, target)).toBe(changed);
      expect(held(place)).toEqual(["a file CONTENT", "b file content"]);
    });
  });
}
