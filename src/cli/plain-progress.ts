import type { Clock } from "../base/clock.ts";
import type { Look } from "./look.ts";
import type { ProgressRow } from "./progress-lines.ts";
import { plainLine, routeOf } from "./progress-lines.ts";

const lineGap = 60_000;

/** Progress where nothing can be drawn. */
export interface PlainProgress {
  /** Says that a run begins. */
  readonly start: (run: { source: string; target: string; dryRun: boolean }) => void;
  /** Says how all runs are getting on, once a minute. */
  readonly tick: (rows: () => readonly ProgressRow[]) => void;
}

export function plainProgress(
  line: (text: string) => void,
  { glyphs }: Look,
  clock: Clock,
): PlainProgress {
  let last = clock.monotonic();
  return {
    start: (run) => line(`${run.dryRun ? "would mirror" : "mirroring"} ${routeOf(run, glyphs)}`),
    tick: (rows) => {
      if (clock.monotonic() - last < lineGap) return;
      last = clock.monotonic();
      for (const row of rows()) line(plainLine(row, glyphs));
    },
  };
}
