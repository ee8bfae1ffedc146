import type { Limits } from "./limits.ts";
import { maxFailure, maxHello } from "./limits.ts";
import { WireError } from "./wire-error.ts";

/** In the order of their numbers on the wire, which begin with 1. docs/wire.md says what each means. */
export const frameTypes = [
  "hello",
  "request",
  "data",
  "end",
  "failure",
  "cancel",
  "credit",
  "ping",
  "pong",
  "goodbye",
] as const;

export type FrameType = (typeof frameTypes)[number];

/** What is known of a frame before its payload arrives. */
export interface FrameHead {
  readonly type: FrameType;
  /** 0 where the frame is about the session. */
  readonly channel: number;
  /** Of the payload, in bytes. */
  readonly length: number;
}

export interface Frame {
  readonly type: FrameType;
  readonly channel: number;
  readonly payload: Uint8Array;
}

export const headBytes = 9;
export const noPayload: Uint8Array = new Uint8Array(0);

const numbers: ReadonlyMap<FrameType, number> = new Map(frameTypes.map((type, i) => [type, i + 1]));
const ofSession: ReadonlySet<FrameType> = new Set(["hello", "ping", "pong", "goodbye"]);

/** Writes a frame's head: length of the payload, type, channel. */
export function writeHead(into: Uint8Array, at: number, { type, channel, payload }: Frame): void {
  const view = new DataView(into.buffer, into.byteOffset + at, headBytes);
  view.setUint32(0, payload.length, true);
  view.setUint8(4, numbers.get(type)!);
  view.setUint32(5, channel, true);
}

/** What is done with frames as they arrive. Both may throw, and nothing more is parsed then. */
export interface FrameSink {
  /** Looks at a head while its payload is still to come: the place to refuse it. */
  check(head: FrameHead): void;
  take(frame: Frame): void;
}

/**
 * Makes frames of bytes that arrive in pieces of any size. Payloads are copied once, out of the pieces into memory of their
 * own, which is allocated when their length has been checked. Throws `WireError`, once: what follows cannot be understood.
 */
export class FrameParser {
  readonly #sink: FrameSink;
  readonly #most: Readonly<Record<FrameType, number>>;
  readonly #headBytes = new Uint8Array(headBytes);
  readonly #headView = new DataView(this.#headBytes.buffer);
  #head: FrameHead | undefined;
  #payload: Uint8Array = noPayload;
  /** Bytes of the head, or of the payload where there is a head. */
  #filled = 0;
  #isOver = false;

  constructor(sink: FrameSink, limits: Limits) {
    this.#sink = sink;
    this.#most = {
      hello: maxHello,
      request: limits.maxRequest,
      data: limits.maxMessage,
      end: 0,
      failure: maxFailure,
      cancel: 0,
      credit: 4,
      ping: 0,
      pong: 0,
      goodbye: 0,
    };
  }

  push(piece: Uint8Array): void {
    let at = 0;
    while (at < piece.length) {
      if (this.#isOver) throw new WireError("something came after the goodbye");
      const into = this.#head === undefined ? this.#headBytes : this.#payload;
      const count = Math.min(piece.length - at, into.length - this.#filled);
      into.set(piece.subarray(at, at + count), this.#filled);
      this.#filled += count;
      at += count;
      if (this.#filled < into.length) return;
      if (this.#head === undefined) this.#begin();
      else this.#finish(this.#head);
    }
  }

  #begin(): void {
    const head = this.#readHead();
    this.#sink.check(head);
    this.#filled = 0;
    if (head.length === 0) {
      this.#finish(head);
    } else {
      this.#head = head;
      this.#payload = new Uint8Array(head.length);
    }
  }

  #finish({ type, channel }: FrameHead): void {
    const payload = this.#payload;
    this.#head = undefined;
    this.#payload = noPayload;
    this.#filled = 0;
    if (type === "goodbye") this.#isOver = true;
    this.#sink.take({ type, channel, payload });
  }

  #readHead(): FrameHead {
    const length = this.#headView.getUint32(0, true);
    const type = frameTypes[this.#headView.getUint8(4) - 1];
    const channel = this.#headView.getUint32(5, true);
    if (type === undefined) throw new WireError("a frame is of a type that is not known");
    if (length > this.#most[type]) {
      throw new WireError(`a frame of type ${type} is over its limit of ${this.#most[type]} bytes`);
    }
    if (ofSession.has(type) !== (channel === 0)) {
      throw new WireError(`a frame of type ${type} is for the wrong channel`);
    }
    return { type, channel, length };
  }
}
