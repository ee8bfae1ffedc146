import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type { Order } from "../fixtures/state-process.ts";

/** Another process that uses the same state. */
export interface StateProcess extends AsyncDisposable {
  readonly pid: number;
  tell(order: Order): Promise<unknown>;
  /** Kills it with SIGKILL, and waits until it is gone. */
  kill(): Promise<void>;
}

/** Starts a process that uses the state in a directory, as `nobody` where it would else be root. */
export async function startStateProcess(dir: string, rights?: "nobody"): Promise<StateProcess> {
  const file = fileURLToPath(new URL("../fixtures/state-process.ts", import.meta.url));
  const child = fork(file, rights === undefined ? [dir] : [dir, rights]);
  await answerOf(child);
  const kill = async (): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, "exit");
    child.kill("SIGKILL");
    await gone;
  };
  return {
    pid: child.pid!,
    tell: (order) => {
      const answer = answerOf(child);
      child.send(order);
      return answer;
    },
    kill,
    [Symbol.asyncDispose]: kill,
  };
}

async function answerOf(child: ChildProcess): Promise<unknown> {
  const stop = new AbortController();
  const ended = once(child, "exit", { signal: stop.signal }).then(() => {
    throw new Error("the process ended without an answer");
  });
  ended.catch(() => {});
  const [answer] = (await Promise.race([
    once(child, "message", { signal: stop.signal }),
    ended,
  ])) as unknown[];
  stop.abort();
  return answer;
}
