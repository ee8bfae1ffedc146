/** Where timers come from: the room has none. */
export interface Timers {
  /** Calls once, after about so many milliseconds. */
  set(ms: number, action: () => void): unknown;
  /** Takes what `set` has returned. */
  clear(timer: unknown): void;
}

export interface PulseOptions {
  readonly timers: Timers;
  /** After how much silence the other side is asked whether it is there. */
  readonly keepAliveMs: number;
  /** After how much silence it counts as gone. */
  readonly deadlineMs: number;
}

/** What is looked at with every beat. */
export interface PulseHost {
  /** How often a write that had to wait was taken. */
  taken(): number;
  /** Whether one waits. */
  isBlocked(): boolean;
  /** Whether an answer is due that only a pong can prove missing. */
  needsProof(): boolean;
  sendPing(): void;
  onGone(message: string): void;
}

/** Beats in the shorter of the two times. */
const beats = 4;
/** Bytes between two beats that count as a sign of life where no frame came to its end: a trickle does not. */
const enoughBytes = 1024;
/** More pings than this between two beats are no question after our health. */
const maxPings = 100;
/**
 * Where bytes are still taken or come in, time counts a tenth: on a slow line a ping waits behind megabytes that are
 * under way. That is for one deadline times ten, and no longer.
 */
const lineShare = 0.1;

/**
 * Tells whether the other side is still there. It has no clock, and counts beats of a timer instead: none of what the
 * other side does can put that off.
 */
export class Pulse {
  readonly #options: PulseOptions;
  readonly #host: PulseHost;
  readonly #beatMs: number;
  #timer: unknown;
  // Since the last beat.
  #bytes = 0;
  #frames = 0;
  #pings = 0;
  #taken = 0;
  // For how long, in milliseconds.
  #silent = 0;
  #blocked = 0;
  #unanswered = 0;
  /** Pings sent and pongs received. */
  sent = 0;
  answered = 0;

  constructor(options: PulseOptions, host: PulseHost) {
    this.#options = options;
    this.#host = host;
    this.#beatMs = Math.max(Math.min(options.keepAliveMs, options.deadlineMs) / beats, 1);
  }

  start(): void {
    this.#schedule();
  }

  onBytes(count: number): void {
    this.#bytes += count;
  }

  onFrame(): void {
    this.#frames++;
  }

  /** Says whether that is still one of a number that can be meant. */
  onPing(): boolean {
    return ++this.#pings <= maxPings;
  }

  /** Says whether there was a ping to answer. */
  onPong(): boolean {
    this.#unanswered = 0;
    return ++this.answered <= this.sent;
  }

  stop(): void {
    this.#options.timers.clear(this.#timer);
  }

  #schedule(): void {
    this.#timer = this.#options.timers.set(this.#beatMs, () => this.#beat());
  }

  #beat(): void {
    this.#count();
    const { keepAliveMs, deadlineMs } = this.#options;
    const waits = [
      { ms: this.#silent, what: "the other side was silent" },
      { ms: this.#unanswered, what: "the other side did not answer a ping" },
      { ms: this.#blocked, what: "the other side took nothing of what was sent" },
    ];
    const gone = waits.find(({ ms }) => ms >= deadlineMs);
    if (gone !== undefined) {
      return this.#host.onGone(`${gone.what} for ${Math.round(deadlineMs / 100) / 10} s`);
    }
    const isDue = this.#silent >= keepAliveMs || this.#host.needsProof();
    if (isDue && this.sent === this.answered) {
      this.sent++;
      this.#host.sendPing();
    }
    this.#schedule();
  }

  #count(): void {
    const taken = this.#host.taken();
    const hasArrived = this.#frames > 0 || this.#bytes >= enoughBytes;
    const isTaking = taken > this.#taken;
    const beat = this.#beatMs;
    this.#silent = hasArrived ? 0 : this.#silent + (isTaking ? beat * lineShare : beat);
    this.#blocked = this.#host.isBlocked() && !isTaking ? this.#blocked + beat : 0;
    const isFlowing = hasArrived || isTaking;
    const isAsked = this.sent > this.answered;
    this.#unanswered = isAsked ? this.#unanswered + (isFlowing ? beat * lineShare : beat) : 0;
    this.#taken = taken;
    this.#bytes = 0;
    this.#frames = 0;
    this.#pings = 0;
  }
}
