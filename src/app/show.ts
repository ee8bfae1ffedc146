import type { Report } from "../engine/events.ts";
import { actionsOf, labelOf } from "../core/plan.ts";
import type { OpenedPlan } from "./saved-plans.ts";

/** Milliseconds; what is older is worth a remark. */
const oldAfter = 24 * 3600 * 1000;

/** Reports a saved plan as it was reported when it was made, and first what is to be known of it now. */
export function tellPlan(opened: OpenedPlan, now: number, report: Report): void {
  const { header, plan, appliedAt, file } = opened;
  const { id, madeAt, guards, room, accept } = header;
  const { location: target } = header.target;
  for (const message of remarksOn(opened, now)) report({ type: "notice", message });
  report({ type: "start", source: header.source.location, target, dryRun: true });
  report({ type: "plan", target, plan, guards, room });
  for (const trip of guards) {
    report({ type: "guard", target, trip, accepted: accept.includes(trip.guard) });
  }
  for (const problem of plan.problems) report({ type: "problem", target, problem });
  for (const action of actionsOf(plan)) {
    if (labelOf(action) === undefined) continue;
    report({ type: "action", target, action, outcome: "planned" });
  }
  report({ type: "saved", target, id, madeAt, file, appliedAt });
}

/** What is to be known of a saved plan besides what it says, each a sentence. */
export function remarksOn(
  { header, appliedAt, isEdited, offences }: OpenedPlan,
  now: number,
): string[] {
  const { id, madeAt } = header;
  const made = new Date(madeAt).toISOString();
  return [
    ...(appliedAt === undefined ? [] : [`plan ${id} was applied at ${appliedAt}`]),
    ...(now - madeAt <= oldAfter
      ? []
      : [`plan ${id} was made at ${made}; what has changed since then will be left alone`]),
    ...(isEdited ? [`actions have been taken out of plan ${id}`] : []),
    ...offences
      .slice(0, 3)
      .map(({ line, message }) => `it cannot be applied: line ${line}: ${message}`),
  ];
}
