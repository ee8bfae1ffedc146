import { Fifo } from "./fifo.ts";
import type { Frame, FrameType } from "./frame.ts";
import type { Limits } from "./limits.ts";
import type { ChannelHost } from "./session-channel.ts";
import { SessionChannel } from "./session-channel.ts";
import { WireError } from "./wire-error.ts";

/** Clients open the odd channels, servers the even ones, so that neither waits for the other. */
export type Role = "client" | "server";

/** What the table needs of its session. */
export interface TableHost {
  readonly role: Role;
  readonly own: Limits;
  /** What the other side takes before it has said so. */
  readonly least: Limits;
  isReady(): boolean;
  /** Pings sent so far. */
  pings(): number;
  put(frame: Frame): void;
}

interface Opening {
  readonly request: Uint8Array;
  readonly channel: SessionChannel;
}

/**
 * What may still come for a channel that is over, since the other side had not heard of the end: all the credit that was
 * out, in its parts, and that it lets go.
 */
const straysOfOne = 5;
const lastId = 2 ** 32 - 2;

/** All channels of a session: who may open how many, whose turn it is to send, and what is still due for those let go of. */
export class ChannelTable implements ChannelHost {
  readonly #host: TableHost;
  readonly own: Limits;
  peer: Limits;
  isIntroduced = false;
  readonly #channels = new Map<number, SessionChannel>();
  readonly #openings = new Fifo<Opening>();
  /** Those that may have something to send, in turn. */
  readonly #turns = new Set<SessionChannel>();
  readonly #lettingGo = new Set<SessionChannel>();
  #nextOwn: number;
  #nextPeer: number;
  #ownCount = 0;
  #strays = 0;

  constructor(host: TableHost) {
    this.#host = host;
    this.own = host.own;
    this.peer = host.least;
    this.#nextOwn = host.role === "client" ? 1 : 2;
    this.#nextPeer = host.role === "client" ? 2 : 1;
  }

  get isReady(): boolean {
    return this.#host.isReady();
  }

  /** Whether the other side has yet to answer that it was let go of. */
  get isLettingGo(): boolean {
    return this.#lettingGo.size > 0;
  }

  /** The request goes out when the other side takes one more channel. */
  open(request: Uint8Array): SessionChannel {
    const channel = new SessionChannel(this);
    this.#openings.push({ request, channel });
    this.pump();
    return channel;
  }

  /** Checks that the other side may open this channel now. */
  checkRequest(id: number): void {
    if (id !== this.#nextPeer) throw new WireError("a channel was opened out of turn");
    if (this.#channels.size - this.#ownCount >= this.own.maxChannels) {
      throw new WireError(`more than ${this.own.maxChannels} channels were opened`);
    }
    this.#nextPeer += 2;
  }

  accept(id: number): SessionChannel {
    const channel = new SessionChannel(this);
    this.#channels.set(id, channel);
    channel.start(id);
    return channel;
  }

  /** The channel that something has come for that makes no sense on one that is over. */
  get(id: number): SessionChannel {
    const channel = this.#channels.get(id);
    if (channel !== undefined) return channel;
    throw new WireError("something came for a channel that is not open");
  }

  /** The channel, or `undefined` where it is over and the other side may not have known. */
  find(id: number): SessionChannel | undefined {
    const channel = this.#channels.get(id);
    if (channel !== undefined) return channel;
    const isOwn = id % 2 === this.#nextOwn % 2;
    const wasOpened = id < (isOwn ? this.#nextOwn : this.#nextPeer);
    if (!wasOpened || this.#strays === 0) return this.get(id);
    this.#strays--;
    return undefined;
  }

  /** The other side has said what it takes. */
  introduce(limits: Limits): void {
    const more = limits.window - this.peer.window;
    this.peer = limits;
    this.isIntroduced = true;
    for (const channel of this.#channels.values()) channel.raise(more);
    this.pump();
  }

  /** A pong proves that everything before its ping was seen; what should have been answered must have been. */
  checkAnswers(pong: number): void {
    for (const channel of this.#lettingGo) {
      if (channel.abortedAt < pong) throw new WireError("a channel was not closed when let go of");
    }
  }

  breakAll(reason: Error): void {
    for (const { channel } of this.#openings.drain()) channel.break(reason);
    for (const channel of this.#channels.values()) channel.break(reason);
    this.#channels.clear();
    this.#turns.clear();
    this.#lettingGo.clear();
  }

  /** Sends what can be sent: one message of each channel at a time. */
  pump(): void {
    while (this.isReady && this.#startNext()) continue;
    for (const channel of this.#turns) {
      if (!this.isReady) return;
      this.#turns.delete(channel);
      // Behind the others, where this loop comes by again; without credit, not until there is some.
      if (channel.sendWaiting() && channel.hasWaiting) this.#turns.add(channel);
    }
  }

  put(type: FrameType, channel: SessionChannel, payload: Uint8Array): void {
    this.#host.put({ type, channel: channel.id, payload });
  }

  onWaiting(channel: SessionChannel): void {
    this.#turns.add(channel);
    this.pump();
  }

  onAborted(channel: SessionChannel): void {
    channel.abortedAt = this.#host.pings();
    this.#lettingGo.add(channel);
  }

  onOver(channel: SessionChannel): void {
    this.#turns.delete(channel);
    this.#lettingGo.delete(channel);
    if (!this.#channels.delete(channel.id)) return;
    this.#strays += straysOfOne;
    if (channel.id % 2 === this.#nextOwn % 2) {
      this.#ownCount--;
      this.pump();
    }
  }

  /** Opens the channel that has waited longest; says whether there may be another. */
  #startNext(): boolean {
    const next = this.#openings.peek();
    if (next === undefined) return false;
    const { channel, request } = next;
    const tooLarge = request.length > this.peer.maxRequest;
    const mayStart = !tooLarge && this.#ownCount < this.peer.maxChannels;
    if (!channel.isOver && !mayStart && !(tooLarge && this.isIntroduced)) return false;
    this.#openings.shift();
    if (channel.isOver) return true;
    if (tooLarge) {
      channel.break(new RangeError(`a request is over the limit of ${this.peer.maxRequest} bytes`));
      return true;
    }
    this.#start(channel, request);
    return true;
  }

  #start(channel: SessionChannel, request: Uint8Array): void {
    const id = this.#nextOwn;
    if (id > lastId) return channel.break(new RangeError("a session has no channel left"));
    this.#nextOwn += 2;
    this.#ownCount++;
    this.#channels.set(id, channel);
    this.#host.put({ type: "request", channel: id, payload: request });
    channel.start(id);
  }
}
