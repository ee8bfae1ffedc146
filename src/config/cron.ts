import { Cron } from "croner";

/** When a schedule is due next. */
export interface CronSchedule {
  /** The first moment after `ms` at which it is due; both in milliseconds since the epoch. `undefined`: never again. */
  next(ms: number): number | undefined;
}

/**
 * Reads a cron expression of five fields, of six with seconds in front, or a nickname such as `@daily`. `undefined`
 * where it is none. croner is only asked when; it never keeps time here. Without `timeZone` the machine's is meant.
 */
export function parseCron(expression: string, timeZone?: string): CronSchedule | undefined {
  const fields = expression.trim().split(/\s+/);
  // croner would also take a date, and seven fields with a year: not cron as anybody else reads it.
  const plausible =
    fields.length === 5 || fields.length === 6 || /^@[a-z]+$/i.test(fields[0] ?? "");
  if (!plausible) return undefined;
  try {
    const cron = new Cron(expression, {
      paused: true,
      ...(timeZone === undefined ? {} : { timezone: timeZone }),
    });
    return {
      next: (ms) => {
        const due = cron.nextRun(new Date(ms))?.getTime();
        // A calculator that is wrong at a change of the clock must not make runs follow each other without end.
        return due === undefined || due > ms ? due : ms + 60_000;
      },
    };
  } catch {
    return undefined;
  }
}
