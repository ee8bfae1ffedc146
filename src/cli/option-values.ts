import { SyncError } from "../base/errors.ts";
import { durationExamples, parseDuration } from "../config/duration.ts";
import { parseSize, sizeExamples } from "../config/size.ts";

/** Turns what a parser does not understand into a usage error that says how the value is written. */
export function valueOf<T>(
  option: string,
  parse: (text: string) => T | undefined,
  what: string,
  examples: string,
): (text: string) => T {
  return (text) => {
    const value = parse(text);
    if (value !== undefined) return value;
    throw new SyncError("USAGE", `${option}: "${text}" is not ${what}`, {
      hint: `It is written like ${examples}.`,
    });
  };
}

/** Milliseconds. */
export function duration(option: string): (text: string) => number {
  return valueOf(option, parseDuration, "a duration", durationExamples);
}

/** Bytes. */
export function size(option: string): (text: string) => number {
  return valueOf(option, parseSize, "a size", sizeExamples);
}
