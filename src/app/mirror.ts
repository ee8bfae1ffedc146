/**
 * `app` holds the use cases: it opens what a run needs (endpoints, locks, history), hands it to the engine, and is the only
 * room that names concrete drivers and stores. It prints nothing.
 */
import type { Clock } from "../base/clock.ts";
import { SyncError } from "../base/errors.ts";
import type { Endpoint, RootInfo } from "../endpoint/endpoint.ts";
import type { LocalHost } from "../endpoint/local/host.ts";
import { openLocalHost } from "../endpoint/local/host.ts";
import { openLocal } from "../endpoint/local/local-endpoint.ts";
import { broadcast } from "../engine/broadcast.ts";
import type { RunSummary } from "../engine/events.ts";
import { scanRequestOf } from "../engine/make-plan.ts";
import type { PreparedTarget, RunSettings } from "../engine/mirror.ts";
import { prepareTarget } from "../engine/mirror.ts";
import type { StateStore } from "../state/state.ts";
import { combineExitCodes, exitCodeOf } from "./exit-code.ts";
import type { Locks } from "./locks.ts";
import { newLocks } from "./locks.ts";
import { effectivePreserve } from "./preserve.ts";
import type { MirrorRequest, MirrorResult, RunContext } from "./request.ts";

/** What the targets of one run share. */
interface Shared {
  readonly request: MirrorRequest;
  readonly ctx: RunContext;
  readonly clock: Clock;
  readonly host: LocalHost;
  readonly source: Endpoint;
  readonly sourceRoot: RootInfo;
  readonly store: StateStore | undefined;
  readonly locks: Locks;
}

/** A target that is ready to be compared, or what has become of it already. */
type Opened =
  | {
      readonly type: "ready";
      readonly target: Endpoint;
      readonly root: RootInfo;
      readonly prepared: PreparedTarget;
    }
  | { readonly type: "over"; readonly summary: RunSummary };

/**
 * Makes each target equal to the source. The source is scanned once for all of them; a target that fails stops no other.
 * Throws `SyncError` only for what concerns all: the request itself, or a source that cannot be read.
 */
export async function mirror(
  request: MirrorRequest,
  ctx: RunContext,
  clock: Clock,
): Promise<MirrorResult> {
  await using host = await openLocalHost(request.driver);
  await using store = await openStore(request, ctx);
  await using locks = newLocks(store);
  await using source = openLocal(request.source, host);
  const sourceRoot = await source.root();
  const shared: Shared = { request, ctx, clock, host, source, sourceRoot, store, locks };
  const startedAt = new Date(clock.now()).toISOString();

  const opened: Opened[] = [];
  for (const location of request.targets) opened.push(await openTarget(shared, location));
  await planAll(shared, opened);
  const summaries: RunSummary[] = [];
  for (const one of opened) {
    if (one.type === "over") {
      summaries.push(one.summary);
      continue;
    }
    const summary = await one.prepared.carryOut(ctx.signal);
    summaries.push(summary);
    await record(shared, summary, startedAt, one.target);
  }
  return {
    summaries,
    exitCode: combineExitCodes(summaries.map(({ status }) => exitCodeOf(status))),
  };
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

/** Opens one target and locks it. What goes wrong here is that target's own end. */
async function openTarget(shared: Shared, location: string): Promise<Opened> {
  const { request, ctx, host, source, sourceRoot, locks, store } = shared;
  try {
    const target = openLocal(location, host);
    const root = await target.root();
    if (root.kind === "file" || root.kind === "other") {
      throw new SyncError("ROOT_NOT_DIRECTORY", `${location}: it is not a directory`, {
        hint: "Name a directory as the target, or a path where none exists yet.",
      });
    }
    const holder = await locks.take(root, `mirror ${request.source} → ${location}`);
    if (holder !== undefined) {
      const { pid, host: machine, since, what } = holder;
      const message = `${location} is in use by process ${pid} on ${machine} since ${since} (${what})`;
      return { type: "over", summary: refuse(shared, location, "locked", "LOCKED", message) };
    }
    const { preserve, refused } = effectivePreserve(
      request.preserve,
      source.capabilities,
      target.capabilities,
    );
    for (const key of refused) {
      ctx.report({
        type: "notice",
        message: `${key} cannot be kept between ${request.source} and ${location}`,
      });
    }
    const prepared = prepareTarget({
      source,
      sourceRoot,
      target,
      targetRoot: root,
      knownMounts: store?.knownMounts(sourceRoot.realPath, root.realPath),
      preserve,
      settings: request satisfies RunSettings,
      confirm: (plan, guards) => ctx.confirm(location, plan, guards),
      watch: (sample) => ctx.watch(location, sample),
      report: ctx.report,
      clock: shared.clock,
    });
    return { type: "ready", target, root, prepared };
  } catch (error) {
    if (!(error instanceof SyncError)) throw error;
    return {
      type: "over",
      summary: refuse(shared, location, "failed", error.code, error.message, error.hint),
    };
  }
}

/** Ends a target's run before it began. */
function refuse(
  { request, ctx }: Shared,
  target: string,
  status: "locked" | "failed",
  code: string,
  message: string,
  hint?: string,
): RunSummary {
  const { source, dryRun } = request;
  ctx.report({ type: "error", target, code, message, hint });
  const totals = {
    created: 0,
    updated: 0,
    moved: 0,
    copied: 0,
    deleted: 0,
    metadata: 0,
    bytes: 0,
    deletedBytes: 0,
  };
  const none = {
    checked: 0,
    totals,
    skipped: 0,
    problems: 0,
    bytesCopied: 0,
    bytesAvoided: 0,
    durationMs: 0,
  };
  const summary: RunSummary = { source, target, status, dryRun, ...none };
  ctx.report({ type: "summary", target, summary });
  return summary;
}

/** Compares all targets with one scan of the source. */
async function planAll({ request, ctx, source }: Shared, opened: readonly Opened[]): Promise<void> {
  const ready = opened
    .filter((one) => one.type === "ready")
    .filter(({ prepared }) => prepared.wantsScan);
  if (ready.length === 0) return;
  // Attributes are read once for all: each target compares only those it keeps.
  const wants = ready.map(
    ({ target }) =>
      effectivePreserve(request.preserve, source.capabilities, target.capabilities).preserve,
  );
  const xattrs = wants.some((preserve) => preserve.xattrs);
  const acls = wants.some((preserve) => preserve.acls);
  const scan = source.scan(
    { ...scanRequestOf(request, wants[0]!, "source"), xattrs, acls },
    ctx.signal,
  );
  const streams = ready.length === 1 ? [scan] : broadcast(scan, ready.length);
  await Promise.all(ready.map(({ prepared }, i) => prepared.plan(streams[i]!, ctx.signal)));
}

/** Writes a finished run into the history; that it cannot be written is no reason for the run to have failed. */
async function record(
  { request, store, sourceRoot }: Shared,
  summary: RunSummary,
  startedAt: string,
  target: Endpoint,
): Promise<void> {
  if (store === undefined || !request.history) return;
  const targetRoot = await target.root();
  store.recordRun({
    source: sourceRoot.realPath,
    target: targetRoot.realPath,
    startedAt,
    durationMs: summary.durationMs,
    exitCode: exitCodeOf(summary.status),
    summary: { ...summary },
    sourceMount: sourceRoot.kind === "missing" ? undefined : sourceRoot.mountPoint,
    targetMount: targetRoot.kind === "missing" ? undefined : targetRoot.mountPoint,
  });
}
