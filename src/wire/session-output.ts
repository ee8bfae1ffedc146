import { Fifo } from "./fifo.ts";
import type { Frame } from "./frame.ts";
import { headBytes, writeHead } from "./frame.ts";
import type { Transport } from "./transport.ts";

/** Frames go out together until they are this many bytes; and no write is larger, so that it is seen to get on. */
const batchBytes = 65_536;
/** A payload of this size is written from where it is: copying it costs more than one more write. */
const ownWrite = 32_768;
/** How often the end of the present turn is looked for: a sender that awaits each of its sends needs a few steps for the next. */
const idleSteps = 8;
/** Only answers gather while the other side takes nothing, and of them there are few unless it means harm. */
const maxGathered = 4 * 1024 * 1024;
/** Even an empty frame takes memory while it waits. */
const leastGathered = 64;

/** What output needs of its session. */
export interface OutputHost {
  /** The transport takes more, after it did not. */
  onReady(): void;
  /** Nothing can be written any more, and why. */
  onBroken(error: unknown): void;
  /** More than can be meant well is waiting to be taken. */
  onOverflow(): void;
}

/**
 * Puts frames together and hands them to the transport, at its pace. A frame is on its way at the end of the present turn
 * at the latest, unless the other side is slow.
 */
export class Output {
  readonly #transport: Transport;
  readonly #host: OutputHost;
  #frames: Frame[] = [];
  #bytes = 0;
  readonly #writes = new Fifo<Uint8Array>();
  #isWaiting = false;
  #isStopped = false;
  #isScheduled = false;
  /** How often the transport has asked for more after it did not: a sign of life. */
  taken = 0;

  constructor(transport: Transport, host: OutputHost) {
    this.#transport = transport;
    this.#host = host;
  }

  /** Whether the transport takes what is put; where it does not, only answers that are due may be. */
  get isReady(): boolean {
    return !this.#isWaiting;
  }

  put(frame: Frame): void {
    if (this.#isStopped) return;
    this.#frames.push(frame);
    this.#bytes += headBytes + frame.payload.length;
    if (!this.#isWaiting) {
      if (this.#bytes >= batchBytes) this.#flush();
      else this.#schedule();
    } else if (Math.max(this.#bytes, this.#frames.length * leastGathered) > maxGathered) {
      this.#host.onOverflow();
    }
  }

  /** Writes nothing more. */
  stop(): void {
    this.#isStopped = true;
    this.#frames = [];
    this.#writes.drain();
  }

  #schedule(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    let seen = 0;
    let idle = 0;
    const step = (): void => {
      idle = this.#bytes === seen ? idle + 1 : 0;
      seen = this.#bytes;
      if (idle < idleSteps && seen > 0) return queueMicrotask(step);
      this.#isScheduled = false;
      if (!this.#isWaiting) this.#flush();
    };
    queueMicrotask(step);
  }

  #flush(): void {
    const frames = this.#frames;
    this.#frames = [];
    this.#bytes = 0;
    let from = 0;
    frames.forEach((frame, i) => {
      if (frame.payload.length < ownWrite) return;
      // Its head goes with the frames before it.
      this.#writes.push(joined(frames.slice(from, i), frame));
      for (let at = 0; at < frame.payload.length; at += batchBytes) {
        this.#writes.push(frame.payload.subarray(at, at + batchBytes));
      }
      from = i + 1;
    });
    if (from < frames.length) this.#writes.push(joined(frames.slice(from)));
    this.#write();
  }

  #write(): void {
    try {
      for (let bytes = this.#writes.shift(); bytes !== undefined; bytes = this.#writes.shift()) {
        const more = this.#transport.write(bytes);
        if (more === undefined) continue;
        this.#isWaiting = true;
        more.then(
          () => this.#resume(),
          (error: unknown) => this.#host.onBroken(error),
        );
        return;
      }
    } catch (error) {
      this.#host.onBroken(error);
    }
  }

  #resume(): void {
    if (this.#isStopped) return;
    this.#isWaiting = false;
    this.taken++;
    this.#write();
    if (this.isReady && this.#frames.length > 0) this.#flush();
    if (this.isReady) this.#host.onReady();
  }
}

/** Whole frames in one piece, and behind them the head of one more. */
function joined(frames: readonly Frame[], last?: Frame): Uint8Array {
  let length = last === undefined ? 0 : headBytes;
  for (const { payload } of frames) length += headBytes + payload.length;
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const frame of frames) {
    writeHead(bytes, at, frame);
    bytes.set(frame.payload, at + headBytes);
    at += headBytes + frame.payload.length;
  }
  if (last !== undefined) writeHead(bytes, at, last);
  return bytes;
}
