import { expect, test } from "vitest";

import { transportPair } from "../../../test/support/transport-pair.ts";
import { limitTransport, throttle } from "./limited-transport.ts";

async function take(incoming: AsyncIterable<Uint8Array>, bytes: number): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  let taken = 0;
  for await (const piece of incoming) {
    pieces.push(piece);
    taken += piece.length;
    if (taken >= bytes) break;
  }
  return Buffer.concat(pieces);
}

const counted = Buffer.from(Array.from({ length: 30_000 }, (_, n) => n % 251));

test("a limited transport brings and takes everything in order, and no faster than it may", async () => {
  const pair = transportPair({ capacity: 1 << 20 });
  const client = limitTransport(pair.client, 100_000);
  const began = performance.now();
  // Nobody waits for what is written.
  for (let from = 0; from < counted.length; from += 7000) {
    void client.write(counted.subarray(from, from + 7000));
  }
  expect(await take(pair.server.incoming, counted.length)).toEqual(counted);
  // But for the last part, and what is too short to be waited for.
  expect(performance.now() - began).toBeGreaterThan(200);
  void pair.server.write(counted);
  expect(await take(client.incoming, counted.length)).toEqual(counted);
});

test("a throttle is open until it is told otherwise, and lets nothing out after the end", async () => {
  const pair = transportPair({ capacity: 1 << 20 });
  const line = throttle(pair.client);
  const { transport } = line;
  void transport.write(counted);
  expect(transport.traffic().sent).toBe(counted.length);
  line.limit(10_000);
  const waiting = transport.write(counted);
  transport.destroy();
  await waiting;
  expect(transport.traffic().sent).toBeLessThan(counted.length + 2000);
});
