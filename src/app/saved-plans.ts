import { existsSync } from "node:fs";

import { SyncError } from "../base/errors.ts";
import type { Offence } from "../core/plan-check.ts";
import { checkEdited } from "../core/plan-check.ts";
import type { Plan } from "../core/plan.ts";
import { isTempName, ownDirectory } from "../fs/temp-names.ts";
import type { DecodedPlan } from "../state/plan/decode-plan.ts";
import { decodePlan } from "../state/plan/decode-plan.ts";
import type { OwnNames, PlanHeader } from "../state/plan/plan-document.ts";
import type { StateStore } from "../state/state.ts";
import { planOf } from "./plan-document.ts";
import { readPlanFile } from "./plan-file.ts";

/** A plan as it was found. */
export interface OpenedPlan {
  /** As it was asked for. */
  readonly name: string;
  readonly header: PlanHeader;
  /** What is left of it. */
  readonly plan: Plan;
  /** Whether lines of actions were taken out. */
  readonly isEdited: boolean;
  /** Why it cannot be carried out as it is. */
  readonly offences: readonly Offence[];
  /** ISO 8601, UTC. */
  readonly appliedAt: string | undefined;
  /** Where it was read from, if that is a file. */
  readonly file: string | undefined;
}

const names: OwnNames = {
  isOwn: (path) => path === ownDirectory || path.startsWith(`${ownDirectory}/`),
  isTemporary: isTempName,
};

const pieceBytes = 1024 * 1024;
const idPattern = /^[0-9a-f]{2,64}$/;

/** Reads a plan; looking for it leaves no trace. Throws `USAGE` as {@link findPlan} does. */
export async function readPlan(
  name: string,
  stateDir: string | undefined,
  onNotice: (message: string) => void,
): Promise<OpenedPlan> {
  await using store = await openPlanStore(stateDir, onNotice, false);
  return findPlan(name, store);
}

/**
 * Finds a plan by its id, by the beginning of one, or in a file. A word that can be an id is one, if there is such a plan.
 * Throws `USAGE` where nothing is found, where it is not clear what is meant, and for what is no plan.
 */
function findPlan(name: string, store: StateStore | undefined): OpenedPlan {
  const found = idPattern.test(name) ? store?.loadPlan(name) : undefined;
  if (found?.type === "ambiguous") {
    throw new SyncError("USAGE", `${name}: several plans begin like this: ${found.ids.join(", ")}`);
  }
  if (found?.type === "found") {
    const { plan, body } = found;
    const document = decodePlan(slices(body), `plan ${plan.id}`, names);
    return opened(name, document, plan.appliedAt, undefined);
  }
  if (idPattern.test(name) && !existsSync(name)) {
    throw new SyncError("USAGE", `${name}: there is no plan with this id`, {
      hint: "It may have been made more than 30 days ago, or with another --state.",
    });
  }
  const document = decodePlan(readPlanFile(name), name, names);
  const same = store?.loadPlan(document.header.id);
  return opened(name, document, same?.type === "found" ? same.plan.appliedAt : undefined, name);
}

function opened(
  name: string,
  document: DecodedPlan,
  appliedAt: string | undefined,
  file: string | undefined,
): OpenedPlan {
  const { steps, offences } = checkEdited(document.actions);
  const { header, actions } = document;
  return {
    name,
    header,
    plan: planOf(document, steps),
    isEdited: actions.length < document.planned,
    offences,
    appliedAt,
    file,
  };
}

function* slices(bytes: Uint8Array): Generator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += pieceBytes) yield bytes.subarray(at, at + pieceBytes);
}

/** The state, if it is there: looking does not make what is looked for. */
export async function openPlanStore(
  stateDir: string | undefined,
  onNotice: (message: string) => void,
  make: boolean,
): Promise<StateStore | undefined> {
  if (stateDir === undefined || (!make && !existsSync(stateDir))) return undefined;
  const { openState } = await import("../state/store.ts");
  try {
    return await openState(stateDir, { onNotice });
  } catch (error) {
    if (!(error instanceof SyncError)) throw error;
    onNotice(error.message);
    return undefined;
  }
}
