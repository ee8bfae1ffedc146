/** What a person may do to a plan, over trees in memory: whatever is not refused, works. */
import * as fc from "fast-check";
import { expect, test } from "vitest";

import type { TreePair } from "../../test/model/arbitrary.ts";
import { everyKind, treePairs } from "../../test/model/arbitrary.ts";
import { plantModel, seeMemory } from "../../test/model/memory.ts";
import type { RunOptions, RunResult } from "../../test/model/runs.ts";
import { runMirror } from "../../test/model/runs.ts";
import type { PlanStep } from "../core/plan-check.ts";
import { checkEdited } from "../core/plan-check.ts";
import { needsOf } from "../core/plan-needs.ts";
import type { Phases, Plan } from "../core/plan.ts";
import { actionsOf, phaseNames } from "../core/plan.ts";
import { openMemory } from "../endpoint/memory/memory-endpoint.ts";
import type { MemoryWorld } from "../endpoint/memory/memory-world.ts";
import { newWorld } from "../endpoint/memory/memory-world.ts";

function stepsOf(plan: Plan): PlanStep[] {
  const needs = needsOf(actionsOf(plan));
  let line = 0;
  return phaseNames.flatMap((phase) =>
    plan.phases[phase].map((action) => ({
      phase,
      action,
      needs: needs[line]!,
      number: ++line,
      line,
    })),
  );
}

function withSteps(plan: Plan, steps: readonly PlanStep[]): Plan {
  const byPhase = Map.groupBy(steps, ({ phase }) => phase);
  const lists = phaseNames.map((name) => [
    name,
    (byPhase.get(name) ?? []).map(({ action }) => action),
  ]);
  return { ...plan, phases: Object.fromEntries(lists) as unknown as Phases };
}

const trees = fc.oneof(
  treePairs(everyKind),
  treePairs({ ...everyKind, alike: true, hardlinks: false }),
);
const dropped = fc.array(fc.nat(), { minLength: 1, maxLength: 3 });

test("a whole plan builds on nothing that it does not have", () => {
  return fc.assert(
    fc.asyncProperty(trees, async (pair) => {
      const { plan } = await runPair(pair, { settings: { dryRun: true } });
      const steps = stepsOf(plan!);
      expect(checkEdited(steps)).toEqual({ steps, offences: [] });
      const numbers = steps.flatMap(({ needs }) => needs.flat());
      expect(Math.max(0, ...numbers)).toBeLessThanOrEqual(steps.length);
    }),
  );
});

test("what is left of a plan is refused, or every action of it can be done", () => {
  return fc.assert(
    fc.asyncProperty(trees, dropped, async (pair, drops) => {
      const world = plantPair(pair);
      const [source, target] = [openMemory(world, "/s"), openMemory(world, "/t")];
      const { plan } = await runMirror(source, target, { settings: { dryRun: true } });
      const whole = stepsOf(plan!);
      const out = new Set(drops.map((at) => at % Math.max(1, whole.length)));
      const { steps, offences } = checkEdited(whole.filter((_, i) => !out.has(i)));
      fc.pre(offences.length === 0);
      const before = seeMemory(world, "t");
      const made = withSteps(plan!, steps);
      const result = await runMirror(source, target, { made });
      const failed = result.actions.filter(([, outcome]) => outcome !== "done");
      expect([failed, result.problems.length]).toEqual([[], plan!.problems.length]);
      // Nothing is left under a name that only an action in between was to use.
      const parked = (facts: typeof before) =>
        facts.filter(({ path }) => path.includes(".syncline-"));
      expect(parked(seeMemory(world, "t"))).toEqual(parked(before));
    }),
  );
});

test("taking out whatever builds on what was taken out always leads to a plan that works", () => {
  return fc.assert(
    fc.asyncProperty(trees, dropped, async (pair, drops) => {
      const world = plantPair(pair);
      const [source, target] = [openMemory(world, "/s"), openMemory(world, "/t")];
      const { plan } = await runMirror(source, target, { settings: { dryRun: true } });
      let left = stepsOf(plan!);
      const out = new Set(drops.map((at) => at % Math.max(1, left.length)));
      left = left.filter((_, i) => !out.has(i));
      for (;;) {
        const { steps, offences } = checkEdited(left);
        const lines = new Set(offences.map(({ line }) => line));
        left = steps.filter(({ line }) => !lines.has(line));
        if (offences.length === 0) break;
      }
      const result = await runMirror(source, target, { made: withSteps(plan!, left) });
      expect(result.problems.length).toBe(plan!.problems.length);
    }),
  );
});

function plantPair({ source, target }: TreePair): MemoryWorld {
  const world = newWorld({});
  plantModel(world, "s", source);
  plantModel(world, "t", target);
  return world;
}

function runPair(pair: TreePair, options: RunOptions): Promise<RunResult> {
  const world = plantPair(pair);
  return runMirror(openMemory(world, "/s"), openMemory(world, "/t"), options);
}
