import type { Socket } from "node:net";

import type { LineOptions } from "./proxy.ts";

/** One direction of the line, for all connections. */
export interface Link {
  /** Bytes taken from senders. */
  readonly carried: () => number;
  /** Carries what one socket receives to the other, to its end. */
  readonly carry: (from: Socket, to: Socket) => void;
  readonly setOptions: (options: LineOptions) => void;
  readonly setStalled: (isStalled: boolean) => void;
}

/** What travels on one connection. */
interface Flow {
  readonly from: Socket;
  readonly to: Socket;
  /** Before the bottleneck. */
  readonly waiting: { readonly arrived: number; readonly packet: Buffer }[];
  /** Behind it, each until its time has come. */
  readonly travelling: { readonly due: number; readonly packet: Buffer }[];
  /** Bytes of both. */
  held: number;
  hasEnded: boolean;
}

// What is sent at once, so that one connection's large write is not in the way of another's small one.
const PACKET = 16 * 1024;
// About what the kernel keeps for a connection, and what a router keeps before a bottleneck.
const MOST_HELD = 8 * 1024 * 1024;
const MOST_WAITING = 512 * 1024;
// This process may get its turn so much later than a packet came.
const LATENESS_MS = 5;

/**
 * A delay line behind a bottleneck. Everything is late by the same time, however much is on its way; with a limit,
 * connections take turns packet by packet. When a packet goes and when it arrives is reckoned from when the one before it
 * went, so that a timer that comes late makes one packet late and not the line slow.
 */
export function createLink(initial: LineOptions, onCarried: (bytes: number) => void): Link {
  const flows = new Set<Flow>();
  let options = initial;
  let carried = 0;
  let isStalled = false;
  let freeAt = 0;
  let timer: NodeJS.Timeout | undefined;

  const accept = (flow: Flow, chunk: Buffer): void => {
    carried += chunk.length;
    onCarried(chunk.length);
    const { from, to } = flow;
    if (flow.held === 0 && isUnlimited(options) && !isStalled) {
      if (!to.write(chunk)) from.pause();
      return;
    }
    const arrived = performance.now();
    for (let at = 0; at < chunk.length; at += PACKET) {
      flow.waiting.push({ arrived, packet: chunk.subarray(at, at + PACKET) });
    }
    flow.held += chunk.length;
    advance();
  };

  /** Sends what may go now, delivers what is due, and comes again for the rest. */
  const advance = (): void => {
    clearTimeout(timer);
    timer = undefined;
    if (isStalled) return;
    const now = performance.now();
    send(now);
    let next = Infinity;
    for (const flow of flows) {
      deliver(flow, now);
      if (flow.waiting.length > 0) next = Math.min(next, freeAt);
      if (flow.travelling.length > 0) next = Math.min(next, flow.travelling[0]!.due);
      regulate(flow, options);
    }
    if (next < Infinity) timer = setTimeout(advance, Math.max(1, Math.ceil(next - now)));
  };

  const send = (now: number): void => {
    const delay = (options.delayMs ?? 0) / 2;
    const perMs = (options.bytesPerSecond ?? Infinity) / 1000;
    // Who has sent goes to the end, and is met again there as long as there is room.
    for (const flow of flows) {
      if (freeAt > now) break;
      const next = flow.waiting.shift();
      if (next === undefined) continue;
      const { arrived, packet } = next;
      freeAt = Math.max(freeAt, arrived - LATENESS_MS) + packet.length / perMs;
      flow.travelling.push({ due: Math.max(arrived, freeAt) + delay, packet });
      flows.delete(flow);
      flows.add(flow);
    }
  };

  const deliver = (flow: Flow, now: number): void => {
    let count = 0;
    flow.to.cork();
    for (const { due, packet } of flow.travelling) {
      if (due > now) break;
      flow.to.write(packet);
      flow.held -= packet.length;
      count++;
    }
    flow.to.uncork();
    flow.travelling.splice(0, count);
    if (flow.hasEnded && flow.held === 0) {
      flows.delete(flow);
      flow.to.end();
    }
  };

  return {
    carried: () => carried,
    carry: (from, to) => {
      const flow = { from, to, waiting: [], travelling: [], held: 0, hasEnded: false };
      flows.add(flow);
      from.on("data", (chunk: Buffer) => accept(flow, chunk));
      from.on("end", () => {
        flow.hasEnded = true;
        advance();
      });
      from.on("close", () => flow.hasEnded || flows.delete(flow));
      to.on("close", () => flows.delete(flow));
      to.on("drain", () => regulate(flow, options, isStalled));
      regulate(flow, options, isStalled);
    },
    setOptions: (changed) => {
      options = changed;
      advance();
    },
    setStalled: (stalled) => {
      isStalled = stalled;
      for (const { from } of flows) if (stalled) from.pause();
      advance();
    },
  };
}

function isUnlimited({ delayMs = 0, bytesPerSecond = Infinity }: LineOptions): boolean {
  return delayMs === 0 && bytesPerSecond === Infinity;
}

/** Lets the sender feel when the line or the receiver is full, as a sender does whose window is used up. */
function regulate(flow: Flow, options: LineOptions, isStalled = false): void {
  const isFull =
    flow.to.writableNeedDrain ||
    flow.held >= MOST_HELD ||
    (options.bytesPerSecond !== undefined && flow.waiting.length * PACKET >= MOST_WAITING);
  if (isFull || isStalled) flow.from.pause();
  else flow.from.resume();
}
