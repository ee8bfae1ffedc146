import { describe, expect, test } from "vitest";

import { directory, file, path } from "../../test/model/findings.ts";
import type { PlanStep } from "./plan-check.ts";
import { checkEdited } from "./plan-check.ts";
import { needsOf } from "./plan-needs.ts";
import type { Action, Carried } from "./plan.ts";

const put = (at: string): Action => ({
  type: "put-file",
  path: path(at),
  expected: undefined,
  entry: file(),
});
const putOver = (at: string): Action => ({
  type: "put-file",
  path: path(at),
  expected: directory(),
  entry: file(),
});
const make = (at: string): Action => ({
  type: "make-directory",
  path: path(at),
  expected: undefined,
  entry: directory(),
});
const finish = (at: string): Action => ({
  type: "finish-directory",
  path: path(at),
  expected: undefined,
  entry: directory(),
  aspects: [],
  shown: false,
});
const move = (from: string, to: string, entries: Carried["entries"] = 1): Action => ({
  type: "move",
  path: path(to),
  from: path(from),
  expected: undefined,
  entry: file(),
  carries: { entries, bytes: 0 },
});
const swap = (from: string, to: string, entries: Carried["entries"] = 2): Action => ({
  type: "exchange",
  path: path(to),
  from: path(from),
  expected: file(),
  entry: file(),
  carries: { entries, bytes: 0 },
});
const link = (at: string, from: string): Action => ({
  type: "link",
  path: path(at),
  from: path(from),
  expected: undefined,
  entry: file(),
});
const copy = (at: string, from: string): Action => ({
  type: "copy-file",
  path: path(at),
  from: path(from),
  expected: undefined,
  entry: file(),
  original: file(),
});
const set = (at: string): Action => ({
  type: "set-metadata",
  path: path(at),
  expected: file(),
  entry: file(),
  aspects: ["mode"],
});
const remove = (at: string, isDirectory = false): Action => ({
  type: "remove",
  path: path(at),
  expected: isDirectory ? directory() : file(),
});

/** Steps as a plan has them; the phase does not matter here. */
function stepsOf(actions: readonly Action[]): PlanStep[] {
  const needs = needsOf(actions);
  return actions.map((action, i) => ({
    number: i + 1,
    line: i + 2,
    phase: "content",
    action,
    needs: needs[i]!,
  }));
}

describe("what an action builds on", () => {
  test.each<[what: string, actions: Action[], needs: (number | [number, number])[][]]>([
    ["nothing, where everything is there", [put("a/b"), set("c"), remove("d")], [[], [], []]],
    [
      "the directory around it, where that is made, and through that what is further up",
      [make("a"), make("a/b"), put("a/b/c")],
      [[], [1], [2]],
    ],
    [
      "the move of a directory around it",
      [move("d", "e"), put("e/x"), remove("e/y")],
      [[], [1], [1]],
    ],
    [
      "both, the directory that was made and its move",
      [make("a/b"), move("a", "c"), put("c/b/f")],
      [[], [], [1, 2]].map((list) => list.toReversed()),
    ],
    ["what freed its name", [move("a", "b"), put("a")], [[], [1]]],
    ["each link of a chain", [move("b", "c"), move("a", "b"), put("a")], [[], [1], [2]]],
    [
      "what brought the file it works on",
      [move("a", "b"), set("b"), link("c", "b")],
      [[], [1], [2]],
    ],
    ["what brought the original of a copy", [move("a", "b"), copy("c", "b")], [[], [1]]],
    [
      "everything that empties the directory it removes, wherever that went",
      [move("d/x", "y"), remove("d/e/f"), remove("d/e", true), remove("d", true)],
      [[], [], [2], [[1, 3]]],
    ],
    ["the same for a directory that it replaces", [remove("d/a"), putOver("d")], [[], [1]]],
    [
      "what takes on a thing that has only stepped aside",
      [move("a", "t", 0), move("b", "a"), move("t", "b")],
      [[3], [1], [[1, 2]]],
    ],
    ["or removes it", [move("d", "t", 0), put("d"), remove("t", true)], [[3], [1], [1]]],
    [
      "the whole ring, for every exchange but the last",
      [swap("a", "b", 1), swap("a", "c", 2)],
      [[2], [1]],
    ],
    ["nothing of what is merely beside it", [make("a"), put("ab"), put("b/a")], [[], [], []]],
    ["what made the directory that it finishes", [make("a"), finish("a")], [[], [1]]],
  ])("%s", (_, actions, needs) => {
    const spans = needs.map((list) =>
      list.map((one) => (typeof one === "number" ? [one, one] : one)),
    );
    expect(needsOf(actions).map((list) => joined(list))).toEqual(spans.map(joined));
  });
});

/** Every number by itself. */
function joined(spans: readonly (readonly number[])[]): number[] {
  const numbers = spans.flatMap(([first = 0, last = 0]) =>
    Array.from({ length: last - first + 1 }, (_, i) => first + i),
  );
  return numbers.toSorted((a, b) => a - b);
}

describe("a plan from which actions were taken out", () => {
  test.each<[what: string, actions: Action[], out: number[], offences: string[], left: number[]]>([
    ["nothing is out", [make("a"), put("a/b")], [], [], [1, 2]],
    ["what nobody needs is out", [make("a"), put("a/b"), put("c")], [2, 3], [], [1]],
    ["a directory and all that is in it", [make("a"), put("a/b"), finish("a")], [1, 2], [], []],
    [
      "a directory, but not what is in it",
      [make("a"), put("a/b"), finish("a")],
      [1],
      ['3: it works at "a/b", and action 1, which makes the place ready, was taken out'],
      [],
    ],
    [
      "a directory that should have moved there",
      [move("d", "e"), put("e/x")],
      [1],
      ['3: it works at "e/x", and action 1, which makes the place ready, was taken out'],
      [],
    ],
    [
      "the move that frees a name for another one",
      [move("b", "c"), move("a", "b")],
      [1],
      ['3: it moves "a" to "b", and action 1, without which that leads nowhere, was taken out'],
      [],
    ],
    [
      "the half of a ring",
      [swap("a", "b", 1), swap("a", "c", 2)],
      [2],
      ['2: it swaps "a" and "b", and action 2, without which that leads nowhere, was taken out'],
      [],
    ],
    [
      "the way back of what has stepped aside",
      [move("a", "t", 0), move("b", "a"), move("t", "b")],
      [3],
      ['2: it moves "a" to "t", and action 3, without which that leads nowhere, was taken out'],
      [2],
    ],
    [
      "the file that a link shares",
      [put("a"), link("b", "a")],
      [1],
      [
        '3: it makes "b" a further name of "a", and action 1, which has to come first, was taken out',
      ],
      [],
    ],
    [
      "the move that brings the original of a copy",
      [move("x", "a"), copy("b", "a")],
      [1],
      ['3: it copies "a" to "b", and action 1, which has to come first, was taken out'],
      [],
    ],
    [
      "some of what a directory holds, but not the directory",
      [remove("d/a"), remove("d/b"), remove("d", true)],
      [1],
      [
        '4: it deletes the directory "d", and one of the actions 1 to 2, which empties it first, was taken out',
      ],
      [2],
    ],
    [
      "the deletion of a file in a directory that a file replaces",
      [remove("d/a"), putOver("d")],
      [1],
      ['3: it works at "d", and action 1, which makes the place ready, was taken out'],
      [],
    ],
    ["everything", [make("a"), put("a/b")], [1, 2], [], []],
    ["the end", [put("a"), put("b")], [2], [], [1]],
  ])("%s", (_, actions, out, offences, left) => {
    const edited = checkEdited(stepsOf(actions).filter(({ number }) => !out.includes(number)));
    expect({
      offences: edited.offences.map(({ line, message }) => `${line}: ${message}`),
      left: edited.steps.map(({ number }) => number),
    }).toEqual({ offences, left });
  });
});
