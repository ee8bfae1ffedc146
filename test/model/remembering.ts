/** Runs without a history around them: plan and apply, with or without a memory of what the pair held. */
import type { Entry } from "../../src/core/entry.ts";
import type { RelPath } from "../../src/core/path.ts";
import type { Action, Plan } from "../../src/core/plan.ts";
import { findingAt, nameAt } from "../../src/core/snapshot.ts";
import type { Endpoint, Outcome } from "../../src/endpoint/endpoint.ts";
import { applyPlan } from "../../src/engine/apply-plan.ts";
import type { MirrorSettings } from "../../src/engine/make-plan.ts";
import { makePlan, scanRequestOf } from "../../src/engine/make-plan.ts";
import type { BaselineReader, RememberedPath } from "../../src/state/state.ts";
import { rememberedKey } from "../../src/state/state.ts";
import { defaultSettings, keptByBoth, lateClock } from "./runs.ts";
import { childPath } from "./tree.ts";

export interface Replicas {
  readonly source: Endpoint;
  readonly target: Endpoint;
  readonly settings?: Partial<MirrorSettings>;
}

const never = new AbortController().signal;

/** Every entry that a mirror of this replica would have, by path. */
export async function entriesOf(replica: Endpoint): Promise<Map<RelPath, Entry>> {
  const out = new Map<RelPath, Entry>();
  const above: RelPath[] = [];
  const request = scanRequestOf(defaultSettings, keptByBoth(replica, replica), "source");
  for await (const chunk of replica.scan(request, never)) {
    for (let row = 0; row < chunk.count; row++) {
      const depth = chunk.depth[row]!;
      const path = depth === 0 ? ("" as RelPath) : childPath(above[depth - 1]!, nameAt(chunk, row));
      above[depth] = path;
      out.set(path, findingAt(chunk, row) as Entry);
    }
  }
  return out;
}

/** What a state would remember of a pair whose replicas are equal, as they are now. */
export async function remember(source: Endpoint): Promise<BaselineReader> {
  const known = new Map<RelPath, RememberedPath>();
  for (const [path, entry] of await entriesOf(source)) known.set(path, { path, entry });
  const byKey = new Map(
    [...known.values()].reverse().map((one) => [rememberedKey(one.entry), one]),
  );
  return {
    isKnown: () => true,
    findByIdentity: async (wanted) =>
      new Map(
        wanted.flatMap((one) => {
          const found = byKey.get(rememberedKey(one));
          return found === undefined ? [] : [[rememberedKey(one), found] as const];
        }),
      ),
    findBySize: async (sizes) => [...known.values()].filter(({ entry }) => sizes.has(entry.size)),
    lookup: async (paths) => paths.map((path) => known.get(path)?.entry),
  };
}

export async function planOf(
  { source, target, settings: some }: Replicas,
  memory?: BaselineReader,
): Promise<Plan> {
  const settings = { ...defaultSettings, ...some };
  const preserve = keptByBoth(source, target);
  const [targetRoot, request] = [await target.root(), scanRequestOf(settings, preserve, "source")];
  const input = {
    single: undefined,
    source,
    sourceScan: { type: "wanted", request } as const,
    target,
    targetExists: targetRoot.kind !== "missing",
    targetPlace: targetRoot.identity,
    settings,
    preserve,
    startedAt: lateClock.now(),
    memory,
  };
  return makePlan(input, () => {}, never);
}

/** Carries a plan out, as far as `mayGoOn` says before each outcome. */
export async function carryOut(
  { source, target }: Replicas,
  plan: Plan,
  mayGoOn: (action: Action) => boolean = () => true,
): Promise<Outcome[]> {
  const abort = new AbortController();
  const options = { preserve: keptByBoth(source, target), followLinks: false, leavesRoot: false };
  const out: Outcome[] = [];
  const input = { plan, source, target, options, flush: false, onFlush: () => {} };
  for await (const outcomes of applyPlan(input, abort.signal)) {
    for (const outcome of outcomes) {
      out.push(outcome);
      if (!mayGoOn(outcome.action)) abort.abort();
    }
  }
  return out;
}
