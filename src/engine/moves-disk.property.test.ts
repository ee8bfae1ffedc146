/** Trees on the disk that people have rearranged, with each of the file drivers. */
import * as fc from "fast-check";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";

import type { TreeOptions } from "../../test/model/arbitrary.ts";
import { everyKind } from "../../test/model/arbitrary.ts";
import { carryOutAgain } from "../../test/model/cut-off.ts";
import { makeOnDisk, newDirectory, seeDisk } from "../../test/model/disk.ts";
import { distinctTrees, steps, takeStep } from "../../test/model/movement.ts";
import { handsOnDisk } from "../../test/model/movement-disk.ts";
import { carryOut, planOf, remember } from "../../test/model/remembering.ts";
import { runMirror } from "../../test/model/runs.ts";
import type { Fact, ModelDirectory } from "../../test/model/tree.ts";
import { actionsOf, phaseNames } from "../core/plan.ts";
import type { Outcome } from "../endpoint/endpoint.ts";
import type { LocalHost } from "../endpoint/local/host.ts";
import { openLocalHost } from "../endpoint/local/host.ts";
import { openLocal } from "../endpoint/local/local-endpoint.ts";
import type { Replicas } from "../../test/model/remembering.ts";
import type { BaselineReader } from "../state/state.ts";

/** By phase, and over again. */
const stops = fc.array(fc.nat(9), { minLength: 1 });

const drivers = ["libc", "portable"] as const;
type Driver = (typeof drivers)[number];

const isRoot = process.geteuid?.() === 0;
const hosts: Readonly<Record<Driver, LocalHost>> = {
  libc: await openLocalHost("libc"),
  portable: await openLocalHost("portable"),
};
afterAll(() => Promise.all(Object.values(hosts).map((host) => host[Symbol.asyncDispose]())));

function kindsFor(driver: Driver): TreeOptions {
  const specials = isRoot ? everyKind.specials : (["fifo", "socket"] as const);
  return {
    ...everyKind,
    xattrs: false,
    owners: isRoot,
    harshModes: false,
    specials: driver === "libc" ? specials : [],
  };
}

interface Stage extends Disposable {
  readonly replicas: Replicas;
  readonly memory: BaselineReader;
  readonly source: () => Fact[];
  readonly target: () => Fact[];
}

/** A pair that was equal, and whose source has been rearranged since. */
async function stage(
  driver: Driver,
  tree: ModelDirectory,
  taken: Parameters<typeof takeStep>[1][],
): Promise<Stage> {
  const dir = newDirectory();
  const [s, t] = [join(dir.path, "s"), join(dir.path, "t")];
  makeOnDisk(s, tree);
  makeOnDisk(t, { ...tree, children: new Map() });
  const replicas = { source: openLocal(s, hosts[driver]), target: openLocal(t, hosts[driver]) };
  await carryOut(replicas, await planOf(replicas));
  const memory = await remember(replicas.source);
  const hands = handsOnDisk(s);
  for (const [n, step] of taken.entries()) takeStep(hands, step, n);
  const see = (at: string) => (): Fact[] => seeDisk(at).map((fact) => cut(fact, driver));
  return {
    replicas,
    memory,
    source: see(s),
    target: see(t),
    [Symbol.dispose]: () => dir[Symbol.dispose](),
  };
}

/** The portable driver keeps microseconds, and takes times for equal that are less than one apart. */
function cut(fact: Fact, driver: Driver): Fact {
  const tick = driver === "libc" ? 1n : 10_000n;
  const time = BigInt(fact.mtime) + tick / 2n;
  const over = ((time % tick) + tick) % tick;
  return { ...fact, mtime: (time - over).toString() };
}

function troubles(outcomes: readonly Outcome[]): readonly Outcome[] {
  return outcomes.filter(({ done, problem }) => !done || problem !== undefined);
}

function contentsOf(facts: readonly Fact[]): Set<string> {
  const files = facts.filter(({ kind, what }) => kind === "file" && what !== "");
  return new Set(files.map(({ what }) => what));
}

describe.each(drivers)("%s", (driver) => {
  const scene = fc.record({
    tree: distinctTrees(kindsFor(driver)),
    taken: steps(),
    isRemembered: fc.boolean(),
  });

  test("the target becomes the source, as a dry run said, and a second run plans nothing", async () => {
    await fc.assert(
      fc.asyncProperty(scene, async ({ tree, taken }) => {
        using here = await stage(driver, tree, taken);
        const { source, target } = here.replicas;
        const wanted = here.source();
        const dry = await runMirror(source, target, { settings: { dryRun: true } });
        const run = await runMirror(source, target);
        expect([run.summary.status, ...run.problems]).toEqual(["done"]);
        expect(run.actions).toEqual(dry.actions.map(([action]) => [action, "done"]));
        expect(run.summary.totals).toEqual(dry.summary.totals);
        expect(here.target()).toEqual(wanted);
        expect(here.source()).toEqual(wanted);
        expect([...actionsOf(await planOf(here.replicas))]).toEqual([]);
      }),
      { numRuns: 150 },
    );
  });

  test("the same with a memory of what the pair held", async () => {
    await fc.assert(
      fc.asyncProperty(scene, async ({ tree, taken }) => {
        using here = await stage(driver, tree, taken);
        const wanted = here.source();
        const plan = await planOf(here.replicas, here.memory);
        expect(troubles(await carryOut(here.replicas, plan))).toEqual([]);
        expect(here.target()).toEqual(wanted);
        expect([...actionsOf(await planOf(here.replicas))]).toEqual([]);
      }),
      { numRuns: 150 },
    );
  });

  test("stopped after any action, nothing that both sides hold is lost, and the next run does the rest", async () => {
    await fc.assert(
      fc.asyncProperty(scene, fc.nat(12), async ({ tree, taken, isRemembered }, stopsAfter) => {
        using here = await stage(driver, tree, taken);
        const [before, wanted] = [here.target(), here.source()];
        const plan = await planOf(here.replicas, isRemembered ? here.memory : undefined);
        // Whole actions, one after the other, as far as a run has come that then was killed.
        const { phases } = plan;
        let left = stopsAfter;
        const begun = Object.fromEntries(
          phaseNames.map((name) => {
            const some = phases[name].slice(0, left);
            left -= some.length;
            return [name, some];
          }),
        ) as unknown as typeof phases;
        await carryOut(here.replicas, { ...plan, phases: begun });
        const found = contentsOf(here.target());
        const needed = [...contentsOf(before)].filter((what) => contentsOf(wanted).has(what));
        expect(needed.filter((what) => !found.has(what))).toEqual([]);
        expect(troubles(await carryOut(here.replicas, await planOf(here.replicas)))).toEqual([]);
        expect(here.target()).toEqual(wanted);
        expect([...actionsOf(await planOf(here.replicas))]).toEqual([]);
      }),
      { numRuns: 150 },
    );
  });

  test("cut off after any action of each phase, and asked again, everything is done, and once", async () => {
    await fc.assert(
      fc.asyncProperty(scene, stops, async ({ tree, taken, isRemembered }, stopsAfter) => {
        using here = await stage(driver, tree, taken);
        const wanted = here.source();
        const plan = await planOf(here.replicas, isRemembered ? here.memory : undefined);
        const told = await carryOutAgain(here.replicas, plan, stopsAfter);
        expect(troubles(told)).toEqual([]);
        expect(told.map(({ action }) => action)).toEqual([...actionsOf(plan)]);
        expect(here.target()).toEqual(wanted);
        expect([...actionsOf(await planOf(here.replicas))]).toEqual([]);
      }),
      { numRuns: 150 },
    );
  });
});
