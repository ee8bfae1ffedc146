import type { Clock } from "../base/clock.ts";
import type { Look } from "./look.ts";
import type { Output } from "./output.ts";
import { plainProgress } from "./plain-progress.ts";
import type { ProgressRow } from "./progress-lines.ts";
import { windowLines } from "./progress-lines.ts";
import type { ProgressTrack } from "./progress-track.ts";
import { trackProgress } from "./progress-track.ts";
import { openWindow } from "./progress-window.ts";
import type { RunEvent, Sample } from "./run-event.ts";

/** Progress of all the runs that are under way, in whatever form it is shown. */
export interface LiveProgress {
  /** A run of one target begins, and can be sampled. */
  readonly watch: (target: string, sample: Sample) => void;
  readonly note: (event: RunEvent) => void;
  /** Time has passed. To be called often; how often is shown what is the display's own business. */
  readonly tick: () => void;
  /** Prints without getting in the way of what is drawn. */
  readonly above: (write: () => void) => void;
  /** Leaves the terminal to others for a while, or for good. */
  readonly pause: () => void;
  readonly resume: () => void;
}

export interface ProgressSetting {
  readonly form: "window" | "plain" | "none";
  readonly source: string;
  readonly err: Output;
  readonly look: Look;
  readonly clock: Clock;
}

export function openProgress({ form, source, err, look, clock }: ProgressSetting): LiveProgress {
  const tracks = new Map<string, ProgressTrack>();
  const rows = (): ProgressRow[] =>
    [...tracks].map(([target, track]) => ({
      source,
      target,
      state: track.look(clock.monotonic()),
    }));
  const note = (event: RunEvent) => {
    if (event.type === "summary") tracks.delete(event.target);
    // Looked at right when a phase begins, so that each phase counts from its own start.
    if (event.type === "phase") tracks.get(event.target)?.look(clock.monotonic());
  };
  const shared = {
    watch: (target: string, sample: Sample) => {
      tracks.set(target, trackProgress(sample, clock.monotonic()));
    },
    note,
  };
  const direct = { above: (write: () => void) => write(), pause: () => {}, resume: () => {} };
  switch (form) {
    case "none":
      return { ...shared, ...direct, tick: () => {} };
    case "plain": {
      const plain = plainProgress((text) => err.write(`${text}\n`), look, clock);
      return {
        ...shared,
        ...direct,
        note: (event) => {
          note(event);
          if (event.type === "start") plain.start(event);
        },
        tick: () => plain.tick(rows),
      };
    }
    case "window": {
      const frame = (columns: number) =>
        rows().flatMap((row) => windowLines(row, columns, look.glyphs));
      const { draw, above, pause, resume } = openWindow(err, clock, frame);
      return { ...shared, above, pause, resume, tick: draw };
    }
  }
}
