import { lostConnection, notMadeAgain } from "../../base/endpoint-failure.ts";
import { SyncError } from "../../base/errors.ts";
import { packMessage, unpackMessage } from "../../fs/message-codec.ts";
import { codecsHere } from "../../fs/squeeze.ts";
import type { WireCodec } from "../../wire/agent-facts.ts";
import { agentFacts, agentLimits, agentPulse, codecFor } from "../../wire/agent-facts.ts";
import type { Channel } from "../../wire/channel.ts";
import { ChannelFailed, SessionLost } from "../../wire/channel.ts";
import { errorOf } from "../../wire/failure.ts";
import type { Messages } from "../../wire/messages.ts";
import { newMessages } from "../../wire/messages.ts";
import type { PlaceInfo } from "../../wire/place.ts";
import type { WireRequest } from "../../wire/requests.ts";
import { encodeRequest } from "../../wire/requests.ts";
import type { Session } from "../../wire/session.ts";
import { openSession } from "../../wire/session.ts";
import { ChannelCancelled } from "../../wire/session-channel.ts";
import type { Transport } from "../../wire/transport.ts";
import { WireError } from "../../wire/wire-error.ts";
import type { Traffic } from "../endpoint.ts";

/** How a line is made, and what is done when it breaks. */
export interface LineOptions {
  /** Of the host, for messages. */
  readonly name: string;
  /** Makes a connection to a new agent. Why there is none is thrown by what comes from it, as a `SyncError`. */
  readonly connect: () => Transport;
  /** How often a line that broke is made again before something has got through. */
  readonly retries: number;
  /** Milliseconds of silence after which the line counts as broken. */
  readonly timeout: number;
  /** What the agent may send in a second, where that is limited. */
  readonly bytesPerSecond?: number | undefined;
  /** Waits between two attempts; tests do not. */
  readonly sleep: (ms: number) => Promise<void>;
  readonly onNotice: (message: string) => void;
}

/** A connection that stands, until it breaks. */
export interface Live {
  ask(request: WireRequest): Conversation;
  /** What is known here of the places that are open, by number. */
  readonly places: Map<number, Promise<PlaceInfo>>;
  /** Who is at the other end can decompress zstd. */
  readonly hasZstd: () => boolean;
}

/** One request, and what goes over its channel. */
export interface Conversation {
  readonly channel: Channel;
  readonly messages: Messages;
}

/** A line to one host: a connection that is made when it is first needed, and again when it breaks. */
export interface AgentLine extends AsyncDisposable {
  readonly name: string;
  /** Does something over a connection; again, over another one, where the first breaks meanwhile. */
  run<T>(work: (live: Live) => Promise<T>): Promise<T>;
  live(): Live;
  /** For work that goes on where it stopped: waits for the next attempt, or throws what it is to fail with. */
  recovery(): Recovery;
  traffic(): Traffic;
  /** Takes a sentence for people. */
  readonly onNotice: (message: string) => void;
}

export interface Recovery {
  /** Something has got through since: attempts count anew. */
  progress(): void;
  /** Returns when it is time to try again; throws where the error is no broken line, or too many were. */
  after(error: unknown): Promise<void>;
}

const firstWait = 500;
const longestWait = 30_000;

export function newAgentLine(options: LineOptions): AgentLine {
  const { name, retries } = options;
  let current: { readonly live: Live; readonly session: Session } | undefined;
  const past = { sent: 0, received: 0 };
  let transport: Transport | undefined;
  let isClosed = false;
  /** There has been a connection: where there is none any more, it was lost, whoever is the first to find out. */
  let hasStood = false;

  const live = (): Live => {
    if (current !== undefined) return current.live;
    transport = options.connect();
    const opened = openLive(options, transport);
    current = opened;
    stand(opened).catch(() => {});
    const own = transport;
    void forget(opened, own);
    return opened.live;
  };

  const stand = async ({ session }: NonNullable<typeof current>): Promise<void> => {
    await session.ready;
    hasStood = true;
  };

  /** When a connection is over, what it has carried still counts. */
  const forget = async (opened: NonNullable<typeof current>, own: Transport): Promise<void> => {
    await opened.session.lost;
    if (current === opened) current = undefined;
    if (transport !== own) return;
    const { sent, received } = own.traffic();
    past.sent += sent;
    past.received += received;
    transport = undefined;
  };

  const recovery = (): Recovery => {
    let attempts = 0;
    return {
      progress() {
        attempts = 0;
      },
      async after(error) {
        const why = translated(error, name);
        const wasLost = hasStood || attempts > 0;
        if (why.code !== "ENDPOINT_LOST" && !(wasLost && why.code === "ENDPOINT_UNREACHABLE"))
          throw why;
        // What the agent has failed with it has tried as often as it should.
        if (error instanceof ChannelFailed) throw why;
        if (isClosed || attempts >= retries) throw notMadeAgain(why);
        const wait = Math.min(firstWait * 2 ** attempts, longestWait);
        attempts++;
        options.onNotice(`${why.message}; trying again (${attempts} of ${retries})`);
        await options.sleep(wait);
      },
    };
  };

  return {
    name,
    live,
    recovery,
    onNotice: options.onNotice,
    async run(work) {
      const again = recovery();
      for (;;) {
        try {
          return await work(live());
        } catch (error) {
          await again.after(error);
        }
      }
    },
    traffic() {
      const { sent, received } = transport?.traffic() ?? { sent: 0, received: 0 };
      return { sent: past.sent + sent, received: past.received + received };
    },
    async [Symbol.asyncDispose]() {
      isClosed = true;
      await current?.session.close();
    },
  };
}

function openLive(
  { timeout, bytesPerSecond }: LineOptions,
  transport: Transport,
): { readonly live: Live; readonly session: Session } {
  let codec: WireCodec = "none";
  let hasZstd = false;
  const session = openSession({
    transport,
    role: "client",
    limits: agentLimits,
    needs: agentLimits,
    facts: agentFacts(codecsHere(), bytesPerSecond),
    keepAliveMs: Math.min(agentPulse.keepAliveMs, timeout / 3),
    deadlineMs: timeout,
    timers: {
      set: (ms, action) => setTimeout(action, ms),
      clear: (timer) => clearTimeout(timer as NodeJS.Timeout),
    },
  });
  const learn = async (): Promise<void> => {
    const { facts } = await session.ready;
    codec = codecFor(codecsHere(), facts);
    hasZstd = codec === "zstd";
  };
  // Whoever asks for something hears of it.
  learn().catch(() => {});
  const ask = (request: WireRequest): Conversation => {
    const channel = session.open(encodeRequest(request));
    const pack = (message: Uint8Array): Uint8Array => packMessage(message, codec);
    return { channel, messages: newMessages(channel, { pack, unpack: unpackMessage }) };
  };
  return { session, live: { ask, places: new Map(), hasZstd: () => hasZstd } };
}

/** What a failure over a line is to everybody else. Bugs stay what they are. */
export function translated(error: unknown, name: string): SyncError {
  if (error instanceof SyncError) return error;
  if (error instanceof ChannelFailed) return errorOf(error.failure, name);
  // What was let go of here says so in other ways.
  if (error instanceof WireError || error instanceof ChannelCancelled) return nonsense(name, error);
  if (!(error instanceof SessionLost)) throw error;
  if (error.cause instanceof SyncError) return error.cause;
  if (error.isHostile) return nonsense(name, error);
  return lostConnection(name, `the connection was lost: ${error.message}`, error);
}

function nonsense(name: string, error: Error): SyncError {
  return new SyncError(
    "ENDPOINT_PROTOCOL",
    `${name}: it does not keep to the protocol: ${error.message}`,
    {
      cause: error,
      hint: "Nothing that it said was believed. Its Syncline may be broken, or be none.",
    },
  );
}
