import type { Clock } from "../base/clock.ts";
import type { Host } from "./host.ts";

/** How far a run has been asked to end. */
export interface Interruption extends Disposable {
  /** Nothing more is begun. */
  readonly stop: AbortSignal;
  /** The run in hand stops after the files in hand. */
  readonly cancel: AbortSignal;
  /** Whether a signal, and not a word, asked for it. */
  readonly wasSignalled: () => boolean;
  /** Asks for an end after the run in hand. */
  readonly quit: () => void;
}

/** npm passes Ctrl-C on to a child that the terminal has told already: the same one, a moment later. */
const echo = 200;

/**
 * Turns signals into the steps of ending. Without repetition: stop cleanly, then at once. With it, the run in hand is
 * finished first. `say` is told in words what a signal led to.
 */
export function watchSignals(
  host: Pick<Host, "clock" | "onSignal" | "exitNow">,
  { repeats, isRunning }: { repeats: boolean; isRunning: () => boolean },
  say: (words: string) => void,
): Interruption {
  const stop = new AbortController();
  const cancel = new AbortController();
  let signalled = false;
  const onSignal = withoutEcho(host.clock, () => {
    signalled = true;
    if (repeats && !stop.signal.aborted) {
      stop.abort();
      if (isRunning()) say("ending after the run in hand; once more to stop it");
    } else if (!cancel.signal.aborted) {
      stop.abort();
      cancel.abort();
      say("stopping after the files in hand; once more to stop now");
    } else {
      host.exitNow(130);
    }
  });
  const unlisten = host.onSignal(onSignal);
  return {
    stop: stop.signal,
    cancel: cancel.signal,
    wasSignalled: () => signalled,
    quit: () => stop.abort(),
    [Symbol.dispose]: unlisten,
  };
}

function withoutEcho(clock: Clock, act: () => void): () => void {
  let last = -Infinity;
  return () => {
    const now = clock.monotonic();
    if (now - last < echo) return;
    last = now;
    act();
  };
}
