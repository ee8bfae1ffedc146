/** One run of the engine between two endpoints, with everything it says. */
import type { Clock } from "../../src/base/clock.ts";
import { noFilter } from "../../src/core/filter.ts";
import type { Action, Plan } from "../../src/core/plan.ts";
import type { Preserve } from "../../src/core/preserve.ts";
import { preserveKeys } from "../../src/core/preserve.ts";
import type { SnapshotChunk } from "../../src/core/snapshot.ts";
import type { Endpoint } from "../../src/endpoint/endpoint.ts";
import type { ProgressView, RunEvent, RunSummary } from "../../src/engine/events.ts";
import { scanRequestOf } from "../../src/engine/make-plan.ts";
import type { RunSettings } from "../../src/engine/mirror.ts";
import { prepareTarget } from "../../src/engine/mirror.ts";

export interface RunOptions {
  readonly settings?: Partial<RunSettings>;
  readonly preserve?: Partial<Preserve>;
  readonly clock?: Clock;
  readonly knownMounts?: {
    readonly source: string | undefined;
    readonly target: string | undefined;
  };
  readonly signal?: AbortSignal;
  /** A plan to be carried out, instead of one that is made now. */
  readonly made?: Plan;
  readonly confirm?: (plan: Plan) => Promise<boolean>;
  readonly watch?: (sample: () => ProgressView) => void;
  readonly onEvent?: (event: RunEvent) => void;
  /** Stands between the source's scan and the run. */
  readonly through?: (chunks: AsyncIterable<SnapshotChunk>) => AsyncIterable<SnapshotChunk>;
}

export interface RunResult {
  readonly summary: RunSummary;
  readonly events: readonly RunEvent[];
  readonly plan: Plan | undefined;
  /** Actions in the order in which they were reported, with their outcome. */
  readonly actions: readonly (readonly [Action, string])[];
  /** Guards that tripped. */
  readonly guards: readonly string[];
  readonly problems: readonly (readonly [path: string, side: string, code: string])[];
}

export const defaultSettings: RunSettings = {
  delete: true,
  deleteExcluded: false,
  compare: "size+mtime",
  modifyWindow: undefined,
  links: "keep",
  filter: noFilter,
  ignoreFiles: false,
  oneFileSystem: false,
  moves: true,
  hash: "blake3",
  dryRun: false,
  flush: true,
  deleteLimit: { type: "percent", percent: 100, atLeast: 0 },
  versions: { keep: "none" },
  accept: new Set(["empty-source"]),
};

/** A clock that stands still, so late that no file has just been changed. */
export const lateClock: Clock = {
  now: () => Date.UTC(2500, 0),
  monotonic: () => 0,
  sleep: () => Promise.resolve(),
};

/** What both ends keep, as `app` decides it for root. */
export function keptByBoth(source: Endpoint, target: Endpoint): Preserve {
  const both = preserveKeys.map((key) => [
    key,
    source.capabilities.keeps[key] && target.capabilities.keeps[key],
  ]);
  return Object.fromEntries(both) as Record<keyof Preserve, boolean>;
}

export async function runMirror(
  source: Endpoint,
  target: Endpoint,
  options: RunOptions = {},
): Promise<RunResult> {
  const settings: RunSettings = { ...defaultSettings, ...options.settings };
  const signal = options.signal ?? new AbortController().signal;
  const clock = options.clock ?? lateClock;
  const events: RunEvent[] = [];
  const [sourceRoot, targetRoot] = [await source.root(), await target.root()];
  const preserve = { ...keptByBoth(source, target), ...options.preserve };
  const prepared = prepareTarget({
    source,
    sourceRoot,
    target,
    targetRoot,
    knownMounts: options.knownMounts,
    memory: undefined,
    preserve,
    single: undefined,
    startedAt: clock.now(),
    startedMonotonic: clock.monotonic(),
    settings,
    confirm: ({ plan }) => options.confirm?.(plan) ?? Promise.resolve(true),
    watch: options.watch ?? (() => {}),
    report: (event) => {
      events.push(event);
      options.onEvent?.(event);
    },
    clock,
  });
  if (options.made !== undefined) prepared.adopt(options.made);
  else if (prepared.wantsScan) {
    const request = scanRequestOf(settings, preserve, "source");
    if (source.capabilities.remote) await prepared.plan({ type: "wanted", request }, signal);
    else {
      const chunks = source.scan(request, signal);
      const through = options.through?.(chunks) ?? chunks;
      await prepared.plan({ type: "begun", chunks: through }, signal);
    }
  }
  const summary = await prepared.carryOut(signal);
  return {
    summary,
    events,
    plan: events.find((event) => event.type === "plan")?.plan,
    actions: events.flatMap((event) =>
      event.type === "action" ? [[event.action, event.outcome] as const] : [],
    ),
    guards: events.flatMap((event) => (event.type === "guard" ? [event.trip.guard] : [])),
    problems: events.flatMap((event) =>
      event.type === "problem"
        ? [[event.problem.path, event.problem.side, event.problem.code] as const]
        : [],
    ),
  };
}
