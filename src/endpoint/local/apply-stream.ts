import type { Action } from "../../core/plan.ts";
import type { Problem } from "../../core/problem.ts";
import type { HostPath } from "../../fs/driver.ts";
import type { ApplyOptions, Outcome } from "../endpoint.ts";
import { batchBuffers, encodeActions } from "../../core/action-batch.ts";
import type { LocalHost } from "./host.ts";
import type { ApplyJob, ApplyResult, Counters, Signals } from "./jobs.ts";
import { runApply } from "./run-job.ts";

/** What one phase is carried out with. */
export interface ApplyWork {
  readonly host: LocalHost;
  readonly target: HostPath;
  readonly source: HostPath | undefined;
  readonly options: Omit<ApplyOptions, "known">;
  /** What files of the target consist of. Only whoever wants content looks at it, in this thread. */
  readonly known: ApplyOptions["known"];
  readonly timeResolution: number;
  readonly counters: Counters;
  readonly signals: Signals;
}

/** Bounds of a batch: enough to make handing it over cheap, little enough to keep all threads busy to the end. */
const batchActions = 256;
const batchBytes = 16 << 20;
/** Up to this much is done in this thread: less work than starting another one. */
const smallActions = 32;
const smallBytes = 1 << 20;

/** Carries out actions in worker threads. Outcomes come in the order of the actions, whatever finishes first. */
export async function* applyStream(
  work: ApplyWork,
  actions: readonly Action[],
  ordered: boolean,
): AsyncGenerator<Outcome[]> {
  if (isSmall(actions)) {
    yield outcomes(actions, runApply(work.host.driver, jobOf(work, actions)));
    return;
  }
  const running: { readonly batch: readonly Action[]; readonly result: Promise<ApplyResult> }[] =
    [];
  const limit = ordered ? 1 : work.host.threads + 1;
  for (const batch of batchesOf(actions, ordered)) {
    const job = jobOf(work, batch);
    const result = work.host.pool.run<ApplyResult>(job, batchBuffers(job.batch));
    result.catch(() => {});
    running.push({ batch, result });
    if (running.length < limit) continue;
    const first = running.shift()!;
    yield outcomes(first.batch, await first.result);
  }
  for (const { batch, result } of running) yield outcomes(batch, await result);
}

function jobOf(work: ApplyWork, actions: readonly Action[]): ApplyJob {
  const { target, source, options, timeResolution, counters, signals, host } = work;
  const batch = encodeActions(actions);
  return {
    type: "apply",
    target,
    source,
    options,
    self: host.self,
    timeResolution,
    batch,
    signals,
    counters,
  };
}

function isSmall(actions: readonly Action[]): boolean {
  return (
    actions.length <= smallActions &&
    actions.reduce((sum, action) => sum + bytesOf(action), 0) <= smallBytes
  );
}

function bytesOf(action: Action): number {
  return action.type === "put-file" ? action.entry.size : 0;
}

function* batchesOf(actions: readonly Action[], ordered: boolean): Generator<readonly Action[]> {
  const most = ordered ? 4 * batchActions : batchActions;
  let from = 0;
  let bytes = 0;
  for (const [i, action] of actions.entries()) {
    bytes += bytesOf(action);
    if (i + 1 - from < most && bytes < batchBytes) continue;
    yield actions.slice(from, i + 1);
    from = i + 1;
    bytes = 0;
  }
  if (from < actions.length) yield actions.slice(from);
}

/** Puts a worker's rows beside their actions; actions that were not begun have no outcome. */
function outcomes(actions: readonly Action[], result: ApplyResult): Outcome[] {
  const out: Outcome[] = [];
  const problems = new Map(result.problems.map((problem) => [problem.row, problem]));
  for (let row = 0; row < result.done; row++) {
    const action = actions[row]!;
    const trouble = problems.get(row);
    const bytes = result.bytes[row]!;
    const shared = result.shared[row]!;
    if (trouble === undefined) {
      out.push({ action, bytes, shared, done: true });
      continue;
    }
    const { side, code, message, partly } = trouble;
    const problem: Problem = { path: action.path, side, code, message };
    out.push({ action, bytes, shared, done: partly, problem });
  }
  return out;
}
