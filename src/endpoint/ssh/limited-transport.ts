import { setTimeout as delay } from "node:timers/promises";

import type { Transport } from "../../wire/transport.ts";
import type { Pace } from "./pace.ts";
import { newPace } from "./pace.ts";

/** Parts of a second's share, of which each goes at once. */
const turns = 20;
const leastPart = 1024;

/** A transport that takes and brings no more than so many bytes a second, each way, on average. */
export function limitTransport(transport: Transport, bytesPerSecond: number): Transport {
  const out = throttle(transport);
  out.limit(bytesPerSecond);
  return { ...out.transport, incoming: slowed(transport.incoming, newPace(bytesPerSecond)) };
}

/**
 * What arrives, no faster than its pace. What is on its way may fill every buffer on it meanwhile, so whoever sends has to keep
 * to it as well.
 */
async function* slowed(
  incoming: AsyncIterable<Uint8Array>,
  pace: Pace,
): AsyncGenerator<Uint8Array> {
  for await (const piece of incoming) {
    const wait = pace.waitFor(piece.length);
    if (wait > 0) await delay(wait);
    yield piece;
  }
}

/** A transport whose sending can be slowed down. */
export interface Throttle {
  readonly transport: Transport;
  /** From now on no more than so many bytes leave in a second, whether or not whoever writes them waits. */
  limit(bytesPerSecond: number): void;
}

interface Limit {
  readonly bytesPerSecond: number;
  /** What goes at once. */
  readonly part: number;
  readonly pace: Pace;
}

interface Waiting {
  readonly bytes: Uint8Array;
  readonly gone: () => void;
}

export function throttle(transport: Transport): Throttle {
  let limit: Limit | undefined;
  const queue: Waiting[] = [];
  let isSending = false;
  let isDestroyed = false;
  const send = async (bytes: Uint8Array): Promise<void> => {
    const { part, pace } = limit!;
    for (let from = 0; from < bytes.length; from += part) {
      const piece = bytes.subarray(from, from + part);
      const wait = pace.waitFor(piece.length);
      if (wait > 0) await delay(wait, undefined, { ref: false });
      if (isDestroyed) return;
      await transport.write(piece);
    }
  };
  const sendAll = async (): Promise<void> => {
    isSending = true;
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
      await send(next.bytes);
      next.gone();
    }
    isSending = false;
  };
  return {
    limit(bytesPerSecond) {
      if (limit?.bytesPerSecond === bytesPerSecond) return;
      const part = Math.max(leastPart, Math.ceil(bytesPerSecond / turns));
      limit = { bytesPerSecond, part, pace: newPace(bytesPerSecond) };
    },
    transport: {
      incoming: transport.incoming,
      traffic: () => transport.traffic(),
      destroy() {
        isDestroyed = true;
        transport.destroy();
      },
      write(bytes) {
        if (limit === undefined) return transport.write(bytes);
        return new Promise((gone) => {
          queue.push({ bytes, gone });
          if (!isSending) void sendAll();
        });
      },
    },
  };
}
