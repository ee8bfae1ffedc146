import type { Plan } from "../core/plan.ts";
import { actionsOf, phaseNames } from "../core/plan.ts";
import type { Phases } from "../core/plan.ts";
import type { PlanStep } from "../core/plan-check.ts";
import { needsOf } from "../core/plan-needs.ts";
import { totalsOf } from "../core/plan-totals.ts";
import type { DecodedPlan } from "../state/plan/decode-plan.ts";
import type { PlanDocument, PlanHeader, PlannedRoot } from "../state/plan/plan-document.ts";
import type { MadePlan } from "./mirror.ts";
import type { Located } from "./replica-key.ts";
import { fixedLocation } from "./replica-key.ts";
import type { MirrorRequest } from "./request.ts";

/** Everything that has to be known of a plan to carry it out another time. */
export function documentOf(
  request: MirrorRequest,
  { source, target, decision }: MadePlan,
  madeAt: number,
): Omit<PlanDocument, "header"> & { readonly header: Omit<PlanHeader, "id"> } {
  const { plan, guards, room } = decision;
  const { checked, targetEntries, skipped, problems, concerns } = plan;
  const header = {
    madeAt,
    source: rootOf(source),
    target: rootOf(target),
    preserve: target.preserve,
    links: request.links,
    modifyWindow: request.modifyWindow,
    single: target.single,
    deleteLimit: request.deleteLimit,
    versions: request.versions,
    accept: [...request.accept],
    guards,
    room,
    checked,
    targetEntries,
    skipped,
  };
  return { header, actions: plannedActions(plan), problems, concerns };
}

function rootOf({ where, root: { kind, lineage } }: Located): PlannedRoot {
  const exists = kind !== "missing" && kind !== "dangling";
  const path = fixedLocation(where);
  return { location: where.typed, path, exists, identity: lineage[0]! };
}

function plannedActions(plan: Plan): PlanDocument["actions"] {
  const needs = needsOf(actionsOf(plan));
  let number = 0;
  return phaseNames.flatMap((phase) =>
    plan.phases[phase].map((action) => ({
      phase,
      action,
      needs: needs[number]!,
      number: ++number,
    })),
  );
}

/** The plan that is left of one that was read. */
export function planOf(document: DecodedPlan, steps: readonly PlanStep[]): Plan {
  const { header, problems, concerns } = document;
  const byPhase = Map.groupBy(steps, ({ phase }) => phase);
  const lists = phaseNames.map((phase) => [
    phase,
    (byPhase.get(phase) ?? []).map(({ action }) => action),
  ]);
  const phases = Object.fromEntries(lists) as unknown as Phases;
  const { checked, targetEntries, skipped } = header;
  return { phases, totals: totalsOf(phases), checked, targetEntries, skipped, problems, concerns };
}
