import { describe, expect, test } from "vitest";

import type { DirectoryEntry, Leaf, SymlinkEntry } from "../../src/core/entry.ts";
import type { Action } from "../../src/core/plan.ts";
import type { Endpoint, VersionsOfRun } from "../../src/endpoint/endpoint.ts";
import type { EndpointPlace, Made, OpenPlace } from "./endpoint-place.ts";
import { applyOne, brief, entryAt, failure, fileAt, late, path, rowsOf } from "./endpoint-place.ts";

const at = Date.UTC(2026, 10, 20, 19, 30);
const stamp = "2026-11-20T19-30-00.000Z";
const store = ".syncline/versions";

interface Stage extends AsyncDisposable {
  readonly place: EndpointPlace;
  readonly source: Endpoint;
  readonly target: Endpoint;
  readonly versions: VersionsOfRun;
  /** What is kept, below the run's directories. */
  readonly kept: (layer?: string) => string[];
}

async function stageOf(
  open: OpenPlace,
  sources: Readonly<Record<string, Made>>,
  targets: Readonly<Record<string, Made>>,
): Promise<Stage> {
  const place = await open();
  for (const root of ["source", "target"]) place.make(root, { kind: "directory" });
  for (const [name, made] of Object.entries(sources)) place.make(`source/${name}`, made);
  for (const [name, made] of Object.entries(targets)) place.make(`target/${name}`, made);
  const target = place.open("target");
  return {
    place,
    source: place.open("source"),
    target,
    versions: await target.beginVersions(at, (name) => `run ${name}\n`),
    kept: (layer = "") => brief(place, `target/${store}/${stamp}${layer}`).slice(1),
    [Symbol.asyncDispose]: () => place[Symbol.asyncDispose](),
  };
}

const file = (content: string, over: Partial<Made> = {}): Made =>
  ({ kind: "file", content, ...over }) as Made;
const directory: Made = { kind: "directory" };

/** Whatever can stand where something else shall be, or shall not be any more. */
const leaves: Readonly<Record<string, readonly [Made, string]>> = {
  file: [file("old", { mode: 0o640, mtime: late }), "file old"],
  symlink: [{ kind: "symlink", linkTarget: "../outside" }, "symlink ../outside"],
  fifo: [{ kind: "fifo" }, "fifo 0"],
};

/** What a run replaces or removes, when it is to be kept. */
export function describeVersions(open: OpenPlace): void {
  describe("versions", () => {
    const put = async (stage: Stage, name: string): Promise<Action> => {
      const entry = await fileAt(stage.source, name);
      const expected = await entryAt(stage.target, name);
      return { type: "put-file", path: path(name), expected, entry };
    };
    const removal = async (stage: Stage, name: string): Promise<Action> => {
      return { type: "remove", path: path(name), expected: await entryAt(stage.target, name) };
    };

    test("a run has a directory of its own, and words beside it", async () => {
      await using stage = await stageOf(open, {}, { f: file("x") });
      const { place, target, versions } = stage;
      expect(versions).toEqual({ stamp });
      expect(brief(place, `target/${store}`)).toEqual([
        "directory",
        `${stamp} directory`,
        `${stamp}.jsonl file run ${stamp}`.concat("\n").trim(),
      ]);
      expect(place.look(`target/${store}`)).toMatchObject([
        { mode: "700" },
        { mode: "700" },
        { mode: "600" },
      ]);
      // Two in one millisecond, and one after a clock has been set back, come after it all the same.
      const later = ["2026-11-20T19-30-00.001Z", "2026-11-20T19-30-00.002Z"];
      expect(await target.beginVersions(at, () => "")).toEqual({ stamp: later[0] });
      expect(await target.beginVersions(at - 9e9, () => "")).toEqual({ stamp: later[1] });
    });

    test("making it does not move the root's times, and no scan sees it", async () => {
      const place = await open();
      await using _place = place;
      place.make("target/f", file("x"));
      const [before] = place.look("target");
      const target = place.open("target");
      await target.beginVersions(at, () => "");
      const moved = BigInt(place.look("target")[0]!.mtime) - BigInt(before!.mtime);
      // The portable driver keeps microseconds.
      const most = BigInt(Math.max(1000, target.capabilities.timeResolution));
      expect(moved > -most && moved < most).toBe(true);
      const seen = (await rowsOf(target)).map(([name]) => name);
      expect(seen).toEqual(["", "f"]);
    });

    test.each(Object.keys(leaves))("a %s that is replaced", async (kind) => {
      const [made, words] = leaves[kind]!;
      await using stage = await stageOf(open, { "d/e/n": file("new") }, { "d/e/n": made });
      const { place, source, target, versions, kept } = stage;
      const before = place.look("target/d/e/n");
      const way = { versions };
      expect(await applyOne(target, await put(stage, "d/e/n"), source, way)).toBe("done");
      expect(brief(place, "target/d/e")).toEqual(["directory", "n file new"]);
      expect(kept()).toEqual(["d directory", "d/e directory", `d/e/n ${words}`]);
      expect(place.look(`target/${store}/${stamp}/d/e/n`)).toEqual(before);
    });

    test.each(Object.keys(leaves))("a %s that gives way to a directory", async (kind) => {
      const [made, words] = leaves[kind]!;
      await using stage = await stageOf(open, { n: directory }, { n: made });
      const { place, source, target, versions, kept } = stage;
      const expected = (await entryAt(target, "n")) as Leaf;
      const entry = (await entryAt(source, "n")) as DirectoryEntry;
      const action = { type: "make-directory", path: path("n"), expected, entry } as const;
      expect(await applyOne(target, action, source, { versions })).toBe("done");
      expect(brief(place, "target/n")).toEqual(["directory"]);
      expect(kept()).toEqual([`n ${words}`]);
    });

    test.each(Object.keys(leaves))("a %s that is removed", async (kind) => {
      const [made, words] = leaves[kind]!;
      await using stage = await stageOf(open, {}, { "d/n": made });
      const { place, source, target, versions, kept } = stage;
      expect(await applyOne(target, await removal(stage, "d/n"), source, { versions })).toBe(
        "done",
      );
      expect(brief(place, "target/d")).toEqual(["directory"]);
      expect(kept()).toEqual(["d directory", `d/n ${words}`]);
    });

    test("a directory, when what was in it has gone, with its metadata", async () => {
      const made = { "d/e/x": file("x"), "d/e": { ...directory, mode: 0o2751, mtime: late } };
      await using stage = await stageOf(open, {}, made);
      const { place, source, target, versions, kept } = stage;
      const [before] = place.look("target/d/e");
      const entry = await entryAt(target, "d/e");
      place.make("target/d/e/x", file("x"));
      expect(await applyOne(target, await removal(stage, "d/e/x"), source, { versions })).toBe(
        "done",
      );
      const action = { type: "remove", path: path("d/e"), expected: entry } as const;
      expect(await applyOne(target, action, source, { versions })).toBe("done");
      expect(kept()).toEqual(["d directory", "d/e directory", "d/e/x file x"]);
      expect(place.look(`target/${store}/${stamp}/d/e`)[0]).toEqual(before);
    });

    test("a directory that gives way to a link", async () => {
      const link: Made = { kind: "symlink", linkTarget: "there" };
      await using stage = await stageOf(open, { d: link }, { d: directory });
      const { place, source, target, versions, kept } = stage;
      const expected = await entryAt(target, "d");
      const entry = (await entryAt(source, "d")) as SymlinkEntry;
      const action = { type: "put-symlink", path: path("d"), expected, entry } as const;
      expect(await applyOne(target, action, source, { versions })).toBe("done");
      expect(brief(place, "target/d")).toEqual(["symlink there"]);
      expect(kept()).toEqual(["d directory"]);
    });

    test("what another file is renamed onto", async () => {
      await using stage = await stageOf(open, {}, { a: file("moved"), b: file("old") });
      const { place, source, target, versions, kept } = stage;
      const [entry, expected] = [await entryAt(target, "a"), await entryAt(target, "b")];
      const to = { path: path("b"), from: path("a") };
      const carries = { entries: 1, bytes: 5 } as const;
      const action = { type: "move", ...to, entry, expected: expected as Leaf, carries } as const;
      expect(await applyOne(target, action, source, { versions })).toBe("done");
      expect(place.look("target/b")).toMatchObject([{ what: "moved" }]);
      expect(kept()).toEqual(["b file old"]);
    });

    test("a path that goes twice, and what cannot be below what went before", async () => {
      await using stage = await stageOf(open, { n: file("new") }, { n: file("first") });
      const { place, source, target, versions, kept } = stage;
      expect(await applyOne(target, await put(stage, "n"), source, { versions })).toBe("done");
      expect(await applyOne(target, await removal(stage, "n"), source, { versions })).toBe("done");
      place.make("target/n/below", file("third"));
      expect(await applyOne(target, await removal(stage, "n/below"), source, { versions })).toBe(
        "done",
      );
      expect([kept(), kept("~2"), kept("~3")]).toEqual([
        ["n file first"],
        ["n file new"],
        ["n directory", "n/below file third"],
      ]);
    });

    test("what changes in its metadata alone is not kept", async () => {
      await using stage = await stageOf(open, { n: file("x", { mode: 0o600 }) }, { n: file("x") });
      const { source, target, versions, kept } = stage;
      const [entry, expected] = [await entryAt(source, "n"), await entryAt(target, "n")];
      const action = { type: "set-metadata", path: path("n"), expected, entry } as const;
      const aspects = ["mode"] as const;
      expect(await applyOne(target, { ...action, aspects }, source, { versions })).toBe("done");
      expect(kept()).toEqual([]);
    });

    test("what is older than the rule keeps, goes with the words beside it", async () => {
      await using stage = await stageOf(open, {}, { a: file("old"), b: file("younger") });
      const { place, source, target, versions } = stage;
      const day = 24 * 3_600_000;
      expect(await applyOne(target, await removal(stage, "a"), source, { versions })).toBe("done");
      const second = { versions: await target.beginVersions(at + 3 * day, () => "") };
      expect(await applyOne(target, await removal(stage, "b"), source, second)).toBe("done");
      // For drivers that do not believe a clock that runs ahead: they were here three days later.
      const note = { asOf: at + 3 * day, boot: "another", uptime: 0 };
      place.make(`target/${store}/thinned.json`, file(`${JSON.stringify(note)}\n`));
      const thin = (age: number): Promise<string | undefined> =>
        target.thinVersions({ keep: "trash", age }, at + 4 * day);
      const kept = (): string[] => brief(place, `target/${store}`).filter((line) => /Z/.test(line));
      const before = kept();
      expect([await target.thinVersions({ keep: "none" }, at + 4 * day), kept()]).toEqual([
        undefined,
        before,
      ]);
      expect([await thin(5 * day), kept()]).toEqual([undefined, before]);
      expect([await thin(2 * day), kept()]).toEqual([
        undefined,
        before.filter((line) => !line.startsWith(stamp)),
      ]);
    });

    test("nothing goes where nothing was kept", async () => {
      await using place = await open();
      place.make("target", directory);
      expect(await place.open("target").thinVersions({ keep: "tiered" }, at)).toBe(undefined);
      expect(brief(place, "target")).toEqual(["directory"]);
    });

    test.each([".syncline", store])("nothing goes where a link stands at %s", async (name) => {
      const link: Made = { kind: "symlink", linkTarget: name === store ? "../../o" : "../o" };
      const made = { n: file("old"), gone: file("gone"), [name]: link };
      await using stage = await stageOf(open, { n: file("new") }, made);
      const { place, source, target, versions } = stage;
      place.make("o", directory);
      expect(versions).toMatchObject({ problem: { code: "blocked" } });
      const blocked = failure("target", "blocked");
      expect(await applyOne(target, await put(stage, "n"), source, { versions })).toBe(blocked);
      const action = await removal(stage, "gone");
      expect(await applyOne(target, action, source, { versions })).toBe(blocked);
      expect(place.look("target/n")).toMatchObject([{ what: "old" }]);
      expect(place.look("target/gone")).toMatchObject([{ what: "gone" }]);
      expect(brief(place, "o")).toEqual(["directory"]);
    });
  });
}
