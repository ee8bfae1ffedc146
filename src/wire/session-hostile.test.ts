import { describe, expect, test } from "vitest";
import { settled } from "../../test/support/fake-timers.ts";
import type { RawPeer } from "../../test/support/raw-peer.ts";
import { frameBytes, rawPeer } from "../../test/support/raw-peer.ts";
import type { SessionPair, SessionPairOptions } from "../../test/support/session-pair.ts";
import {
  deadlineMs,
  keepAliveMs,
  sessionPair,
  smallLimits,
} from "../../test/support/session-pair.ts";
import { transportPair } from "../../test/support/transport-pair.ts";
import type { Channel } from "./channel.ts";
import { SessionLost } from "./channel.ts";
import { encodeCredit } from "./session-payloads.ts";

const bytes = (...values: number[]): Uint8Array => Uint8Array.from(values);
const zeros = (length: number): Uint8Array => new Uint8Array(length);

interface Scene {
  readonly peer: RawPeer;
  readonly server: SessionPair["server"];
  readonly timers: SessionPair["timers"];
  /** On which the server was asked. */
  readonly channels: readonly Channel[];
  readonly line: SessionPair["line"];
}

/** A server that never comes to an answer, and a client that has no manners. */
function scene(options: SessionPairOptions = {}): Scene {
  const line = transportPair(options);
  const channels: Channel[] = [];
  const onRequest = (_: Uint8Array, channel: Channel): Promise<void> => {
    channels.push(channel);
    return new Promise(() => {});
  };
  const { server, timers } = sessionPair({
    server: { transport: line.server, onRequest, ...options.server },
  });
  return { peer: rawPeer(line.client, smallLimits), server, timers, channels, line };
}

/** What has become of the session by now; `undefined` where it goes on. */
async function outcome({ server }: Scene): Promise<string | undefined> {
  let lost: SessionLost | undefined;
  void server.lost.then((reason) => (lost = reason));
  await settled();
  return lost && `${lost.isHostile ? "hostile: " : ""}${lost.message}`;
}

const breach = "hostile: the other side does not keep to the protocol: ";
const stranger = "hostile: the other side does not speak Syncline's protocol: ";

/** Each is said after a hello. `lost` is missing where it is well meant. */
const cases: readonly {
  readonly name: string;
  readonly say: (peer: RawPeer, channels: readonly Channel[]) => Promise<void> | void;
  readonly lost?: string;
}[] = [
  {
    name: "a second hello",
    say: (peer) => peer.hello(),
    lost: "a second hello came",
  },
  {
    name: "a channel of the server's own",
    say: (peer) => peer.say("request", 2),
    lost: "a channel was opened out of turn",
  },
  {
    name: "a channel that skips one",
    say: (peer) => peer.say("request", 3),
    lost: "a channel was opened out of turn",
  },
  {
    name: "a channel twice",
    say: (peer) => {
      peer.say("request", 1);
      peer.say("request", 1);
    },
    lost: "a channel was opened out of turn",
  },
  {
    name: "a channel again that is over",
    say: async (peer, channels) => {
      peer.say("request", 1);
      peer.say("end", 1);
      await settled();
      channels[0]!.end();
      await settled();
      peer.say("request", 1);
    },
    lost: "a channel was opened out of turn",
  },
  {
    name: "more channels than may be",
    say: (peer) => {
      for (let id = 1; id <= 9; id += 2) peer.say("request", id);
    },
    lost: "more than 4 channels were opened",
  },
  {
    name: "as many channels as may be",
    say: (peer) => {
      for (let id = 1; id <= 7; id += 2) peer.say("request", id);
    },
  },
  {
    name: "data for a channel that nobody has opened",
    say: (peer) => peer.say("data", 1),
    lost: "something came for a channel that is not open",
  },
  {
    name: "credit for one",
    say: (peer) => peer.say("credit", 1, encodeCredit(1000)),
    lost: "something came for a channel that is not open",
  },
  {
    name: "letting go of one",
    say: (peer) => peer.say("cancel", 2),
    lost: "something came for a channel that is not open",
  },
  {
    name: "data after the end",
    say: (peer) => {
      peer.say("request", 1);
      peer.say("end", 1);
      peer.say("data", 1);
    },
    lost: "data came after the end of its channel",
  },
  {
    name: "a second end",
    say: (peer) => {
      peer.say("request", 1);
      peer.say("end", 1);
      peer.say("end", 1);
    },
    lost: "a channel ended twice",
  },
  {
    name: "data after letting go",
    say: (peer) => {
      peer.say("request", 1);
      peer.say("cancel", 1);
      peer.say("data", 1);
    },
    lost: "something came for a channel that is not open",
  },
  {
    name: "data beyond its credit",
    say: (peer) => {
      peer.say("request", 1);
      for (let i = 0; i < 3; i++) peer.say("data", 1, zeros(1000));
    },
    lost: "more data came than there was credit for",
  },
  {
    name: "data up to its credit",
    say: (peer) => {
      peer.say("request", 1);
      for (const size of [1000, 1000, 500]) peer.say("data", 1, zeros(size));
    },
  },
  {
    name: "more empty messages than there is credit for",
    say: (peer) => {
      peer.say("request", 1);
      for (let i = 0; i < 40; i++) peer.say("data", 1);
    },
    lost: "more data came than there was credit for",
  },
  {
    name: "as many empty messages as there is credit for",
    say: (peer) => {
      peer.say("request", 1);
      for (let i = 0; i < 39; i++) peer.say("data", 1);
    },
  },
  {
    name: "data beyond its credit on a channel that was let go of here",
    say: async (peer, channels) => {
      peer.say("request", 1);
      await settled();
      channels[0]!.cancel();
      for (let i = 0; i < 3; i++) peer.say("data", 1, zeros(1000));
    },
    lost: "more data came than there was credit for",
  },
  {
    name: "what was on its way on one",
    say: async (peer, channels) => {
      peer.say("request", 1);
      await settled();
      channels[0]!.cancel();
      for (let i = 0; i < 2; i++) peer.say("data", 1, zeros(1000));
      peer.say("end", 1);
    },
  },
  {
    name: "a message over its limit",
    say: (peer) => {
      peer.say("request", 1);
      peer.write(frameBytes("data", 1, zeros(1001)).subarray(0, 9));
    },
    lost: "a frame of type data is over its limit of 1000 bytes",
  },
  {
    name: "a request over its limit",
    say: (peer) => peer.write(frameBytes("request", 1, zeros(201)).subarray(0, 9)),
    lost: "a frame of type request is over its limit of 200 bytes",
  },
  {
    name: "credit for what was not sent",
    say: (peer) => {
      peer.say("request", 1);
      peer.say("credit", 1, encodeCredit(700));
    },
    lost: "more credit came than was used",
  },
  {
    name: "more credit than there are numbers for",
    say: (peer) => {
      peer.say("request", 1);
      peer.say("credit", 1, encodeCredit(2 ** 32 - 1));
    },
    lost: "more credit came than was used",
  },
  {
    name: "credit in crumbs",
    say: (peer) => {
      peer.say("request", 1);
      peer.say("credit", 1, encodeCredit(1));
    },
    lost: "credit came in too small a part",
  },
  {
    name: "credit that is no number",
    say: (peer) => {
      peer.say("request", 1);
      peer.say("credit", 1, bytes(1, 2));
    },
    lost: "a message is shorter than what it says",
  },
  {
    name: "credit without end for a channel that is over",
    say: async (peer, channels) => {
      peer.say("request", 1);
      peer.say("end", 1);
      await settled();
      channels[0]!.end();
      for (let i = 0; i < 6; i++) peer.say("credit", 1, encodeCredit(700));
    },
    lost: "something came for a channel that is not open",
  },
  {
    name: "credit and letting go that crossed with the end",
    say: async (peer, channels) => {
      peer.say("request", 1);
      peer.say("end", 1);
      await settled();
      channels[0]!.end();
      for (let i = 0; i < 4; i++) peer.say("credit", 1, encodeCredit(700));
      peer.say("cancel", 1);
    },
  },
  {
    name: "a failure that is none",
    say: (peer) => {
      peer.say("request", 1);
      peer.say("failure", 1, bytes(200, 1, 1));
    },
    lost: "a length is over the limit of 64 bytes",
  },
  {
    name: "a pong that nobody asked for",
    say: (peer) => peer.say("pong"),
    lost: "a pong came without a ping",
  },
  {
    name: "pings without end",
    say: (peer) => {
      for (let i = 0; i < 101; i++) peer.say("ping");
    },
    lost: "pings come without end",
  },
  {
    name: "a type of frame that there is none of",
    say: (peer) => peer.write(bytes(0, 0, 0, 0, 99, 0, 0, 0, 0)),
    lost: "a frame is of a type that is not known",
  },
  {
    name: "requests that are cancelled faster than can be followed",
    say: (peer) => {
      for (let id = 1; id <= 33; id += 2) {
        peer.say("request", id);
        peer.say("cancel", id);
      }
    },
    lost: "requests are made and cancelled faster than can be followed",
  },
  {
    name: "a number of requests that are cancelled",
    say: (peer) => {
      for (let id = 1; id <= 31; id += 2) {
        peer.say("request", id);
        peer.say("cancel", id);
      }
    },
  },
];

describe("after a hello", () => {
  for (const { name, say, lost } of cases) {
    test(name, async () => {
      const it = scene();
      it.peer.hello();
      await say(it.peer, it.channels);
      expect(await outcome(it)).toBe(lost && breach + lost);
      if (lost === undefined) return;
      const fates = it.channels.map((channel) => channel.send(bytes(1)).catch((error) => error));
      for (const fate of await Promise.all(fates)) expect(fate).toBeInstanceOf(Error);
    });
  }

  test("a goodbye and more", async () => {
    const it = scene();
    it.peer.hello();
    it.peer.say("goodbye");
    it.peer.say("ping");
    expect(await outcome(it)).toBe("the other side has closed the session");
    await it.server.close();
  });

  test("requests to a side that answers none", async () => {
    const line = transportPair();
    const { client } = sessionPair({ client: { transport: line.client } });
    const peer = rawPeer(line.server, smallLimits);
    peer.hello();
    peer.say("request", 2);
    expect((await client.lost).message).toMatch(/a request came, and nobody here answers any$/);
  });
});

describe("instead of a hello", () => {
  const words = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, "latin1"));
  const cases: readonly (readonly [string, Uint8Array, string])[] = [
    [
      "what a login script prints",
      words("Welcome to Ubuntu 24.04\r\n"),
      "a frame is of a type that is not known",
    ],
    ["a request", frameBytes("request", 1), "what came first is no hello"],
    ["other magic", frameBytes("hello", 0, zeros(40)), "a hello is none"],
    ["nothing in it", frameBytes("hello"), "a message is shorter than what it says"],
    [
      "limits of nothing",
      frameBytes("hello", 0, words(`SYNCLINE\x01\x00${"\0".repeat(17)}`)),
      "the limit maxMessage is not from 1000 to 1073741823",
    ],
  ];
  for (const [name, raw, message] of cases) {
    test(name, async () => {
      const it = scene();
      it.peer.write(raw);
      expect(await outcome(it)).toBe(stranger + message);
    });
  }
});

describe("within the deadline ends", () => {
  test("a hello that trickles in", async () => {
    const it = scene();
    const hello = frameBytes("hello", 0, zeros(60_000));
    for (let at = 0; at < 60_000; at += 1500) {
      it.peer.write(hello.subarray(at, at + 1500));
      await it.timers.pass(2000);
    }
    expect(await outcome(it)).toBe("the other side did not introduce itself within 40 s");
  });

  test("a message that trickles in, though each byte comes in time", async () => {
    const it = scene();
    it.peer.hello();
    it.peer.say("request", 1);
    it.peer.write(frameBytes("data", 1, zeros(1000)).subarray(0, 9));
    for (let seconds = 0; seconds < 60; seconds++) {
      it.peer.write(bytes(0));
      await it.timers.pass(1000);
    }
    expect(await outcome(it)).toBe("the other side was silent for 40 s");
  });

  test("silence after a hello", async () => {
    const it = scene();
    it.peer.hello();
    await it.timers.pass(deadlineMs + keepAliveMs);
    expect(await outcome(it)).toBe("the other side was silent for 40 s");
    expect(it.peer.types()).toEqual(["hello", "ping"]);
  });

  test("taking nothing of what is sent", async () => {
    const line = transportPair();
    line.server.write = () => new Promise(() => {});
    const it = scene({ server: { transport: line.server } });
    const peer = rawPeer(line.client, smallLimits);
    peer.hello();
    peer.say("request", 1);
    for (let beats = 0; beats < 20; beats++) {
      peer.say("data", 1);
      await it.timers.pass(2500);
    }
    expect(await outcome(it)).toBe("the other side took nothing of what was sent for 40 s");
  });

  test("asking, and taking no answers", async () => {
    const line = transportPair();
    line.server.write = () => new Promise(() => {});
    const onRequest = (_: Uint8Array, channel: Channel): void =>
      channel.fail({ code: "no", message: "x".repeat(8000) });
    const it = scene({ server: { transport: line.server, onRequest } });
    const peer = rawPeer(line.client, smallLimits);
    peer.hello();
    for (let id = 1; id < 2000; id += 2) {
      peer.say("request", id);
      await settled();
      peer.say("cancel", id);
    }
    expect(await outcome(it)).toBe(`${breach}it asks, and takes no answers`);
  });

  test("leaving open what was let go of, while the rest goes on", async () => {
    const it = scene();
    it.peer.hello();
    it.peer.say("request", 1);
    await settled();
    it.channels[0]!.cancel();
    await it.timers.pass(keepAliveMs);
    expect(it.peer.types()).toEqual(["hello", "cancel", "ping"]);
    it.peer.say("pong");
    expect(await outcome(it)).toBe(`${breach}a channel was not closed when let go of`);
  });

  test("not answering a ping, while the rest goes on: ten times the deadline", async () => {
    const it = scene();
    it.peer.hello();
    it.peer.say("request", 1);
    it.peer.say("request", 3);
    await settled();
    const [read, dropped] = it.channels;
    const reading = (async () => {
      while ((await read!.receive()) !== undefined) continue;
    })().catch((error: unknown) => error);
    dropped!.cancel();
    for (let beats = 0; beats < 165; beats++) {
      it.peer.say("data", 1);
      await it.timers.pass(2500);
    }
    expect(await outcome(it)).toBe("the other side did not answer a ping for 40 s");
    expect(await reading).toBeInstanceOf(SessionLost);
  });
});
