import { isEndpointFailure } from "../base/endpoint-failure.ts";
import type { SyncErrorCode } from "../base/errors.ts";
import type { RunStatus } from "../engine/events.ts";

const statusCodes = {
  done: 0,
  declined: 0,
  failed: 1,
  problems: 3,
  changes: 4,
  guarded: 5,
  locked: 6,
  unreachable: 10,
  interrupted: 130,
} as const satisfies Record<RunStatus, number>;

/** What counts most comes first: when several things are true, the exit code is the first of these that applies. */
const precedence: readonly number[] = [130, 1, 2, 5, 6, 10, 3, 7, 75, 4, 0];

/** The exit code of one run of one source into one target. */
export function exitCodeOf(status: RunStatus): number {
  return statusCodes[status];
}

/** What a target's run ended as that could not begin. */
export function statusOfFailure(
  code: SyncErrorCode,
): "guarded" | "locked" | "unreachable" | "failed" {
  if (isEndpointFailure(code)) return "unreachable";
  return code === "GUARD" ? "guarded" : code === "LOCKED" ? "locked" : "failed";
}

/** What a run with that exit code ended as, as far as the code tells. */
export function statusOf(exitCode: number): RunStatus {
  const statuses = Object.keys(statusCodes) as (keyof typeof statusCodes)[];
  return statuses.find((status) => statusCodes[status] === exitCode) ?? "failed";
}

/** The exit code of several runs that were asked for together; 0 for none. */
export function combineExitCodes(codes: Iterable<number>): number {
  const all = new Set(codes);
  return precedence.find((code) => all.has(code)) ?? 0;
}
