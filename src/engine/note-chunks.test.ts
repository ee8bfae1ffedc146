import { expect, test } from "vitest";

import { directory, file, path, special, symlink } from "../../test/model/findings.ts";
import type { Entry } from "../core/entry.ts";
import type { Action } from "../core/plan.ts";
import type { Outcome } from "../endpoint/endpoint.ts";
import type { ChunkChange, ChunkMemory } from "../state/state.ts";
import { noteChunks } from "./note-chunks.ts";

const large = file({ size: 1 << 20, mtimeSec: 7, mtimeNs: 8 });
const small = file({ size: (1 << 20) - 1 });
const chunks = {
  facts: large,
  list: { sizes: Uint32Array.of(7), digests: new Uint8Array(16) },
};
const carries = { entries: 1, bytes: 0 } as const;
const [p, q] = [path("p"), path("q")];

function changes(action: Action, over: Partial<Outcome> = {}): ChunkChange[] {
  const noted: ChunkChange[] = [];
  const memory: ChunkMemory = {
    files: () => [],
    lookup: () => [],
    note: (some) => void noted.push(...some),
  };
  noteChunks(memory, [{ action, done: true, bytes: 0, shared: 0, ...over }]);
  return noted;
}

const put = (expected: Entry | undefined): Action => ({
  type: "put-file",
  path: p,
  expected,
  entry: large,
});
const remove = (expected: Entry): Action => ({ type: "remove", path: p, expected });
const move = (entry: Entry, expected?: Entry): Action => ({
  type: "move",
  path: p,
  from: q,
  expected: expected as never,
  entry,
  carries,
});
const set = (entry: Entry, aspects: readonly ("times" | "mode")[]): Action => ({
  type: "set-metadata",
  path: p,
  expected: entry,
  entry,
  aspects,
});
const forget: ChunkChange = { type: "forget", path: p };
const moved: ChunkChange = { type: "move", from: q, to: p };

test.each<[string, Action, readonly ChunkChange[]]>([
  ["put where none was", put(undefined), []],
  ["put in place of a large one", put(large), [forget]],
  ["put in place of a small one", put(small), []],
  ["put in place of a directory", put(directory()), [forget]],
  ["removed", remove(large), [forget]],
  ["removed, and small", remove(small), []],
  ["removed, and no file", remove(special({ size: 1 << 21 })), []],
  ["moved", move(large), [moved]],
  ["moved, with all that is in it", move(directory()), [moved]],
  ["moved, and of no interest", move(symlink()), []],
  ["moved, and in the way of one", move(small, large), [forget]],
  ["given another mode", set(large, ["mode"]), [{ type: "touch", path: p, mtime: undefined }]],
  [
    "given another time",
    set(large, ["mode", "times"]),
    [{ type: "touch", path: p, mtime: { mtimeSec: 7, mtimeNs: 8 } }],
  ],
  ["given another mode, and small", set(small, ["mode"]), []],
])("what is %s is followed", (_what, action, expected) => {
  expect(changes(action)).toEqual(expected);
  expect(changes(action, { done: false })).toEqual([]);
});

test("what has come in chunks is remembered", () => {
  expect(changes(put(large), { chunks })).toEqual([{ type: "put", path: p, file: chunks }]);
});

test("two that change places take along what is known of them", () => {
  const exchange: Action = {
    type: "exchange",
    path: p,
    from: q,
    expected: small,
    entry: large,
    carries,
  };
  const aside = path(".syncline-aside");
  expect(changes(exchange)).toEqual([
    { type: "move", from: q, to: aside },
    { type: "move", from: p, to: q },
    { type: "move", from: aside, to: p },
  ]);
  expect(changes({ ...exchange, entry: small })).toEqual([]);
});

test("a further name changes the file that it is one of", () => {
  const link: Action = { type: "link", path: p, from: q, expected: large, entry: large };
  expect(changes(link)).toEqual([forget, { type: "touch", path: q, mtime: undefined }]);
});
