import { setTimeout as delay } from "node:timers/promises";

import type { ByteString } from "../base/byte-string.ts";
import { SyncError } from "../base/errors.ts";
import type { HostAddress, RemoteLocation } from "../core/location.ts";
import { locationKey } from "../core/location.ts";
import type { RemoteOptions } from "../core/login.ts";
import { openAgent } from "../endpoint/agent/agent-endpoint.ts";
import { newAgentLine } from "../endpoint/agent/agent-line.ts";
import type { AgentConnection } from "../endpoint/agent/connect-agent.ts";
import { connectAgent } from "../endpoint/agent/connect-agent.ts";
import { lookThere } from "../endpoint/agent/look-there.ts";
import type { Endpoint } from "../endpoint/endpoint.ts";
import type { SftpHost } from "../endpoint/sftp/session.ts";
import { openSftp } from "../endpoint/sftp/sftp-endpoint.ts";
import { limitTransport } from "../endpoint/ssh/limited-transport.ts";
import { openSshTransport } from "../endpoint/ssh/ssh-transport.ts";
import type { Transport } from "../wire/transport.ts";

/** What reaching another host takes besides its address. */
export interface RemoteContext {
  readonly login: RemoteOptions;
  /** Told what is worth knowing about the host. */
  readonly onNotice: (message: string) => void;
  /** Ends the wait for a host that does not answer; a connection that stands is not touched. */
  readonly signal: AbortSignal;
}

/** One connection, for all places that are reached by it. Ends with everything that was opened on it. */
export interface RemoteHost extends AsyncDisposable {
  /** Opens the place at a path, in place of the location's own: from the top there, or from the home directory. */
  open(location: RemoteLocation, path: ByteString): Promise<Endpoint>;
  /**
   * A further host as this one reaches it by itself, for places that share its connection; `undefined` where nothing of ours runs
   * that could.
   */
  readonly beyond?: (address: HostAddress) => RemoteHost | undefined;
}

/** Connects to the host of a location. Throws `SyncError` with an `ENDPOINT_…` code where that is not to be had. */
export type ConnectRemote = (
  location: RemoteLocation,
  context: RemoteContext,
) => Promise<RemoteHost>;

/** An agent where Node runs, and SFTP elsewhere, or where it is asked for. */
export const connectRemote: ConnectRemote = async (location, context) =>
  location.type === "sftp" ? sftpHost(location, context) : agentHost(location, context);

function agentHost(location: RemoteLocation, context: RemoteContext): RemoteHost {
  const { login, onNotice } = context;
  const { address } = location;
  let first: AgentConnection | undefined;
  const line = newAgentLine({
    name: address.host,
    connect() {
      const connection = connectAgent(address, login, { ...login, onNotice });
      first ??= connection;
      return limited(connection.transport, login);
    },
    retries: login.retries,
    timeout: login.timeout,
    bytesPerSecond: login.bytesPerSecond,
    sleep: (ms) => delay(ms, undefined, { signal: context.signal }),
    onNotice,
  });
  let next = 0;
  let instead: RemoteHost | undefined;
  return {
    async open(where, path) {
      if (instead !== undefined) return instead.open(where, path);
      const endpoint = openAgent(line, { number: next++, location: where.typed, path });
      try {
        await lookThere(endpoint, () => first!.facts);
        return endpoint;
      } catch (error) {
        if (!(error instanceof SyncError) || error.code !== "ENDPOINT_NO_NODE") throw error;
        onNotice(`${error.message}; going on over SFTP`);
        instead = sftpHost(location, context);
        return instead.open(where, path);
      }
    },
    beyond(further) {
      if (instead !== undefined) return undefined;
      const { remoteNode, timeout, retries, bytesPerSecond } = login;
      const on = { address: further, remoteNode, timeout, retries, bytesPerSecond };
      return {
        async open({ typed }, path) {
          const endpoint = openAgent(line, { number: next++, location: typed, path, on });
          await endpoint.root();
          return endpoint;
        },
        async [Symbol.asyncDispose]() {},
      };
    },
    async [Symbol.asyncDispose]() {
      await instead?.[Symbol.asyncDispose]();
      await line[Symbol.asyncDispose]();
    },
  };
}

function sftpHost(
  { address, type, typed }: RemoteLocation,
  { login, onNotice, signal }: RemoteContext,
): RemoteHost {
  const key = locationKey({ type, typed, address, path: "" as ByteString });
  const host: SftpHost = {
    name: address.host,
    machine: key,
    connect: async () => {
      const options = { login, context: login };
      return limited(await openSshTransport(address, { subsystem: "sftp" }, options), login);
    },
    silence: login.timeout,
    bytesPerSecond: login.bytesPerSecond,
    retries: login.retries,
    sleep: (ms) => delay(ms, undefined, { signal }),
    onNotice,
  };
  return {
    open: async (where, path) => {
      const endpoint = openSftp(where.typed, path, host);
      await endpoint.root();
      return endpoint;
    },
    async [Symbol.asyncDispose]() {},
  };
}

function limited(transport: Transport, { bytesPerSecond }: RemoteOptions): Transport {
  return bytesPerSecond === undefined ? transport : limitTransport(transport, bytesPerSecond);
}
