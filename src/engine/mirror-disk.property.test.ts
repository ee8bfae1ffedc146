/** The laws of a mirror run over trees on the disk, and between disk and memory, with each of the file drivers. */
import * as fc from "fast-check";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";

import type { TreeOptions, TreePair } from "../../test/model/arbitrary.ts";
import { everyKind, treePairs } from "../../test/model/arbitrary.ts";
import { carryOutAgain } from "../../test/model/cut-off.ts";
import { makeOnDisk, newDirectory, seeDisk } from "../../test/model/disk.ts";
import { plantModel, seeMemory } from "../../test/model/memory.ts";
import { predict } from "../../test/model/oracle.ts";
import { planOf } from "../../test/model/remembering.ts";
import { runMirror } from "../../test/model/runs.ts";
import { differencesFrom, filters } from "../../test/model/settings.ts";
import type { Fact, ModelDirectory, ModelNode } from "../../test/model/tree.ts";
import { factsOf } from "../../test/model/tree.ts";
import type { Name } from "../core/path.ts";
import { actionsOf } from "../core/plan.ts";
import type { Endpoint } from "../endpoint/endpoint.ts";
import type { LocalHost } from "../endpoint/local/host.ts";
import { openLocalHost } from "../endpoint/local/host.ts";
import { openLocal } from "../endpoint/local/local-endpoint.ts";
import { openMemory } from "../endpoint/memory/memory-endpoint.ts";
import type { MemoryWorld } from "../endpoint/memory/memory-world.ts";
import { newWorld } from "../endpoint/memory/memory-world.ts";

type Driver = "libc" | "portable";

const isRoot = process.geteuid?.() === 0;
const hosts: Readonly<Record<Driver, LocalHost>> = {
  libc: await openLocalHost("libc"),
  portable: await openLocalHost("portable"),
};
afterAll(() => Promise.all(Object.values(hosts).map((host) => host[Symbol.asyncDispose]())));

/** What a driver can keep; only root can make everything. */
function kindsFor(driver: Driver): TreeOptions {
  const specials = isRoot ? everyKind.specials : (["fifo", "socket"] as const);
  return {
    ...everyKind,
    xattrs: false,
    owners: isRoot,
    harshModes: isRoot,
    specials: driver === "libc" ? specials : [],
  };
}

/** Where one replica of a run is. */
interface Side {
  readonly endpoint: Endpoint;
  readonly see: () => Fact[];
}

function onDisk(driver: Driver, at: string, tree: ModelDirectory): Side {
  makeOnDisk(at, tree);
  return { endpoint: openLocal(at, hosts[driver]), see: () => seeDisk(at) };
}

function inMemory(world: MemoryWorld, at: string, tree: ModelDirectory): Side {
  plantModel(world, at, tree);
  return { endpoint: openMemory(world, at), see: () => seeMemory(world, at) };
}

/** Times that the run could not tell apart are made equal; everything else is left for the judge. */
function within(resolution: number, found: readonly Fact[], wanted: readonly Fact[]): Fact[] {
  const times = new Map(wanted.map(({ path, mtime }) => [path, mtime]));
  return found.map((fact) => {
    const mtime = times.get(fact.path) ?? fact.mtime;
    const apart = BigInt(fact.mtime) - BigInt(mtime);
    return (apart < 0n ? -apart : apart) < BigInt(resolution) ? { ...fact, mtime } : fact;
  });
}

type Open = (dir: string, pair: TreePair) => readonly [source: Side, target: Side];

async function provesEqual(
  pair: TreePair,
  open: Open,
  compare: "size+mtime" | "content",
): Promise<void> {
  using dir = newDirectory();
  const [source, target] = open(dir.path, pair);
  const settings = { compare } as const;
  const dry = await runMirror(source.endpoint, target.endpoint, {
    settings: { ...settings, dryRun: true },
  });
  const run = await runMirror(source.endpoint, target.endpoint, { settings });
  expect([run.summary.status, ...run.problems]).toEqual(["done"]);
  expect(run.actions).toEqual(dry.actions.map(([action]) => [action, "done"]));
  const wanted = factsOf(pair.source);
  const resolution = Math.max(
    source.endpoint.capabilities.timeResolution,
    target.endpoint.capabilities.timeResolution,
  );
  expect(within(resolution, target.see(), wanted)).toEqual(wanted);
  expect(source.see()).toEqual(wanted);
  const again = await runMirror(source.endpoint, target.endpoint, { settings });
  expect([...actionsOf(again.plan!)]).toEqual([]);
}

const between: readonly (readonly [name: string, driver: Driver, open: Open])[] = [
  ...(["libc", "portable"] as const).flatMap((driver): (readonly [string, Driver, Open])[] => [
    [
      `from disk to disk with ${driver}`,
      driver,
      (dir, { source, target }) => [
        onDisk(driver, join(dir, "s"), source),
        onDisk(driver, join(dir, "t"), target),
      ],
    ],
    [
      `from memory to disk with ${driver}`,
      driver,
      (dir, { source, target }) => [
        inMemory(newWorld(), "s", source),
        onDisk(driver, join(dir, "t"), target),
      ],
    ],
  ]),
  [
    "from disk to memory",
    "libc",
    (dir, { source, target }) => [
      onDisk("libc", join(dir, "s"), source),
      inMemory(newWorld(), "t", target),
    ],
  ],
];

describe.each(between)("%s", (_name, driver, open) => {
  test("the target becomes the source, and a second run plans nothing", async () => {
    await fc.assert(
      fc.asyncProperty(treePairs(kindsFor(driver)), (pair) =>
        provesEqual(pair, open, "size+mtime"),
      ),
      { numRuns: 60 },
    );
  });

  test("the same holds where content is compared, whatever the times say", async () => {
    const pairs = treePairs({ ...kindsFor(driver), honestTimes: false });
    await fc.assert(
      fc.asyncProperty(pairs, (pair) => provesEqual(pair, open, "content")),
      { numRuns: 30 },
    );
  });

  test("trees that are worth threads become equal, too", async () => {
    await fc.assert(
      fc.asyncProperty(treePairs(kindsFor(driver)), async ({ source, target }) => {
        const pair = { source: repeated(source, 60), target: repeated(target, 55) };
        await provesEqual(pair, open, "size+mtime");
      }),
      { numRuns: 4 },
    );
  });

  test("with filters the target becomes what the oracle says", async () => {
    const given = fc.record({
      pair: treePairs(kindsFor(driver)),
      filter: filters(),
      delete: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(given, async ({ pair, filter, ...rules }) => {
        using dir = newDirectory();
        const [source, target] = open(dir.path, pair);
        const settings = { filter: filter.filter, delete: rules.delete };
        await runMirror(source.endpoint, target.endpoint, { settings });
        const { isExcluded } = filter;
        const { entries } = predict(pair.source, pair.target, {
          ...rules,
          deleteExcluded: false,
          isExcluded,
          isUnwantedAtSource: () => false,
          isUnwantedAtTarget: () => false,
          isFrozenAtSource: () => false,
          isFrozenAtTarget: () => false,
        });
        const wanted = entries.map(({ path, node }) => ({ path, mtime: node.mtime.toString() }));
        const found = within(
          target.endpoint.capabilities.timeResolution,
          target.see(),
          wanted as Fact[],
        );
        expect(differencesFrom(entries, found)).toEqual([]);
      }),
      { numRuns: 30 },
    );
  });
});

// Memory is never at the other end of a line.
const toDisk = between.filter(([name]) => name.includes("to disk"));

describe.each(toDisk)("%s", (_name, driver, open) => {
  test("cut off after any action of each phase, and asked again, the target becomes the source", async () => {
    const stops = fc.array(fc.nat(9), { minLength: 1 });
    await fc.assert(
      fc.asyncProperty(treePairs(kindsFor(driver)), stops, async (pair, stopsAfter) => {
        using dir = newDirectory();
        const [source, target] = open(dir.path, pair);
        const replicas = { source: source.endpoint, target: target.endpoint };
        const plan = await planOf(replicas);
        const told = await carryOutAgain(replicas, plan, stopsAfter);
        expect(told.filter(({ done, problem }) => !done || problem !== undefined)).toEqual([]);
        const wanted = factsOf(pair.source);
        const { timeResolution } = target.endpoint.capabilities;
        expect(within(timeResolution, target.see(), wanted)).toEqual(wanted);
      }),
      { numRuns: 60 },
    );
  });
});

/** The tree many times over, in directories of their own; files of a group stay in one of them. */
function repeated(tree: ModelDirectory, times: number): ModelDirectory {
  const copy = (node: ModelDirectory, n: number): ModelDirectory => ({
    ...node,
    children: new Map(
      [...node.children].map(([name, child]): [Name, ModelNode] => {
        if (child.kind === "directory") return [name, copy(child, n)];
        const isGrouped = child.kind === "file" && child.group !== undefined;
        return [name, isGrouped ? { ...child, group: child.group + 10 * n } : child];
      }),
    ),
  });
  const children = Array.from(
    { length: times },
    (_, n) => [`d${n}` as Name, copy(tree, n)] as const,
  );
  return { ...tree, children: new Map(children) };
}
