import type { Entry, FileEntry } from "../../core/entry.ts";
import { FILE } from "../../core/snapshot.ts";
import type { Tolerance } from "../../fs/expectation.ts";
import { isAsExpected, sameTime } from "../../fs/expectation.ts";
import type { Attributes } from "./attributes.ts";
import { statOf } from "./attributes.ts";

/** All times have whole seconds here. */
export const wholeSeconds: Tolerance = { timeResolution: 1e9 };

/** Whether what stands there still is what a scan saw, as far as kind, size and time tell. */
export function isExpected(attributes: Attributes, expected: Entry): boolean {
  return isAsExpected(statOf(attributes), expected, wholeSeconds);
}

/** {@link isExpected} of a file that is read: nothing of ours changes it, whatever other names it has. */
export function isUnchanged(attributes: Attributes, expected: FileEntry): boolean {
  const stat = statOf(attributes);
  return (
    stat.kind === FILE &&
    isAsExpected(stat, expected, wholeSeconds) &&
    sameTime(stat, expected, wholeSeconds)
  );
}

/** Milliseconds in which a change does not show: a second, and what clocks may be apart. */
const unsettled = 2000;

/**
 * Waits until a change of the file would show in its mtime. Otherwise one made after it was read, but within the same second,
 * would never be seen.
 */
export async function waitOutSecond({ mtimeSec }: FileEntry): Promise<void> {
  const age = Date.now() - mtimeSec * 1000;
  if (age < 0 || age >= unsettled) return;
  await new Promise((resolve) => {
    setTimeout(resolve, unsettled - age);
  });
}
