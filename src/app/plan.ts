import type { Clock } from "../base/clock.ts";
import type { RunSummary } from "../engine/events.ts";
import { encodePlan } from "../state/plan/encode-plan.ts";
import type { StateStore } from "../state/state.ts";
import type { MadePlan } from "./mirror.ts";
import { runTargets } from "./mirror.ts";
import { documentOf } from "./plan-document.ts";
import { checkPlanFile, writePlanFile } from "./plan-file.ts";
import type { MirrorRequest, MirrorResult, RunContext } from "./request.ts";
import { openPlanStore } from "./saved-plans.ts";

/** A mirror that is only to be planned, for now. */
export interface PlanRequest {
  readonly mirror: MirrorRequest;
  /** Where to write the plan, if not into the state. */
  readonly file: string | undefined;
  /** Says by the status, and so by the exit code, whether there is anything to do. */
  readonly detailed: boolean;
}

/**
 * Decides what a mirror would do to each target, and saves each plan, to be applied later. Touches neither end. Reports
 * the plan and all its actions like a dry run does, and where it was saved.
 */
export async function planMirror(
  { mirror, file, detailed }: PlanRequest,
  ctx: RunContext,
  clock: Clock,
): Promise<MirrorResult> {
  const request = { ...mirror, dryRun: true };
  if (file !== undefined) checkPlanFile(file);
  const madeAt = clock.now();
  const onNotice = (message: string): void => ctx.report({ type: "notice", message });
  const stateDir = file === undefined && mirror.history ? mirror.stateDir : undefined;
  await using store = await openPlanStore(stateDir, onNotice, true);
  const onPlan = (made: MadePlan, summary: RunSummary): RunSummary => {
    if (summary.status === "interrupted") return summary;
    const { id, lines } = encodePlan(documentOf(request, made, madeAt));
    const saved = {
      type: "saved",
      target: summary.target,
      madeAt,
      file,
      appliedAt: undefined,
    } as const;
    if (file !== undefined) writePlanFile(file, id, lines);
    const isSaved = file !== undefined || save(store, id, summary, lines);
    ctx.report({ ...saved, id: isSaved ? id : undefined });
    const hasChanges = Object.values(made.decision.plan.totals).some((total) => total > 0);
    return detailed && hasChanges && summary.status === "done"
      ? { ...summary, status: "changes" }
      : summary;
  };
  return await runTargets(request, ctx, clock, { onPlan });
}

function save(
  store: StateStore | undefined,
  id: string,
  { source, target }: RunSummary,
  lines: readonly string[],
): boolean {
  const title = `mirror ${source} → ${target}`;
  return store?.savePlan(id, title, Buffer.from(lines.join(""))) ?? false;
}
