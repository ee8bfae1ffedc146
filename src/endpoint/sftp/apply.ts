import type { Action } from "../../core/plan.ts";
import type { ContentSource, Outcome } from "../endpoint.ts";
import { EntryProblem } from "../endpoint.ts";
import { isAlreadyDone } from "./already-done.ts";
import { isDirectory } from "./attributes.ts";
import type { Applier } from "./applier.ts";
import { ignoringRefusal } from "./applier.ts";
import { applyAction } from "./apply-action.ts";
import type { ApplyTarget } from "./apply-target.ts";
import { explain } from "./explain.ts";
import { Gate } from "./gate.ts";
import { Order } from "./order.ts";
import { Outcomes } from "./outcomes.ts";
import type { PutFile } from "../../core/put-action.ts";
import type { Session } from "./session.ts";
import { statusOf } from "./status-error.ts";
import type { BeginPut, PutWork } from "./unpack.ts";
import { unpack } from "./unpack.ts";

/** Actions under way. */
interface Run extends ApplyTarget {
  readonly actions: readonly Action[];
  readonly source: ContentSource;
  readonly outcomes: Outcomes;
  /** As many actions at once as files may be open. */
  readonly slots: Gate;
  readonly signal: AbortSignal;
}

/**
 * Carries out actions, many at once. Outcomes come in the order of the actions, whatever finishes first. Where the connection
 * is lost and can be made again, what has no outcome yet is done over another one.
 */
export async function* applyActions(
  target: ApplyTarget,
  actions: readonly Action[],
  ordered: boolean,
  source: ContentSource,
  signal: AbortSignal,
): AsyncGenerator<Outcome[]> {
  const left = new AbortController();
  const { session } = await target.applier();
  const run: Run = {
    ...target,
    actions,
    source,
    outcomes: new Outcomes(),
    slots: new Gate(session.openFiles),
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
  await sweepUp(target);
}

/** Removes what was in hand when a connection was lost, now that there is another one: a run that goes well leaves nothing. */
async function sweepUp({ link, unswept }: ApplyTarget): Promise<void> {
  for (const host of unswept) {
    const sweep = async ({ client }: Session): Promise<void> => {
      const found = await client.lstat(host);
      if (found !== undefined)
        await (isDirectory(found) ? client.rmdir(host) : client.remove(host));
    };
    await link.run((session) => ignoringRefusal(sweep(session)));
    unswept.delete(host);
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
    await settle(run, index, (ctx) => applyAction(ctx, action));
    return;
  }
  const begin: BeginPut = (_first, work) => settle(run, index, work);
  await unpack({ ...run, begin }, [action], run.signal);
}

async function runAtOnce(run: Run): Promise<void> {
  const { actions, slots, signal, outcomes } = run;
  const running = new Set<Promise<void>>();
  const begin = async (index: number, work: PutWork, isInHand: boolean = false): Promise<void> => {
    await slots.enter(1);
    outcomes.check();
    if (signal.aborted && !isInHand) {
      slots.leave(1);
      return;
    }
    const task = settle(run, index, work)
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
  const putting = unpack({ ...run, begin: beginPut }, puts, signal);
  const doing = (async () => {
    for (const [i, action] of others) {
      if (signal.aborted) return;
      await begin(i, (ctx) => applyAction(ctx, action));
    }
  })();
  const [put, done] = await Promise.allSettled([putting, doing]);
  await Promise.all(running);
  if (put.status === "rejected") throw put.reason;
  if (done.status === "rejected") throw done.reason;
}

/** Carries out an action and notes what became of it. Trouble with its path is an outcome; rejects with anything else. */
async function settle(run: Run, index: number, work: PutWork): Promise<void> {
  const action = run.actions[index]!;
  for (;;) {
    try {
      const ctx = await run.applier();
      const outcome = await outcomeOf(ctx, action, work);
      if (action.type === "put-file") ctx.counts.files++;
      run.link.progress();
      run.outcomes.settle(index, outcome);
      return;
    } catch (error) {
      await run.link.recover(error);
    }
  }
}

async function outcomeOf(ctx: Applier, action: Action, work: PutWork): Promise<Outcome> {
  const { path } = action;
  try {
    const { bytes, problem } = await work(ctx);
    if (problem === undefined) return { action, done: true, bytes, shared: 0 };
    const { side, code, message } = problem;
    return { action, done: true, bytes, shared: 0, problem: { path, side, code, message } };
  } catch (error) {
    if (!(error instanceof EntryProblem) && statusOf(error) === undefined) throw error;
    const { side, code, message } = await explain(ctx, action, error);
    const mayBeDone = ctx.options.again === true && side === "target";
    if (mayBeDone && (await isAlreadyDone(ctx, action).catch(ignoringTrouble)))
      return { action, done: true, bytes: 0, shared: 0 };
    return { action, done: false, bytes: 0, shared: 0, problem: { path, side, code, message } };
  }
}

function ignoringTrouble(error: unknown): false {
  if (!(error instanceof EntryProblem) && statusOf(error) === undefined) throw error;
  return false;
}
