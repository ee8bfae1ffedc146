import type { RelPath } from "../core/path.ts";
import { isWithinAny } from "../core/path.ts";
import type { Action, Phases, Plan } from "../core/plan.ts";
import { phaseNames } from "../core/plan.ts";
import type { ApplyOptions, Endpoint, Outcome } from "../endpoint/endpoint.ts";

/** Phases whose actions must keep their order: parents before children, or the other way round. */
const ordered: ReadonlySet<keyof Phases> = new Set([
  "directories",
  "removals",
  "replacements",
  "finishing",
]);

export interface ApplyInput {
  readonly plan: Plan;
  readonly source: Endpoint;
  readonly target: Endpoint;
  readonly options: ApplyOptions;
  /** Flush the target before anything is deleted, or at the end. */
  readonly flush: boolean;
  readonly onFlush: () => void;
}

/** Carries out a plan, phase after phase. Ends early, between two actions, when the signal aborts. */
export async function* applyPlan(
  input: ApplyInput,
  signal: AbortSignal,
): AsyncGenerator<Outcome[]> {
  const { plan, source, target, options } = input;
  /** Directories that could not be made: their one problem speaks for all that should be inside. */
  const lost = new Set<RelPath>();
  /** Where an old content still stands, or none: nothing may become a further name of that. */
  const failed = new Set<RelPath>();
  let unflushed = false;
  const flush = async (): Promise<void> => {
    if (!input.flush || !unflushed) return;
    input.onFlush();
    await target.flush();
    unflushed = false;
  };
  for (const name of phaseNames) {
    if (signal.aborted) break;
    const wanted = plan.phases[name].filter((action) => !isWithinAny(action.path, lost));
    const actions = wanted.filter((action) => !isBlocked(action, failed));
    if (actions.length < wanted.length) {
      yield wanted.filter((action) => isBlocked(action, failed)).map(blockedOutcome);
    }
    if (actions.length === 0) continue;
    // DURABILITY: what replaces a deleted entry is on the disk before that entry goes.
    if (name === "removals") await flush();
    for await (const outcomes of target.apply(
      actions,
      ordered.has(name),
      source,
      options,
      signal,
    )) {
      for (const { action, done } of outcomes) {
        if (done) continue;
        (action.type === "make-directory" ? lost : failed).add(action.path);
      }
      yield outcomes;
    }
    if (name !== "removals") unflushed = true;
  }
  await flush();
}

function isBlocked(action: Action, failed: ReadonlySet<RelPath>): boolean {
  return action.type === "link" && failed.has(action.from);
}

function blockedOutcome(action: Action): Outcome {
  const message = "the file that it shall be a further name of is not in place";
  const problem = { path: action.path, side: "target", code: "blocked", message } as const;
  return { action, done: false, bytes: 0, shared: 0, problem };
}
