import { describe, expect, test } from "vitest";

import type {
  DirectoryEntry,
  FileEntry,
  Finding,
  SpecialEntry,
  SymlinkEntry,
} from "../../src/core/entry.ts";
import type { Action } from "../../src/core/plan.ts";
import type { Endpoint } from "../../src/endpoint/endpoint.ts";
import type { Fact } from "../model/tree.ts";
import type { EndpointPlace, Made, OpenPlace } from "./endpoint-place.ts";
import {
  applyAll,
  applyOne,
  brief,
  early,
  entryAt,
  failure,
  fileAt,
  inBrief,
  late,
  oldTime,
  path,
  rowsOf,
  saidTime,
  settable,
  tellsApart,
} from "./endpoint-place.ts";

interface Stage extends AsyncDisposable {
  readonly place: EndpointPlace;
  readonly source: Endpoint;
  readonly target: Endpoint;
}

/** Both replicas, with what they hold to begin with. */
async function stageOf(
  open: OpenPlace,
  sources: Readonly<Record<string, Made>>,
  targets: Readonly<Record<string, Made>> = {},
): Promise<Stage> {
  const place = await open();
  for (const root of ["source", "target"]) place.make(root, { kind: "directory" });
  for (const [at, made] of Object.entries(sources)) place.make(`source/${at}`, made);
  for (const [at, made] of Object.entries(targets)) place.make(`target/${at}`, made);
  return {
    place,
    source: place.open("source"),
    target: place.open("target"),
    [Symbol.asyncDispose]: () => place[Symbol.asyncDispose](),
  };
}

const file = (content: string, over: Partial<Made> = {}): Made =>
  ({ kind: "file", content, ...over }) as Made;
const directory: Made = { kind: "directory" };

const changed = failure("target", "changed");

/** Everything that can stand in the way of something new, but for a directory that holds something. */
const obstacles: Readonly<Record<string, Made>> = {
  file: file("old", { mtime: late }),
  symlink: { kind: "symlink", linkTarget: "../outside" },
  fifo: { kind: "fifo" },
  directory,
};

/** Carrying out actions: every type of them, and what must not happen. */
export function describeApply(open: OpenPlace): void {
  describe("make-directory", () => {
    test("makes a directory that is nobody else's until it is finished", async () => {
      await using stage = await stageOf(open, { d: { ...directory, mode: 0o755 } });
      const { place, source, target } = stage;
      const entry = (await entryAt(source, "d")) as DirectoryEntry;
      const action = {
        type: "make-directory",
        path: path("d"),
        expected: undefined,
        entry,
      } as const;
      expect(await applyOne(target, action, source)).toBe("done");
      expect(place.look("target/d")).toMatchObject([{ kind: "directory", mode: "700" }]);
      expect(await applyOne(target, action, source)).toBe(changed);
      const finish = { ...action, type: "finish-directory", aspects: [], shown: false } as const;
      expect(await applyOne(target, finish, source)).toBe("done");
      expect(place.look("target/d")).toEqual(place.look("source/d"));
    });

    test.each(["file", "symlink", "fifo"])("takes the place of a %s", async (kind) => {
      await using stage = await stageOf(open, { d: directory }, { d: obstacles[kind]! });
      const { place, source, target } = stage;
      place.make("outside", directory);
      const entry = (await entryAt(source, "d")) as DirectoryEntry;
      const expected = await entryAt(target, "d");
      const action = { type: "make-directory", path: path("d"), expected, entry } as const;
      expect(await applyOne(target, action, source)).toBe("done");
      expect(brief(place, "target")).toEqual(["directory", "d directory"]);
      expect(brief(place, "outside")).toEqual(["directory"]);
    });

    test("refuses where what it would replace has changed or gone", async () => {
      await using stage = await stageOf(open, { d: directory }, { d: file("old") });
      const { place, source, target } = stage;
      const entry = (await entryAt(source, "d")) as DirectoryEntry;
      const expected = await entryAt(target, "d");
      const action = { type: "make-directory", path: path("d"), expected, entry } as const;
      place.make("target/d", file("newer than the plan"));
      expect(await applyOne(target, action, source)).toBe(changed);
      expect(brief(place, "target")).toEqual(["directory", "d file newer than the plan"]);
      place.remove("target/d");
      expect(await applyOne(target, action, source)).toBe(changed);
      expect(brief(place, "target")).toEqual(["directory"]);
    });
  });

  describe("put-file", () => {
    const putting = async (
      { source, target }: Stage,
      at: string,
    ): Promise<Extract<Action, { type: "put-file" }>> => {
      const entry = await fileAt(source, at);
      const expected = await entryAt(target, at).catch(() => undefined);
      return { type: "put-file", path: path(at), expected, entry };
    };

    test("puts content and metadata where nothing is", async () => {
      const content = "x".repeat(700_000);
      await using stage = await stageOf(
        open,
        {
          "d/f": file(content, { mode: 0o4751, mtime: late }),
        },
        { d: directory },
      );
      const { place, source, target } = stage;
      await target.root();
      place.make("source/d/empty", file("", { mode: 0o400, mtime: oldTime(target) }));
      const actions = [await putting(stage, "d/f"), await putting(stage, "d/empty")];
      const outcomes = await applyAll(target, actions, source);
      expect(outcomes.map(inBrief)).toEqual(["done", "done"]);
      expect(outcomes.map(({ bytes, shared }) => bytes + shared)).toEqual([700_000, 0]);
      expect(place.look("target/d").slice(1)).toEqual(place.look("source/d").slice(1));
    });

    test.each(Object.keys(obstacles))("takes the place of a %s", async (kind) => {
      await using stage = await stageOf(open, { f: file("new") }, { f: obstacles[kind]! });
      const { place, source, target } = stage;
      place.make("outside", file("outside"));
      expect(await applyOne(target, await putting(stage, "f"), source)).toBe("done");
      expect(place.look("target/f")).toEqual(place.look("source/f"));
      expect(brief(place, "target")).toEqual(["directory", "f file new"]);
      expect(brief(place, "outside")).toEqual(["file outside"]);
    });

    test("takes no directory's place that holds something", async () => {
      await using stage = await stageOf(open, { f: file("new") }, { "f/inside": file("kept") });
      const { place, source, target } = stage;
      expect(await applyOne(target, await putting(stage, "f"), source)).toBe(
        failure("target", "not-empty"),
      );
      expect(brief(place, "target")).toEqual(["directory", "f directory", "f/inside file kept"]);
    });

    test("refuses where something has appeared, changed or gone, and leaves nothing behind", async () => {
      await using stage = await stageOf(
        open,
        { f: file("new"), g: file("new") },
        { g: file("old") },
      );
      const { place, source, target } = stage;
      const intoFree = await putting(stage, "f");
      const overOld = await putting(stage, "g");
      place.make("target/f", { kind: "symlink", linkTarget: "g" });
      place.rewrite("target/g", "old, and longer", early);
      const refused = ["directory", "f symlink g", "g file old, and longer"];
      expect(await applyOne(target, intoFree, source)).toBe(changed);
      expect(await applyOne(target, overOld, source)).toBe(changed);
      expect(brief(place, "target")).toEqual(refused);
      place.rewrite("target/g", "odd", late);
      expect(await applyOne(target, overOld, source)).toBe(changed);
      if (tellsApart(target)) {
        place.make("target/g", file("old"));
        expect(await applyOne(target, overOld, source)).toBe(changed);
      }
      place.make("target/g", directory);
      expect(await applyOne(target, overOld, source)).toBe(changed);
      place.remove("target/g");
      expect(await applyOne(target, overOld, source)).toBe(changed);
      expect(brief(place, "target")).toEqual(["directory", "f symlink g"]);
    });

    test("puts what the source has become, whole, or nothing", async () => {
      await using stage = await stageOf(open, { f: file("scanned") }, { f: file("old") });
      const { place, source, target } = stage;
      const action = await putting(stage, "f");
      place.make("source/f", file("what it has become", { mtime: late }));
      const said = await applyOne(target, action, source);
      if (said === "done") expect(place.look("target/f")).toEqual(place.look("source/f"));
      else {
        expect(said).toBe(failure("source", "changed"));
        expect(brief(place, "target/f")).toEqual(["file old"]);
      }
    });

    test.each<[string, (place: EndpointPlace) => void, string]>([
      ["has gone", (place) => place.remove("source/f"), "vanished"],
      [
        "is a link now",
        (place) => place.make("source/f", { kind: "symlink", linkTarget: "g" }),
        "changed",
      ],
      ["is a directory now", (place) => place.make("source/f", directory), "changed"],
    ])("puts nothing where the source %s", async (_what, meanwhile, code) => {
      await using stage = await stageOf(
        open,
        { f: file("scanned"), g: file("another") },
        { f: file("old") },
      );
      const { place, source, target } = stage;
      const action = await putting(stage, "f");
      meanwhile(place);
      expect(await applyOne(target, action, source)).toBe(`source: ${code}`);
      expect(brief(place, "target")).toEqual(["directory", "f file old"]);
    });

    test("takes the content from another path where it is told to", async () => {
      await using stage = await stageOf(open, { "d/g": file("content", { mtime: late }) });
      const { place, source, target } = stage;
      const entry = await fileAt(source, "d/g");
      const action = {
        type: "put-file",
        path: path("f"),
        content: path("d/g"),
        expected: undefined,
        entry,
      } as const;
      expect(await applyOne(target, action, source)).toBe("done");
      expect(place.look("target/f")).toEqual(place.look("source/d/g"));
    });

    test("follows no link on the way, and writes nothing outside", async () => {
      await using stage = await stageOf(
        open,
        { "d/f": file("new"), "d/g": file("new") },
        { "d/f": file("old") },
      );
      const { place, source, target } = stage;
      const actions = [await putting(stage, "d/f"), await putting(stage, "d/g")];
      place.make("outside/f", file("old"));
      place.remove("target/d");
      place.make("target/d", { kind: "symlink", linkTarget: "../outside" });
      expect((await applyAll(target, actions, source)).map(inBrief)).toEqual([changed, changed]);
      place.remove("target/d");
      const gone = failure("target", "vanished");
      expect((await applyAll(target, actions, source)).map(inBrief)).toEqual([gone, gone]);
      expect(brief(place, "outside")).toEqual(["directory", "f file old"]);
      expect(brief(place, "target")).toEqual(["directory"]);
    });

    test("gives new files the modes of an ordinary program where modes are not kept", async () => {
      await using stage = await stageOf(open, { f: file("x", { mode: 0o6777, mtime: late }) });
      const { place, source, target } = stage;
      const preserve = { mode: false, times: false };
      expect(await applyOne(target, await putting(stage, "f"), source, { preserve })).toBe("done");
      const [fact] = place.look("target/f");
      expect(fact!.mode).toBe((0o777 & ~process.umask()).toString(8));
      expect(fact!.mtime).not.toBe(String(late));
    });
  });

  describe("put-symlink", () => {
    test.each(Object.keys(obstacles))("takes the place of a %s", async (kind) => {
      const made: Made = { kind: "symlink", linkTarget: "a/\u00ff b", mtime: late };
      await using stage = await stageOf(open, { l: made }, { l: obstacles[kind]! });
      const { place, source, target } = stage;
      const entry = (await entryAt(source, "l")) as SymlinkEntry;
      const expected = await entryAt(target, "l");
      const action = { type: "put-symlink", path: path("l"), expected, entry } as const;
      expect(await applyOne(target, action, source)).toBe("done");
      expect(settable(place, "target/l", target)).toEqual(settable(place, "source/l", target));
      expect(await applyOne(target, action, source)).toBe(changed);
      expect(await applyOne(target, { ...action, expected: undefined }, source)).toBe(changed);
      expect(brief(place, "target")).toEqual(["directory", "l symlink a/\u00ff b"]);
    });
  });

  describe("put-special", () => {
    test.each(["fifo", "socket"] as const)(
      "makes a %s, where the endpoint keeps such things",
      async (kind) => {
        await using stage = await stageOf(open, { s: { kind, mode: 0o640, mtime: late } });
        const { place, source, target } = stage;
        const entry = (await entryAt(source, "s")) as SpecialEntry;
        await target.root();
        const action = {
          type: "put-special",
          path: path("s"),
          expected: undefined,
          entry,
        } as const;
        const said = await applyOne(target, action, source);
        if (!target.capabilities.keeps.specials) {
          expect(said).toBe(failure("target", "unsupported"));
          expect(brief(place, "target")).toEqual(["directory"]);
          return;
        }
        expect(said).toBe("done");
        expect(place.look("target/s")).toEqual(place.look("source/s"));
        expect(await applyOne(target, action, source)).toBe(changed);
      },
    );

    test("makes devices for the privileged alone", async () => {
      await using stage = await stageOf(open, { s: { kind: "fifo" } });
      const { place, source, target } = stage;
      const entry: SpecialEntry = {
        ...((await entryAt(source, "s")) as SpecialEntry),
        kind: "character-device",
        rdev: 0x103,
      };
      const action = { type: "put-special", path: path("s"), expected: undefined, entry } as const;
      await target.root();
      const { keeps, privileged } = target.capabilities;
      const wanted = !keeps.devices ? "unsupported" : privileged ? "done" : "not-permitted";
      const said = await applyOne(target, action, source);
      expect(said).toBe(wanted === "done" ? "done" : `target: ${wanted}`);
      expect(brief(place, "target").slice(1)).toEqual(
        wanted === "done" ? ["s character-device 259"] : [],
      );
    });
  });

  describe("link", () => {
    const linking = async (
      { source, target }: Stage,
      at: string,
      from: string,
    ): Promise<Action> => {
      const entry = await fileAt(source, from);
      const expected = await entryAt(target, at).catch(() => undefined);
      return { type: "link", path: path(at), from: path(from), expected, entry };
    };

    test("gives a file a further name, in other directories too", async () => {
      await using stage = await stageOf(
        open,
        { f: file("x") },
        { f: file("x"), "d/old": file("old"), "e/empty": directory },
      );
      const { place, source, target } = stage;
      const actions = [
        await linking(stage, "d/new", "f"),
        await linking(stage, "d/old", "f"),
        await linking(stage, "e/empty", "f"),
      ];
      const outcomes = await applyAll(target, actions, source);
      // Who does not keep hard links may have made copies, and then says so.
      const isCopied = !target.capabilities.keeps.hardlinks && inBrief(outcomes[0]!) !== "done";
      const said = isCopied ? "done, but target: unsupported" : "done";
      expect(outcomes.map(inBrief)).toEqual([said, said, said]);
      const files = place.look("target").filter(({ kind }) => kind === "file");
      expect(files.map(({ path, group, what }) => [path, group, what])).toEqual(
        ["d/new", "d/old", "e/empty", "f"].map((at) => [at, isCopied ? "" : "d/new", "x"]),
      );
    });

    test("refuses where the name is not as expected", async () => {
      await using stage = await stageOf(open, { f: file("x") }, { f: file("x"), g: file("old") });
      const { place, source, target } = stage;
      const intoFree = await linking(stage, "new", "f");
      const overOld = await linking(stage, "g", "f");
      place.make("target/new", file("mine"));
      place.make("target/g", file("mine"));
      expect(await applyOne(target, intoFree, source)).toBe(changed);
      expect(await applyOne(target, overOld, source)).toBe(changed);
      expect(brief(place, "target").slice(1)).toEqual(["f file x", "g file mine", "new file mine"]);
    });

    test("refuses where the file is not in place", async () => {
      await using stage = await stageOf(open, { f: file("new") }, { f: file("other size") });
      const { place, source, target } = stage;
      const action = await linking(stage, "g", "f");
      const blocked = failure("target", "blocked");
      expect(await applyOne(target, action, source)).toBe(blocked);
      expect(await applyOne(target, action, source, { preserve: { times: false } })).toBe(blocked);
      place.make("target/f", file("new", { mtime: late }));
      expect(await applyOne(target, action, source)).toBe(blocked);
      place.make("target/f", directory);
      expect(await applyOne(target, action, source)).toBe(blocked);
      place.remove("target/f");
      expect(await applyOne(target, action, source)).toBe(failure("target", "vanished"));
      expect(brief(place, "target")).toEqual(["directory"]);
    });
  });

  describe("set-metadata", () => {
    const setting = async ({ source, target }: Stage, at: string): Promise<Action> => ({
      type: "set-metadata",
      path: path(at),
      expected: await entryAt(target, at),
      entry: await entryAt(source, at),
      aspects: [],
    });

    test("sets modes and times, of links their times", async () => {
      await using stage = await stageOf(
        open,
        {
          l: { kind: "symlink", linkTarget: "f", mtime: late },
        },
        { f: file("x", { mode: 0o600 }), l: { kind: "symlink", linkTarget: "f" } },
      );
      const { place, source, target } = stage;
      await target.root();
      place.make("source/f", file("x", { mode: 0o4750, mtime: oldTime(target) }));
      const actions = [await setting(stage, "f"), await setting(stage, "l")];
      const outcomes = await applyAll(target, actions, source);
      expect(outcomes.map(inBrief)).toEqual(["done", "done"]);
      const facts = (at: string): readonly Fact[] => settable(place, at, target).slice(1);
      expect(facts("target")).toEqual(facts("source"));
    });

    test("sets no aspect that is not kept", async () => {
      await using stage = await stageOf(
        open,
        { f: file("x", { mode: 0o750, mtime: late }) },
        { f: file("x", { mode: 0o604, mtime: early }) },
      );
      const { place, source, target } = stage;
      const action = await setting(stage, "f");
      await applyOne(target, action, source, { preserve: { mode: false } });
      expect(place.look("target/f")).toMatchObject([{ mode: "604", mtime: String(late) }]);
      place.make("target/f", file("x", { mode: 0o604, mtime: early }));
      const again = await setting(stage, "f");
      await applyOne(target, again, source, { preserve: { times: false } });
      expect(place.look("target/f")).toMatchObject([{ mode: "750", mtime: String(early) }]);
    });

    test("sets owners for the privileged alone, and set-id bits never for somebody else's file", async () => {
      await using stage = await stageOf(open, { f: file("x", { mode: 0o6755 }) }, { f: file("x") });
      const { place, source, target } = stage;
      const action = (await setting(stage, "f")) as Extract<Action, { type: "set-metadata" }>;
      const given = { ...action, entry: { ...action.entry, uid: 23_456, gid: 54_321 } } as Action;
      const without = { owner: false, group: false };
      expect(await applyOne(target, given, source, { preserve: without })).toBe("done");
      expect(place.look("target/f")).toMatchObject([{ mode: "755" }]);
      const said = await applyOne(target, given, source);
      expect(said).toBe(
        target.capabilities.privileged ? "done" : "done, but target: not-permitted",
      );
      if (!target.capabilities.privileged) return;
      expect(place.look("target/f")).toMatchObject([{ mode: "6755", owner: "23456:54321" }]);
    });

    test("refuses where something else stands there now", async () => {
      await using stage = await stageOf(open, { f: file("x", { mode: 0o600 }) }, { f: file("x") });
      const { place, source, target } = stage;
      const action = await setting(stage, "f");
      place.make("target/f", file(tellsApart(target) ? "x" : "another"));
      const before = place.look("target/f");
      expect(await applyOne(target, action, source)).toBe(changed);
      expect(place.look("target/f")).toEqual(before);
      place.remove("target/f");
      expect(await applyOne(target, action, source)).toBe(changed);
    });
  });

  describe("remove", () => {
    const removing = async ({ target }: Stage, at: string): Promise<Action> => ({
      type: "remove",
      path: path(at),
      expected: await entryAt(target, at),
    });

    test("removes one entry of any kind, and no link's target", async () => {
      await using stage = await stageOf(
        open,
        {},
        {
          file: file("x"),
          dir: directory,
          fifo: { kind: "fifo" },
          link: { kind: "symlink", linkTarget: "../outside" },
        },
      );
      const { place, source, target } = stage;
      place.make("outside/f", file("kept"));
      const actions: Action[] = [];
      for (const at of ["file", "dir", "fifo", "link"]) actions.push(await removing(stage, at));
      const outcomes = await applyAll(target, actions, source);
      expect(outcomes.map(inBrief)).toEqual(["done", "done", "done", "done"]);
      expect(brief(place, "target")).toEqual(["directory"]);
      expect(brief(place, "outside")).toEqual(["directory", "f file kept"]);
    });

    test("removes nothing that has changed or gone, and no directory that holds something", async () => {
      await using stage = await stageOf(
        open,
        {},
        {
          edited: file("old"),
          replaced: file("old"),
          gone: file("old"),
          dir: directory,
          kind: file("old"),
        },
      );
      const { place, source, target } = stage;
      const names = ["edited", "replaced", "gone", "dir", "kind"];
      const actions: Action[] = [];
      for (const at of names) actions.push(await removing(stage, at));
      place.rewrite("target/edited", "new, and longer", early);
      const replacement = tellsApart(target) ? "old" : "another";
      place.make("target/replaced", file(replacement));
      place.remove("target/gone");
      place.make("target/dir/inside", file("mine"));
      place.make("target/kind", directory);
      const outcomes = await applyAll(target, actions, source);
      expect(outcomes.map(inBrief)).toEqual([
        changed,
        changed,
        changed,
        failure("target", "not-empty"),
        changed,
      ]);
      expect(brief(place, "target")).toEqual([
        "directory",
        "dir directory",
        "dir/inside file mine",
        "edited file new, and longer",
        "kind directory",
        `replaced file ${replacement}`,
      ]);
    });

    test("removes what killed runs left, which holds nothing", async () => {
      await using stage = await stageOf(
        open,
        {},
        {
          "d/.syncline~abc123~0": file("half"),
          ".syncline~abc123~1": directory,
          ".syncline~abc123~2/mine": file("mine"),
        },
      );
      const { place, source, target } = stage;
      const actions: Action[] = [
        { type: "remove-leftover", path: path("d/.syncline~abc123~0"), isDirectory: false },
        { type: "remove-leftover", path: path(".syncline~abc123~1"), isDirectory: true },
        { type: "remove-leftover", path: path(".syncline~abc123~2"), isDirectory: true },
      ];
      const outcomes = await applyAll(target, actions, source);
      expect(outcomes.map(inBrief)).toEqual(["done", "done", failure("target", "not-empty")]);
      expect(brief(place, "target")).toEqual([
        "directory",
        ".syncline~abc123~2 directory",
        ".syncline~abc123~2/mine file mine",
        "d directory",
      ]);
    });
  });

  describe("finish-directory", () => {
    const finishing = async (
      { source, target }: Stage,
      at: string,
    ): Promise<Extract<Action, { type: "finish-directory" }>> => ({
      type: "finish-directory",
      path: path(at),
      expected: (await entryAt(target, at)) as DirectoryEntry,
      entry: (await entryAt(source, at)) as DirectoryEntry,
      aspects: [],
      shown: true,
    });

    test("sets the metadata of a directory, the root too", async () => {
      const wanted: Made = { kind: "directory", mode: 0o2750, mtime: late };
      await using stage = await stageOf(open, { d: wanted }, { d: directory, "d/x": file("x") });
      const { place, source, target } = stage;
      const actions = [await finishing(stage, "d"), await finishing(stage, "")];
      const outcomes = await applyAll(target, actions, source);
      expect(outcomes.map(inBrief)).toEqual(["done", "done"]);
      expect(place.look("target/d")[0]).toEqual(place.look("source/d")[0]);
      // The roots have times of this moment, which not every driver keeps to the nanosecond.
      const upToMicroseconds = ({ mtime }: Fact): string => saidTime(target, mtime).slice(0, -3);
      const [ours, theirs] = [place.look("target")[0]!, place.look("source")[0]!];
      expect(upToMicroseconds(ours)).toBe(upToMicroseconds(theirs));
    });

    test("leaves modes that are not kept as they were", async () => {
      const wanted: Made = { kind: "directory", mode: 0o700, mtime: late };
      await using stage = await stageOf(open, { d: wanted }, { d: { ...directory, mode: 0o751 } });
      const { place, source, target } = stage;
      const way = { preserve: { mode: false } };
      expect(await applyOne(target, await finishing(stage, "d"), source, way)).toBe("done");
      expect(place.look("target/d")).toMatchObject([{ mode: "751", mtime: String(late) }]);
    });

    test("refuses where another directory, or none, stands there now", async () => {
      await using stage = await stageOf(
        open,
        { d: { ...directory, mode: 0o700 } },
        { d: directory },
      );
      const { place, source, target } = stage;
      const action = await finishing(stage, "d");
      place.make("elsewhere", directory);
      if (tellsApart(target)) {
        place.make("target/d", directory);
        const before = place.look("target/d");
        expect(await applyOne(target, action, source)).toBe(changed);
        expect(place.look("target/d")).toEqual(before);
      }
      place.make("target/d", { kind: "symlink", linkTarget: "../elsewhere" });
      expect(await applyOne(target, action, source)).toBe(changed);
      expect(place.look("elsewhere")).toMatchObject([{ mode: "755" }]);
      place.remove("target/d");
      expect(await applyOne(target, action, source)).toBe(failure("target", "vanished"));
    });
  });

  describe("many actions", () => {
    const names = Array.from({ length: 1200 }, (_, n) => `f${n}`);
    const contentOf = (n: number): string => "x".repeat(7 * (n % 100));
    const many = async (): Promise<Stage & { readonly actions: Action[] }> => {
      const sources = names.map((name, n) => [name, file(contentOf(n))] as const);
      const stage = await stageOf(open, Object.fromEntries(sources));
      const entries = new Map<string, Finding>(await rowsOf(stage.source));
      const actions = names.map((name): Action => ({
        type: "put-file",
        path: path(name),
        expected: undefined,
        entry: entries.get(name) as FileEntry,
      }));
      return { ...stage, actions };
    };

    test("have outcomes in the order of the actions, whatever is done first", async () => {
      await using stage = await many();
      const { place, source, target, actions } = stage;
      place.make("target/f300", file("mine"));
      place.remove("source/f301");
      const before = target.progress();
      const outcomes = await applyAll(target, actions, source, { ordered: false });
      expect(outcomes.map(({ action }) => action)).toEqual(actions);
      const failed = outcomes.filter(({ done }) => !done);
      expect(failed.map((one) => [one.action.path, inBrief(one)])).toEqual([
        ["f300", changed],
        ["f301", failure("source", "vanished")],
      ]);
      const files = new Map(place.look("target").map(({ path, what }) => [path, what]));
      expect(files.size).toBe(1 + 1199);
      expect(names.filter((name, n) => files.get(name) !== contentOf(n))).toEqual(["f300", "f301"]);
      const after = target.progress();
      expect(after.files - before.files).toBe(1200);
      const bytes = outcomes.reduce((sum, { bytes, shared }) => sum + bytes + shared, 0);
      expect(bytes).toBe(7 * ((12 * 100 * 99) / 2 - 0 - 1));
      expect(after.bytes - before.bytes).toBeGreaterThanOrEqual(bytes);
    });

    test.each([true, false])(
      "stop between two of them when the signal aborts (ordered: %s)",
      async (ordered) => {
        await using stage = await many();
        const { place, source, target, actions } = stage;
        const abort = new AbortController();
        const begun: Action[] = [];
        await target.root();
        const options = { preserve: target.capabilities.keeps, followLinks: false };
        for await (const outcomes of target.apply(
          actions,
          ordered,
          source,
          options,
          abort.signal,
        )) {
          abort.abort();
          begun.push(...outcomes.map(({ action }) => action));
          expect(outcomes.every(({ done }) => done)).toBe(true);
        }
        // Over a line, much has been begun by the time that somebody hears of it.
        await source.root();
        const isFar = target.capabilities.remote || source.capabilities.remote;
        if (!isFar) expect(begun.length).toBeLessThan(actions.length);
        expect(actions.filter((action) => begun.includes(action))).toEqual(begun);
        const there = place.look("target").slice(1);
        expect(there.map(({ path }) => path)).toEqual(begun.map(({ path }) => path).sort());
      },
    );

    test("are not begun at all where the signal has aborted before", async () => {
      await using stage = await many();
      const { place, source, target, actions } = stage;
      const way = { signal: AbortSignal.abort() };
      expect(await applyAll(target, actions.slice(0, 5), source, way)).toEqual([]);
      expect(await applyAll(target, actions, source, way)).toEqual([]);
      expect(brief(place, "target")).toEqual(["directory"]);
    });
  });
}
