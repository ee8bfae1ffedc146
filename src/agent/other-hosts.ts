import { setTimeout as delay } from "node:timers/promises";

import type { ByteString } from "../base/byte-string.ts";
import { textOfBytes } from "../base/byte-string.ts";
import { SyncError } from "../base/errors.ts";
import { openAgent } from "../endpoint/agent/agent-endpoint.ts";
import type { AgentLine } from "../endpoint/agent/agent-line.ts";
import { newAgentLine } from "../endpoint/agent/agent-line.ts";
import { lookThere } from "../endpoint/agent/look-there.ts";
import type { AgentEndpoint } from "../endpoint/agent/remote.ts";
import type { OtherHost } from "../wire/other-host.ts";
import type { Transport } from "../wire/transport.ts";

/** A connection from this host to an agent on another one, as `AgentConnection` has it. */
export interface OwnConnection {
  readonly transport: Transport;
  /** Settles when it is known whether there is one. */
  readonly facts: Promise<unknown>;
}

/** Makes a connection to another host, as this one can by itself. Returns at once. */
export type ConnectOn = (host: OtherHost, onNotice: (text: string) => void) => OwnConnection;

/** Hosts that this one reaches by itself. What has been opened there ends with it. */
export interface OtherHosts extends AsyncDisposable {
  /** Opens a place on one of them, and looks at it. Throws `SyncError`, with an `ENDPOINT_…` code where the host is out of reach. */
  open(on: OtherHost, path: ByteString, onNotice: (text: string) => void): Promise<AgentEndpoint>;
}

/** A client has one source, and few targets. */
const mostHosts = 32;

export function newOtherHosts(connectOn: () => Promise<ConnectOn>): OtherHosts {
  const hosts = new Map<string, Host>();
  const reach = async (on: OtherHost, onNotice: (text: string) => void): Promise<Host> => {
    const connect = await connectOn();
    const key = JSON.stringify(on);
    const known = hosts.get(key);
    if (known !== undefined) return known;
    if (hosts.size >= mostHosts) throw new SyncError("UNSUPPORTED", "these are too many hosts");
    const host = newHost(on, (told) => connect(on, told), onNotice);
    hosts.set(key, host);
    return host;
  };
  return {
    async open(on, path, onNotice) {
      const host = await reach(on, onNotice);
      const { address } = on;
      const location = `${address.host}:${textOfBytes(path) ?? ""}`;
      const endpoint = openAgent(host.line, { number: host.next++, location, path });
      try {
        await lookThere(endpoint, host.login);
        host.isKnown = true;
        return endpoint;
      } catch (error) {
        // Nobody waits for a host that has let nobody in; it may be asked for anew.
        if (!host.isKnown) {
          hosts.delete(JSON.stringify(on));
          await host.line[Symbol.asyncDispose]();
        }
        throw error;
      }
    },
    async [Symbol.asyncDispose]() {
      await Promise.all([...hosts.values()].map(({ line }) => line[Symbol.asyncDispose]()));
    },
  };
}

interface Host {
  readonly line: AgentLine;
  /** Of the first connection. */
  readonly login: () => Promise<unknown>;
  /** Of the next place. */
  next: number;
  /** A place there has been looked at. */
  isKnown: boolean;
}

function newHost(
  { address, timeout, retries, bytesPerSecond }: OtherHost,
  connect: (onNotice: (text: string) => void) => OwnConnection,
  onNotice: (text: string) => void,
): Host {
  let first: OwnConnection | undefined;
  const line = newAgentLine({
    name: address.host,
    connect() {
      const connection = connect(onNotice);
      first ??= connection;
      return connection.transport;
    },
    retries,
    timeout,
    bytesPerSecond,
    sleep: (ms) => delay(ms),
    onNotice,
  });
  return { line, login: () => first!.facts, next: 0, isKnown: false };
}
