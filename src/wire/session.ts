import type { Channel } from "./channel.ts";
import { ChannelFailed, SessionLost } from "./channel.ts";
import type { Frame, FrameHead, FrameType } from "./frame.ts";
import { FrameParser, noPayload } from "./frame.ts";
import type { Hello } from "./hello.ts";
import { decodeHello, encodeHello, OtherVersion } from "./hello.ts";
import type { Limits } from "./limits.ts";
import { defaultLimits, leastLimits, limitsTrouble } from "./limits.ts";
import { Output } from "./session-output.ts";
import { decodeCredit, decodeFailure } from "./session-payloads.ts";
import type { PulseOptions } from "./session-pulse.ts";
import { Pulse } from "./session-pulse.ts";
import type { Role } from "./session-table.ts";
import { ChannelTable } from "./session-table.ts";
import type { Transport } from "./transport.ts";
import { Settled } from "./settled.ts";
import { WireError } from "./wire-error.ts";

/** The session is over because one of its sides said goodbye. */
export class SessionClosed extends SessionLost {
  constructor(whose: "this" | "the other") {
    super(`${whose} side has closed the session`, false);
    this.name = "SessionClosed";
  }
}

export interface SessionOptions extends PulseOptions {
  /** The session's from now on, and destroyed at its end. */
  readonly transport: Transport;
  readonly role: Role;
  /** What this side takes, where it is not what is usual. */
  readonly limits?: Partial<Limits>;
  /** What both sides take before they know of each other; tests make it smaller. */
  readonly least?: Limits;
  /** What the other side has to take at least, for this one to be able to talk to it at all. */
  readonly needs?: Partial<Limits>;
  /** What this side says of itself. */
  readonly facts?: ReadonlyMap<string, string>;
  /**
   * Answers a request on the channel that it has opened. Where it throws, and has not failed the channel itself, the other
   * side hears of it. Without it, the other side may not ask.
   */
  readonly onRequest?: (request: Uint8Array, channel: Channel) => Promise<void> | void;
}

/** Many conversations at once over one transport. */
export interface Session extends AsyncDisposable {
  /**
   * Opens a channel with a request. May be called before the other side has said anything. Where as many are open as the
   * other side takes, the request waits; where the session is over, all the channel does throws `SessionLost`.
   */
  open(request: Uint8Array): Channel;
  /** How the other side has introduced itself. Rejects with `SessionLost`. */
  readonly ready: Promise<Hello>;
  /** Why the session is over, when it is: `SessionClosed` where a side has closed it. Never rejects. */
  readonly lost: Promise<SessionLost>;
  /** Says goodbye, gives up the channels that are open, and resolves when the other side has answered, or too late. */
  close(): Promise<void>;
}

/** Begins to talk. What the other side may do is bounded by `limits`, and how long it may take by `deadlineMs`. */
export function openSession(options: SessionOptions): Session {
  return new WireSession(options);
}

class WireSession implements Session {
  readonly #options: SessionOptions;
  readonly #transport: Transport;
  readonly #table: ChannelTable;
  readonly #output: Output;
  readonly #pulse: Pulse;
  readonly #own: Limits;
  readonly #least: Limits;
  readonly #lost = new Settled<SessionLost>();
  readonly #ready = new Settled<Hello>();
  readonly #destroyed = new Settled<void>();
  #over: SessionLost | undefined;
  #isDestroyed = false;
  /** Until the other side has introduced itself; later, until it has answered the goodbye. */
  #deadline: unknown;
  /** Requests that are being answered, also those whose channel is over. */
  #running = 0;

  constructor(options: SessionOptions) {
    const { transport } = options;
    this.#options = options;
    this.#transport = transport;
    this.#least = options.least ?? leastLimits;
    this.#own = { ...defaultLimits, ...options.limits };
    const trouble = limitsTrouble(this.#own, this.#least);
    if (trouble !== undefined) throw new RangeError(trouble);
    this.#output = this.#newOutput();
    this.#table = this.#newTable();
    this.#pulse = this.#newPulse();
    this.#say("hello", encodeHello({ limits: this.#own, facts: options.facts ?? new Map() }));
    if (transport.opened === undefined) this.#startClock();
    else void this.#startClockWhen(transport.opened);
    void this.#read();
  }

  async #startClockWhen(opened: Promise<unknown>): Promise<void> {
    try {
      await opened;
    } catch {
      return;
    }
    if (this.#over === undefined) this.#startClock();
  }

  #startClock(): void {
    const { deadlineMs, timers } = this.#options;
    this.#pulse.start();
    if (this.#table.isIntroduced) return;
    const late = `the other side did not introduce itself within ${deadlineMs / 1000} s`;
    this.#deadline = timers.set(deadlineMs, () => this.#lose(new SessionLost(late, false)));
  }

  #newOutput(): Output {
    return new Output(this.#transport, {
      onReady: () => this.#table.pump(),
      onBroken: (error) => this.#lose(broken(error)),
      onOverflow: () => this.#lose(hostile("it asks, and takes no answers")),
    });
  }

  #newTable(): ChannelTable {
    return new ChannelTable({
      role: this.#options.role,
      own: this.#own,
      least: this.#least,
      isReady: () => this.#over === undefined && this.#output.isReady,
      pings: () => this.#pulse.sent,
      put: (frame) => {
        if (this.#over === undefined) this.#output.put(frame);
      },
    });
  }

  #newPulse(): Pulse {
    return new Pulse(this.#options, {
      taken: () => this.#output.taken,
      isBlocked: () => !this.#output.isReady,
      needsProof: () => this.#table.isLettingGo,
      sendPing: () => this.#say("ping"),
      onGone: (message) => this.#lose(new SessionLost(message, false)),
    });
  }

  get ready(): Promise<Hello> {
    return this.#ready.promise;
  }

  get lost(): Promise<SessionLost> {
    return this.#lost.promise;
  }

  open(request: Uint8Array): Channel {
    const channel = this.#table.open(request);
    if (this.#over !== undefined) this.#table.breakAll(this.#over);
    return channel;
  }

  close(): Promise<void> {
    this.#bye(new SessionClosed("this"));
    return this.#destroyed.promise;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #read(): Promise<void> {
    const parser = new FrameParser(
      { check: (head) => this.#check(head), take: (frame) => this.#take(frame) },
      this.#own,
    );
    try {
      for await (const piece of this.#transport.incoming) {
        this.#pulse.onBytes(piece.length);
        parser.push(piece);
        if (this.#isDestroyed) break;
      }
      this.#lose(new SessionLost("the other side has ended the connection", false));
    } catch (error) {
      this.#lose(error instanceof WireError ? this.#refusal(error) : broken(error));
    }
  }

  #check({ type, channel, length }: FrameHead): void {
    // After this side's goodbye, what was on its way is no longer looked at.
    if (this.#over !== undefined) return;
    if ((type === "hello") === this.#table.isIntroduced) {
      throw new WireError(type === "hello" ? "a second hello came" : "what came first is no hello");
    }
    if (type === "data") this.#table.get(channel).checkData(length);
    if (type === "request") this.#checkRequest(channel);
  }

  #checkRequest(channel: number): void {
    if (this.#options.onRequest === undefined) {
      throw new WireError("a request came, and nobody here answers any");
    }
    // Those that were cancelled may take a moment to notice.
    if (this.#running >= 4 * this.#own.maxChannels) {
      throw new WireError("requests are made and cancelled faster than can be followed");
    }
    this.#table.checkRequest(channel);
  }

  #take(frame: Frame): void {
    const { type, channel, payload } = frame;
    if (this.#over !== undefined) {
      if (type === "goodbye") this.#destroy();
      return;
    }
    this.#pulse.onFrame();
    switch (type) {
      case "request":
        return void this.#answer(payload, this.#table.accept(channel));
      case "data":
        return this.#table.get(channel).takeData(payload);
      case "end":
        return this.#table.get(channel).takeEnd();
      case "failure":
        return this.#takeFailure(channel, payload);
      case "cancel":
        return this.#table.find(channel)?.takeAbort();
      case "credit":
        return this.#table.find(channel)?.takeCredit(decodeCredit(payload));
      default:
        return this.#takeOfSession(type, payload);
    }
  }

  #takeOfSession(type: "hello" | "ping" | "pong" | "goodbye", payload: Uint8Array): void {
    switch (type) {
      case "hello":
        return this.#meet(decodeHello(payload, this.#least));
      case "ping":
        if (!this.#pulse.onPing()) throw new WireError("pings come without end");
        return this.#say("pong");
      case "pong":
        if (!this.#pulse.onPong()) throw new WireError("a pong came without a ping");
        return this.#table.checkAnswers(this.#pulse.answered);
      case "goodbye":
        return this.#bye(new SessionClosed("the other"));
    }
  }

  #meet(hello: Hello): void {
    const names = Object.keys(this.#options.needs ?? {}) as (keyof Limits)[];
    const isEnough = names.every((name) => hello.limits[name] >= this.#options.needs![name]!);
    if (!isEnough) throw new WireError("it takes less than what has to be said");
    this.#options.timers.clear(this.#deadline);
    this.#ready.resolve(hello);
    this.#table.introduce(hello.limits);
  }

  #takeFailure(id: number, payload: Uint8Array): void {
    const failure = decodeFailure(payload);
    this.#table.find(id)?.takeAbort(new ChannelFailed(failure));
  }

  async #answer(request: Uint8Array, channel: Channel): Promise<void> {
    this.#running++;
    try {
      await this.#options.onRequest?.(request, channel);
    } catch (error) {
      channel.fail({ code: "internal", message: error instanceof Error ? error.message : "" });
    } finally {
      this.#running--;
    }
  }

  #say(type: FrameType, payload: Uint8Array = noPayload): void {
    this.#output.put({ type, channel: 0, payload });
  }

  /** Goodbyes are said once by each side, and are the last that each says. */
  #bye(reason: SessionClosed): void {
    if (this.#over !== undefined) return;
    const { timers, deadlineMs } = this.#options;
    this.#say("goodbye");
    this.#finish(reason);
    this.#deadline = timers.set(deadlineMs, () => this.#destroy());
  }

  #lose(reason: SessionLost): void {
    this.#finish(reason);
    this.#destroy();
  }

  #finish(reason: SessionLost): void {
    if (this.#over !== undefined) return;
    this.#over = reason;
    this.#options.timers.clear(this.#deadline);
    this.#pulse.stop();
    this.#table.breakAll(reason);
    this.#ready.reject(reason);
    this.#lost.resolve(reason);
  }

  #destroy(): void {
    if (this.#isDestroyed) return;
    this.#isDestroyed = true;
    this.#options.timers.clear(this.#deadline);
    this.#output.stop();
    this.#transport.destroy();
    this.#destroyed.resolve();
  }

  #refusal(error: WireError): SessionLost {
    if (error instanceof OtherVersion) return new SessionLost(error.message, true, error);
    if (this.#table.isIntroduced) return hostile(error.message, error);
    const stranger = `the other side does not speak Syncline's protocol: ${error.message}`;
    return new SessionLost(stranger, true, error);
  }
}

function hostile(what: string, cause?: WireError): SessionLost {
  return new SessionLost(`the other side does not keep to the protocol: ${what}`, true, cause);
}

function broken(cause: unknown): SessionLost {
  return new SessionLost("the connection was lost", false, cause);
}
