import type { Clock } from "../base/clock.ts";
import { isEndpointFailure } from "../base/endpoint-failure.ts";
import { SyncError } from "../base/errors.ts";
import type { PlanLimits, PlannedRootFacts, RootFacts } from "../core/guard-checks.ts";
import { checkPlan, checkRoots, roomNeeded } from "../core/guard-checks.ts";
import type { DeleteLimit, GuardName, GuardTrip } from "../core/guards.ts";
import type { Action, Plan, Totals } from "../core/plan.ts";
import { actionsOf, labelOf } from "../core/plan.ts";
import { newTally } from "../core/plan-totals.ts";
import type { Preserve } from "../core/preserve.ts";
import { encodeRecord, recordOfPlan } from "../core/version-record.ts";
import type { VersionRule } from "../core/version-thinning.ts";
import type { ApplyOptions, Endpoint, Outcome, RootInfo, Traffic } from "../endpoint/endpoint.ts";
import type { Baseline, BaselineReader, ChunkMemory } from "../state/state.ts";
import { applyPlan } from "./apply-plan.ts";
import type { ProgressView, Report, Room, RunPhase, RunStatus, RunSummary } from "./events.ts";
import type { CopiedFiles } from "./hash-copies.ts";
import { newCopiedFiles } from "./hash-copies.ts";
import type { MirrorSettings, SingleFile } from "./make-plan.ts";
import { makePlan } from "./make-plan.ts";
import type { Remembrance } from "./remember.ts";
import { newRemembrance } from "./remember.ts";
import type { SourceScan } from "./scan-both.ts";

/** How a run is to be done, whatever its target. */
export interface RunSettings extends MirrorSettings {
  readonly dryRun: boolean;
  readonly flush: boolean;
  readonly deleteLimit: DeleteLimit;
  readonly accept: ReadonlySet<GuardName>;
  /** What becomes of what is replaced or deleted. */
  readonly versions: VersionRule;
}

/** What one source into one target needs. */
export interface TargetRun {
  readonly source: Endpoint;
  readonly sourceRoot: RootInfo;
  readonly target: Endpoint;
  readonly targetRoot: RootInfo;
  /** Where both were mounted when the pair last ran well. */
  readonly knownMounts:
    | { readonly source: string | undefined; readonly target: string | undefined }
    | undefined;
  /** What the roots were when the plan was made, where that was not now. */
  readonly planned?: { readonly source: PlannedRootFacts; readonly target: PlannedRootFacts };
  /** What is known of the pair from earlier runs; `baseline` where that may be brought up to date. */
  readonly memory:
    | { readonly reader: BaselineReader; readonly baseline: Baseline | undefined }
    | undefined;
  /** What large files of the target consist of, where that is remembered and makes a difference. */
  readonly chunks?: ChunkMemory;
  readonly preserve: Preserve;
  /** Set where the source is one file, and the endpoints are the directories around it. */
  readonly single: SingleFile | undefined;
  /** Milliseconds since the epoch, from before the source's scan began; and the same by the clock that never jumps. */
  readonly startedAt: number;
  readonly startedMonotonic: number;
  readonly settings: RunSettings;
  readonly confirm: (decision: Decision) => Promise<boolean>;
  /** Told when nothing stands between the plan and its first change; what it throws ends the run before that. */
  readonly begin?: () => void;
  readonly watch: (sample: () => ProgressView) => void;
  /** What has crossed connections for this run; asked when it is over. */
  readonly traffic?: () => Traffic;
  readonly report: Report;
  readonly clock: Clock;
}

/** The run of one target, cut where several have to meet: all compare with one scan of the source, then each is applied. */
export interface PreparedTarget {
  /** False where a guard has already said no. */
  readonly wantsScan: boolean;
  /** Compares with the source's snapshot and makes the plan. Never rejects: what fails, fails this target. */
  plan(sourceScan: SourceScan, signal: AbortSignal): Promise<void>;
  /** Takes a plan that was made before, instead of making one. */
  adopt(plan: Plan): void;
  /** Guards, asks, applies, and sums up; whoever keeps the history reports the summary, with its number. */
  carryOut(signal: AbortSignal): Promise<RunSummary>;
  /** What was decided, when {@link PreparedTarget.carryOut} has looked at the plan; `undefined` where there is none. */
  decision(): Decision | undefined;
}

export interface Decision {
  readonly plan: Plan;
  readonly guards: readonly GuardTrip[];
  readonly room: Room;
}

/** One target's run under way. */
interface State {
  readonly run: TargetRun;
  readonly remembrance: Remembrance;
  readonly copied: CopiedFiles;
  readonly trips: GuardTrip[];
  phase: RunPhase;
  plan: Plan | undefined;
  room: Room | undefined;
  totalFiles: number;
  failure: unknown;
}

export function prepareTarget(run: TargetRun): PreparedTarget {
  const { settings } = run;
  const state: State = {
    run,
    remembrance: newRemembrance(run.memory?.baseline),
    copied: newCopiedFiles(),
    trips: checkRoots(factsOf(run, "source"), factsOf(run, "target"), canOverlap(run)),
    phase: "scan",
    plan: undefined,
    room: undefined,
    totalFiles: 0,
    failure: undefined,
  };
  run.report({
    type: "start",
    source: run.source.location,
    target: run.target.location,
    dryRun: settings.dryRun,
  });
  run.watch(() => sample(state));
  const wantsScan = state.trips.every(
    (trip) => trip.guard !== "missing-source" && settings.accept.has(trip.guard),
  );
  return {
    wantsScan,
    plan: (sourceScan, signal) => plan(state, sourceScan, signal),
    adopt: (made) => adopt(state, made),
    carryOut: (signal) => carryOut(state, signal),
    decision: () => decisionOf(state),
  };
}

/** Directories around single files may be what they like to one another. */
function canOverlap({ source, target, single }: TargetRun): boolean {
  return source.machine === target.machine && single === undefined;
}

function factsOf(run: TargetRun, side: "source" | "target"): RootFacts {
  const root = side === "source" ? run.sourceRoot : run.targetRoot;
  return {
    location: run[side].location,
    exists: root.kind !== "missing" && root.kind !== "dangling",
    lineage: root.lineage,
    mountPoint: root.mountPoint,
    knownMountPoint: run.knownMounts?.[side],
    planned: run.planned?.[side],
  };
}

function sample(state: State): ProgressView {
  const { run, phase, plan } = state;
  return {
    phase,
    source: run.source.progress(),
    target: run.target.progress(),
    totalFiles: state.totalFiles,
    totalBytes: plan?.totals.bytes ?? 0,
  };
}

function enter(state: State, phase: RunPhase): void {
  state.phase = phase;
  state.run.report({ type: "phase", target: state.run.target.location, phase });
}

async function plan(state: State, sourceScan: SourceScan, signal: AbortSignal): Promise<void> {
  const { source, target, targetRoot, preserve, settings, startedAt, single } = state.run;
  enter(state, "scan");
  try {
    const targetExists = targetRoot.kind !== "missing";
    const place = { target, targetExists, targetPlace: targetRoot.identity };
    const what = { settings, preserve, startedAt, single, memory: state.run.memory?.reader };
    const { remembrance } = state;
    const input = { source, sourceScan, remembrance, ...place, ...what };
    adopt(state, await makePlan(input, () => enter(state, "content"), signal));
    enter(state, "plan");
  } catch (error) {
    state.failure = error;
    // The other targets read the same scan: they must not wait for this one, wherever it failed.
    if (sourceScan.type === "begun") await sourceScan.chunks[Symbol.asyncIterator]().return?.();
  }
}

function adopt(state: State, made: Plan): void {
  const { content, replacements } = made.phases;
  const isFile = ({ type }: Action): boolean => type === "put-file";
  state.plan = made;
  state.totalFiles = content.filter(isFile).length + replacements.filter(isFile).length;
}

function decisionOf({ plan, trips: guards, room }: State): Decision | undefined {
  return plan === undefined || room === undefined ? undefined : { plan, guards, room };
}

async function carryOut(state: State, signal: AbortSignal): Promise<RunSummary> {
  const { run, plan, remembrance } = state;
  try {
    const summary = await conclude(state, signal);
    const isOver = summary.status === "done" || summary.status === "problems";
    if (plan !== undefined && isOver && !run.settings.dryRun) {
      if (remembrance.isWanted) await hashCopies(state, signal);
      await remembrance.commit(plan);
    }
    return { ...summary, ...run.traffic?.() };
  } finally {
    remembrance.abandon();
  }
}

async function hashCopies({ run, remembrance, copied }: State, signal: AbortSignal): Promise<void> {
  const { source, target, settings } = run;
  const ends = { source, target, followLinks: settings.links === "follow" };
  for (const file of await copied.hash(ends, settings.hash, signal)) remembrance.noteHash(file);
}

async function conclude(state: State, signal: AbortSignal): Promise<RunSummary> {
  const { run, plan } = state;
  const { settings, report } = run;
  const target = run.target.location;
  if (signal.aborted) return summarize(state, "interrupted");
  if (state.failure !== undefined) return fail(state, state.failure);
  if (plan !== undefined) {
    const limits = limitsOf(run);
    state.trips.push(...checkPlan(plan, run.source.location, target, limits));
    const { bytes } = roomNeeded(plan, limits.reflink, limits.keepsVersions);
    state.room = { bytes, freeBytes: limits.freeBytes };
    report({ type: "plan", target, plan, guards: state.trips, room: state.room });
  }
  let halted = plan === undefined;
  for (const trip of state.trips) {
    const accepted = trip.guard !== "missing-source" && settings.accept.has(trip.guard);
    report({ type: "guard", target, trip, accepted });
    halted ||= !accepted;
  }
  if (plan === undefined || (halted && !settings.dryRun)) return summarize(state, "guarded");
  for (const problem of plan.problems) report({ type: "problem", target, problem });
  const status = plan.problems.length > 0 ? "problems" : "done";
  if (settings.dryRun) {
    for (const action of actionsOf(plan)) {
      if (labelOf(action) === undefined) continue;
      report({ type: "action", target, action, outcome: "planned" });
    }
    return summarize(state, halted ? "guarded" : status, { totals: plan.totals });
  }
  const isIdle = actionsOf(plan).next().done === true && run.targetRoot.kind !== "missing";
  if (isIdle) return summarize(state, status);
  const hasWork = Object.values(plan.totals).some((total) => total > 0);
  if (hasWork && !(await run.confirm(decisionOf(state)!))) {
    return summarize(state, signal.aborted ? "interrupted" : "declined");
  }
  return apply(state, plan, signal);
}

function limitsOf({ settings, targetRoot, target, source, sourceRoot }: TargetRun): PlanLimits {
  const { freeBytes, freeInodes, device } = targetRoot;
  const isHere = !source.capabilities.remote && !target.capabilities.remote;
  const isOneDisk = source.machine === target.machine && device === sourceRoot.device;
  return {
    deleteLimit: settings.deleteLimit,
    freeBytes,
    freeInodes,
    reflink: target.capabilities.reflink && isHere && isOneDisk,
    keepsVersions: settings.versions.keep !== "none",
  };
}

/** What applying has come to so far. */
interface Sums {
  readonly tally: ReturnType<typeof newTally>;
  problems: number;
  bytes: number;
  shared: number;
}

async function apply(state: State, plan: Plan, signal: AbortSignal): Promise<RunSummary> {
  const { run } = state;
  const { source, target, settings } = run;
  const sums: Sums = { tally: newTally(), problems: plan.problems.length, bytes: 0, shared: 0 };
  enter(state, "apply");
  try {
    run.begin?.();
    if (run.targetRoot.kind === "missing") await target.makeRoot();
    const options = { ...applyOptionsOf(run), ...(await beginVersions(run, plan)) };
    const onFlush = (): void => enter(state, "flush");
    const chunks = run.chunks && { chunks: run.chunks };
    const input = { plan, source, target, options, ...chunks, flush: settings.flush, onFlush };
    for await (const outcomes of applyPlan(input, signal)) {
      if (state.phase === "flush") enter(state, "apply");
      for (const outcome of outcomes) {
        note(run, sums, outcome);
        state.remembrance.note(outcome);
        state.copied.note(outcome);
      }
    }
  } catch (error) {
    if (!signal.aborted) return fail(state, error, sums);
  }
  const { bytes, shared } = sums;
  const status = signal.aborted ? "interrupted" : sums.problems > 0 ? "problems" : "done";
  return summarize(state, status, {
    totals: sums.tally.totals(),
    problems: sums.problems,
    bytes,
    shared,
  });
}

/** Where what goes is kept, if it shall be. Where it cannot be, each action that would give something up says so. */
async function beginVersions(
  { settings, source, target, clock, report }: TargetRun,
  plan: Plan,
): Promise<Pick<ApplyOptions, "versions">> {
  if (settings.versions.keep === "none") return {};
  const at = clock.now();
  const record = recordOfPlan(plan);
  const versions = await target.beginVersions(at, (stamp) => {
    const started = new Date(at).toISOString();
    const [from, to] = [source.location, target.location];
    return encodeRecord({ run: stamp, at: started, source: from, target: to }, record);
  });
  if ("problem" in versions) {
    report({ type: "notice", message: `${target.location}: ${versions.problem.message}` });
  }
  return { versions };
}

function applyOptionsOf({ preserve, settings, single, planned }: TargetRun): ApplyOptions {
  return {
    preserve,
    followLinks: settings.links === "follow",
    leavesRoot: single !== undefined,
    asPlanned: planned !== undefined,
    ...(settings.modifyWindow !== undefined && { window: settings.modifyWindow }),
  };
}

function note(
  { report, target }: TargetRun,
  sums: Sums,
  { action, done, bytes, shared, problem }: Outcome,
): void {
  sums.bytes += bytes;
  sums.shared += shared;
  if (done) sums.tally.count(action);
  if (labelOf(action) !== undefined) {
    report({ type: "action", target: target.location, action, outcome: done ? "done" : "failed" });
  }
  if (problem === undefined) return;
  sums.problems++;
  report({ type: "problem", target: target.location, problem });
}

function fail(state: State, error: unknown, sums?: Sums): RunSummary {
  if (!(error instanceof SyncError)) throw error;
  const { code, message, hint } = error;
  state.run.report({ type: "error", target: state.run.target.location, code, message, hint });
  const totals = sums?.tally.totals();
  return summarize(state, isEndpointFailure(code) ? "unreachable" : "failed", {
    ...(totals !== undefined && {
      totals,
      problems: sums!.problems,
      bytes: sums!.bytes,
      shared: sums!.shared,
    }),
  });
}

interface Figures {
  readonly totals?: Totals;
  readonly problems?: number;
  readonly bytes?: number;
  readonly shared?: number;
}

function summarize(state: State, status: RunStatus, figures: Figures = {}): RunSummary {
  const { run, plan } = state;
  const summary: RunSummary = {
    source: run.source.location,
    target: run.target.location,
    status,
    dryRun: run.settings.dryRun,
    checked: plan?.checked ?? 0,
    totals: figures.totals ?? newTally().totals(),
    skipped: plan?.skipped ?? 0,
    problems: figures.problems ?? plan?.problems.length ?? 0,
    bytesCopied: figures.bytes ?? 0,
    bytesAvoided: (figures.shared ?? 0) + (figures.totals?.bytesAvoided ?? 0),
    sent: 0,
    received: 0,
    durationMs: Math.round(run.clock.monotonic() - run.startedMonotonic),
  };
  return summary;
}
