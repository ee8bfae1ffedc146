import { setTimeout as delay } from "node:timers/promises";

import type { Transport } from "../../wire/transport.ts";

/** Milliseconds by which a line may run ahead of its rate: shorter waits than that are not kept by anybody. */
const slack = 20;

/** A transport that takes and brings no more than so many bytes a second, each way, on average. */
export function limitTransport(transport: Transport, bytesPerSecond: number): Transport {
  const out = newPace(bytesPerSecond);
  const into = newPace(bytesPerSecond);
  return {
    ...transport,
    traffic: () => transport.traffic(),
    destroy: () => transport.destroy(),
    write(bytes) {
      const taken = transport.write(bytes);
      const wait = out.waitFor(bytes.length);
      if (wait < slack) return taken;
      return both(taken, delay(wait, undefined, { ref: false }));
    },
    incoming: slowed(transport.incoming, into),
  };
}

async function both(one: Promise<void> | undefined, other: Promise<void>): Promise<void> {
  await Promise.all([one, other]);
}

async function* slowed(
  incoming: AsyncIterable<Uint8Array>,
  pace: Pace,
): AsyncGenerator<Uint8Array> {
  for await (const piece of incoming) {
    yield piece;
    const wait = pace.waitFor(piece.length);
    if (wait >= slack) await delay(wait);
  }
}

interface Pace {
  /** Counts bytes, and says how many milliseconds to wait before the next ones. */
  waitFor(bytes: number): number;
}

function newPace(bytesPerSecond: number): Pace {
  /** When everything that was counted is through. */
  let through = 0;
  return {
    waitFor(bytes) {
      const now = performance.now();
      through = Math.max(through, now) + (bytes * 1000) / bytesPerSecond;
      return through - now;
    },
  };
}
