import { expect } from "vitest";

import type { Tolerance } from "./judge.ts";
import { judge } from "./judge.ts";
import type { Place } from "./place.ts";
import type { Options, Result } from "./syncline.ts";
import { countsOf, mirror, NOTHING_TO_DO, ofType, problemsOf } from "./syncline.ts";

export interface Proof {
  readonly args?: readonly string[];
  /** Source and target as they are typed, where those are not the paths of the place. */
  readonly typed?: readonly [source: string, target: string];
  readonly options?: Options;
  readonly tolerance?: Tolerance;
}

/** Which driver, and what may differ after it, as it declares. */
export interface DriverCase {
  readonly driver: "libc" | "portable";
  readonly options: Options;
  readonly tolerance: Tolerance;
}

/** Both drivers for this machine's files: the second keeps microseconds, no attributes, and finds no holes. */
export const DRIVERS: readonly DriverCase[] = [
  { driver: "libc", options: { env: { SYNCLINE_FS: "libc" } }, tolerance: {} },
  {
    driver: "portable",
    options: { env: { SYNCLINE_FS: "portable" } },
    tolerance: { timesTo: 1000n, except: ["xattrs", "holes"] },
  },
];

/** Mirrors source to target and proves by the judge that they are equal, and that a second run has nothing to do. */
export async function mirrorAndProve(place: Place, proof: Proof = {}): Promise<Result> {
  const { args = [], typed = [place.source, place.target], options = {}, tolerance = {} } = proof;
  const line = [...args, ...typed];
  const result = await mirror(place, line, options);
  expect(outcome(result)).toEqual({ code: 0, problems: [], stderr: "" });
  expect(judge(place.source, place.target, tolerance)).toEqual([]);
  expect(await planned(place, line, options)).toEqual({ ...NOTHING_TO_DO, actions: [], code: 0 });
  return result;
}

/** What a further run does, in numbers and by name. */
export async function planned(
  place: Place,
  line: readonly string[],
  options: Options = {},
): Promise<unknown> {
  const again = await mirror(place, line, options);
  return { ...countsOf(again), actions: ofType(again, "action"), code: again.code };
}

/** The parts of a result that say whether all went well. Notices for people are not among them. */
export function outcome(result: Result): unknown {
  const bad = result.stderr
    .split("\n")
    .filter((line) => /error|problem|bug|^\s+at |warning/i.test(line))
    .join("\n");
  return { code: result.code, problems: problemsOf(result), stderr: bad };
}

/** {@link outcome} of a run that went well. */
export const done: unknown = { code: 0, problems: [], stderr: "" };

/** Names that a run uses for what is not in place yet, as the judge's walk shows them. */
export function leftovers(walked: readonly { readonly path: string }[]): string[] {
  return walked.map(({ path }) => path).filter((path) => /(^|\/)\.syncline~/.test(path));
}
