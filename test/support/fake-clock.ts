import type { Clock } from "../../src/base/clock.ts";

/** A clock that passes time only when it is told to, or while somebody sleeps on it. */
export interface FakeClock extends Clock {
  /** Lets time pass on both of its faces. */
  readonly pass: (ms: number) => void;
  /** Sets the wall clock, by so much; the monotonic one never notices. */
  readonly set: (ms: number) => void;
  /** How long each sleep was meant to be. */
  readonly sleeps: readonly number[];
}

export function fakeClock(start: number): FakeClock {
  let wall = start;
  let monotonic = 5;
  const sleeps: number[] = [];
  const pass = (ms: number) => {
    wall += ms;
    monotonic += ms;
  };
  return {
    sleeps,
    pass,
    set: (ms) => {
      wall += ms;
    },
    now: () => wall,
    monotonic: () => monotonic,
    sleep: (ms, signal) => {
      if (!signal.aborted) {
        sleeps.push(ms);
        pass(ms);
      }
      return Promise.resolve();
    },
  };
}
