/** Rows that are like the other replica's need not be sent: nothing of what a run decides depends on them. */
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";

import type { TreePair } from "../../test/model/arbitrary.ts";
import { everyKind, treePairs } from "../../test/model/arbitrary.ts";
import { plantModel, seeMemory } from "../../test/model/memory.ts";
import type { RunOptions } from "../../test/model/runs.ts";
import { defaultSettings, keptByBoth, lateClock, runMirror } from "../../test/model/runs.ts";
import { filters, someFiles } from "../../test/model/settings.ts";
import { factsOf } from "../../test/model/tree.ts";
import type { RelPath } from "../core/path.ts";
import type { Plan } from "../core/plan.ts";
import type { CompareMode, LinkMode } from "../core/preserve.ts";
import type { Endpoint, ScanRequest } from "../endpoint/endpoint.ts";
import { openMemory } from "../endpoint/memory/memory-endpoint.ts";
import { existing } from "../endpoint/memory/memory-tree.ts";
import { newWorld } from "../endpoint/memory/memory-world.ts";
import { verify } from "./verify.ts";

type Side = "source" | "target";

interface Conditions {
  /** Whose rows have to be sent. */
  readonly remote: Side;
  readonly chunkRows: number;
  /** How many of the other replica's rows are taken notice of. */
  readonly likeRows: number;
  readonly timeResolution: number;
  /** Files that cannot be scanned. */
  readonly spoilt: readonly number[];
}

const conditions: fc.Arbitrary<Conditions> = fc.record({
  remote: fc.constantFrom<Side>("source", "target"),
  chunkRows: fc.integer({ min: 1, max: 12 }),
  likeRows: fc.constantFrom(1, 3, 7, Infinity, Infinity, Infinity),
  timeResolution: fc.constantFrom(1, 1, 1000, 2_000_000_000),
  spoilt: fc.array(fc.nat(), { maxLength: 2 }),
});

interface Stage {
  readonly source: Endpoint;
  readonly target: Endpoint;
  readonly seen: () => ReturnType<typeof seeMemory>;
  /** Rows that were left out so far, and scans that might have done so. */
  readonly leftOut: () => number;
  readonly asked: () => number;
}

/** Each tree in a world of its own, one of which has to send its rows. */
function stage(pair: TreePair, given: Conditions): Stage {
  const { remote, chunkRows, likeRows, timeResolution, spoilt } = given;
  let [leftOut, asked] = [0, 0];
  const open = (side: Side): { readonly endpoint: Endpoint; readonly see: Stage["seen"] } => {
    const isRemote = side === remote;
    const resolution = side === "target" ? { timeResolution } : {};
    const world = newWorld({
      chunkRows: isRemote ? 4 : chunkRows,
      likeRows,
      capabilities: { remote: isRemote, ...resolution },
    });
    plantModel(world, "r", pair[side]);
    const trouble = { code: "unreadable", message: "it cannot be read" } as const;
    for (const path of someFiles(pair[side], side === "source" ? spoilt : spoilt.slice(1))) {
      existing(world, `r/${path}` as RelPath).trouble = trouble;
    }
    const endpoint = openMemory(world, "/r");
    const scan = async function* (request: ScanRequest, signal: AbortSignal) {
      if (request.like !== undefined) asked++;
      for await (const chunk of endpoint.scan(request, signal)) {
        leftOut += chunk.inoLow.subarray(0, chunk.count).filter((ino) => ino === 0).length;
        yield chunk;
      }
    };
    return { endpoint: { ...endpoint, scan }, see: () => seeMemory(world, "r") };
  };
  const [source, target] = [open("source"), open("target")];
  return {
    source: source.endpoint,
    target: target.endpoint,
    seen: target.see,
    leftOut: () => leftOut,
    asked: () => asked,
  };
}

const settings = fc.record({
  compare: fc.constantFrom<CompareMode>("size+mtime", "size+mtime", "size", "content"),
  links: fc.constantFrom<LinkMode>("keep", "keep", "follow", "skip", "safe"),
  filter: filters().map(({ filter }) => filter),
  delete: fc.boolean(),
  deleteExcluded: fc.boolean(),
  modifyWindow: fc.constantFrom(undefined, undefined, 0, 1001),
  moves: fc.boolean(),
});
const preserve = fc.record({
  mode: fc.boolean(),
  times: fc.boolean(),
  owner: fc.boolean(),
  xattrs: fc.boolean(),
  hardlinks: fc.boolean(),
});

type Kept = Readonly<Record<"mode" | "times" | "owner" | "hardlinks", boolean>>;

/** Without what nobody knows of a row that was left out: its identity, and what is not compared. */
function comparable(plan: Plan | undefined, { timeResolution }: Conditions, kept: Kept): unknown {
  const unknown = new Set("dev inoHigh inoLow ctimeSec ctimeNs birthSec birthNs blocks".split(" "));
  if (!kept.mode) unknown.add("mode");
  if (!kept.owner) unknown.add("uid");
  if (!kept.hardlinks) unknown.add("nlink");
  if (!kept.times || timeResolution > 1) unknown.add("mtimeSec").add("mtimeNs");
  return JSON.parse(
    JSON.stringify(plan, (key, value: unknown) => (unknown.has(key) ? undefined : value)),
  );
}

describe("a plan", () => {
  test("is the same whether rows that are equal were sent or not", async () => {
    await fc.assert(
      fc.asyncProperty(
        treePairs(),
        conditions,
        settings,
        preserve,
        async (pair, given, how, kept) => {
          const options: RunOptions = { settings: { ...how, dryRun: true }, preserve: kept };
          const plans = [];
          for (const likeRows of [0, given.likeRows]) {
            const { source, target } = stage(pair, { ...given, likeRows });
            const { plan } = await runMirror(source, target, options);
            plans.push(comparable(plan, given, kept));
          }
          expect(plans[1]).toEqual(plans[0]);
        },
      ),
      { numRuns: 1500 },
    );
  });

  test("is carried out as it was meant", async () => {
    const pairs = treePairs({ ...everyKind, honestTimes: false });
    const whole = conditions.map((given) => ({ ...given, timeResolution: 1, spoilt: [] }));
    const compare = fc.constantFrom<CompareMode>("size+mtime", "content");
    await fc.assert(
      fc.asyncProperty(pairs, whole, compare, async (pair, given, compare) => {
        const { source, target, seen } = stage(pair, given);
        const options = { settings: { compare } };
        expect((await runMirror(source, target, options)).problems).toEqual([]);
        if (compare === "content") expect(seen()).toEqual(factsOf(pair.source));
        const second = await runMirror(source, target, options);
        expect([second.actions, second.problems]).toEqual([[], []]);
      }),
      { numRuns: 400 },
    );
  });

  test("is made of no more rows than it needs, once the two are equal", async () => {
    await fc.assert(
      fc.asyncProperty(
        treePairs({ ...everyKind, hardlinks: false }),
        conditions,
        async (pair, given) => {
          const here = stage(pair, { ...given, likeRows: Infinity, timeResolution: 1, spoilt: [] });
          await runMirror(here.source, here.target);
          const [before, scans] = [here.leftOut(), here.asked()];
          await runMirror(here.source, here.target);
          expect(here.asked()).toBe(scans + 1);
          expect(here.leftOut() - before).toBe(here.seen().length);
        },
      ),
      { numRuns: 100 },
    );
  });
});

test("a verification finds the same whether rows that are equal were sent or not", async () => {
  const { signal } = new AbortController();
  await fc.assert(
    fc.asyncProperty(
      treePairs(),
      conditions,
      settings,
      preserve,
      async (pair, given, how, kept) => {
        const found = [];
        for (const likeRows of [0, given.likeRows]) {
          const { source, target } = stage(pair, { ...given, likeRows });
          const input = {
            source,
            target,
            single: undefined,
            settings: { ...defaultSettings, ...how },
            preserve: { ...keptByBoth(source, target), ...kept },
            remembered: undefined,
            startedAt: lateClock.now(),
          };
          found.push(await verify(input, () => {}, signal));
        }
        expect(found[1]).toEqual(found[0]);
      },
    ),
    { numRuns: 500 },
  );
});

test("all rows are sent where the rules of the source's directories count", async () => {
  const [pair] = fc.sample(treePairs(), 1);
  const given = { likeRows: Infinity, chunkRows: 3, timeResolution: 1, spoilt: [] };
  for (const remote of ["source", "target"] as const) {
    const here = stage(pair!, { ...given, remote });
    await runMirror(here.source, here.target, { settings: { ignoreFiles: true } });
    expect(here.asked()).toBe(0);
  }
});
