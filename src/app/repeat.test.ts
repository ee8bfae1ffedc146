import { setTimeout } from "node:timers/promises";

import { describe, expect, test } from "vitest";

import type { FakeClock } from "../../test/support/fake-clock.ts";
import { fakeClock } from "../../test/support/fake-clock.ts";
import { parseCron } from "../config/cron.ts";
import type { Schedule } from "./repeat.ts";
import { repeat } from "./repeat.ts";

const second = 1000;
const minute = 60 * second;
const hour = 60 * minute;

interface Script {
  readonly schedule: Schedule;
  readonly startAfter?: number;
  readonly runs: number;
  readonly from?: string;
  /** What a run does to the clock; by default it takes no time. */
  readonly during?: (clock: FakeClock, index: number) => void;
}

/** Repeats until that many runs are done, and tells when each began. */
async function starts({
  schedule,
  startAfter = 0,
  runs,
  from = "2026-11-20T10:00:00Z",
  during,
}: Script) {
  const clock = fakeClock(Date.parse(from));
  const stop = new AbortController();
  const begun: string[] = [];
  const announced: number[] = [];
  const run = () => {
    begun.push(new Date(clock.now()).toISOString().slice(0, 19));
    during?.(clock, begun.length - 1);
    if (begun.length === runs) stop.abort();
    return Promise.resolve(begun.length);
  };
  const onWait = (due: number) => announced.push(due);
  const code = await repeat({ schedule, startAfter, run, onWait }, clock, stop.signal);
  return {
    begun,
    code,
    sleeps: clock.sleeps,
    announced: announced.map((ms) => new Date(ms).toISOString().slice(11, 19)),
  };
}

function cron(expression: string, zone: string): Schedule {
  const parsed = parseCron(expression, zone);
  if (parsed === undefined) throw new Error(`not a cron expression: ${expression}`);
  return { type: "cron", next: (ms) => parsed.next(ms) };
}

describe("once", () => {
  test("one run, at once", async () => {
    const { begun, code, sleeps } = await starts({ schedule: { type: "once" }, runs: 9 });
    expect({ begun, code, sleeps }).toEqual({
      begun: ["2026-11-20T10:00:00"],
      code: 1,
      sleeps: [],
    });
  });

  test("a run may be put off", async () => {
    const { begun, announced } = await starts({
      schedule: { type: "once" },
      startAfter: 90 * second,
      runs: 9,
    });
    expect({ begun, announced }).toEqual({
      begun: ["2026-11-20T10:01:30"],
      announced: ["10:01:30"],
    });
  });
});

describe("every", () => {
  const every: Schedule = { type: "every", ms: 5 * minute };

  test("counts from start to start", async () => {
    const { begun, announced } = await starts({
      schedule: every,
      runs: 3,
      during: (clock) => clock.pass(2 * minute),
    });
    expect(begun).toEqual(["2026-11-20T10:00:00", "2026-11-20T10:05:00", "2026-11-20T10:10:00"]);
    expect(announced).toEqual(["10:05:00", "10:10:00"]);
  });

  test("a run that outlasts the interval is followed at once by one, whatever was missed", async () => {
    const { begun } = await starts({
      schedule: every,
      runs: 3,
      during: (clock, i) => clock.pass(i === 0 ? 17 * minute : 0),
    });
    expect(begun).toEqual(["2026-11-20T10:00:00", "2026-11-20T10:17:00", "2026-11-20T10:22:00"]);
  });

  test("never sleeps long, so that it notices what timers do not", async () => {
    const { sleeps } = await starts({ schedule: every, runs: 2 });
    expect(Math.max(...sleeps)).toBe(20 * second);
  });

  test("time asleep counts, though the monotonic clock stood still", async () => {
    const { begun } = await starts({
      schedule: every,
      runs: 3,
      during: (clock, i) => {
        if (i === 0) clock.set(8 * hour);
      },
    });
    expect(begun).toEqual(["2026-11-20T10:00:00", "2026-11-20T18:00:00", "2026-11-20T18:05:00"]);
  });

  test("a clock that is set back does not stretch the interval", async () => {
    const { begun } = await starts({
      schedule: every,
      runs: 2,
      during: (clock) => {
        clock.set(-24 * hour);
      },
    });
    expect(begun).toEqual(["2026-11-20T10:00:00", "2026-11-19T10:05:00"]);
  });
});

describe("cron", () => {
  test("waits for the first due time and runs at each", async () => {
    const { begun } = await starts({
      schedule: cron("*/15 * * * *", "UTC"),
      from: "2026-11-20T10:01:00Z",
      runs: 2,
    });
    expect(begun).toEqual(["2026-11-20T10:15:00", "2026-11-20T10:30:00"]);
  });

  test("due times missed by a long run are made up by one run", async () => {
    const { begun } = await starts({
      schedule: cron("*/15 * * * *", "UTC"),
      runs: 3,
      during: (clock, i) => clock.pass(i === 0 ? 50 * minute : 0),
    });
    expect(begun).toEqual(["2026-11-20T10:15:00", "2026-11-20T11:05:00", "2026-11-20T11:15:00"]);
  });

  test("a clock that ran a year ahead and is put right does not cost a year", async () => {
    const { begun } = await starts({
      schedule: cron("0 * * * *", "UTC"),
      runs: 2,
      during: (clock) => {
        clock.set(-365 * 24 * hour);
      },
    });
    expect(begun).toEqual(["2026-11-20T11:00:00", "2025-11-20T12:00:00"]);
  });

  test("a clock that is adjusted by seconds does not run the same due time twice", async () => {
    const { begun } = await starts({
      schedule: cron("0 * * * *", "UTC"),
      runs: 2,
      during: (clock) => {
        clock.set(-2 * second);
      },
    });
    expect(begun).toEqual(["2026-11-20T11:00:00", "2026-11-20T12:00:00"]);
  });

  test.each([
    { name: "in spring", from: "2026-03-28T12:00:00Z", days: ["2026-03-29", "2026-03-30"] },
    { name: "in autumn", from: "2026-10-24T12:00:00Z", days: ["2026-10-25", "2026-10-26"] },
  ])("a nightly run happens once a night when the clocks change $name", async ({ from, days }) => {
    const { begun } = await starts({
      schedule: cron("30 2 * * *", "Europe/Berlin"),
      from,
      runs: 2,
    });
    expect(begun.map((time) => time.slice(0, 10))).toEqual(days);
  });

  test("a schedule that is over ends the repetition", async () => {
    let left = 2;
    const schedule: Schedule = {
      type: "cron",
      next: (ms) => (left-- > 0 ? ms + hour : undefined),
    };
    const { begun, code } = await starts({ schedule, runs: 9 });
    expect({ count: begun.length, code }).toEqual({ count: 2, code: 2 });
  });
});

describe("the end", () => {
  test("while waiting comes at once, without a further run", async () => {
    const clock = fakeClock(0);
    const stop = new AbortController();
    let runs = 0;
    const run = () => Promise.resolve(++runs);
    const onWait = () => stop.abort();
    const schedule: Schedule = { type: "every", ms: minute };
    expect(await repeat({ schedule, startAfter: 0, run, onWait }, clock, stop.signal)).toBe(1);
    expect(clock.sleeps).toEqual([]);
  });

  test("before the first run leaves nothing to report", async () => {
    const stop = new AbortController();
    stop.abort();
    const run = () => Promise.resolve(1);
    const repetition = {
      schedule: { type: "once" },
      startAfter: hour,
      run,
      onWait: () => {},
    } as const;
    expect(await repeat(repetition, fakeClock(0), stop.signal)).toBe(0);
  });

  test("a run is never begun before the last one has ended", async () => {
    const stop = new AbortController();
    let inHand = 0;
    let most = 0;
    let runs = 0;
    const run = async () => {
      most = Math.max(most, ++inHand);
      await setTimeout(2);
      inHand--;
      if (++runs === 5) stop.abort();
      return 0;
    };
    const schedule: Schedule = { type: "every", ms: 1 };
    await repeat({ schedule, startAfter: 0, run, onWait: () => {} }, fakeClock(0), stop.signal);
    expect({ most, runs }).toEqual({ most: 1, runs: 5 });
  });
});
