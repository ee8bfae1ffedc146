/** The laws of a mirror run, over trees in memory. Each example is a whole run of the engine. */
import * as fc from "fast-check";
import { guardNames } from "../core/guards.ts";
import { describe, expect, test } from "vitest";

import type { TreePair } from "../../test/model/arbitrary.ts";
import { everyKind, treePairs } from "../../test/model/arbitrary.ts";
import { plantModel, seeMemory } from "../../test/model/memory.ts";
import { predict } from "../../test/model/oracle.ts";
import type { RunOptions, RunResult } from "../../test/model/runs.ts";
import { runMirror } from "../../test/model/runs.ts";
import {
  differencesFrom,
  filters,
  rechunked,
  someFiles,
  somePaths,
  withIgnoreFile,
} from "../../test/model/settings.ts";
import type { Fact, ModelNode } from "../../test/model/tree.ts";
import { factsOf, isAtOrBelow } from "../../test/model/tree.ts";
import type { ByteString } from "../base/byte-string.ts";
import { rawBytes } from "../base/byte-string.ts";
import type { RelPath } from "../core/path.ts";
import { parentPath } from "../core/path.ts";
import type { Action, Plan } from "../core/plan.ts";
import type { LinkMode } from "../core/preserve.ts";
import { actionsOf } from "../core/plan.ts";
import { openMemory } from "../endpoint/memory/memory-endpoint.ts";
import { existing, plant } from "../endpoint/memory/memory-tree.ts";
import type { WorldOptions } from "../endpoint/memory/memory-world.ts";
import { newWorld, nodeAt, stamp } from "../endpoint/memory/memory-world.ts";

interface Stage {
  readonly run: (options?: RunOptions) => ReturnType<typeof runMirror>;
  readonly source: () => Fact[];
  readonly target: () => Fact[];
  /** Puts something unreadable in the place of entries. */
  readonly spoil: (side: "s" | "t", paths: readonly string[]) => void;
  /** Makes every attempt fail to read a file, or to change a name. */
  readonly refuse: (side: "s" | "t", paths: readonly string[]) => void;
  readonly relent: () => void;
  /**
   * Writes {@link scribbled} into files of the target, or puts a new file of that content in the place of what is there or
   * where nothing is. Returns the paths where that was possible.
   */
  readonly scribble: (paths: readonly string[], inPlace: boolean) => string[];
}

const scribbled = "written by somebody else meanwhile";

/** The pair, planted in a world of its own. */
function stage({ source, target }: TreePair, options: WorldOptions = {}): Stage {
  const world = newWorld(options);
  plantModel(world, "s", source);
  plantModel(world, "t", target);
  const [from, to] = [openMemory(world, "/s"), openMemory(world, "/t")];
  return {
    run: (run) => runMirror(from, to, run),
    source: () => seeMemory(world, "s"),
    target: () => seeMemory(world, "t"),
    spoil: (side, paths) => {
      const trouble = { code: "unreadable", message: "it cannot be read" } as const;
      for (const path of paths) existing(world, `${side}/${path}` as RelPath).trouble = trouble;
    },
    refuse: (side, paths) => {
      const trouble = { code: "io", message: "the disk is broken" } as const;
      const refused = side === "s" ? world.unreadable : world.unchangeable;
      for (const path of paths) refused.set(`${side}/${path}` as RelPath, trouble);
    },
    relent: () => {
      world.unreadable.clear();
      world.unchangeable.clear();
    },
    scribble: (paths, inPlace) =>
      paths.filter((path) => {
        const at = `t/${path}` as RelPath;
        const node = nodeAt(world, at);
        if (node?.kind === "file" && inPlace) {
          node.content = rawBytes(scribbled as ByteString);
          node.mtime = stamp(world);
          return true;
        }
        const isInTree = nodeAt(world, parentPath(at))?.kind === "directory";
        if (!isInTree || node?.kind === "directory") return false;
        plant(world, at, { kind: "file", content: scribbled as ByteString });
        return true;
      }),
  };
}

const chunkRows = fc.integer({ min: 1, max: 12 });

describe("after a run", () => {
  test("the target is the source, and a second run plans nothing", async () => {
    await fc.assert(
      fc.asyncProperty(treePairs(), chunkRows, async (pair, chunkRows) => {
        const { run, target } = stage(pair, { chunkRows });
        expect((await run()).problems).toEqual([]);
        expect(target()).toEqual(factsOf(pair.source));
        expect(planned(await run())).toEqual([]);
      }),
      { numRuns: 600 },
    );
  });

  test("the same holds where content is compared, whatever the times say", async () => {
    const pairs = treePairs({ ...everyKind, honestTimes: false });
    await fc.assert(
      fc.asyncProperty(pairs, fc.integer({ min: 1, max: 3000 }), async (pair, pieceBytes) => {
        const { run, target } = stage(pair, { pieceBytes });
        const settings = { compare: "content" } as const;
        expect((await run({ settings })).problems).toEqual([]);
        expect(target()).toEqual(factsOf(pair.source));
        expect(planned(await run({ settings }))).toEqual([]);
      }),
      { numRuns: 300 },
    );
  });

  test("a second run plans nothing either where times may be apart", async () => {
    await fc.assert(
      fc.asyncProperty(
        treePairs(),
        fc.constantFrom(0, 1, 999, 1000, 1001),
        async (pair, window) => {
          const { run, target } = stage(pair);
          const settings = { modifyWindow: window };
          expect((await run({ settings })).problems).toEqual([]);
          const plain = ({ mtime: _mtime, ...fact }: Fact): unknown => fact;
          expect(target().map(plain)).toEqual(factsOf(pair.source).map(plain));
          expect(planned(await run({ settings }))).toEqual([]);
        },
      ),
      { numRuns: 300 },
    );
  });

  test("the source is as it was", async () => {
    await fc.assert(
      fc.asyncProperty(treePairs(), async (pair) => {
        const { run, source } = stage(pair);
        await run();
        expect(source()).toEqual(factsOf(pair.source));
      }),
      { numRuns: 100 },
    );
  });
});

describe("what is not kept", () => {
  const aspects = fc.record({
    mode: fc.boolean(),
    times: fc.boolean(),
    owner: fc.boolean(),
    group: fc.boolean(),
    xattrs: fc.boolean(),
    acls: fc.boolean(),
    hardlinks: fc.boolean(),
  });

  test("makes no second run plan anything, and leaves all content right", async () => {
    await fc.assert(
      fc.asyncProperty(treePairs(), aspects, async (pair, preserve) => {
        const { run, target } = stage(pair);
        expect((await run({ preserve })).problems).toEqual([]);
        const plain = ({ path, kind, what }: Fact): unknown => ({ path, kind, what });
        // Without times, a target file that is no older counts as equal.
        if (preserve.times) expect(target().map(plain)).toEqual(factsOf(pair.source).map(plain));
        expect(planned(await run({ preserve }))).toEqual([]);
      }),
      { numRuns: 400 },
    );
  });
});

const circumstances = fc.record({
  pair: treePairs(),
  filter: filters(),
  ignores: filters(),
  ignoresAt: fc.constantFrom("", "a", "b"),
  ignoreFiles: fc.boolean(),
  delete: fc.boolean(),
  deleteExcluded: fc.boolean(),
  links: fc.constantFrom<LinkMode>("keep", "keep", "skip", "safe"),
  specials: fc.boolean(),
  devices: fc.boolean(),
  sizes: fc.constantFrom(
    [0, Infinity] as const,
    [0, Infinity] as const,
    [1, 2] as const,
    [2, Infinity] as const,
    [0, 0] as const,
  ),
  spoiltAtSource: fc.array(fc.nat(), { maxLength: 2 }),
  spoiltAtTarget: fc.array(fc.nat(), { maxLength: 2 }),
});
type Circumstances = typeof circumstances extends fc.Arbitrary<infer T> ? T : never;

/** Entries that are left alone for what they are. */
function isUnwanted(node: ModelNode, { sizes, specials, devices }: Circumstances): boolean {
  const [minSize, maxSize] = sizes;
  if (node.kind === "file") return node.content.length < minSize || node.content.length > maxSize;
  if (node.kind === "fifo" || node.kind === "socket") return !specials;
  return node.kind.endsWith("device") && !devices;
}

function isUnwantedLink(path: string, node: ModelNode, { links }: Circumstances): boolean {
  if (node.kind !== "symlink") return false;
  // Of the targets that trees are made with, those that lead above the top from where the link is.
  const leadsOut =
    node.linkTarget === "/etc/passwd" || (!path.includes("/") && node.linkTarget.includes(".."));
  return links === "skip" || (links === "safe" && leadsOut);
}

describe("with filters, unreadable paths, and entries that only the target has", () => {
  test("the target is what the oracle says, and a second run plans nothing", async () => {
    await fc.assert(
      fc.asyncProperty(circumstances, chunkRows, async (given, chunkRows) => {
        const { target } = given.pair;
        const ignores = withIgnoreFile(given.pair.source, given.ignores, given.ignoresAt);
        const { source } = ignores;
        const here = stage({ source, target }, { chunkRows });
        const spoiltAtSource = someFiles(source, given.spoiltAtSource);
        const spoiltAtTarget = someFiles(target, given.spoiltAtTarget);
        // An ignore file that cannot be read ignores nothing, which is not what is tried here.
        fc.pre(!spoiltAtSource.some((path) => path.endsWith(".gitignore")));
        here.spoil("s", spoiltAtSource);
        here.spoil("t", spoiltAtTarget);
        const { filter, delete: deletes, deleteExcluded, ignoreFiles, links } = given;
        const { entries, blocked } = predict(source, target, {
          delete: deletes,
          deleteExcluded,
          isExcluded: (path, isDirectory) =>
            filter.isExcluded(path, isDirectory) ||
            (ignoreFiles && ignores.isExcluded(path, isDirectory)),
          isUnwantedAtSource: (path, node) =>
            isUnwanted(node, given) || isUnwantedLink(path, node, given),
          isUnwantedAtTarget: (node) => isUnwanted(node, given),
          isFrozenAtSource: (path) => spoiltAtSource.includes(path),
          isFrozenAtTarget: (path) => spoiltAtTarget.includes(path),
        });
        const [minSize, maxSize] = given.sizes;
        const bounded = { ...filter.filter, minSize, maxSize };
        const settings = { filter: bounded, delete: deletes, deleteExcluded, ignoreFiles, links };
        const { specials, devices } = given;
        const options = { settings, preserve: { specials, devices } };
        const first = await here.run(options);
        const problems = first.problems.map(([path]) => path);
        expect(differencesFrom(entries, here.target())).toEqual([]);
        expect(first.problems.filter(([, , code]) => code !== "unreadable")).toEqual(
          blocked.map((path) => [path, "target", "blocked"]),
        );
        const second = await here.run(options);
        expect(planned(second)).toEqual([]);
        expect(second.problems.map(([path]) => path)).toEqual(problems);
      }),
      { numRuns: 2000 },
    );
  });
});

describe("the plan", () => {
  test("is what a dry run shows and what a run does, in that order", async () => {
    await fc.assert(
      fc.asyncProperty(treePairs(), async (pair) => {
        const { run, target } = stage(pair);
        const dry = await run({ settings: { dryRun: true } });
        expect(target()).toEqual(factsOf(pair.target));
        // A guard that halts the run lets a dry run show what it halts.
        const accept = new Set(guardNames);
        const real = await run({ settings: { accept } });
        expect(real.actions).toEqual(dry.actions.map(([action]) => [action, "done"]));
        expect(real.summary.totals).toEqual(dry.summary.totals);
      }),
      { numRuns: 200 },
    );
  });

  test("does not depend on where chunks end", async () => {
    await fc.assert(
      fc.asyncProperty(treePairs(), chunkRows, chunkRows, async (pair, rows, moreRows) => {
        const { run } = stage(pair, { chunkRows: moreRows });
        const settings = { dryRun: true };
        const whole = await run({ settings });
        const cut = await run({ settings, through: (chunks) => rechunked(chunks, rows) });
        expect(cut.plan).toEqual(whole.plan);
      }),
      { numRuns: 200 },
    );
  });

  test("takes no content away from the target but where it says so", async () => {
    await fc.assert(
      fc.asyncProperty(treePairs(), async (pair) => {
        const { run, target } = stage(pair);
        const before = target();
        const { plan } = await run();
        const left = new Set(target().map(({ what }) => what));
        const given = pathsGivenUp(plan!);
        const lost = before.filter(({ kind, what }) => kind === "file" && !left.has(what));
        const unsaid = lost.filter(({ path }) => {
          const at = whereMoved(plan!, path);
          return at !== undefined && !given.has(at);
        });
        expect(unsaid).toEqual([]);
      }),
      { numRuns: 200 },
    );
  });

  test("removes a directory after all that is in it, and makes it before", async () => {
    await fc.assert(
      fc.asyncProperty(treePairs(), async (pair) => {
        const { run } = stage(pair);
        const { plan } = await run({ settings: { dryRun: true } });
        const { directories, removals, finishing } = plan!.phases;
        expect(outOfOrder(directories.map(({ path }) => path))).toEqual([]);
        expect(outOfOrder(removals.map(({ path }) => path).reverse())).toEqual([]);
        expect(outOfOrder(finishing.map(({ path }) => path).reverse())).toEqual([]);
      }),
      { numRuns: 100 },
    );
  });
});

describe("when something goes wrong on the way", () => {
  const dishonest = { ...everyKind, honestTimes: false };
  const byContent = fc.constant("content" as const);
  const faults = fc.record({
    trees: fc.oneof(
      fc.record({ pair: treePairs(), compare: fc.constant("size+mtime" as const) }),
      fc.record({ pair: treePairs(dishonest), compare: byContent }),
      fc.record({ pair: treePairs({ ...dishonest, alike: true }), compare: byContent }),
    ),
    refusedAtSource: fc.array(fc.nat(), { maxLength: 3 }),
    refusedAtTarget: fc.array(fc.nat(), { maxLength: 3 }),
    abortAfter: fc.option(fc.nat(5), { nil: Infinity }),
  });

  test("every name holds what it held or what it shall hold, and the next run does the rest", async () => {
    await fc.assert(
      fc.asyncProperty(faults, async ({ trees: { pair, compare }, ...given }) => {
        const here = stage(pair);
        here.refuse("s", somePaths(pair.source, given.refusedAtSource));
        here.refuse("t", somePaths(pair.source, given.refusedAtTarget));
        const abort = new AbortController();
        let left = given.abortAfter;
        const { plan } = await here.run({
          settings: { compare },
          signal: abort.signal,
          onEvent: ({ type }) => {
            if (type === "action" && left-- <= 0) abort.abort();
          },
        });
        const [before, wanted] = [factsOf(pair.target), factsOf(pair.source)];
        const strange = strangers(here.target(), before, wanted);
        const whole = new Set([...before, ...wanted].map(({ kind, what }) => `${kind} ${what}`));
        const found = new Map(here.target().map((one) => [one.path, `${one.kind} ${one.what}`]));
        const broken = strange.filter((path) => {
          const is = found.get(path);
          return !isMoving(plan, path) || (is !== undefined && !whole.has(is));
        });
        expect(broken).toEqual([]);
        here.relent();
        await here.run({ settings: { compare } });
        expect(here.target()).toEqual(factsOf(pair.source));
        expect(planned(await here.run({ settings: { compare } }))).toEqual([]);
      }),
      { numRuns: 600 },
    );
  });

  test("what has appeared or changed at the target since the plan was made is still there", async () => {
    const given = fc.record({ pair: treePairs(), touched: fc.array(fc.nat(), { maxLength: 3 }) });
    await fc.assert(
      fc.asyncProperty(given, fc.boolean(), async ({ pair, touched }, inPlace) => {
        const { run, target, scribble } = stage(pair);
        const paths = [
          ...somePaths(pair.target, touched),
          ...somePaths(
            pair.source,
            touched.map((n) => n + 1),
          ),
        ];
        let mine: readonly string[] = [];
        await run({
          confirm: async () => {
            mine = scribble(paths, inPlace);
            return true;
          },
        });
        // Under its name or, where a directory around it has moved, there.
        const found = target().filter(({ what }) => what === scribbled);
        expect(found.length).toBeGreaterThanOrEqual(new Set(mine).size);
        await run();
        expect(target()).toEqual(factsOf(pair.source));
      }),
      { numRuns: 600 },
    );
  });
});

/** Names that hold neither what they held nor what they shall hold: kind, and content, link target or device. */
function strangers(
  found: readonly Fact[],
  before: readonly Fact[],
  wanted: readonly Fact[],
): string[] {
  const brief = (facts: readonly Fact[]): Map<string, string> =>
    new Map(facts.map(({ path, kind, what }) => [path, `${kind} ${what}`]));
  const [is, was, shall] = [brief(found), brief(before), brief(wanted)];
  const paths = new Set([...is.keys(), ...was.keys(), ...shall.keys()]);
  return [...paths].filter(
    (path) => is.get(path) !== was.get(path) && is.get(path) !== shall.get(path),
  );
}

/** Everything planned, what nobody is shown included. */
function planned({ plan }: RunResult): readonly Action[] {
  return [...actionsOf(plan!)];
}

/** Names that moves deal with hold, on the way, nothing, or something that stood elsewhere: always whole. */
function isMoving(plan: Plan | undefined, path: string): boolean {
  const moves = plan?.phases.moves ?? [];
  return moves.some((action) =>
    [action.path, ...("from" in action ? [action.from] : [])].some((at) => isAtOrBelow(path, at)),
  );
}

/** Where the moves of a plan take what stands at a path; `undefined` where another entry takes its place. */
function whereMoved(plan: Plan, path: string): string | undefined {
  let at: string | undefined = path;
  for (const action of plan.phases.moves) {
    if (at === undefined) return undefined;
    if (action.type === "exchange" && at === action.path) at = action.from;
    else if ("from" in action && isAtOrBelow(at, action.from)) {
      at = `${action.path}${at.slice(action.from.length)}`;
    } else if (action.type === "move" && at === action.path) at = undefined;
  }
  return at;
}

function pathsGivenUp(plan: Plan): Set<string> {
  const out = new Set<string>();
  for (const action of actionsOf(plan)) {
    const isKept = action.type === "set-metadata" || action.type === "finish-directory";
    if (!isKept) out.add(action.path);
  }
  return out;
}

/** Paths that come before a directory which holds them. */
function outOfOrder(paths: readonly string[]): string[] {
  return paths.filter((path, i) =>
    paths.slice(i + 1).some((later) => later !== path && isAtOrBelow(path, later)),
  );
}
