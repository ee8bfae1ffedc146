import type { Timers } from "../../src/wire/session-pulse.ts";

/** Timers that go off only when time is let pass. */
export interface FakeTimers extends Timers {
  /** Lets time pass, in the order of what is due; everything settles in between. */
  readonly pass: (ms: number) => Promise<void>;
  /** How many are set. */
  readonly count: () => number;
}

export function fakeTimers(): FakeTimers {
  let now = 0;
  const due = new Map<object, { at: number; action: () => void }>();
  const next = (until: number): { at: number; action: () => void; key: object } | undefined => {
    let first;
    for (const [key, timer] of due) {
      if (timer.at <= until && (first === undefined || timer.at < first.at)) {
        first = { ...timer, key };
      }
    }
    return first;
  };
  return {
    set: (ms, action) => {
      const key = {};
      due.set(key, { at: now + ms, action });
      return key;
    },
    clear: (key) => {
      due.delete(key as object);
    },
    count: () => due.size,
    pass: async (ms) => {
      const until = now + ms;
      await settled();
      for (let timer = next(until); timer !== undefined; timer = next(until)) {
        now = timer.at;
        due.delete(timer.key);
        timer.action();
        await settled();
      }
      now = until;
    },
  };
}

/** Everything that is going to happen without time passing has happened. */
export async function settled(): Promise<void> {
  await new Promise((resolve) => {
    setImmediate(resolve);
  });
}
