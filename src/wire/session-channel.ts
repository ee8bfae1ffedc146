import type { Channel, PeerFailure } from "./channel.ts";
import { ChannelFailed } from "./channel.ts";
import { Fifo } from "./fifo.ts";
import type { FrameType } from "./frame.ts";
import { noPayload } from "./frame.ts";
import type { Limits } from "./limits.ts";
import { creditFor, creditStep } from "./limits.ts";
import { encodeCredit, encodeFailure } from "./session-payloads.ts";
import { WireError } from "./wire-error.ts";

/** Why a channel is of no use any more after one side has let go of it. */
export class ChannelCancelled extends Error {
  constructor(whose: "this" | "the other") {
    super(`${whose} side has let go of the channel`);
    this.name = "ChannelCancelled";
  }
}

/** What a channel needs of its session. */
export interface ChannelHost {
  /** What the other side may do. */
  readonly own: Limits;
  /** What it takes, as far as is known. */
  readonly peer: Limits;
  /** Whether what is known of it is what it said. */
  readonly isIntroduced: boolean;
  /** Whether data may be put. */
  readonly isReady: boolean;
  put(type: FrameType, channel: SessionChannel, payload: Uint8Array): void;
  /** Something waits, and might go out. */
  onWaiting(channel: SessionChannel): void;
  /** This side has let go, and the other has yet to say that it has seen that. */
  onAborted(channel: SessionChannel): void;
  onOver(channel: SessionChannel): void;
}

interface Waiting {
  readonly message: Uint8Array;
  resolve(): void;
  reject(error: Error): void;
}

interface Receiver {
  resolve(message: Uint8Array | undefined): void;
  reject(error: Error): void;
}

const sent: Promise<void> = Promise.resolve();

/**
 * One channel, as one side sees it. Each side closes its direction with `end`, or lets go of both with `failure` or
 * `cancel`, also after its `end`. Whoever is let go of answers with a `cancel`, unless it has closed before: so each side
 * hears of the other's close, and knows exactly until when something may still come.
 */
export class SessionChannel implements Channel {
  readonly #host: ChannelHost;
  readonly #controller = new AbortController();
  /** 0 until the request goes out. */
  id = 0;
  /** Where in the session's order of pings this side let go. */
  abortedAt = 0;

  // What goes out.
  #credit = 0;
  readonly #outbox = new Fifo<Waiting>();
  #isEnding = false;
  #hasSentEnd = false;
  hasSentAbort = false;

  // What comes in.
  /** Bytes that the other side may send. */
  #granted: number;
  /** Bytes received that it has not been told of. */
  #owed = 0;
  readonly #inbox = new Fifo<Uint8Array>();
  readonly #receivers = new Fifo<Receiver>();
  #hasPeerEnded = false;
  /** All that the other side had to say is here, whatever becomes of the channel. */
  #isWhole = false;

  /** Why nothing more can be sent or received. */
  #trouble: Error | undefined;
  #isOver = false;

  constructor(host: ChannelHost) {
    this.#host = host;
    this.#granted = host.own.window;
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  send(message: Uint8Array): Promise<void> {
    const trouble = this.#trouble ?? this.#refusal(message);
    if (trouble !== undefined) return Promise.reject(trouble);
    if (this.#outbox.size === 0 && this.#putData(message)) return sent;
    return new Promise((resolve, reject) => {
      this.#outbox.push({ message, resolve, reject });
      this.#host.onWaiting(this);
    });
  }

  end(): void {
    if (this.#trouble !== undefined || this.#isEnding) return;
    this.#isEnding = true;
    this.#putEnd();
  }

  receive(): Promise<Uint8Array | undefined> {
    const message = this.#inbox.shift();
    if (message !== undefined) {
      this.#giveBack(message.length);
      return Promise.resolve(message);
    }
    if (this.#isWhole) return Promise.resolve(undefined);
    if (this.#trouble !== undefined) return Promise.reject(this.#trouble);
    return new Promise((resolve, reject) => {
      this.#receivers.push({ resolve, reject });
    });
  }

  fail(failure: PeerFailure): void {
    this.#abort("failure", encodeFailure(failure), new ChannelFailed(failure));
  }

  cancel(): void {
    this.#abort("cancel", noPayload, new ChannelCancelled("this"));
  }

  /** The request has gone out, or come in: from here on, frames may. */
  start(id: number): void {
    this.id = id;
    this.#credit = this.#host.peer.window;
    if (this.#outbox.size > 0) this.#host.onWaiting(this);
    else this.#putEnd();
  }

  /** More than was known is taken by the other side. */
  raise(more: number): void {
    if (this.id === 0) return;
    this.#credit += more;
    if (this.#outbox.size > 0) this.#host.onWaiting(this);
  }

  /** Sends one message of those that wait; says whether that was possible. */
  sendWaiting(): boolean {
    const next = this.#outbox.peek();
    if (next === undefined || this.id === 0) return false;
    const refusal = this.#tooLarge(next.message);
    if (refusal === undefined && !this.#putData(next.message)) return false;
    this.#outbox.shift();
    if (refusal === undefined) next.resolve();
    else next.reject(refusal);
    this.#putEnd();
    return true;
  }

  get hasWaiting(): boolean {
    return this.#outbox.size > 0;
  }

  /** Checks the head of a message before it arrives, and counts it. */
  checkData(length: number): void {
    if (this.#hasPeerEnded) throw new WireError("data came after the end of its channel");
    const cost = creditFor(length);
    if (cost > this.#granted) throw new WireError("more data came than there was credit for");
    this.#granted -= cost;
  }

  takeData(message: Uint8Array): void {
    // It was on its way when this side let go.
    if (this.#trouble !== undefined) return;
    const receiver = this.#receivers.shift();
    if (receiver === undefined) return this.#inbox.push(message);
    this.#giveBack(message.length);
    receiver.resolve(message);
  }

  takeEnd(): void {
    if (this.#hasPeerEnded) throw new WireError("a channel ended twice");
    this.#hasPeerEnded = true;
    this.#isWhole = this.#trouble === undefined;
    for (const receiver of this.#receivers.drain()) receiver.resolve(undefined);
    if (this.#hasSentEnd || this.hasSentAbort) this.#finish();
  }

  /** The other side has failed the channel, or let go of it. */
  takeAbort(reason: Error = new ChannelCancelled("the other")): void {
    this.#forget();
    this.break(reason);
    if (!this.#hasSentEnd && !this.hasSentAbort) this.#host.put("cancel", this, noPayload);
    this.#finish();
  }

  takeCredit(bytes: number): void {
    const { window } = this.#host.peer;
    if (bytes < creditStep(window)) throw new WireError("credit came in too small a part");
    if (this.#credit + bytes > window) throw new WireError("more credit came than was used");
    this.#credit += bytes;
    if (this.#outbox.size > 0) this.#host.onWaiting(this);
  }

  /** Nothing goes out or comes in any more. What has arrived before is still there to be received. */
  break(reason: Error): void {
    if (this.#trouble !== undefined) return;
    this.#drop(reason);
    this.#controller.abort(reason);
  }

  #abort(type: "failure" | "cancel", payload: Uint8Array, reason: Error): void {
    if (this.#isOver || this.#trouble !== undefined) return;
    this.#forget();
    this.#drop(reason);
    if (this.id === 0) return this.#finish();
    this.hasSentAbort = true;
    this.#host.put(type, this, payload);
    if (this.#hasPeerEnded) this.#finish();
    else this.#host.onAborted(this);
  }

  #forget(): void {
    this.#inbox.drain();
    this.#isWhole = false;
  }

  /** Everybody who waits hears why it was in vain. */
  #drop(reason: Error): void {
    this.#trouble = reason;
    for (const waiting of this.#outbox.drain()) waiting.reject(reason);
    for (const receiver of this.#receivers.drain()) receiver.reject(reason);
  }

  #finish(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#host.onOver(this);
  }

  #refusal(message: Uint8Array): Error | undefined {
    if (this.#isEnding) return new Error("a message was to be sent after the end of its channel");
    return this.#tooLarge(message);
  }

  #tooLarge({ length }: Uint8Array): Error | undefined {
    const { peer, isIntroduced } = this.#host;
    if (!isIntroduced || length <= peer.maxMessage) return undefined;
    return new RangeError(`a message of ${length} bytes is over the limit of ${peer.maxMessage}`);
  }

  #putData(message: Uint8Array): boolean {
    const { peer, isReady } = this.#host;
    const cost = creditFor(message.length);
    if (!isReady || this.id === 0) return false;
    if (cost > this.#credit || message.length > peer.maxMessage) return false;
    this.#credit -= cost;
    this.#host.put("data", this, message);
    return true;
  }

  #putEnd(): void {
    if (!this.#isEnding || this.#hasSentEnd || this.id === 0 || this.#outbox.size > 0) return;
    this.#hasSentEnd = true;
    this.#host.put("end", this, noPayload);
    if (this.#hasPeerEnded) this.#finish();
  }

  #giveBack(length: number): void {
    if (this.#hasPeerEnded || this.#trouble !== undefined) return;
    this.#owed += creditFor(length);
    if (this.#owed < creditStep(this.#host.own.window)) return;
    this.#granted += this.#owed;
    this.#host.put("credit", this, encodeCredit(this.#owed));
    this.#owed = 0;
  }
}
