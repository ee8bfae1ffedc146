import type { RelPath } from "../core/path.ts";
import { isWithinAny } from "../core/path.ts";
import type { Action, Phases, Plan } from "../core/plan.ts";
import type { ProblemCode } from "../core/problem.ts";
import { phaseNames } from "../core/plan.ts";
import type { ChunkMemory } from "../state/state.ts";
import { EntryProblem } from "../endpoint/endpoint.ts";
import type { ApplyOptions, Endpoint, Outcome } from "../endpoint/endpoint.ts";
import { knownFiles } from "./known-files.ts";
import { noteChunks } from "./note-chunks.ts";

/** Phases whose actions must keep their order: parents before children, or the other way round. */
const ordered: ReadonlySet<keyof Phases> = new Set([
  "moves",
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
  /** What large files of the target consist of, where that is remembered. */
  readonly chunks?: ChunkMemory;
  /** Flush the target before anything is deleted, or at the end. */
  readonly flush: boolean;
  readonly onFlush: () => void;
}

/** Carries out a plan, phase after phase. Ends early, between two actions, when the signal aborts. */
export async function* applyPlan(
  input: ApplyInput,
  signal: AbortSignal,
): AsyncGenerator<Outcome[]> {
  const { plan, source, target, chunks } = input;
  /** What could not be made, or not be moved there: its one problem speaks for all that should be done to it or inside. */
  const lost = new Set<RelPath>();
  /** Where an old content still stands, or none: nothing may become a further name of that. */
  const failed = new Set<RelPath>();
  let isFull = false;
  let unflushed = false;
  const flush = async (): Promise<void> => {
    if (!input.flush || !unflushed) return;
    input.onFlush();
    await target.flush();
    unflushed = false;
  };
  for (const name of phaseNames) {
    if (signal.aborted) break;
    if (name === "removals") {
      const unreadable = await unreadableReplacements(input, signal);
      for (const { action } of unreadable) lost.add(action.path);
      if (unreadable.length > 0) yield unreadable;
    }
    const [first] = plan.phases[name];
    if (isFull && takesAway.has(name)) {
      // Said once: what is still to be removed may be all that is left of what could not be put in place.
      if (first !== undefined && name === "removals") yield [keptOutcome(first)];
      continue;
    }
    const wanted = plan.phases[name].filter((action) => !isWithinAny(action.path, lost));
    const isBlocked = (action: Action): boolean =>
      (action.type === "link" || action.type === "copy-file") &&
      (failed.has(action.from) || isWithinAny(action.from, lost));
    const actions = wanted.filter((action) => !isBlocked(action));
    if (actions.length < wanted.length) yield wanted.filter(isBlocked).map(blockedOutcome);
    if (actions.length === 0) continue;
    // DURABILITY: what replaces a deleted entry is on the disk before that entry goes.
    if (name === "removals") await flush();
    const { followLinks } = input.options;
    const known = await knownFiles({ memory: chunks, source, followLinks }, actions, signal);
    const options = { ...input.options, ...known };
    for await (const outcomes of target.apply(
      actions,
      ordered.has(name),
      source,
      options,
      signal,
    )) {
      noteChunks(chunks, outcomes);
      yield outcomes.filter(({ action, done, problem }) => {
        if (isWithinAny(action.path, lost)) return false;
        isFull ||= problem?.side === "target" && incapable.has(problem.code);
        if (!done) lose(action, lost, failed);
        return true;
      });
    }
    if (name !== "removals") unflushed = true;
  }
  await flush();
}

/** Notes what cannot be worked with, since an action on it was not done. */
function lose(action: Action, lost: Set<RelPath>, failed: Set<RelPath>): void {
  switch (action.type) {
    case "make-directory":
    case "move":
      lost.add(action.path);
      return;
    case "exchange":
      lost.add(action.path).add(action.from);
      return;
    default:
      failed.add(action.path);
  }
}

/** Phases in which the target loses something. */
const takesAway: ReadonlySet<keyof Phases> = new Set([
  "removals",
  "replacements",
  "replacementLinks",
]);

/** Trouble of the target as a whole, and not of the one path that met it first. */
const incapable: ReadonlySet<ProblemCode> = new Set(["no-space", "quota", "read-only", "io"]);

function keptOutcome(action: Action): Outcome {
  const message =
    "nothing is removed from the target, since not everything could be put in place; see the other problems";
  const problem = { path: action.path, side: "target", code: "blocked", message } as const;
  return { action, done: false, bytes: 0, shared: 0, problem };
}

/** A directory is not emptied for a file that then cannot be read. */
async function unreadableReplacements(
  { plan: { phases }, source, options }: ApplyInput,
  signal: AbortSignal,
): Promise<Outcome[]> {
  const out: Outcome[] = [];
  for (const action of phases.replacements) {
    if (action.type !== "put-file" || signal.aborted) continue;
    const { path, content = path, entry } = action;
    try {
      const pieces = source.read(content, entry, options, signal)[Symbol.asyncIterator]();
      await pieces.next();
      await pieces.return?.();
    } catch (error) {
      if (signal.aborted) return out;
      if (!(error instanceof EntryProblem)) throw error;
      const { side, code, message } = error;
      out.push({
        action,
        done: false,
        bytes: 0,
        shared: 0,
        problem: { path, side, code, message },
      });
    }
  }
  return out;
}

function blockedOutcome(action: Action): Outcome {
  const message = "the file that it shall be a further name or a copy of is not in place";
  const problem = { path: action.path, side: "target", code: "blocked", message } as const;
  return { action, done: false, bytes: 0, shared: 0, problem };
}
