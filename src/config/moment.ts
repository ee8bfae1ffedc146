import { parseStamp } from "../core/version-stamp.ts";
import { parseDuration } from "./duration.ts";

/** What a message may name as examples. */
export const momentExamples =
  '"2026-11-20 19:30", 2026-11-20, 2h, 3d, or a time as syncline versions lists it';

const pattern = /^(\d{4})-(\d\d)-(\d\d)(?:[ T](\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,3}))?)?(Z)?)?$/;

/**
 * The first millisecond after a moment such as `2026-11-20 19:30` (local time; `Z` for UTC; a day begins at midnight) or
 * `2d` (so long ago): what was replaced from then on is what was there at that moment. The name of a run, as it is listed,
 * stands for the moment just before that run. `undefined` for what is no moment, or none in the past.
 */
export function parseMoment(text: string, now: number): number | undefined {
  const stamp = parseStamp(text);
  if (stamp !== undefined) return stamp.at;
  const ago = parseDuration(text);
  const at = ago === undefined ? parseDate(text) : now - ago;
  return at === undefined || at > now ? undefined : at + 1;
}

function parseDate(text: string): number | undefined {
  const match = pattern.exec(text);
  if (match === null) return undefined;
  const [year, month, day, hour, minute, second] = match
    .slice(1, 7)
    .map((part) => Number(part ?? 0)) as [number, number, number, number, number, number];
  const ms = Number((match[7] ?? "0").padEnd(3, "0"));
  const parts = [year, month - 1, day, hour, minute, second, ms] as const;
  // What does not exist, such as the 30th of February, would be taken for another day.
  const check = new Date(Date.UTC(...parts));
  const isReal =
    check.getUTCMonth() === month - 1 &&
    check.getUTCDate() === day &&
    check.getUTCHours() === hour &&
    check.getUTCMinutes() === minute &&
    check.getUTCSeconds() === second;
  if (!isReal) return undefined;
  return match[8] === "Z" ? check.getTime() : new Date(...parts).getTime();
}
