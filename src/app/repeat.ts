import type { Clock } from "../base/clock.ts";

/** When runs begin. `next` gives the first due moment after another, both in milliseconds since the epoch. */
export type Schedule =
  | { readonly type: "once" }
  | { readonly type: "every"; readonly ms: number }
  | { readonly type: "cron"; readonly next: (ms: number) => number | undefined };

export interface Repetition {
  readonly schedule: Schedule;
  /** Milliseconds before the first run, or before the schedule begins to count. */
  readonly startAfter: number;
  /** Does one run and tells its exit code. What it throws ends the repetition: it reports itself what shall not. */
  readonly run: () => Promise<number>;
  /** Told when the next run is due, where that is not now. */
  readonly onWait: (due: number) => void;
}

/**
 * The longest sleep. Timers stand still while a machine sleeps and know nothing of a clock that is set, so the time is
 * looked at again and again.
 */
const longestSleep = 20_000;
/** A clock that goes back by less is being adjusted; by more, it has been set. */
const setBack = 60_000;

interface Moment {
  readonly wall: number;
  readonly monotonic: number;
}

/** What every way of waiting needs. */
interface Waiting {
  readonly clock: Clock;
  readonly stop: AbortSignal;
  readonly onWait: Repetition["onWait"];
}

/**
 * Runs again and again, one run at a time, until `stop` aborts: at once while waiting, else after the run in hand. A run
 * that outlasts its interval is followed at once by the next; however many were missed, one makes up for them all.
 * Returns the exit code of the last run, 0 if there was none.
 */
export async function repeat(
  { schedule, startAfter, run, onWait }: Repetition,
  clock: Clock,
  stop: AbortSignal,
): Promise<number> {
  const waiting: Waiting = { clock, stop, onWait };
  let code = 0;
  await waitInterval(momentOf(clock), startAfter, waiting);
  let isDue = schedule.type !== "cron" || (await waitCron(schedule.next, momentOf(clock), waiting));
  while (isDue && !stop.aborted) {
    const start = momentOf(clock);
    code = await run();
    isDue = !stop.aborted && (await waitNext(schedule, start, waiting));
  }
  return code;
}

/** Waits for the run after the one that began at `start`; `false` where there is none to come. */
async function waitNext(schedule: Schedule, start: Moment, waiting: Waiting): Promise<boolean> {
  switch (schedule.type) {
    case "once":
      return false;
    case "every":
      await waitInterval(start, schedule.ms, waiting);
      return true;
    case "cron":
      return waitCron(schedule.next, start, waiting);
  }
}

async function waitInterval(start: Moment, ms: number, waiting: Waiting): Promise<void> {
  const { clock, stop, onWait } = waiting;
  let left = timeLeft(start, ms, clock);
  if (left > 0) onWait(clock.now() + left);
  while (left > 0 && !stop.aborted) {
    await clock.sleep(Math.min(left, longestSleep), stop);
    left = timeLeft(start, ms, clock);
  }
}

/**
 * Milliseconds until an interval is over by either clock. The monotonic one does not count the time asleep; the wall clock
 * may be set back, and must not stretch the interval when it is.
 */
function timeLeft(start: Moment, ms: number, clock: Clock): number {
  const elapsed = Math.max(clock.now() - start.wall, clock.monotonic() - start.monotonic);
  return Math.ceil(ms - elapsed);
}

async function waitCron(
  next: (ms: number) => number | undefined,
  start: Moment,
  { clock, stop, onWait }: Waiting,
): Promise<boolean> {
  let seen = start.wall;
  let due: number | undefined;
  while (!stop.aborted) {
    const now = clock.now();
    // What was due by a clock that ran ahead may be a year away by one that has been put right.
    const wasSetBack = now < seen - setBack;
    if (due === undefined || wasSetBack) {
      due = next(wasSetBack ? now : seen);
      if (due === undefined) return false;
      if (due > now) onWait(due);
    }
    if (now >= due) return true;
    seen = now;
    await clock.sleep(Math.min(due - now, longestSleep), stop);
  }
  return false;
}

function momentOf(clock: Clock): Moment {
  return { wall: clock.now(), monotonic: clock.monotonic() };
}
