import type { Session, SessionOptions } from "../../src/wire/session.ts";
import { openSession } from "../../src/wire/session.ts";
import type { FakeTimers } from "./fake-timers.ts";
import { fakeTimers } from "./fake-timers.ts";
import type { PairOptions, TransportPair } from "./transport-pair.ts";
import { transportPair } from "./transport-pair.ts";

/** Small enough that a few kilobytes meet every limit. */
export const smallLimits = {
  maxMessage: 1000,
  maxRequest: 200,
  maxChannels: 4,
  window: 2500,
} as const;

export const keepAliveMs = 10_000;
export const deadlineMs = 40_000;

export interface SessionPair {
  readonly line: TransportPair;
  readonly timers: FakeTimers;
  readonly client: Session;
  readonly server: Session;
}

export interface SessionPairOptions extends PairOptions {
  readonly client?: Partial<SessionOptions>;
  readonly server?: Partial<SessionOptions>;
}

/** Two sessions that talk to each other, with small limits. */
export function sessionPair(options: SessionPairOptions = {}): SessionPair {
  const line = transportPair(options);
  const timers = fakeTimers();
  const common = { timers, keepAliveMs, deadlineMs, limits: smallLimits, least: smallLimits };
  const open = (role: "client" | "server"): Session =>
    openSession({ transport: line[role], role, ...common, ...options[role] });
  return { line, timers, client: open("client"), server: open("server") };
}

/** Sends back whatever comes, at the pace at which it is taken. */
export const echo: NonNullable<SessionOptions["onRequest"]> = async (request, channel) => {
  await channel.send(request);
  for (let message; (message = await channel.receive()) !== undefined;) await channel.send(message);
  channel.end();
};
