import type { SyncError } from "../base/errors.ts";
import { newTally } from "../core/plan-totals.ts";
import type { RunSummary } from "../engine/events.ts";
import { statusOfFailure } from "./exit-code.ts";
import type { MirrorRequest, RunContext } from "./request.ts";

/** Ends a target's run before it began: says why, and sums up that nothing was done. */
export function refuse(
  { source, dryRun }: MirrorRequest,
  { report }: RunContext,
  target: string,
  { code, message, hint }: SyncError,
): RunSummary {
  report({ type: "error", target, code, message, hint });
  const summary: RunSummary = {
    source,
    target,
    status: statusOfFailure(code),
    dryRun,
    totals: newTally().totals(),
    checked: 0,
    skipped: 0,
    problems: 0,
    bytesCopied: 0,
    bytesAvoided: 0,
    sent: 0,
    received: 0,
    durationMs: 0,
  };
  report({ type: "summary", target, summary });
  return summary;
}
