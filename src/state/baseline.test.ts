import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { setTimeout as delay } from "node:timers/promises";
import * as fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { startStateProcess } from "../../test/support/state-process.ts";
import type { ByteString } from "../base/byte-string.ts";
import type { DirectoryEntry, FileEntry } from "../core/entry.ts";
import type { RelPath } from "../core/path.ts";
import { baseName, comparePaths, depthOf, joinPath, parentPath } from "../core/path.ts";
import type { SnapshotChunk } from "../core/snapshot.ts";
import { newChunk, pushFinding } from "../core/snapshot.ts";
import type { ThreadLimits } from "./baseline.ts";
import { decodeRows, openRows } from "./directory-codec.ts";
import { pathOfKey } from "./directory-key.ts";
import { peekState } from "./peek.ts";
import type { Baseline, RememberedEntry, StateStore } from "./state.ts";
import { rememberedKey } from "./state.ts";
import { openState } from "./store.ts";

let dir = "";
let notices: string[] = [];
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "syncline-baseline-"));
  notices = [];
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const database = (): string => join(dir, "syncline.db");
const open = (limits: ThreadLimits, at: string = dir): Promise<StateStore> =>
  openState(at, { onNotice: (message) => notices.push(message), limits });

/** Entries that differ in everything, from one number. */
function file(number: number): RememberedEntry {
  return {
    kind: "file",
    size: number * 1000,
    mtimeSec: 1_700_000_000 + number,
    mtimeNs: number,
    ctimeSec: 1_700_000_001 + number,
    ctimeNs: number + 1,
    dev: 7,
    inoHigh: 0,
    inoLow: number,
    birthSec: 1_600_000_000,
    birthNs: number,
  };
}
const directory = (number: number): RememberedEntry => ({
  ...file(number),
  kind: "directory",
  size: 0,
});

type Model = Map<RelPath, RememberedEntry>;

/** A scan that finds what the model holds, in one chunk that is used again for every few rows. */
function* scanOf(model: Model, rows: number): Generator<SnapshotChunk> {
  const chunk = newChunk(rows);
  for (const [path, { kind, ...entry }] of [...model].toSorted(([a], [b]) => comparePaths(a, b))) {
    const rest = { mode: 0, uid: 0, gid: 0, nlink: 1, blocks: 0, rdev: 0, xattrs: undefined };
    const finding = { ...entry, ...rest, kind, closed: false } as FileEntry | DirectoryEntry;
    pushFinding(chunk, depthOf(path), baseName(path), finding);
    if (chunk.count < rows) continue;
    yield chunk;
    for (const column of [chunk.size, chunk.inoLow, chunk.kind, chunk.names]) column.fill(77);
    chunk.count = 0;
  }
  yield chunk;
}

const isBelow = (path: RelPath, dir: RelPath): boolean =>
  dir === "" ? path !== "" : path.startsWith(`${dir}/`);

function removeFrom(model: Model, path: RelPath): void {
  const entry = model.get(path);
  model.delete(path);
  if (entry === undefined || entry.kind === "directory") removeBelow(model, path);
}

function removeBelow(model: Model, path: RelPath): void {
  for (const one of model.keys()) if (isBelow(one, path)) model.delete(one);
}

type Step =
  | { type: "put"; path: RelPath; entry: RememberedEntry }
  | { type: "remove"; path: RelPath }
  | { type: "move"; from: RelPath; to: RelPath };

function applyTo(model: Model, step: Step): void {
  if (step.type === "put") {
    if (model.get(step.path)?.kind === "directory" && step.entry.kind !== "directory")
      removeFrom(model, step.path);
    model.set(step.path, step.entry);
  } else if (step.type === "remove") {
    removeFrom(model, step.path);
  } else if (step.from !== step.to && step.from !== "") {
    const taken = new Map<RelPath, RememberedEntry>();
    const own = model.get(step.from);
    for (const [path, entry] of model) {
      const goes =
        path === step.from ||
        ((own === undefined || own.kind === "directory") && isBelow(path, step.from));
      if (goes) taken.set(path, entry);
    }
    for (const path of taken.keys()) model.delete(path);
    removeFrom(model, step.to);
    if (own?.kind !== "file") removeBelow(model, step.to);
    for (const [path, entry] of taken)
      model.set(`${step.to}${path.slice(step.from.length)}` as RelPath, entry);
  }
}

const names = ["a", "b", "a.b", "\u00ff", "c"];
const allPaths = [
  "",
  ...names,
  ...names.flatMap((a) => names.map((b) => `${a}/${b}`)),
  ...names.flatMap((a) => names.flatMap((b) => names.map((c) => `${a}/${b}/${c}`))),
] as RelPath[];
const pathOf = fc.constantFrom(...allPaths);
const shallow = fc.constantFrom(...allPaths.filter((path) => depthOf(path) <= 2));
const inner = shallow.filter((path) => path !== "");
const entryOf = fc
  .tuple(fc.boolean(), fc.integer({ min: 1, max: 1000 }))
  .map(([isFile, number]) => (isFile ? file(number) : directory(number)));
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ type: fc.constant("put"), path: pathOf, entry: entryOf }),
  fc.record({ type: fc.constant("remove"), path: pathOf }),
  fc.record({ type: fc.constant("move"), from: inner, to: inner }),
);
/** A tree with a root: whatever holds something is a directory. */
const tree: fc.Arbitrary<Model> = fc.array(fc.tuple(pathOf, entryOf)).map((list) => {
  const model: Model = new Map([["" as RelPath, directory(1)], ...list]);
  for (const path of model.keys())
    for (let at = path; at !== ""; at = parentPath(at))
      model.set(parentPath(at), directory(2 + at.length));
  return model;
});

/** Everything that is stored, wherever it is, and what the baseline itself says of each. */
async function held(baseline: Pick<Baseline, "lookup">, at: string): Promise<Model> {
  using raw = new DatabaseSync(join(at, "syncline.db"));
  const paths = raw
    .prepare("SELECT directory, entries FROM baseline_directories")
    .all()
    .flatMap(({ directory: key, entries }) =>
      [...decodeRows(openRows(entries as Uint8Array)!)!.keys()].map((name) =>
        joinPath(pathOfKey(key as Uint8Array), name),
      ),
    );
  const entries = await baseline.lookup(paths);
  return new Map(paths.map((path, i) => [path, entries[i]!]));
}

const sorted = (model: Model): [RelPath, RememberedEntry][] =>
  [...model].toSorted(([a], [b]) => comparePaths(a, b));

describe.each([
  { where: "at once", limits: { entries: Infinity, bytes: Infinity } },
  { where: "in a thread", limits: { entries: 0, bytes: 0 } },
])("a baseline that is kept $where", ({ limits }) => {
  test("is not known before there is one, and nothing is opened for a question", async () => {
    await using store = await open(limits);
    const baseline = store.openBaseline("/a", "/b");
    const wanted = [file(1)];
    expect([
      baseline.isKnown(),
      await baseline.lookup(["" as RelPath]),
      await baseline.findBySize(new Set([0])),
      (await baseline.findByIdentity(wanted)).size,
      readdirSync(dir),
      notices,
    ]).toEqual([false, [undefined], [], 0, [], []]);
  });

  test("holds what random changes of random trees leave, as a map would", async () => {
    await fc.assert(
      fc.asyncProperty(
        tree,
        fc.array(step, { maxLength: 12 }),
        fc.array(step, { minLength: 1, maxLength: 12 }),
        fc.integer({ min: 1, max: 9 }),
        async (scanned, during, later, rows) => {
          const model = new Map(scanned);
          notices = [];
          const at = mkdtempSync(join(dir, "one-"));
          await using store = await open(limits, at);
          const baseline = store.openBaseline("/a", "/b");
          for (const mode of ["all", "changes"] as const) {
            const recorder = baseline.record(mode);
            if (mode === "all") for (const chunk of scanOf(model, rows)) recorder.chunk(chunk);
            for (const one of mode === "all" ? during : later) {
              applyTo(model, one);
              if (one.type === "put") recorder.put(one.path, one.entry);
              else if (one.type === "remove") recorder.remove(one.path);
              else recorder.move(one.from, one.to);
            }
            await recorder.commit();
            expect(sorted(await held(baseline, at))).toEqual(sorted(model));
          }
          expect(notices).toEqual([]);
        },
      ),
      { numRuns: limits.entries === 0 ? 15 : 150 },
    );
  });

  test("changes more directories than are held at a time", async () => {
    await using store = await open(limits);
    const baseline = store.openBaseline("/a", "/b");
    const count = 600;
    const model: Model = new Map();
    const first = baseline.record("changes");
    for (let i = 0; i < count; i++) {
      for (const [path, entry] of [
        [`d${i}`, directory(i + 1)],
        [`d${i}/f`, file(i + 1)],
      ] as [RelPath, RememberedEntry][]) {
        model.set(path, entry);
        first.put(path, entry);
      }
    }
    await first.commit();
    const second = baseline.record("changes");
    for (let i = 0; i < count; i++) {
      const steps: Step[] = [
        { type: "move", from: `d${i}/f` as RelPath, to: `d${(i * 7) % count}/g` as RelPath },
        { type: "move", from: `d${i}` as RelPath, to: `e${i % 50}` as RelPath },
      ];
      for (const one of steps.slice(i % 2)) {
        applyTo(model, one);
        if (one.type === "move") second.move(one.from, one.to);
      }
    }
    await second.commit();
    const paths = ["d", "e"].flatMap((letter) =>
      Array.from({ length: count }, (_, i) => `${letter}${i}`).flatMap(
        (one) => [one, `${one}/f`, `${one}/g`] as RelPath[],
      ),
    );
    expect([await baseline.lookup(paths), notices]).toEqual([
      paths.map((path) => model.get(path)),
      [],
    ]);
  });

  test("finds by identity and by size", async () => {
    await using store = await open(limits);
    const baseline = store.openBaseline("/a", "/b");
    const recorder = baseline.record("changes");
    const reborn = { ...file(3), birthNs: 99, size: 5 };
    const hashed = {
      ...file(4),
      hash: { algorithm: "blake3" as const, digest: "\u00ff\u0000x".repeat(10) as ByteString },
    };
    const put: [string, RememberedEntry][] = [
      ["d", directory(1)],
      ["d/two", file(2)],
      ["d/three", file(3)],
      ["d/reborn", reborn],
      ["four", hashed],
      ["z", { ...directory(9), size: 4000 }],
    ];
    for (const [path, entry] of put) recorder.put(path as RelPath, entry);
    await recorder.commit();
    const nobody = { ...file(2), dev: 8 };
    expect(await baseline.findByIdentity([file(3), reborn, hashed, nobody, directory(1)])).toEqual(
      new Map([
        [rememberedKey(directory(1)), { path: "d", entry: directory(1) }],
        [rememberedKey(file(3)), { path: "d/three", entry: file(3) }],
        [rememberedKey(reborn), { path: "d/reborn", entry: reborn }],
        [rememberedKey(hashed), { path: "four", entry: hashed }],
      ]),
    );
    const bySize = await baseline.findBySize(new Set([2000, 4000, 1]));
    expect(bySize.toSorted((a, b) => comparePaths(a.path, b.path))).toEqual([
      { path: "d/two", entry: file(2) },
      { path: "four", entry: hashed },
    ]);
  });

  test("is of its pair alone, and is replaced as a whole", async () => {
    await using store = await open(limits);
    const paths = ["x", "y"] as RelPath[];
    for (const [target, path] of [
      ["/b", "x"],
      ["/c", "x"],
      ["/b", "y"],
    ] as const) {
      const recorder = store.openBaseline("/a", target).record("all");
      recorder.put(path as RelPath, file(1));
      await recorder.commit();
    }
    expect([
      await store.openBaseline("/a", "/b").lookup(paths),
      await store.openBaseline("/a", "/c").lookup(paths),
      store.openBaseline("/a", "/d").isKnown(),
    ]).toEqual([[undefined, file(1)], [file(1), undefined], false]);
  });

  test("leaves out what could not be read, and forgets what was abandoned", async () => {
    await using store = await open(limits);
    const baseline = store.openBaseline("/a", "/b");
    const chunk = newChunk();
    const rest = { mode: 0, uid: 0, gid: 0, nlink: 1, blocks: 0, xattrs: undefined };
    pushFinding(chunk, 0, "", { ...directory(1), ...rest, kind: "directory", closed: false });
    pushFinding(chunk, 1, "bad", { kind: "problem", code: "io", message: "it broke" });
    pushFinding(chunk, 1, "not", { kind: "excluded" });
    pushFinding(chunk, 1, "old", { kind: "leftover", isDirectory: true });
    pushFinding(chunk, 1, "well", { ...file(2), ...rest, kind: "file" });
    const lost = baseline.record("all");
    lost.chunk(chunk);
    lost.abandon();
    expect(baseline.isKnown()).toBe(false);
    const recorder = baseline.record("all");
    recorder.chunk(chunk);
    await recorder.commit();
    const paths = ["", "bad", "not", "old", "well"] as RelPath[];
    const none = undefined;
    expect(await baseline.lookup(paths)).toEqual([directory(1), none, none, none, file(2)]);
  });

  test("of which one directory is damaged knows all the others", async () => {
    {
      await using store = await open(limits);
      const recorder = store.openBaseline("/a", "/b").record("all");
      for (const path of ["a/x", "b/x"]) recorder.put(path as RelPath, file(path.charCodeAt(0)));
      await recorder.commit();
    }
    {
      using raw = new DatabaseSync(database());
      raw.exec("UPDATE baseline_directories SET entries = zeroblob(99) WHERE directory = x'61'");
    }
    await using store = await open(limits);
    const baseline = store.openBaseline("/a", "/b");
    expect([
      await baseline.lookup(["a/x", "b/x"] as RelPath[]),
      [...(await baseline.findByIdentity([file(97), file(98)])).keys()],
      notices,
    ]).toEqual([[undefined, file(98)], [rememberedKey(file(98))], []]);
    const recorder = baseline.record("changes");
    recorder.put("a/y" as RelPath, file(5));
    await recorder.commit();
    expect(await baseline.lookup(["a/x", "a/y"] as RelPath[])).toEqual([undefined, file(5)]);
  });

  test("that cannot be had costs one notice", async () => {
    {
      using other = new DatabaseSync(database());
      other.exec("PRAGMA user_version = 99");
    }
    await using store = await open(limits);
    const baseline = store.openBaseline("/a", "/b");
    for (let i = 0; i < 2; i++) {
      const recorder = baseline.record("all");
      recorder.put("x" as RelPath, file(1));
      await recorder.commit();
    }
    expect([
      await baseline.lookup(["x" as RelPath]),
      baseline.isKnown(),
      store.listRuns(1),
      notices,
    ]).toEqual([[undefined], false, [], [expect.stringMatching(/no memory.*a newer version/)]]);
  });

  test("that somebody keeps locked costs one notice, and is the old one afterwards", async () => {
    await using store = await open(limits);
    const baseline = store.openBaseline("/a", "/b");
    const first = baseline.record("all");
    first.put("old" as RelPath, file(1));
    await first.commit();
    {
      using other = new DatabaseSync(database());
      other.exec("BEGIN IMMEDIATE");
      const second = baseline.record("all");
      second.put("new" as RelPath, file(2));
      await second.commit();
      expect(notices).toEqual([expect.stringMatching(/no memory.*database is locked/)]);
    }
    await using again = await open(limits);
    const paths = ["old", "new"] as RelPath[];
    expect(await again.openBaseline("/a", "/b").lookup(paths)).toEqual([file(1), undefined]);
  });

  test("can be looked at without a trace", async () => {
    const peekOf = async (): Promise<unknown> => {
      await using peek = peekState(dir);
      const baseline = peek.openBaseline("/a", "/b");
      const found = await baseline.findByIdentity([file(1)]);
      const looked = await baseline.lookup(["x" as RelPath]);
      return [baseline.isKnown(), looked, found.size, peek.knownMounts("/a", "/b")];
    };
    expect([await peekOf(), readdirSync(dir)]).toEqual([[false, [undefined], 0, undefined], []]);
    {
      await using store = await open(limits);
      const recorder = store.openBaseline("/a", "/b").record("all");
      recorder.put("x" as RelPath, file(1));
      await recorder.commit();
    }
    const before = [readdirSync(dir), readFileSync(database()), statSync(database()).mtimeMs];
    expect(await peekOf()).toEqual([true, [file(1)], 1, undefined]);
    expect([readdirSync(dir), readFileSync(database()), statSync(database()).mtimeMs]).toEqual(
      before,
    );
  });

  test("is the old one or the new one, whole, when its process is killed", async () => {
    const entries = 20_000;
    for (let round = 0; round < 4; round++) {
      {
        await using other = await startStateProcess(dir);
        await other.tell({ type: "baseline", number: 1, entries: 50, waits: true });
        await other.tell({ type: "baseline", number: 2, entries, waits: false });
        await delay(round * 35);
        await other.kill();
      }
      await using store = await open(limits);
      const baseline = store.openBaseline("/a", "/b");
      const [first] = await baseline.lookup(["file00000" as RelPath]);
      const found = await baseline.findBySize(new Set([1000, 2000]));
      const isOld = first?.size === 1000;
      expect([found.length, new Set(found.map(({ entry }) => entry.size)), notices]).toEqual([
        isOld ? 50 : entries,
        new Set([isOld ? 1000 : 2000]),
        [],
      ]);
    }
  });
});

test("two processes that write at once do no harm", async () => {
  await using stack = new AsyncDisposableStack();
  const crowd = await Promise.all(Array.from({ length: 3 }, () => startStateProcess(dir)));
  for (const one of crowd) stack.use(one);
  const answers = await Promise.all(
    crowd.map((one, i) =>
      one.tell({ type: "baseline", number: i + 1, entries: 5000, waits: true }),
    ),
  );
  expect(answers).toEqual(crowd.map(() => ({ notices: [] })));
  await using store = await open({ entries: 500, bytes: Infinity });
  const found = await store.openBaseline("/a", "/b").findBySize(new Set([1000, 2000, 3000]));
  expect([found.length, new Set(found.map(({ entry }) => entry.size)).size]).toEqual([5000, 1]);
});
