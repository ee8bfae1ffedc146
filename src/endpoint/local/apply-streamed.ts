import type { Action } from "../../core/plan.ts";
import { isPut } from "../../core/put-action.ts";
import type { ContentSource, Outcome } from "../endpoint.ts";
import type { ApplyWork } from "./apply-stream.ts";
import { applyStream } from "./apply-stream.ts";
import type { HeldFiles } from "./hold-files.ts";
import { holdReplaced } from "./hold-files.ts";
import { unpackPuts } from "./unpack-puts.ts";

/** Where content comes from, and in which order it is wanted. */
export interface StreamedFrom {
  readonly ordered: boolean;
  readonly source: ContentSource;
  readonly signal: AbortSignal;
}

/**
 * Carries out actions whose content comes in packs: those that put files through a stream of them, everything else the usual
 * way. Outcomes come in the order of the actions, as a plan promises, although what needs no content is done first.
 */
export async function* applyStreamed(
  work: ApplyWork,
  actions: readonly Action[],
  from: StreamedFrom,
): AsyncGenerator<Outcome[]> {
  const known = new Map<Action, Outcome>();
  let next = 0;
  using held = holdReplaced(work, actions);
  for await (const outcomes of applyGroups(work, actions, { ...from, held })) {
    for (const outcome of outcomes) known.set(outcome.action, outcome);
    const inTurn: Outcome[] = [];
    for (let outcome = known.get(actions[next]!); outcome !== undefined;) {
      inTurn.push(outcome);
      known.delete(outcome.action);
      outcome = known.get(actions[++next]!);
    }
    if (inTurn.length > 0) yield inTurn;
  }
  // Where the run was stopped, some in between were not begun.
  if (known.size > 0) yield actions.flatMap((action) => known.get(action) ?? []);
}

async function* applyGroups(
  work: ApplyWork,
  actions: readonly Action[],
  { ordered, source, signal, held }: StreamedFrom & { readonly held: HeldFiles },
): AsyncGenerator<Outcome[]> {
  for (const group of groupsOf(actions, ordered)) {
    if (signal.aborted) return;
    if (group.every(isPut)) yield* unpackPuts({ work, source, signal, held }, group);
    else yield* applyStream(work, group, ordered);
  }
}

/** Actions that need content, and those that do not, in groups. What has an order keeps it. */
function groupsOf(actions: readonly Action[], ordered: boolean): (readonly Action[])[] {
  if (!ordered) {
    const groups = [actions.filter((action) => !isPut(action)), actions.filter(isPut)];
    return groups.filter((group) => group.length > 0);
  }
  const runs: Action[][] = [];
  for (const action of actions) {
    const last = runs.at(-1);
    if (last !== undefined && isPut(last[0]!) === isPut(action)) last.push(action);
    else runs.push([action]);
  }
  return runs;
}
