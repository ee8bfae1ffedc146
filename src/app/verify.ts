import type { Clock } from "../base/clock.ts";
import { isEndpointFailure } from "../base/endpoint-failure.ts";
import { SyncError } from "../base/errors.ts";
import { parseLocation } from "../config/location.ts";
import { plainLogin } from "../core/login.ts";
import type { Side } from "../core/problem.ts";
import type { Endpoint, RootInfo } from "../endpoint/endpoint.ts";
import { openLocalHost } from "../endpoint/local/host.ts";
import { openPairMemory } from "./remembered.ts";
import type { RememberedHashes } from "../engine/remembered-checks.ts";
import type { VerifyFindings, VerifyInput, VerifySettings } from "../engine/verify.ts";
import { verify as verifyReplicas } from "../engine/verify.ts";
import type { VerifyEvent, VerifyPhase, VerifySummary } from "../engine/verify-events.ts";
import type { ProgressView } from "../engine/events.ts";
import { newOpener } from "./open-endpoint.ts";
import type { TargetPlace } from "./places.ts";
import { isSameDirectory, lookAtSource, lookAtTarget } from "./places.ts";
import { replicaKey } from "./replica-key.ts";
import type { MirrorRequest, RunContext } from "./request.ts";

/** Two replicas to be held against each other: everything that a user can ask for, already checked. */
export interface VerifyRequest
  extends
    VerifySettings,
    Pick<MirrorRequest, "preserve" | "stateDir" | "login" | "driver" | "binding"> {
  /** Locations as typed. */
  readonly source: string;
  readonly target: string;
  /** Hold content against the hashes that were remembered of it, too. */
  readonly remembered: boolean;
}

export interface VerifyContext {
  readonly report: (event: VerifyEvent) => void;
  readonly watch: (target: string, sample: () => ProgressView) => void;
  readonly signal: AbortSignal;
  readonly connect?: RunContext["connect"];
}

/**
 * Reads and compares two replicas and changes neither. Returns the exit code. Throws `SyncError` where there is nothing to
 * compare: a root that is missing, or both roots the same.
 */
export async function verify(
  request: VerifyRequest,
  ctx: VerifyContext,
  clock: Clock,
): Promise<{ readonly summary: VerifySummary; readonly exitCode: number }> {
  const startedAt = clock.now();
  const started = clock.monotonic();
  const [from, to] = [parseLocation(request.source), parseLocation(request.target)];
  await using local = await openLocalHost(request.driver, request.binding);
  const onNotice = (message: string): void => ctx.report({ type: "notice", message });
  const { login = plainLogin } = request;
  const { connect, signal } = ctx;
  const { preserve: wishes } = request;
  await using opener = newOpener({ local, login, onNotice, signal, connect, wishes });
  const source = await lookAtSource(from, opener);
  requireRoot(request.source, source.root);
  // A file is looked at by way of the directory around it, which says nothing about the file.
  requireRoot(request.target, await (await opener.open(to, from)).root());
  const place = await lookAtTarget(to, source, request, opener);
  if ("error" in place) throw asUsage(place.error);
  const isSame = isSameDirectory(source, place) && place.single === undefined;
  if (isSame) throw sameRoots(`${request.source} and ${request.target} are the same directory`);
  for (const key of place.refused) {
    const message = `${key} cannot be compared between ${request.source} and ${request.target}`;
    ctx.report({ type: "notice", message });
  }
  const { single } = place;
  const roots = [
    replicaKey(source, single?.sourceName),
    replicaKey(place, single?.targetName),
  ] as const;
  await using memory = request.remembered
    ? await openPairMemory(request.stateDir, roots, onNotice)
    : undefined;
  const run = { request, ctx, source: source.endpoint, place, remembered: memory, startedAt };
  const verified = await runVerify(run, () => Math.round(clock.monotonic() - started));
  const summary = { ...verified, ...opener.takeTraffic([source.endpoint, place.endpoint]) };
  if (summary.status === "equal" || summary.status === "different") await memory?.keep();
  ctx.report({ type: "summary", target: request.target, summary });
  return { summary, exitCode: exitCodeOf(summary) };
}

interface VerifyRun {
  readonly request: VerifyRequest;
  readonly ctx: VerifyContext;
  readonly source: Endpoint;
  readonly place: TargetPlace;
  readonly remembered: RememberedHashes | undefined;
  readonly startedAt: number;
}

async function runVerify(
  { request, ctx, source, place, remembered, startedAt }: VerifyRun,
  elapsed: () => number,
): Promise<VerifySummary> {
  const { report, signal } = ctx;
  const { endpoint: target, single, preserve } = place;
  const name = request.target;
  let phase: VerifyPhase = "scan";
  const enter = (next: VerifyPhase): void => {
    phase = next;
    report({ type: "phase", target: name, phase });
  };
  report({ type: "start", source: request.source, target: name, hash: request.hash });
  ctx.watch(name, () => ({
    phase,
    source: source.progress(),
    target: target.progress(),
    totalFiles: 0,
    totalBytes: 0,
  }));
  const replicas = { source, target, single, settings: request, preserve };
  const input: VerifyInput = { ...replicas, remembered, startedAt };
  const summarize = (status: VerifySummary["status"], findings?: VerifyFindings): VerifySummary =>
    summaryOf(request, status, findings, elapsed());
  try {
    enter("scan");
    const findings = await verifyReplicas(input, () => enter("content"), signal);
    for (const found of findings.found) {
      if ("code" in found) report({ type: "problem", target: name, problem: found });
      else report({ type: "difference", target: name, difference: found });
    }
    return summarize(findings.found.length === 0 ? "equal" : "different", findings);
  } catch (error) {
    if (signal.aborted) return summarize("interrupted");
    if (!(error instanceof SyncError)) throw error;
    const { code, message, hint } = error;
    report({ type: "error", target: name, code, message, hint });
    return summarize(isEndpointFailure(code) ? "unreachable" : "failed");
  }
}

function summaryOf(
  { source, target, remembered }: VerifyRequest,
  status: VerifySummary["status"],
  findings: VerifyFindings | undefined,
  durationMs: number,
): VerifySummary {
  const differences = (findings?.found ?? []).filter((found) => "only" in found);
  const countOnly = (side: Side | undefined): number =>
    differences.filter((found) => found.only === side).length;
  return {
    source,
    target,
    status,
    checked: findings?.checked ?? 0,
    skipped: findings?.skipped ?? 0,
    different: countOnly(undefined),
    onlySource: countOnly("source"),
    onlyTarget: countOnly("target"),
    corrupt: findings?.corrupt ?? 0,
    problems: (findings?.found ?? []).length - differences.length,
    unremembered: remembered ? (findings?.unremembered ?? 0) : undefined,
    bytesCompared: findings?.bytesCompared ?? 0,
    sent: 0,
    received: 0,
    durationMs,
  };
}

const statusCodes = {
  equal: 0,
  failed: 1,
  different: 3,
  unreachable: 10,
  interrupted: 130,
} as const satisfies Record<VerifySummary["status"], number>;

/** The exit code of a verification. */
export function exitCodeOf({ status }: VerifySummary): number {
  return statusCodes[status];
}

function requireRoot(location: string, { kind }: RootInfo): void {
  if (kind !== "missing" && kind !== "dangling") return;
  throw new SyncError(
    "ROOT_MISSING",
    kind === "missing" ? `${location}: it does not exist` : `${location}: it is a link to nothing`,
    { hint: "Check the path, and whether its disk is mounted." },
  );
}

/** For a mirror, that a file is its own target is a guard's concern; here it is a mistake on the command line. */
function asUsage(error: SyncError): SyncError {
  return error.code === "GUARD" ? sameRoots(error.message) : error;
}

function sameRoots(message: string): SyncError {
  return new SyncError("USAGE", message, {
    hint: "What is compared with itself is always equal. Name the copy.",
  });
}
