/** The laws of moves, over trees in memory that people have rearranged. Each example is three runs of the engine. */
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";

import { everyKind } from "../../test/model/arbitrary.ts";
import { plantModel, seeMemory } from "../../test/model/memory.ts";
import type { Step } from "../../test/model/movement.ts";
import { distinctTrees, steps, takeStep } from "../../test/model/movement.ts";
import { handsInMemory } from "../../test/model/movement-memory.ts";
import type { Replicas } from "../../test/model/remembering.ts";
import { carryOut, planOf, remember } from "../../test/model/remembering.ts";
import type { Fact, ModelDirectory } from "../../test/model/tree.ts";
import { factsOf } from "../../test/model/tree.ts";
import { foldPath } from "../core/fold.ts";
import type { RelPath } from "../core/path.ts";
import type { Plan } from "../core/plan.ts";
import { actionsOf } from "../core/plan.ts";
import { openMemory } from "../endpoint/memory/memory-endpoint.ts";
import type { MemoryWorld } from "../endpoint/memory/memory-world.ts";
import { newWorld } from "../endpoint/memory/memory-world.ts";
import type { BaselineReader } from "../state/state.ts";

interface Stage {
  readonly world: MemoryWorld;
  readonly replicas: Replicas;
  readonly memory: BaselineReader;
  readonly source: () => Fact[];
  readonly target: () => Fact[];
}

/** A pair that was equal, and whose source has been rearranged since. The world is the target's. */
async function stage(
  tree: ModelDirectory,
  taken: readonly Step[],
  compare: "size+mtime" | "content" = "size+mtime",
  foldsCase: boolean = false,
): Promise<Stage> {
  const world = newWorld({ capabilities: { foldsCase } });
  const other = foldsCase ? newWorld() : world;
  plantModel(other, "s", tree);
  plantModel(world, "t", { ...tree, children: new Map() });
  const [source, target] = [openMemory(other, "/s"), openMemory(world, "/t")];
  const replicas = { source, target, settings: { compare } };
  await carryOut(replicas, await planOf(replicas));
  const see = { source: () => seeMemory(other, "s"), target: () => seeMemory(world, "t") };
  expect(see.target()).toEqual(see.source());
  const memory = await remember(source);
  const hands = handsInMemory(other, "s");
  for (const [n, step] of taken.entries()) takeStep(hands, step, n);
  return { world, replicas, memory, ...see };
}

const scenes = fc.record({
  tree: distinctTrees(everyKind),
  taken: steps(),
  compare: fc.constantFrom("size+mtime" as const, "size+mtime" as const, "content" as const),
  isRemembered: fc.boolean(),
});

describe("after things were moved about", () => {
  test("the target becomes the source, nothing is sent that it had, and a second run plans nothing", async () => {
    await fc.assert(
      fc.asyncProperty(scenes, async ({ tree, taken, compare, isRemembered }) => {
        const { replicas, memory, source, target } = await stage(tree, taken, compare);
        const [before, wanted] = [target(), source()];
        const plan = await planOf(replicas, isRemembered ? memory : undefined);
        const again = await planOf(replicas, isRemembered ? memory : undefined);
        expect(again).toEqual(plan);
        const outcomes = await carryOut(replicas, plan);
        expect(outcomes.filter(({ done, problem }) => !done || problem !== undefined)).toEqual([]);
        expect(target()).toEqual(wanted);
        expect(source()).toEqual(wanted);
        expect(sentInVain(plan, before, wanted)).toEqual([]);
        expect([...actionsOf(await planOf(replicas))]).toEqual([]);
      }),
      { numRuns: 800 },
    );
  });
});

describe("where the target takes two names for one", () => {
  test("a file, link or anything else may change the case of its name, or take such a name", async () => {
    const given = scenes.filter(({ tree }) => !clashes(factsOf(tree)));
    await fc.assert(
      fc.asyncProperty(given, async ({ tree, taken, compare, isRemembered }) => {
        const { replicas, memory, source, target } = await stage(tree, taken, compare, true);
        const [before, wanted] = [target(), source()];
        fc.pre(!clashes(wanted) && !respellsDirectories(before, wanted));
        const plan = await planOf(replicas, isRemembered ? memory : undefined);
        expect(plan.problems).toEqual([]);
        const outcomes = await carryOut(replicas, plan);
        expect(outcomes.filter(({ done, problem }) => !done || problem !== undefined)).toEqual([]);
        expect(target()).toEqual(wanted);
        expect([...actionsOf(await planOf(replicas))]).toEqual([]);
      }),
      { numRuns: 800 },
    );
  });

  /** Directories are another matter: one may be in the way of one that is on its way out of it. */
  function respellsDirectories(before: readonly Fact[], wanted: readonly Fact[]): boolean {
    const spelled = new Map(
      before.map(({ path, kind }) => [foldPath(path as RelPath), { path, kind }]),
    );
    return wanted.some(({ path, kind }) => {
      const was = spelled.get(foldPath(path as RelPath)) ?? { path, kind };
      return was.path !== path && (kind === "directory" || was.kind === "directory");
    });
  }

  /** Whether two names of one directory would be one at the target. */
  function clashes(facts: readonly Fact[]): boolean {
    return new Set(facts.map(({ path }) => foldPath(path as RelPath))).size < facts.length;
  }
});

describe("when something goes wrong among moves", () => {
  const faults = fc.record({
    scene: scenes,
    refused: fc.array(fc.nat(100), { maxLength: 2 }),
    stopsAfter: fc.option(fc.nat(12), { nil: Infinity }),
  });

  test("all that both sides hold is still in the target, and the next run does the rest", async () => {
    await fc.assert(
      fc.asyncProperty(faults, async ({ scene, refused, stopsAfter }) => {
        const { tree, taken, compare, isRemembered } = scene;
        const { world, replicas, memory, source, target } = await stage(tree, taken, compare);
        const [before, wanted] = [target(), source()];
        const plan = await planOf(replicas, isRemembered ? memory : undefined);
        const paths = [...actionsOf(plan)].map(({ path }) => path);
        const trouble = { code: "io", message: "the disk is broken" } as const;
        for (const choice of paths.length === 0 ? [] : refused)
          world.unchangeable.set(`t/${paths[choice % paths.length]!}` as RelPath, trouble);
        let left = stopsAfter;
        await carryOut(replicas, plan, () => left-- > 0);
        const found = contentsOf(target());
        const needed = [...contentsOf(before)].filter((content) => contentsOf(wanted).has(content));
        expect(needed.filter((content) => !found.has(content))).toEqual([]);
        world.unchangeable.clear();
        const rest = await carryOut(replicas, await planOf(replicas));
        expect(rest.filter(({ done, problem }) => !done || problem !== undefined)).toEqual([]);
        expect(target()).toEqual(wanted);
        expect([...actionsOf(await planOf(replicas))]).toEqual([]);
      }),
      { numRuns: 800 },
    );
  });
});

function contentsOf(facts: readonly Fact[]): Set<string> {
  return new Set(
    facts.filter(({ kind, what }) => kind === "file" && what !== "").map((f) => f.what),
  );
}

/**
 * Files that are sent although the target had as many of that content as it shall have. What is one of several names is
 * left out: links have their own ways.
 */
function sentInVain(plan: Plan, before: readonly Fact[], wanted: readonly Fact[]): string[] {
  const linked = contentsOf([...before, ...wanted].filter(({ group }) => group !== ""));
  const [had, shall] = [before, wanted].map((facts) => Map.groupBy(facts, ({ what }) => what));
  const at = new Map(wanted.map(({ path, what }) => [path, what]));
  return [...actionsOf(plan)].flatMap((action) => {
    if (action.type !== "put-file" || action.entry.size === 0) return [];
    const what = at.get(action.path)!;
    // Touched where it stands: nobody looks at what it holds.
    if (before.some((fact) => fact.path === action.path && fact.what === what)) return [];
    const isEnough = (had!.get(what)?.length ?? 0) >= (shall!.get(what)?.length ?? 0);
    return isEnough && !linked.has(what) ? [action.path] : [];
  });
}
