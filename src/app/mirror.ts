/**
 * `app` holds the use cases: it opens what a run needs (endpoints, locks, history), hands it to the engine, and is the only
 * room that names concrete drivers and stores. It prints nothing.
 */
import type { Clock } from "../base/clock.ts";
import { SyncError } from "../base/errors.ts";
import { parseLocation } from "../config/location.ts";
import { describeVersionRule } from "../config/version-rule.ts";
import type { Plan } from "../core/plan.ts";
import type { Endpoint, RootInfo } from "../endpoint/endpoint.ts";
import { openLocalHost } from "../endpoint/local/host.ts";
import { broadcast } from "../engine/broadcast.ts";
import type { RunSummary } from "../engine/events.ts";
import type { SingleFile } from "../engine/make-plan.ts";
import type { Decision, PreparedTarget, RunSettings, TargetRun } from "../engine/mirror.ts";
import { prepareTarget } from "../engine/mirror.ts";
import type { SourceScan } from "../engine/scan-both.ts";
import type { StateStore } from "../state/state.ts";
import { plainLogin } from "../core/login.ts";
import { combineExitCodes, exitCodeOf } from "./exit-code.ts";
import type { Locks } from "./locks.ts";
import { inUse, newLocks } from "./locks.ts";
import type { LostPlace, SourcePlace, TargetPlace } from "./places.ts";
import type { PastKnowledge } from "./memory.ts";
import { recall } from "./memory.ts";
import type { Opener } from "./open-endpoint.ts";
import { newOpener } from "./open-endpoint.ts";
import { isThere, lookAtSource, lookAtTarget, overlaps } from "./places.ts";
import { refuse } from "./refuse.ts";
import { replicaKey } from "./replica-key.ts";
import type { RunRecorder } from "./run-recorder.ts";
import { newRunRecorder } from "./run-recorder.ts";
import type { MirrorRequest, MirrorResult, RunContext } from "./request.ts";
import { beginScan, scanEarly } from "./source-scan.ts";
import { summaryRecord } from "./summary-record.ts";

/** Where another use case parts from a plain mirror. */
export interface Variation {
  /** A plan that was made before, of what was there then: nothing is scanned. */
  readonly made?: {
    readonly plan: Plan;
    readonly planned: NonNullable<TargetRun["planned"]>;
    readonly single: SingleFile | undefined;
  };
  /** Told before the first change; what it throws ends the run. */
  readonly begin?: () => void;
  /** Told of each plan that was made, before its summary, which it may change. */
  readonly onPlan?: (made: MadePlan, summary: RunSummary) => RunSummary;
}

/** A plan, and the places that it is about. */
export interface MadePlan {
  readonly source: SourcePlace;
  readonly target: TargetPlace;
  readonly decision: Decision;
}

/** What the targets of one run share. */
interface Shared {
  readonly variation: Variation;
  readonly request: MirrorRequest;
  readonly ctx: RunContext;
  readonly clock: Clock;
  readonly opener: Opener;
  readonly source: SourcePlace;
  readonly store: StateStore | undefined;
  readonly past: PastKnowledge;
  readonly locks: Locks;
  /** Keeps what is done, where there is a history to keep it in. */
  readonly recorder: RunRecorder | undefined;
  readonly startedAt: number;
  readonly startedMonotonic: number;
}

/** A target that is ready to be compared, or what has become of it already. */
type Opened =
  | {
      readonly type: "ready";
      readonly target: Endpoint;
      readonly place: TargetPlace;
      readonly single: SingleFile | undefined;
      readonly prepared: PreparedTarget;
    }
  | { readonly type: "over"; readonly summary: RunSummary };

/**
 * Makes each target equal to the source. The source is scanned once for all of them; a target that fails stops no other.
 * Throws `SyncError` only for what concerns all: the request itself, or a source that cannot be looked at.
 */
export function mirror(
  request: MirrorRequest,
  ctx: RunContext,
  clock: Clock,
): Promise<MirrorResult> {
  return runTargets(request, ctx, clock, {});
}

/** {@link mirror}, or what differs from it in a few points. */
export async function runTargets(
  request: MirrorRequest,
  ctx: RunContext,
  clock: Clock,
  variation: Variation,
): Promise<MirrorResult> {
  const startedAt = clock.now();
  const startedMonotonic = clock.monotonic();
  const over = new AbortController();
  const signal = AbortSignal.any([ctx.signal, over.signal]);
  const [from, ...to] = [request.source, ...request.targets].map(parseLocation);
  await using local = await openLocalHost(request.driver, request.binding);
  const onNotice = (message: string): void => ctx.report({ type: "notice", message });
  const { login = plainLogin } = request;
  const { connect } = ctx;
  const { preserve: wishes } = request;
  await using opener = newOpener({ local, login, onNotice, signal, connect, wishes });
  const source = await lookAtSource(from!, opener);
  try {
    const { made } = variation;
    const early = made === undefined ? scanEarly(request, source, to, signal) : undefined;
    const places: (TargetPlace | LostPlace)[] = [];
    for (const where of to) places.push(await lookAtTarget(where, source, request, opener));
    // Begun before the rest is opened: where the source is large, a worker is on its way meanwhile.
    const scan = made === undefined ? beginScan(request, source, places, early, signal) : undefined;
    await using store = await openStore(request, ctx);
    await using locks = newLocks(store, onNotice);
    await using past = await recall(request, store);
    const keeps = store !== undefined && request.history;
    const recorder = keeps ? newRunRecorder(ctx.report) : undefined;
    const times = { startedAt, startedMonotonic };
    const shared = {
      variation,
      request,
      ctx,
      clock,
      opener,
      source,
      store,
      past,
      locks,
      recorder,
      ...times,
    };
    const opened: Opened[] = [];
    for (const [i, place] of places.entries()) {
      opened.push(await openTarget(shared, place, places.slice(0, i)));
    }
    if (scan !== undefined) await planAll(opened, scan, ctx.signal);
    if (made !== undefined) {
      for (const one of opened) if (one.type === "ready") one.prepared.adopt(made.plan);
    }
    const summaries: RunSummary[] = [];
    const bugs: unknown[] = [];
    for (const one of opened) {
      try {
        summaries.push(await finishTarget(shared, one));
      } catch (error) {
        // Whatever it is, the other targets are none the worse for it.
        bugs.push(error);
      }
    }
    if (bugs.length > 0) throw bugs[0];
    const codes = summaries.map(({ status }) => exitCodeOf(status));
    return { summaries, exitCode: combineExitCodes(codes) };
  } finally {
    over.abort();
  }
}

async function openStore(
  { stateDir, dryRun }: MirrorRequest,
  { report }: RunContext,
): Promise<StateStore | undefined> {
  // A dry run touches nothing, not even the state.
  if (stateDir === undefined || dryRun) return undefined;
  const { openState } = await import("../state/store.ts");
  const onNotice = (message: string): void => report({ type: "notice", message });
  try {
    return await openState(stateDir, { onNotice });
  } catch (error) {
    if (!(error instanceof SyncError)) throw error;
    onNotice(`${error.message}; going on without locks and history`);
    return undefined;
  }
}

/** Locks one target and prepares its run. What goes wrong here is that target's own end. */
async function openTarget(
  shared: Shared,
  place: TargetPlace | LostPlace,
  earlier: readonly (TargetPlace | LostPlace)[],
): Promise<Opened> {
  const { request, ctx, source, locks, past } = shared;
  const { location } = place;
  if ("error" in place) {
    return { type: "over", summary: refuse(request, ctx, location, place.error) };
  }
  const other = place.single === undefined && earlier.find((one) => overlaps(place, one));
  if (other !== false && other !== undefined) {
    const message = `${location} and the target ${other.location} are the same, or one lies inside the other`;
    const hint = "Name targets that do not hold one another.";
    const error = new SyncError("GUARD", message, { hint });
    return { type: "over", summary: refuse(request, ctx, location, error) };
  }
  const holder = await locks.take(place, `mirror ${request.source} → ${location}`);
  if (holder !== undefined) {
    return { type: "over", summary: refuse(request, ctx, location, inUse(location, holder)) };
  }
  for (const key of place.refused) {
    const message = `${key} cannot be kept between ${request.source} and ${location}`;
    ctx.report({ type: "notice", message });
  }
  if (!place.endpoint.capabilities.symlinks && request.links !== "skip") {
    const message = `symbolic links cannot be kept on ${location}; they are left out`;
    ctx.report({ type: "notice", message });
  }
  if (request.dryRun && request.versions.keep !== "none") {
    const message = `old copies kept (${describeVersionRule(request.versions)})`;
    ctx.report({ type: "notice", message });
  }
  const { endpoint: target, root: targetRoot, preserve, single } = place;
  const pair = [
    replicaKey(source, single?.sourceName),
    replicaKey(place, single?.targetName),
  ] as const;
  const { made, begin } = shared.variation;
  if (made !== undefined && !isSameFile(made.single, single)) {
    const message = `${location}: a file and a directory have changed places since the plan was made`;
    const error = new SyncError("ROOT_NOT_DIRECTORY", message, { hint: "Make a new plan." });
    return { type: "over", summary: refuse(request, ctx, location, error) };
  }
  const prepared = prepareTarget({
    source: source.endpoint,
    sourceRoot: source.root,
    target,
    targetRoot,
    knownMounts: past.mounts(...pair),
    memory: single === undefined ? past.memory(...pair) : undefined,
    ...chunkMemoryOf(shared, place),
    preserve,
    single,
    startedAt: shared.startedAt,
    startedMonotonic: shared.startedMonotonic,
    settings: request satisfies RunSettings,
    ...(made !== undefined && { planned: made.planned }),
    ...(begin !== undefined && { begin }),
    confirm: (decision) => ctx.confirm(location, decision),
    watch: (sample) => ctx.watch(location, sample),
    traffic: () => shared.opener.takeTraffic([source.endpoint, target]),
    report: shared.recorder?.report ?? ctx.report,
    clock: shared.clock,
  });
  return { type: "ready", target, place, single, prepared };
}

/** Between places of this machine whole files are copied, and nobody asks what they consist of. */
function chunkMemoryOf(
  { request, source, store }: Shared,
  place: TargetPlace,
): Pick<TargetRun, "chunks"> {
  const isFar = source.endpoint.capabilities.remote || place.endpoint.capabilities.remote;
  if (!isFar || !request.history || store === undefined) return {};
  return { chunks: store.openChunks(replicaKey(place)) };
}

function isSameFile(one: SingleFile | undefined, other: SingleFile | undefined): boolean {
  return one?.sourceName === other?.sourceName && one?.targetName === other?.targetName;
}

/** Compares all targets with one scan of the source. */
async function planAll(
  opened: readonly Opened[],
  scan: SourceScan,
  signal: AbortSignal,
): Promise<void> {
  const ready = opened
    .filter((one) => one.type === "ready")
    .filter(({ prepared }) => prepared.wantsScan);
  if (ready.length === 0) return;
  const scans = ready.length === 1 ? [scan] : broadcastScan(scan, ready.length);
  await Promise.all(ready.map(({ prepared }, i) => prepared.plan(scans[i]!, signal)));
}

function broadcastScan(scan: SourceScan, readers: number): SourceScan[] {
  if (scan.type === "wanted") throw new Error("a scan for one target has no other readers");
  return broadcast(scan.chunks, readers).map((chunks) => ({ type: "begun", chunks }));
}

/** Carries one target's plan out, and writes into the history what has become of it. */
async function finishTarget(shared: Shared, one: Opened): Promise<RunSummary> {
  if (one.type === "over") return one.summary;
  const { ctx, store, recorder } = shared;
  const summary = tellPlan(shared, one, await one.prepared.carryOut(ctx.signal));
  if (summary.status === "done" && !shared.request.dryRun) await thin(shared, one.target);
  const run =
    store === undefined || recorder === undefined
      ? 0
      : await record(shared, one, summary, { store, recorder });
  const numbered = run === 0 ? summary : { ...summary, run };
  ctx.report({ type: "summary", target: summary.target, summary: numbered });
  return numbered;
}

function tellPlan(
  { variation, source }: Shared,
  { place, prepared }: Extract<Opened, { type: "ready" }>,
  summary: RunSummary,
): RunSummary {
  const decision = prepared.decision();
  if (variation.onPlan === undefined || decision === undefined) return summary;
  return variation.onPlan({ source, target: place, decision }, summary);
}

/** Old copies go when the run that made more of them has gone well. Trouble with them is no trouble of the run. */
async function thin({ request, ctx, clock }: Shared, target: Endpoint): Promise<void> {
  const { versions: rule } = request;
  if (rule.keep === "none") return;
  try {
    const message = await target.thinVersions(rule, clock.now());
    if (message !== undefined) ctx.report({ type: "notice", message });
  } catch (error) {
    if (!(error instanceof SyncError)) throw error;
    ctx.report({ type: "notice", message: error.message });
  }
}

/** As it is now, since it may have been made; as it was, where it is out of reach. */
async function rootNow({ endpoint, root }: TargetPlace): Promise<RootInfo> {
  try {
    return await endpoint.root();
  } catch (error) {
    if (!(error instanceof SyncError)) throw error;
    return root;
  }
}

/** Writes a finished run into the history and returns its number, 0 where there is none. */
async function record(
  { source, startedAt, past }: Shared,
  { place, single }: Extract<Opened, { type: "ready" }>,
  summary: RunSummary,
  { store, recorder }: { store: StateStore; recorder: RunRecorder },
): Promise<number> {
  const root = await rootNow(place);
  const from = replicaKey(source, single?.sourceName);
  const to = replicaKey({ ...place, root }, single?.targetName);
  // Where a way to a host does not show what is mounted there, what another way has shown stays known.
  const known = past.mounts(from, to);
  const run = {
    source: from,
    target: to,
    startedAt: new Date(startedAt).toISOString(),
    durationMs: summary.durationMs,
    exitCode: exitCodeOf(summary.status),
    summary: { ...summaryRecord(summary) },
    sourceMount: isThere(source.root) ? (source.root.mountPoint ?? known?.source) : undefined,
    targetMount: isThere(root) ? (root.mountPoint ?? known?.target) : undefined,
  };
  return store.recordRun(run, recorder.take(summary.target));
}
