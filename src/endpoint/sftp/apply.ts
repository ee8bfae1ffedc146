import type { Action } from "../../core/plan.ts";
import type { ContentSource, Outcome } from "../endpoint.ts";
import { EntryProblem } from "../endpoint.ts";
import type { Applier, Done } from "./applier.ts";
import { applyAction } from "./apply-action.ts";
import { explain } from "./explain.ts";
import { Gate } from "./gate.ts";
import { Order } from "./order.ts";
import { Outcomes } from "./outcomes.ts";
import type { PutFile } from "./put-file.ts";
import { statusOf } from "./status-error.ts";
import type { BeginPut } from "./unpack.ts";
import { unpack } from "./unpack.ts";

/** Actions under way. */
interface Run {
  readonly ctx: Applier;
  readonly actions: readonly Action[];
  readonly source: ContentSource;
  readonly outcomes: Outcomes;
  /** As many actions at once as files may be open. */
  readonly slots: Gate;
  readonly signal: AbortSignal;
}

/** Carries out actions, many at once. Outcomes come in the order of the actions, whatever finishes first. */
export async function* applyActions(
  ctx: Applier,
  actions: readonly Action[],
  ordered: boolean,
  source: ContentSource,
  signal: AbortSignal,
): AsyncGenerator<Outcome[]> {
  const left = new AbortController();
  const run: Run = {
    ctx,
    actions,
    source,
    outcomes: new Outcomes(),
    slots: new Gate(ctx.session.openFiles),
    signal: AbortSignal.any([signal, left.signal]),
  };
  const { outcomes } = run;
  const working = (ordered ? runInOrder(run) : runAtOnce(run)).then(
    () => outcomes.finish(),
    (error: unknown) => outcomes.fail(error),
  );
  try {
    yield* outcomes.read();
  } finally {
    left.abort();
    await working;
  }
}

async function runInOrder(run: Run): Promise<void> {
  const { actions, slots, signal } = run;
  const order = new Order();
  try {
    for (const [i, action] of actions.entries()) {
      await slots.enter(1);
      run.outcomes.check();
      if (signal.aborted) break;
      order.add(action, async () => {
        try {
          run.outcomes.check();
          if (!signal.aborted) await carryOut(run, i);
        } catch (error) {
          run.outcomes.fail(error);
        } finally {
          slots.leave(1);
        }
      });
    }
  } finally {
    await order.idle();
  }
}

async function carryOut(run: Run, index: number): Promise<void> {
  const action = run.actions[index]!;
  if (action.type !== "put-file") {
    await settle(run, index, applyAction(run.ctx, action));
    return;
  }
  const begin = (_first: number, work: () => Promise<Done>): Promise<void> =>
    settle(run, index, work());
  await unpack(run.ctx, [action], run.source, begin, run.signal);
}

async function runAtOnce(run: Run): Promise<void> {
  const { actions, slots, signal, outcomes } = run;
  const running = new Set<Promise<void>>();
  const begin = async (
    index: number,
    work: () => Promise<Done>,
    isInHand: boolean = false,
  ): Promise<void> => {
    await slots.enter(1);
    outcomes.check();
    if (signal.aborted && !isInHand) {
      slots.leave(1);
      return;
    }
    const task = settle(run, index, work())
      .catch((error: unknown) => outcomes.fail(error))
      .finally(() => {
        slots.leave(1);
        running.delete(task);
      });
    running.add(task);
  };
  const puts: PutFile[] = [];
  const others: [number, Exclude<Action, PutFile>][] = [];
  /** Where each file is among the actions. */
  const places: number[] = [];
  for (const [i, action] of actions.entries()) {
    if (action.type !== "put-file") others.push([i, action]);
    else {
      places.push(i);
      puts.push(action);
    }
  }
  const beginPut: BeginPut = (place, work, isInHand) => begin(places[place]!, work, isInHand);
  const putting = unpack(run.ctx, puts, run.source, beginPut, signal);
  const doing = (async () => {
    for (const [i, action] of others) {
      if (signal.aborted) return;
      await begin(i, () => applyAction(run.ctx, action));
    }
  })();
  const [put, done] = await Promise.allSettled([putting, doing]);
  await Promise.all(running);
  if (put.status === "rejected") throw put.reason;
  if (done.status === "rejected") throw done.reason;
}

/** Waits for an action and notes what became of it. Trouble with its path is an outcome; rejects with anything else. */
async function settle(run: Run, index: number, work: Promise<Done>): Promise<void> {
  const action = run.actions[index]!;
  const outcome = await outcomeOf(run, action, work);
  if (action.type === "put-file") run.ctx.counts.files++;
  run.outcomes.settle(index, outcome);
}

async function outcomeOf({ ctx }: Run, action: Action, work: Promise<Done>): Promise<Outcome> {
  const { path } = action;
  try {
    const { bytes, problem } = await work;
    if (problem === undefined) return { action, done: true, bytes, shared: 0 };
    const { side, code, message } = problem;
    return { action, done: true, bytes, shared: 0, problem: { path, side, code, message } };
  } catch (error) {
    if (!(error instanceof EntryProblem) && statusOf(error) === undefined) throw error;
    const { side, code, message } = await explain(ctx, action, error);
    return { action, done: false, bytes: 0, shared: 0, problem: { path, side, code, message } };
  }
}
