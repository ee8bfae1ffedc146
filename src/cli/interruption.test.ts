import { describe, expect, test } from "vitest";

import { fakeClock } from "../../test/support/fake-clock.ts";
import { watchSignals } from "./interruption.ts";

function watched(repeats: boolean, running = true) {
  const clock = fakeClock(0);
  const said: string[] = [];
  const exits: number[] = [];
  let listener = () => {};
  const interruption = watchSignals(
    {
      clock,
      onSignal: (heard) => {
        listener = heard;
        return () => {
          listener = () => {};
        };
      },
      exitNow: (code) => {
        exits.push(code);
        throw new Error("the process is over");
      },
    },
    { repeats, isRunning: () => running },
    (words) => said.push(words),
  );
  const signal = (after = 1000) => {
    clock.pass(after);
    listener();
    return [interruption.stop.aborted, interruption.cancel.aborted];
  };
  return { interruption, signal, said, exits };
}

describe("a single run", () => {
  test("stops cleanly at the first signal and at once at the second", () => {
    const { interruption, signal, exits } = watched(false);
    expect(signal()).toEqual([true, true]);
    expect(interruption.wasSignalled()).toBe(true);
    expect(() => signal()).toThrow("over");
    expect(exits).toEqual([130]);
  });

  test("takes a signal that comes twice within a moment for one", () => {
    const { signal, exits } = watched(false);
    signal();
    signal(50);
    expect(exits).toEqual([]);
  });
});

describe("repetition", () => {
  test("ends after the run in hand, then after the files in hand, then at once", () => {
    const { signal, said, exits } = watched(true);
    expect(signal()).toEqual([true, false]);
    expect(signal()).toEqual([true, true]);
    expect(() => signal()).toThrow("over");
    expect(exits).toEqual([130]);
    expect(said).toEqual([
      "ending after the run in hand; once more to stop it",
      "stopping after the files in hand; once more to stop now",
    ]);
  });

  test("has nothing to say while no run is in hand", () => {
    const { signal, said } = watched(true, false);
    signal();
    expect(said).toEqual([]);
  });

  test("ends by a word without having been signalled", () => {
    const { interruption } = watched(true);
    interruption.quit();
    expect([
      interruption.stop.aborted,
      interruption.cancel.aborted,
      interruption.wasSignalled(),
    ]).toEqual([true, false, false]);
  });
});

test("what is disposed of no longer listens", () => {
  const { interruption, signal } = watched(false);
  interruption[Symbol.dispose]();
  expect(signal()).toEqual([false, false]);
});
