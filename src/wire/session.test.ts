import { describe, expect, test } from "vitest";
import { settled } from "../../test/support/fake-timers.ts";
import { frameBytes, rawPeer } from "../../test/support/raw-peer.ts";
import {
  deadlineMs,
  echo,
  keepAliveMs,
  sessionPair,
  smallLimits,
} from "../../test/support/session-pair.ts";
import { transportPair } from "../../test/support/transport-pair.ts";
import type { Channel } from "./channel.ts";
import { ChannelFailed, SessionLost } from "./channel.ts";
import { defaultLimits } from "./limits.ts";
import { ChannelCancelled } from "./session-channel.ts";
import { SessionClosed } from "./session.ts";

const bytes = (...values: number[]): Uint8Array => Uint8Array.from(values);
const text = (message: Uint8Array | undefined): string | undefined =>
  message === undefined ? undefined : Buffer.from(message).toString();
const of = (words: string): Uint8Array => new Uint8Array(Buffer.from(words));

/** What has become of a promise by now. */
async function fate(promise: Promise<unknown>): Promise<unknown> {
  let fate: unknown = "waits";
  promise.then(
    (value) => (fate = value),
    (error: unknown) => (fate = error),
  );
  await settled();
  return fate;
}

/** A channel as both ends see it. */
async function twoEnds(
  options: Parameters<typeof sessionPair>[0] = {},
): Promise<ReturnType<typeof sessionPair> & { here: Channel; there: Channel }> {
  let there: Channel | undefined;
  const pair = sessionPair({
    ...options,
    server: { onRequest: (_, channel) => void (there = channel), ...options.server },
  });
  const here = pair.client.open(bytes(1));
  await settled();
  return { ...pair, here, there: there! };
}

describe("two sessions", () => {
  test("introduce themselves", async () => {
    const facts = new Map([["platform", "linux-x64"]]);
    const { client, server } = sessionPair({ server: { facts } });
    expect(await client.ready).toEqual({ limits: smallLimits, facts });
    expect(await server.ready).toEqual({ limits: smallLimits, facts: new Map() });
  });

  test("answer requests of either side, in order", async () => {
    const { client, server } = sessionPair({
      client: { onRequest: echo },
      server: { onRequest: echo },
    });
    for (const session of [client, server]) {
      const channel = session.open(of("first"));
      await channel.send(of("second"));
      await channel.send(bytes());
      channel.end();
      const heard = [];
      for (let message; (message = await channel.receive()) !== undefined;) {
        heard.push(text(message));
      }
      expect(heard).toEqual(["first", "second", ""]);
      expect(await channel.receive()).toBeUndefined();
    }
  });

  test("a client asks before it has heard anything", () => {
    const line = transportPair();
    const { client } = sessionPair({ client: { transport: line.client } });
    client.open(of("ask"));
    const peer = rawPeer(line.server);
    return settled().then(() => expect(peer.types()).toEqual(["hello", "request"]));
  });

  test("what is small goes out in one write", async () => {
    const line = transportPair();
    const { client } = sessionPair({ client: { transport: line.client } });
    let writes = 0;
    const write = line.client.write.bind(line.client);
    line.client.write = (piece) => {
      writes++;
      return write(piece);
    };
    const channel = client.open(of("ask"));
    for (let i = 0; i < 10; i++) await channel.send(bytes(i));
    channel.end();
    const peer = rawPeer(line.server);
    await settled();
    expect(peer.heard.length).toBe(13);
    expect(writes).toBe(1);
  });

  test("what is large goes out in writes that get on, and arrives whole", async () => {
    const limits = defaultLimits;
    const { client } = sessionPair({
      capacity: 10_000,
      client: { limits, least: limits },
      server: { limits, least: limits, onRequest: echo },
    });
    const channel = client.open(of(""));
    const large = new Uint8Array(2 ** 21).map((_, i) => i * 7);
    await channel.send(large);
    await channel.receive();
    expect(Buffer.compare((await channel.receive())!, large)).toBe(0);
  });
});

describe("credit", () => {
  test("stops a sender whose messages nobody receives, and what waits is sent in order", async () => {
    const { here, there } = await twoEnds();
    const sends = Array.from({ length: 6 }, (_, i) => here.send(new Uint8Array(1000).fill(i)));
    here.end();
    const fates = await Promise.all(sends.map((sent) => fate(sent)));
    expect(fates).toEqual([undefined, undefined, "waits", "waits", "waits", "waits"]);
    const heard: number[] = [];
    for (let message; (message = await there.receive()) !== undefined;) heard.push(message[0]!);
    expect(heard).toEqual([0, 1, 2, 3, 4, 5]);
    await Promise.all(sends);
  });

  test("of one channel does not hold up another", async () => {
    const channels: Channel[] = [];
    const { client } = sessionPair({
      server: { onRequest: (_, channel) => void channels.push(channel) },
    });
    const [stuck, free] = [client.open(bytes(1)), client.open(bytes(2))];
    for (let i = 0; i < 3; i++) void stuck.send(new Uint8Array(1000));
    await free.send(of("through"));
    await settled();
    expect(text(await channels[1]!.receive())).toBe("through");
  });

  test("is used in turns by those who wait for the line", async () => {
    const limits = { limits: defaultLimits, least: defaultLimits };
    const order: number[] = [];
    const { client } = sessionPair({
      capacity: 1,
      client: limits,
      server: { ...limits, onRequest: () => {} },
    });
    const channels = [0, 1, 2].map((n) => client.open(bytes(n)));
    await settled();
    const sends = channels.flatMap((channel, n) =>
      [1, 2, 3].map(() => channel.send(new Uint8Array(100_000)).then(() => order.push(n))),
    );
    await Promise.all(sends);
    expect(order).toEqual([0, 0, 1, 2, 0, 1, 2, 1, 2]);
  });

  test("is not needed for a message over the limit, which is a bug", async () => {
    const { here } = await twoEnds();
    expect(await fate(here.send(new Uint8Array(1001)))).toBeInstanceOf(RangeError);
    expect(await fate(here.send(new Uint8Array(1000)))).toBeUndefined();
  });

  test("before the hello is what everybody takes; more is taken when it has come", async () => {
    const line = transportPair();
    const limits = { ...smallLimits, maxMessage: 3000, window: 10_000 };
    const { client } = sessionPair({ client: { transport: line.client } });
    const channel = client.open(bytes(1));
    const small = channel.send(new Uint8Array(1000));
    const large = channel.send(new Uint8Array(3000));
    expect(await Promise.all([fate(small), fate(large)])).toEqual([undefined, "waits"]);
    rawPeer(line.server, limits).hello();
    expect(await fate(large)).toBeUndefined();
    expect(await fate(channel.send(new Uint8Array(3000)))).toBeUndefined();
    expect(await fate(channel.send(new Uint8Array(3000)))).toBeUndefined();
    expect(await fate(channel.send(bytes(1)))).toBe("waits");
  });
});

describe("more channels than the other side takes", () => {
  test("wait for each other", async () => {
    let open = 0;
    let most = 0;
    const { client } = sessionPair({
      server: {
        onRequest: async (request, channel) => {
          most = Math.max(most, ++open);
          await settled();
          await channel.send(request);
          open--;
          channel.end();
        },
      },
    });
    const asked = Array.from({ length: 12 }, async (_, i) => {
      const channel = client.open(bytes(i));
      channel.end();
      return (await channel.receive())?.[0];
    });
    expect(await Promise.all(asked)).toEqual(Array.from({ length: 12 }, (_, i) => i));
    expect(most).toBe(4);
  });

  test("those that were let go of before they began are never asked for", async () => {
    const asked: number[] = [];
    const channels: Channel[] = [];
    const { client } = sessionPair({
      server: {
        onRequest: ([n], channel) => {
          asked.push(n!);
          channels.push(channel);
        },
      },
    });
    const mine = Array.from({ length: 6 }, (_, i) => client.open(bytes(i)));
    mine[4]!.cancel();
    await settled();
    for (const channel of channels) channel.fail({ code: "no", message: "" });
    await settled();
    expect(asked).toEqual([0, 1, 2, 3, 5]);
    expect(await fate(mine[4]!.receive())).toBeInstanceOf(ChannelCancelled);
  });

  test("a request over the limit is the channel's own trouble", async () => {
    const { client } = sessionPair({ server: { onRequest: echo } });
    const tooLarge = client.open(new Uint8Array(201));
    expect(await fate(tooLarge.receive())).toBeInstanceOf(RangeError);
    expect(await client.open(bytes(7)).receive()).toEqual(bytes(7));
  });
});

describe("a failure", () => {
  test("is heard by whoever sends or receives on that channel, and nobody else", async () => {
    const { client, here, there } = await twoEnds();
    const other = client.open(bytes(2));
    const receiving = here.receive();
    there.fail({ code: "ENOENT", message: "no such file" });
    const failed = await fate(receiving);
    expect(failed).toEqual(new ChannelFailed({ code: "ENOENT", message: "no such file" }));
    expect(failed).toMatchObject({ failure: { code: "ENOENT", message: "no such file" } });
    expect(await fate(here.send(bytes(1)))).toBe(failed);
    expect([here.signal.aborted, here.signal.reason]).toEqual([true, failed]);
    expect([there.signal.aborted, other.signal.aborted]).toEqual([false, false]);
    expect(await fate(there.receive())).toBeInstanceOf(ChannelFailed);
  });

  test("of whoever answers is told, where they have not told it themselves", async () => {
    const { client } = sessionPair({
      server: { onRequest: () => Promise.reject(new Error("a bug")) },
    });
    const failed = await fate(client.open(bytes(1)).receive());
    expect(failed).toMatchObject({ failure: { code: "internal", message: "a bug" } });
  });

  test("that is long is cut between characters", async () => {
    const { here, there } = await twoEnds();
    there.fail({ code: "long", message: `x${"ü".repeat(10_000)}` });
    const failed = (await fate(here.receive())) as ChannelFailed;
    expect(failed.failure.message).toBe(`x${"ü".repeat(4095)}`);
  });

  test("still comes after this side has said all it had to say", async () => {
    const { here, there } = await twoEnds();
    here.end();
    await settled();
    there.fail({ code: "late", message: "" });
    expect(await fate(here.receive())).toMatchObject({ failure: { code: "late" } });
  });
});

describe("letting go", () => {
  test("tells the other side, and drops what was on its way", async () => {
    const { client, here, there } = await twoEnds();
    await there.send(of("on its way"));
    here.cancel();
    expect(await fate(here.receive())).toBeInstanceOf(ChannelCancelled);
    expect(await fate(here.send(bytes(1)))).toBeInstanceOf(ChannelCancelled);
    expect(here.signal.aborted).toBe(false);
    expect(there.signal.aborted).toBe(true);
    const cancelled = await fate(there.receive());
    expect(cancelled).toBe(there.signal.reason);
    expect(await fate(there.send(bytes(1)))).toBe(cancelled);
    expect(await fate(client.lost)).toBe("waits");
  });

  test("is nothing on a channel that is over", async () => {
    const { client, server, here, there } = await twoEnds();
    here.end();
    there.end();
    await settled();
    for (const channel of [here, there]) {
      channel.cancel();
      channel.fail({ code: "x", message: "" });
      channel.end();
      expect(await channel.receive()).toBeUndefined();
    }
    expect(await fate(client.lost)).toBe("waits");
    expect(await fate(server.lost)).toBe("waits");
  });

  test("makes room for the next, over and over", async () => {
    const { client } = sessionPair({ server: { onRequest: () => {} } });
    for (let i = 0; i < 100; i++) {
      const channel = client.open(bytes(i));
      if (i % 3 === 0) await settled();
      channel.cancel();
    }
    await settled();
    expect(await fate(client.lost)).toBe("waits");
  });
});

describe("the end", () => {
  test("is said by one side, answered by the other, and is no loss", async () => {
    const { client, server, here, there, timers } = await twoEnds();
    const receiving = there.receive().catch((error: unknown) => error);
    await client.close();
    expect(await client.lost).toEqual(new SessionClosed("this"));
    expect(await server.lost).toEqual(new SessionClosed("the other"));
    expect(await receiving).toBeInstanceOf(SessionClosed);
    expect(await fate(here.receive())).toBeInstanceOf(SessionClosed);
    expect(here.signal.aborted && there.signal.aborted).toBe(true);
    await server.close();
    expect(timers.count()).toBe(0);
  });

  test("may be said by both at once, and twice", async () => {
    const { client, server, timers } = sessionPair();
    await settled();
    await Promise.all([client.close(), server.close(), client.close()]);
    expect(timers.count()).toBe(0);
  });

  test("comes when the other side does not answer the goodbye", async () => {
    const { client, line, timers } = sessionPair();
    await settled();
    line.cut("silence");
    const closed = client.close();
    await timers.pass(deadlineMs - 1);
    expect(await fate(closed)).toBe("waits");
    await timers.pass(1);
    expect(await fate(closed)).toBeUndefined();
    expect(await client.lost).toBeInstanceOf(SessionClosed);
  });

  test("leaves what has come in whole to be received", async () => {
    const { client, here, there } = await twoEnds();
    await there.send(of("all of it"));
    there.end();
    await settled();
    await client.close();
    expect(text(await here.receive())).toBe("all of it");
    expect(await here.receive()).toBeUndefined();
  });

  test("is what channels see that are opened after it", async () => {
    const { client } = sessionPair();
    await settled();
    await client.close();
    const late = client.open(bytes(1));
    expect(await fate(late.receive())).toBeInstanceOf(SessionClosed);
    expect(await fate(late.send(bytes(1)))).toBeInstanceOf(SessionClosed);
    expect(late.signal.aborted).toBe(true);
  });

  test("of a scope is the end of its session", async () => {
    const { client, server } = sessionPair();
    await settled();
    {
      await using _session = client;
    }
    expect(await server.lost).toBeInstanceOf(SessionClosed);
  });
});

describe("a loss", () => {
  for (const [how, message] of [
    ["end", "the other side has ended the connection"],
    ["error", "the connection was lost"],
  ] as const) {
    test(`by ${how} is told to all who wait`, async () => {
      const { client, server, here, there, line, timers } = await twoEnds();
      const waiting = [here.receive(), there.receive(), client.open(bytes(2)).receive()];
      line.cut(how);
      const fates = await Promise.all(waiting.map((one) => fate(one)));
      for (const fate of fates) expect(fate).toEqual(new SessionLost(message, false));
      expect(await client.lost).toEqual(new SessionLost(message, false));
      expect(await server.lost).toMatchObject({ isHostile: false });
      expect(here.signal.reason).toBe(await client.lost);
      expect(timers.count()).toBe(0);
    });
  }

  test("by silence takes as long as the deadline, and not much longer", async () => {
    const { client, server, line, timers, here } = await twoEnds();
    line.cut("silence");
    const waiting = here.receive();
    await timers.pass(deadlineMs - 1);
    expect(await fate(waiting)).toBe("waits");
    await timers.pass(keepAliveMs);
    const lost = new SessionLost("the other side was silent for 40 s", false);
    expect(await fate(waiting)).toEqual(lost);
    expect([await client.lost, await server.lost]).toEqual([lost, lost]);
  });

  test("before the other side has introduced itself is one as well", async () => {
    const line = transportPair();
    const { client, timers } = sessionPair({ client: { transport: line.client } });
    const ready = fate(client.ready);
    expect(await ready).toBe("waits");
    await timers.pass(deadlineMs);
    expect(await fate(client.ready)).toMatchObject({
      message: "the other side did not introduce itself within 40 s",
    });
  });

  test("does not come of a login that takes its time, and of silence behind it", async () => {
    const line = transportPair();
    const { promise: opened, resolve } = Promise.withResolvers<void>();
    const { client, timers } = sessionPair({ client: { transport: { ...line.client, opened } } });
    await timers.pass(deadlineMs * 10);
    expect(await fate(client.ready)).toBe("waits");
    resolve();
    await timers.pass(deadlineMs);
    expect(await fate(client.ready)).toMatchObject({
      message: "the other side did not introduce itself within 40 s",
    });
  });

  test("does not come of silence while both are there", async () => {
    const { client, server, timers } = sessionPair({ maxPiece: 3 });
    await timers.pass(deadlineMs * 20);
    expect(await fate(client.lost)).toBe("waits");
    expect(await fate(server.lost)).toBe("waits");
  });

  test("comes of another version of the protocol, said plainly", async () => {
    const line = transportPair();
    const { client } = sessionPair({ client: { transport: line.client } });
    const peer = rawPeer(line.server);
    peer.write(frameBytes("hello", 0, of("SYNCLINE\x02\x00and what that means")));
    expect(await fate(client.ready)).toEqual(
      new SessionLost(
        "the other side speaks version 2 of the protocol, and this side version 1",
        true,
      ),
    );
  });

  test("comes of a write that the transport cannot do", async () => {
    const line = transportPair();
    line.client.write = () => Promise.reject(new Error("broken pipe"));
    const { client } = sessionPair({ client: { transport: line.client } });
    expect(await fate(client.lost)).toEqual(new SessionLost("the connection was lost", false));
  });
});

test("limits that cannot be meant are a bug", () => {
  const limits = { maxMessage: 2 ** 22 };
  expect(() => sessionPair({ client: { limits } })).toThrow("half a window");
  expect(() => sessionPair({ client: { limits: { window: 2 ** 31 } } })).toThrow(RangeError);
});
