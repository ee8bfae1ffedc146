import type { Clock } from "../base/clock.ts";
import { SyncError } from "../base/errors.ts";
import { noFilter } from "../core/filter.ts";
import type { GuardName } from "../core/guards.ts";
import { preserveKeys } from "../core/preserve.ts";
import type { PlanHeader } from "../state/plan/plan-document.ts";
import type { StateStore } from "../state/state.ts";
import { runTargets } from "./mirror.ts";
import type { MirrorRequest, MirrorResult, RunContext } from "./request.ts";
import type { OpenedPlan } from "./saved-plans.ts";
import { readPlanFile } from "./plan-file.ts";
import { openPlanStore } from "./saved-plans.ts";
import { remarksOn } from "./show.ts";

/** How a saved plan is to be applied. */
export interface ApplyRequest {
  readonly opened: OpenedPlan;
  /** Guards that may trip besides those that the plan accepts. */
  readonly accept: ReadonlySet<GuardName>;
  readonly flush: boolean;
  readonly stateDir: string | undefined;
  readonly history: boolean;
  readonly login?: MirrorRequest["login"];
  readonly driver: MirrorRequest["driver"];
}

const shownOffences = 3;

/**
 * Carries out a saved plan: exactly that, and once. Every action checks what it finds; what is stale is a problem of its
 * own, and the rest is done. Throws `USAGE` where the plan cannot be applied at all, before anything is touched.
 */
export async function applySaved(
  request: ApplyRequest,
  ctx: RunContext,
  clock: Clock,
): Promise<MirrorResult> {
  const onNotice = (message: string): void => ctx.report({ type: "notice", message });
  const { opened } = request;
  refuseUnfit(opened);
  const stateDir = request.history ? request.stateDir : undefined;
  await using store = await openPlanStore(stateDir, onNotice, true);
  const { header, plan } = opened;
  remarksOn(opened, clock.now()).forEach(onNotice);
  const { source, target } = header;
  return await runTargets(requestOf(header, request), ctx, clock, {
    made: { plan, planned: { source, target }, single: header.single },
    begin: () => markApplied(opened, store, onNotice),
  });
}

function refuseUnfit({ name, header, offences, appliedAt }: OpenedPlan): void {
  if (appliedAt !== undefined) {
    throw new SyncError(
      "USAGE",
      `${name}: plan ${header.id} was applied already, at ${appliedAt}`,
      {
        hint: "A plan is applied once. Make a new one with syncline plan.",
      },
    );
  }
  if (offences.length === 0) return;
  const shown = offences
    .slice(0, shownOffences)
    .map(({ line, message }) => `line ${line}: ${message}`);
  const rest = offences.length - shown.length;
  const more = rest === 0 ? "" : `; and ${rest} more`;
  throw new SyncError("USAGE", `${name}: what is left makes no sense; ${shown.join("; ")}${more}`, {
    hint: "Take these lines out, too, or put the others back. Nothing was touched.",
  });
}

/** What a mirror would be asked for, that came to this plan. */
function requestOf(
  header: PlanHeader,
  { accept, flush, stateDir, history, login, driver }: ApplyRequest,
): MirrorRequest {
  const { source, target, preserve, links, modifyWindow, deleteLimit, versions } = header;
  return {
    source: source.path,
    targets: [target.path],
    dryRun: false,
    delete: true,
    deleteExcluded: false,
    deleteLimit,
    accept: new Set([...header.accept, ...accept]),
    compare: "size+mtime",
    modifyWindow,
    preserve: new Map(preserveKeys.map((key) => [key, preserve[key]])),
    links,
    filter: noFilter,
    ignoreFiles: false,
    oneFileSystem: false,
    moves: false,
    hash: "blake3",
    flush,
    versions,
    stateDir,
    history,
    login,
    driver,
  };
}

/** A plan that came in a file is remembered like one that was saved in the state. */
function markApplied(
  { header, file }: OpenedPlan,
  store: StateStore | undefined,
  onNotice: (message: string) => void,
): void {
  const { id, source, target } = header;
  if (store === undefined) {
    onNotice(`nothing remembers that plan ${id} is being applied now; do not apply it again`);
    return;
  }
  if (store.markPlanApplied(id)) return;
  const known = store.loadPlan(id);
  if (known.type === "found" && known.plan.appliedAt !== undefined) {
    throw new SyncError("USAGE", `plan ${id} has just been applied by somebody else`);
  }
  const body = file === undefined ? new Uint8Array(0) : Buffer.concat([...readPlanFile(file)]);
  store.savePlan(id, `mirror ${source.path} → ${target.path}`, body);
  if (store.markPlanApplied(id)) return;
  onNotice(`nothing remembers that plan ${id} is being applied now; do not apply it again`);
}
