import type { Clock } from "../base/clock.ts";
import { SyncError } from "../base/errors.ts";
import { noFilter } from "../core/filter.ts";
import { guardNames } from "../core/guards.ts";
import type { RelPath } from "../core/path.ts";
import type { Plan } from "../core/plan.ts";
import { formatStamp } from "../core/version-stamp.ts";
import type { History } from "../core/version-state.ts";
import { treeBefore } from "../core/version-state.ts";
import type { LocalHost } from "../endpoint/local/host.ts";
import { openLocalHost } from "../endpoint/local/host.ts";
import type { RunSummary } from "../engine/events.ts";
import type { Decision, TargetRun } from "../engine/mirror.ts";
import { prepareTarget } from "../engine/mirror.ts";
import { exitCodeOf } from "./exit-code.ts";
import type { OpenReplica } from "./kept-history.ts";
import { historyOf, openAny, openReplica, pathInReplica } from "./kept-history.ts";
import { inUse, newLocks } from "./locks.ts";
import { effectivePreserve } from "./preserve.ts";
import type { RunContext } from "./request.ts";
import { pastSource, restoreTarget } from "./restore-ends.ts";
import type { RestoreRows } from "./restore-rows.ts";
import { rowsElsewhere, rowsInPlace } from "./restore-rows.ts";
import { openKeptFiles } from "../endpoint/local/version-files.ts";

export interface RestoreRequest {
  readonly replica: string;
  /** As typed. */
  readonly path: string;
  /** What was replaced from this moment on is undone; milliseconds since the epoch. */
  readonly from: number;
  /** The directory to put it in; `undefined` for where it was. */
  readonly to: string | undefined;
  readonly dryRun: boolean;
  readonly flush: boolean;
  /** Whether something may be replaced or deleted without a word; what a run without anybody to ask must be told. */
  readonly mayReplace: boolean;
  readonly stateDir: string | undefined;
  readonly driver: "libc" | "portable" | undefined;
}

/**
 * Puts a path back as it was at a moment: composed of old copies and of what has not changed since, by a run like any other,
 * so that what it replaces is kept in its turn. Returns the exit code. Throws `SyncError` where there is nothing to restore.
 */
export async function restore(
  request: RestoreRequest,
  ctx: RunContext,
  clock: Clock,
): Promise<number> {
  await using host = await openLocalHost(request.driver);
  const replica = await openReplica(request.replica, host);
  await using _replica = replica.endpoint;
  const top = pathInReplica(request.path, replica.root);
  const destination = request.to === undefined ? replica : await openElsewhere(request.to, host);
  await using _destination = destination.endpoint;
  const isThere = destination !== replica && destination.root.missing.length === 0;
  if (isThere && destination.root.lineage[0] === replica.root.lineage[0]) {
    throw new SyncError("USAGE", `--to: ${request.to} is the replica itself`, {
      hint: "Without --to it goes where it was, and what it replaces is kept.",
    });
  }
  await using store = await openStore(request, ctx);
  await using locks = newLocks(store, (message) => ctx.report({ type: "notice", message }));
  for (const place of new Set([replica, destination])) {
    const holder = await locks.take(place, `restore ${request.path} in ${request.replica}`);
    if (holder !== undefined) throw inUse(place.endpoint.location, holder);
  }
  const history = loadHistory(request, ctx, host, replica, top);
  const tree = treeBefore(history, top, 0);
  if (tree.size === 0) throw nothingThere(request, history, top);
  const ends =
    destination === replica
      ? rowsInPlace(host, replica.endpoint, history, top, tree)
      : rowsElsewhere(host, destination, history, top, tree);
  const summary = await run({ request, ctx, clock }, replica, destination, ends);
  return exitCodeOf(summary.status);
}

async function openStore({ stateDir, dryRun }: RestoreRequest, { report }: RunContext) {
  if (stateDir === undefined || dryRun) return undefined;
  const { openState } = await import("../state/store.ts");
  const onNotice = (message: string): void => report({ type: "notice", message });
  try {
    return await openState(stateDir, { onNotice });
  } catch (error) {
    if (!(error instanceof SyncError)) throw error;
    onNotice(`${error.message}; going on without locks`);
    return undefined;
  }
}

async function openElsewhere(location: string, host: LocalHost): Promise<OpenReplica> {
  const place = await openAny(location, host);
  const { kind } = place.root;
  if (kind === "directory" || kind === "missing") return place;
  throw new SyncError("ROOT_NOT_DIRECTORY", `${location}: it is not a directory`);
}

function loadHistory(
  { replica: location, from }: RestoreRequest,
  { report }: RunContext,
  host: LocalHost,
  { endpoint }: OpenReplica,
  top: RelPath,
): History {
  using files = openKeptFiles(host, endpoint.hostRoot, location);
  if (files === undefined || files.runs.length === 0) {
    throw new SyncError("NO_VERSION", `${location}: no old copies are kept there`, {
      hint: "They are kept by runs with --versions trash or --versions tiered.",
    });
  }
  const oldest = files.runs[0]!;
  if (from < oldest.at) {
    const message = `old copies reach back to the run of ${oldest.stamp} only; what was before that run is what is restored`;
    report({ type: "notice", message });
  }
  const runs = files.runs.filter(({ at }) => at >= from).map((run) => files.load(run));
  return historyOf(host, endpoint.hostRoot, top, runs);
}

function nothingThere(
  { path, replica }: RestoreRequest,
  { now }: History,
  top: RelPath,
): SyncError {
  const still = now.has(top) ? "; it has been made since" : "";
  return new SyncError("NO_VERSION", `${path}: ${replica} did not hold it then${still}`, {
    hint: `Run syncline versions ${replica} to see what is kept.`,
  });
}

interface Asked {
  readonly request: RestoreRequest;
  readonly ctx: RunContext;
  readonly clock: Clock;
}

async function run(
  { request, ctx, clock }: Asked,
  replica: OpenReplica,
  destination: OpenReplica,
  { past, now, contents }: RestoreRows,
): Promise<RunSummary> {
  const { endpoint, root } = destination;
  const isInPlace = destination === replica;
  const { capabilities } = endpoint;
  const { preserve } = effectivePreserve(new Map(), replica.endpoint.capabilities, capabilities);
  // What is read where it stands, under another name, may be replaced before it is read.
  const isAtRest =
    !isInPlace || [...contents].every(([path, from]) => path === from.path || isKept(from.path));
  const moment = formatStamp(request.from);
  const name = `${request.replica} as of ${moment}`;
  const source = { ...pastSource(replica.endpoint, past, contents, isAtRest), location: name };
  // A source that is read piece by piece knows itself where its content is.
  const target = restoreTarget(endpoint, now, isAtRest ? contents : new Map());
  let isRefused = false;
  const confirm = async (decision: Decision) => {
    const { location } = endpoint;
    const { plan } = decision;
    if (!request.mayReplace && replaces(plan)) {
      isRefused = true;
      ctx.report({ type: "error", target: location, ...refusal(plan, isInPlace) });
      return false;
    }
    return ctx.confirm(location, decision);
  };
  const prepared = prepareTarget({
    source,
    sourceRoot: { ...replica.root, lineage: ["old copies"] },
    target,
    targetRoot: root,
    knownMounts: undefined,
    memory: undefined,
    preserve,
    single: undefined,
    startedAt: clock.now(),
    startedMonotonic: clock.monotonic(),
    settings: settingsOf(request, isInPlace),
    confirm,
    watch: (sample) => ctx.watch(endpoint.location, sample),
    report: (event) => {
      // Guards are about sources that may be wrong; this one is what somebody has asked for by name.
      if (event.type !== "guard" || !event.accepted) ctx.report(event);
    },
    clock,
  });
  const sourceScan = { type: "wanted", request: noRequest } as const;
  if (prepared.wantsScan) await prepared.plan(sourceScan, ctx.signal);
  const summary = await prepared.carryOut(ctx.signal);
  const told: RunSummary = isRefused ? { ...summary, status: "guarded" } : summary;
  ctx.report({ type: "summary", target: endpoint.location, summary: told });
  return told;
}

const noRequest = {
  side: "source",
  filter: noFilter,
  links: "keep",
  oneFileSystem: false,
  ignoreFiles: false,
  xattrs: true,
  acls: true,
} as const;

function isKept(path: RelPath): boolean {
  return path.startsWith(".syncline/");
}

function settingsOf({ dryRun, flush }: RestoreRequest, isInPlace: boolean): TargetRun["settings"] {
  return {
    // Elsewhere, nothing is taken away from what is there.
    delete: isInPlace,
    deleteExcluded: false,
    compare: "size+mtime",
    modifyWindow: undefined,
    links: "keep",
    filter: noFilter,
    ignoreFiles: false,
    oneFileSystem: false,
    // Nothing goes away from where old copies are kept.
    moves: false,
    hash: "blake3",
    dryRun,
    flush,
    deleteLimit: { type: "percent", percent: 100, atLeast: 0 },
    accept: new Set(guardNames.filter((guard) => guard !== "space" && guard !== "folding")),
    versions: isInPlace ? { keep: "trash", age: Infinity } : { keep: "none" },
  };
}

function replaces({ totals }: Plan): boolean {
  return totals.updated + totals.deleted + totals.metadata > 0;
}

function refusal({ totals }: Plan, isInPlace: boolean) {
  const { updated, deleted, metadata } = totals;
  const message =
    `${updated + metadata} entries that stand there now would be replaced, and ${deleted} deleted` +
    (isInPlace ? " (old copies of them would be kept)" : "");
  const hint = "Look at them with -n, then go on with -y, or restore to another place with --to.";
  return { code: "GUARD", message, hint };
}
