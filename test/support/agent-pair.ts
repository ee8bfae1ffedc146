import { setTimeout as delay } from "node:timers/promises";

import { graceMs } from "../../src/agent/grace.ts";
import type { ConnectOn } from "../../src/agent/other-hosts.ts";
import { serve } from "../../src/agent/serve.ts";
import { bytesOfText } from "../../src/base/byte-string.ts";
import { SyncError } from "../../src/base/errors.ts";
import type { AgentEndpoint } from "../../src/endpoint/agent/remote.ts";
import { openAgent } from "../../src/endpoint/agent/agent-endpoint.ts";
import type { LocalHost } from "../../src/endpoint/local/host.ts";
import type { AgentLine } from "../../src/endpoint/agent/agent-line.ts";
import { newAgentLine } from "../../src/endpoint/agent/agent-line.ts";
import type { OtherHost } from "../../src/wire/other-host.ts";
import type { TransportPair } from "./transport-pair.ts";
import { transportPair } from "./transport-pair.ts";

/** A client and an agent in one process, with nothing but memory between them. */
export interface AgentPair extends AsyncDisposable {
  readonly line: AgentLine;
  /** A place of the agent's own, or on another host. */
  open(path: string, on?: OtherHost): AgentEndpoint;
  /** The connection that stands now. */
  readonly connection: () => TransportPair;
  /** What the line has told people. */
  readonly notices: readonly string[];
}

export interface AgentPairOptions {
  readonly openHost: () => Promise<LocalHost>;
  readonly retries?: number;
  /** How the agent reaches other hosts. */
  readonly connectOn?: ConnectOn;
}

/** As long as a client waits before it tries again: agents that have lost their line are gone then. */
export function untilGone(): Promise<void> {
  return delay(graceMs);
}

/** No host can be reached from an agent. */
export const reachNobody: ConnectOn = () => {
  throw new SyncError("ENDPOINT_UNREACHABLE", "nobody is there");
};

export function openAgentPair(options: AgentPairOptions): AgentPair {
  const { openHost, retries = 0, connectOn = reachNobody } = options;
  const notices: string[] = [];
  const agents: Promise<void>[] = [];
  let connection: TransportPair | undefined;
  const line = newAgentLine({
    name: "there",
    connect() {
      connection = transportPair({ capacity: 1 << 20 });
      agents.push(
        serve(connection.server, { openHost, home: "/", connectOn: async () => connectOn }),
      );
      return connection.client;
    },
    retries,
    timeout: 20_000,
    sleep: untilGone,
    onNotice: (message) => notices.push(message),
  });
  let next = 0;
  return {
    line,
    notices,
    connection: () => connection!,
    open(location, on) {
      const place = { number: next++, location, path: bytesOfText(location) };
      return openAgent(line, on === undefined ? place : { ...place, on });
    },
    async [Symbol.asyncDispose]() {
      await line[Symbol.asyncDispose]();
      await Promise.all(agents);
    },
  };
}

/** A host that an agent is asked to reach. */
export const someHost: OtherHost = {
  address: { host: "beyond", user: undefined, port: undefined },
  remoteNode: "node",
  timeout: 20_000,
  retries: 0,
  bytesPerSecond: undefined,
};

/** Another host, with an agent for whoever connects to it. */
export interface Beyond {
  readonly connectOn: ConnectOn;
  /** The connections so far. */
  readonly connections: readonly TransportPair[];
  /** Resolves when all agents there have ended. */
  readonly over: () => Promise<void>;
}

export function newBeyond(openHost: () => Promise<LocalHost>): Beyond {
  const connections: TransportPair[] = [];
  const agents: Promise<void>[] = [];
  return {
    connections,
    connectOn() {
      const connection = transportPair({ capacity: 1 << 20 });
      connections.push(connection);
      const connectOn = async (): Promise<ConnectOn> => reachNobody;
      agents.push(serve(connection.server, { openHost, home: "/", connectOn }));
      return { transport: connection.client, facts: Promise.resolve() };
    },
    over: async () => void (await Promise.all(agents)),
  };
}
