import type { Signals } from "./jobs.ts";
import { newSignals, stopFlag } from "./jobs.ts";

/**
 * Does something in threads that has to stop when the signal aborts: whoever works looks at the flag, and the whole throws the
 * signal's reason. What is still under way after a failure has nobody left to do it for, and is told to stop, too.
 */
export async function withSignals<T>(
  signal: AbortSignal,
  work: (signals: Signals) => Promise<T>,
): Promise<T> {
  signal.throwIfAborted();
  const signals = newSignals(0);
  const stop = (): void => void Atomics.store(signals, stopFlag, 1);
  signal.addEventListener("abort", stop);
  try {
    const result = await work(signals);
    signal.throwIfAborted();
    return result;
  } finally {
    stop();
    signal.removeEventListener("abort", stop);
  }
}
