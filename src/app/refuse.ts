import { newTally } from "../core/plan-totals.ts";
import type { RunSummary } from "../engine/events.ts";
import type { MirrorRequest, RunContext } from "./request.ts";

/** Ends a target's run before it began: says why, and sums up that nothing was done. */
export function refuse(
  { source, dryRun }: MirrorRequest,
  { report }: RunContext,
  target: string,
  status: "locked" | "failed" | "guarded",
  error: { readonly code: string; readonly message: string; readonly hint: string | undefined },
): RunSummary {
  report({ type: "error", target, ...error });
  const summary: RunSummary = {
    source,
    target,
    status,
    dryRun,
    totals: newTally().totals(),
    checked: 0,
    skipped: 0,
    problems: 0,
    bytesCopied: 0,
    bytesAvoided: 0,
    durationMs: 0,
  };
  report({ type: "summary", target, summary });
  return summary;
}
