import type { Clock } from "../base/clock.ts";
import type { Output } from "./output.ts";

const hideCursor = "\x1b[?25l";
const showCursor = "\x1b[?25h";
const beginFrame = "\x1b[?2026h";
const endFrame = "\x1b[?2026l";
const eraseLine = "\x1b[K";
const eraseBelow = "\x1b[J";

/** At most ten frames a second, and a first one only when there is something to wait for. */
const frameGap = 100;
const firstFrame = 300;

/**
 * A few lines at the bottom of a terminal that are drawn again and again. Messages scroll by above them; what has scrolled
 * up is never touched. Each frame is marked, so that a terminal shows it as a whole.
 */
export interface ProgressWindow {
  /** Draws, unless it is too soon. */
  readonly draw: () => void;
  /** Lets `write` print above the window, now or with the next frame. */
  readonly above: (write: () => void) => void;
  /** Clears the window, says what waits and gives the cursor back: somebody else needs the terminal, or all is done. */
  readonly pause: () => void;
  readonly resume: () => void;
}

/** `frame` makes the lines, none wider than the columns it is given. Whoever opens a window calls `draw` regularly. */
export function openWindow(
  output: Output,
  clock: Clock,
  frame: (columns: number) => readonly string[],
): ProgressWindow {
  let drawn = 0;
  let isPaused = false;
  let waiting: (() => void)[] = [];
  let last = clock.monotonic() + firstFrame - frameGap;

  /** Back to the first of our lines. The cursor always rests at the end of the last one. */
  const home = () => (drawn > 1 ? `\r\x1b[${drawn - 1}A` : "\r");
  const clear = () => {
    if (drawn > 0) output.write(home() + eraseBelow + showCursor);
    drawn = 0;
  };
  const sayWaiting = () => {
    const writes = waiting;
    waiting = [];
    for (const write of writes) write();
  };
  const isDue = () => !isPaused && clock.monotonic() - last >= frameGap;
  const paint = () => {
    last = clock.monotonic();
    // The last column stays free: a full line would wrap on some terminals, and our count of lines would be wrong.
    const lines = frame(output.columns() - 1).slice(0, Math.max(1, output.rows() - 1));
    if (lines.length === 0 && drawn === 0) return;
    output.write(beginFrame);
    if (waiting.length > 0) {
      clear();
      sayWaiting();
    }
    const body = lines.map((line) => line + eraseLine).join("\n");
    output.write(
      (lines.length > 0 ? hideCursor : showCursor) + home() + body + eraseBelow + endFrame,
    );
    drawn = lines.length;
  };
  return {
    draw: () => {
      if (isDue()) paint();
    },
    above: (write) => {
      // Between two frames messages wait, so that a flood of them does not make the window flicker.
      if (drawn === 0) return write();
      waiting.push(write);
      if (isDue()) paint();
    },
    pause: () => {
      isPaused = true;
      clear();
      sayWaiting();
    },
    resume: () => {
      isPaused = false;
    },
  };
}
