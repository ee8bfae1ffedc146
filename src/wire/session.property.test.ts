import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { settled } from "../../test/support/fake-timers.ts";
import { frameBytes, rawPeer } from "../../test/support/raw-peer.ts";
import type { SessionPair } from "../../test/support/session-pair.ts";
import {
  deadlineMs,
  keepAliveMs,
  sessionPair,
  smallLimits,
} from "../../test/support/session-pair.ts";
import type { End, PairOptions } from "../../test/support/transport-pair.ts";
import { transportPair } from "../../test/support/transport-pair.ts";
import type { Channel } from "./channel.ts";
import { ChannelFailed, SessionLost } from "./channel.ts";
import { frameTypes } from "./frame.ts";
import { encodeHello } from "./hello.ts";
import { ChannelCancelled } from "./session-channel.ts";

/** One conversation: what each of both says, how long each takes to listen, and whether one of them leaves. */
interface Talk {
  readonly by: End;
  readonly asker: Part;
  readonly answerer: Part;
}

interface Part {
  /** Sizes of messages. */
  readonly says: readonly number[];
  /** Steps between two messages received. */
  readonly pause: number;
  /** After how many messages sent and received it leaves, and how. */
  readonly leaves: { readonly after: number; readonly how: "cancel" | "fail" } | undefined;
}

const size = fc.oneof(
  { weight: 4, arbitrary: fc.nat({ max: 100 }) },
  fc.integer({ min: 900, max: smallLimits.maxMessage }),
);
const part = (leaves: Part["leaves"][]): fc.Arbitrary<Part> =>
  fc.record({
    says: fc.array(size, { maxLength: 12 }),
    pause: fc.nat({ max: 20 }),
    leaves: fc.constantFrom(...leaves),
  });
const talks = (leaves: Part["leaves"][] = [undefined]): fc.Arbitrary<Talk[]> =>
  fc.array(
    fc.record({
      by: fc.constantFrom("client", "server"),
      asker: part(leaves),
      answerer: part(leaves),
    }),
    { minLength: 1, maxLength: 10 },
  );
const leaving = [0, 1, 2, 4, 7, 11].flatMap((after) =>
  (["cancel", "fail"] as const).map((how) => ({ after, how })),
);
const line = fc.record({
  seed: fc.nat(),
  maxPiece: fc.constantFrom(1, 7, 100, 5000),
  capacity: fc.constantFrom(0, 50, 3000, Infinity),
});

/** What one end of a conversation has heard, and how it ended there. */
interface Heard {
  readonly talk: number;
  readonly end: "asker" | "answerer";
  readonly messages: Uint8Array[];
  trouble: unknown;
  isDone: boolean;
}

/** What each message is: told apart by its sender, its place and its length. */
function messagesOf(talk: number, says: readonly number[]): Uint8Array[] {
  return says.map((size, i) => new Uint8Array(size).fill(talk * 16 + i));
}

/** Runs all conversations at once; the result is filled in as they get on. */
class Conversations {
  readonly heard: Heard[] = [];
  /** Bytes that were sent and not received, of the channel that had most of them. */
  mostHeld = 0;
  readonly #held = new Map<string, number>();
  readonly #talks: readonly Talk[];
  readonly pair: SessionPair;

  constructor(talks: readonly Talk[], options: PairOptions) {
    this.#talks = talks;
    const onRequest = (request: Uint8Array, channel: Channel): Promise<void> =>
      this.#take(request[0]!, "answerer", channel);
    this.pair = sessionPair({ ...options, client: { onRequest }, server: { onRequest } });
    talks.forEach(({ by }, i) => {
      void this.#take(i, "asker", this.pair[by].open(Uint8Array.of(i)));
    });
  }

  get isDone(): boolean {
    return this.heard.every(({ isDone }) => isDone);
  }

  async #take(talk: number, end: Heard["end"], channel: Channel): Promise<void> {
    const part = this.#talks[talk]?.[end];
    // That was said differently.
    if (part === undefined) throw new Error("nothing is known of this talk");
    const heard: Heard = { talk, end, messages: [], trouble: undefined, isDone: false };
    this.heard.push(heard);
    let steps = 0;
    const step = (): void => {
      if (steps++ !== part.leaves?.after) return;
      if (part.leaves.how === "cancel") channel.cancel();
      else channel.fail({ code: "leaves", message: "has had enough" });
    };
    const key = `${talk} ${end}`;
    const speak = async (): Promise<void> => {
      for (const message of messagesOf(talk, part.says)) {
        step();
        await channel.send(message);
        this.#hold(key, message.length);
      }
      channel.end();
    };
    const listen = async (): Promise<void> => {
      const other = `${talk} ${end === "asker" ? "answerer" : "asker"}`;
      for (let message; (message = await channel.receive()) !== undefined;) {
        heard.messages.push(message);
        this.#hold(other, -message.length);
        step();
        for (let hops = part.pause; hops > 0; hops--) await Promise.resolve();
      }
    };
    for (const { status, reason } of (await Promise.allSettled([speak(), listen()])) as {
      status: string;
      reason?: unknown;
    }[]) {
      if (status === "rejected") heard.trouble ??= reason;
    }
    heard.isDone = true;
  }

  #hold(key: string, bytes: number): void {
    const held = (this.#held.get(key) ?? 0) + bytes;
    this.#held.set(key, held);
    this.mostHeld = Math.max(this.mostHeld, held);
  }
}

const isKnown = (error: unknown): boolean =>
  error instanceof ChannelFailed ||
  error instanceof ChannelCancelled ||
  error instanceof SessionLost;

/** What has been lost by now. */
async function losses({ client, server }: SessionPair): Promise<SessionLost[]> {
  const lost: SessionLost[] = [];
  for (const session of [client, server]) void session.lost.then((reason) => lost.push(reason));
  await settled();
  return lost;
}

describe("conversations, many at once", () => {
  test("are heard as they were said, however the line cuts and delays them", async () => {
    await fc.assert(
      fc.asyncProperty(talks(), line, async (talks, options) => {
        const all = new Conversations(talks, options);
        await settled();
        const said = talks.flatMap(({ asker, answerer }, talk) => [
          [talk, "asker", messagesOf(talk, answerer.says)],
          [talk, "answerer", messagesOf(talk, asker.says)],
        ]);
        const heard = all.heard.map(({ talk, end, messages }) => [talk, end, messages] as const);
        heard.sort(([a, end], [b]) => a - b || (end === "asker" ? -1 : 1));
        expect(heard).toEqual(said);
        expect(all.heard.map(({ trouble }) => trouble)).toEqual(said.map(() => undefined));
        expect(await losses(all.pair)).toEqual([]);
        // One message more may have been handed to its receiver who has not woken up yet.
        expect(all.mostHeld).toBeLessThanOrEqual(smallLimits.window + smallLimits.maxMessage);
        await Promise.all([all.pair.client.close(), all.pair.server.close()]);
        expect(all.pair.timers.count()).toBe(0);
      }),
      { numRuns: 200 },
    );
  });

  test("may be left by either side at any moment, which is no trouble of the others", async () => {
    await fc.assert(
      fc.asyncProperty(talks([undefined, ...leaving]), line, async (talks, options) => {
        const all = new Conversations(talks, options);
        await settled();
        expect(all.isDone).toBe(true);
        for (const { talk, end, messages, trouble } of all.heard) {
          const { asker, answerer } = talks[talk]!;
          const said = messagesOf(talk, (end === "asker" ? answerer : asker).says);
          expect(messages).toEqual(said.slice(0, messages.length));
          if (asker.leaves === undefined && answerer.leaves === undefined) {
            expect([messages.length, trouble]).toEqual([said.length, undefined]);
          } else if (trouble !== undefined) expect(isKnown(trouble)).toBe(true);
        }
        // Pings prove that whoever was let go of has said so.
        await all.pair.timers.pass(keepAliveMs * 3);
        expect(await losses(all.pair)).toEqual([]);
        await Promise.all([all.pair.client.close(), all.pair.server.close()]);
      }),
      { numRuns: 200 },
    );
  });

  test("end within the deadline for everybody when the line is cut at any moment", async () => {
    const how = fc.constantFrom("end", "error", "silence");
    await fc.assert(
      fc.asyncProperty(
        talks([undefined, ...leaving]),
        line,
        how,
        fc.nat({ max: 400 }),
        async (talks, options, how, moment) => {
          const all = new Conversations(talks, options);
          for (let hops = moment; hops > 0; hops--) await Promise.resolve();
          all.pair.line.cut(how);
          await all.pair.timers.pass(deadlineMs + keepAliveMs);
          expect(await losses(all.pair)).toHaveLength(2);
          expect(all.isDone).toBe(true);
          for (const { trouble } of all.heard) {
            if (trouble !== undefined) expect(isKnown(trouble)).toBe(true);
          }
          expect(all.pair.timers.count()).toBe(0);
        },
      ),
      { numRuns: 200 },
    );
  });

  test("end for everybody when the session is closed at any moment", async () => {
    await fc.assert(
      fc.asyncProperty(talks(), line, fc.nat({ max: 400 }), async (talks, options, moment) => {
        const all = new Conversations(talks, options);
        for (let hops = moment; hops > 0; hops--) await Promise.resolve();
        await all.pair.client.close();
        await all.pair.server.close();
        await settled();
        const lost = await losses(all.pair);
        expect(lost.map(({ name }) => name)).toEqual(["SessionClosed", "SessionClosed"]);
        expect(all.isDone).toBe(true);
      }),
      { numRuns: 100 },
    );
  });

  test("never do anything but go on or end, when bytes change on their way", async () => {
    const flip = fc.record({
      to: fc.constantFrom("client", "server"),
      place: fc.oneof(fc.nat({ max: 120 }), fc.nat({ max: 3000 })),
      mask: fc.integer({ min: 1, max: 255 }),
    });
    await fc.assert(
      fc.asyncProperty(
        talks([undefined, ...leaving]),
        line,
        fc.array(flip, { minLength: 1, maxLength: 3 }),
        async (talks, options, flips) => {
          const all = new Conversations(talks, options);
          for (const { to, place, mask } of flips) all.pair.line.flip(to, place, mask);
          await all.pair.timers.pass(deadlineMs * 2);
          const closed = Promise.all([all.pair.client.close(), all.pair.server.close()]);
          await all.pair.timers.pass(deadlineMs);
          await closed;
          await settled();
          expect(all.isDone).toBe(true);
          for (const { trouble } of all.heard) {
            if (trouble !== undefined) expect(isKnown(trouble)).toBe(true);
          }
        },
      ),
      { numRuns: 200 },
    );
  });
});

describe("a stranger", () => {
  /** Frames that are well made, and make sense at times. */
  const frame = fc
    .record({
      type: fc.constantFrom(...frameTypes),
      channel: fc.constantFrom(0, 1, 2, 3, 4, 5, 7, 9),
      payload: fc.oneof(
        fc.constant(new Uint8Array(0)),
        fc.uint8Array({ maxLength: 12 }),
        fc.constantFrom(625, 700, 2500).map((n) => Uint8Array.from([n & 255, n >> 8, 0, 0])),
        fc.constant(new Uint8Array(900)),
      ),
    })
    .map(({ type, channel, payload }) => {
      const isOfSession = ["hello", "ping", "pong", "goodbye"].includes(type);
      return frameBytes(type, isOfSession ? 0 : Math.max(channel, 1), payload);
    });
  const noise = fc.uint8Array({ maxLength: 60 });
  const hello = frameBytes("hello", 0, encodeHello({ limits: smallLimits, facts: new Map() }));

  test("that says anything at all is left within the deadline, when it falls silent", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.oneof({ weight: 9, arbitrary: frame }, noise), { maxLength: 30 }),
        fc.boolean(),
        async (says, isPolite) => {
          const line = transportPair({ capacity: 10_000 });
          const fates: Promise<unknown>[] = [];
          const { server, timers } = sessionPair({
            server: {
              transport: line.server,
              onRequest: async (_, channel) => {
                const sending = channel.send(new Uint8Array(1000)).catch((error: unknown) => error);
                fates.push(
                  sending,
                  channel.receive().catch((error: unknown) => error),
                );
                await sending;
                channel.end();
              },
            },
          });
          const mine = server.open(Uint8Array.of(1));
          fates.push(mine.receive().catch((error: unknown) => error));
          const peer = rawPeer(line.client);
          if (isPolite) peer.write(hello);
          for (const bytes of says) {
            peer.write(bytes);
            if (bytes.length % 3 === 0) await settled();
          }
          let lost: SessionLost | undefined;
          void server.lost.then((reason) => (lost = reason));
          await timers.pass(deadlineMs + keepAliveMs);
          expect(lost).toBeInstanceOf(SessionLost);
          for (const fate of await Promise.all(fates)) {
            if (fate instanceof Error) expect(isKnown(fate)).toBe(true);
          }
        },
      ),
      { numRuns: 500 },
    );
  });
});
