import type { ByteString } from "../base/byte-string.ts";
import { bytesOfText } from "../base/byte-string.ts";
import type { Location, RemoteLocation } from "../core/location.ts";
import { locationKey } from "../core/location.ts";
import type { Endpoint, Traffic } from "../endpoint/endpoint.ts";
import type { LocalHost } from "../endpoint/local/host.ts";
import { openLocal } from "../endpoint/local/local-endpoint.ts";
import { directHost } from "./direct-host.ts";
import type { ForeignRules } from "./foreign-source.ts";
import { asForeign } from "./foreign-source.ts";
import { shortcomingsOf } from "./shortcomings.ts";
import type { ConnectRemote, RemoteContext, RemoteHost } from "./open-remote.ts";
import { connectRemote } from "./open-remote.ts";

/** Opens places, wherever they are; all on one host share a connection. What it has opened ends with it. */
export interface Opener extends AsyncDisposable {
  /**
   * Throws `SyncError` where the host is out of reach. `from` is where content is going to come from: another host, which may send
   * it by itself, has to be open already.
   */
  open(location: Location, from?: Location): Promise<Endpoint>;
  /** Opens a directory in place of what a location says, by the path that the host itself has given it. */
  openAt(location: Location, realPath: string, from?: Location): Promise<Endpoint>;
  /** What has crossed the connections of these endpoints since that was last asked for any of them. */
  takeTraffic(endpoints: readonly Endpoint[]): Traffic;
}

export interface OpenerOptions extends RemoteContext {
  readonly local: LocalHost;
  /** In place of ssh. */
  readonly connect: ConnectRemote | undefined;
  /** What shall be kept, as far as it was said: some of it is not taken from another host unasked. */
  readonly wishes: ForeignRules["wishes"];
}

interface Connection {
  readonly host: Promise<RemoteHost>;
  /** What somebody has been told of already. */
  told: Traffic;
  readonly shortcomings: Set<string>;
}

export function newOpener(options: OpenerOptions): Opener {
  const { local, connect = connectRemote, wishes, ...context } = options;
  const stack = new AsyncDisposableStack();
  const connections = new Map<string, Connection>();
  const connectionOf = new Map<Endpoint, Connection>();

  const reach = async (location: RemoteLocation, from?: Location): Promise<RemoteHost> => {
    const { login, onNotice } = context;
    const fromHere = async (): Promise<RemoteHost> => connect(location, context);
    if (!login.direct || from === undefined || from.type === "local") return fromHere();
    const near = await connectTo(from).host;
    return directHost({ from, near, connect: fromHere, onNotice }, location);
  };

  const connectTo = (location: RemoteLocation, from?: Location): Connection => {
    const key = locationKey({ ...location, path: "" as ByteString });
    const known = connections.get(key);
    if (known !== undefined) return known;
    const host = reach(location, from).then((opened) => stack.use(opened));
    const connection = { host, told: { sent: 0, received: 0 }, shortcomings: new Set<string>() };
    connections.set(key, connection);
    return connection;
  };

  const openRemote = async (
    location: RemoteLocation,
    path: ByteString,
    from: Location | undefined,
  ): Promise<Endpoint> => {
    const connection = connectTo(location, from);
    const host = await connection.host;
    const opened = stack.use(await host.open(location, path));
    const endpoint = asForeign(opened, { wishes, onNotice: context.onNotice });
    connectionOf.set(endpoint, connection);
    sayOnce(connection, location, shortcomingsOf(endpoint.capabilities));
    return endpoint;
  };

  const sayOnce = (
    { shortcomings }: Connection,
    { address }: RemoteLocation,
    what: string | undefined,
  ): void => {
    if (what === undefined || shortcomings.has(what)) return;
    shortcomings.add(what);
    context.onNotice(`${address.host}: what is kept there has ${what}`);
  };

  return {
    async open(location, from) {
      if (location.type !== "local") return openRemote(location, location.path, from);
      return stack.use(openLocal(location.typed, local, location.path));
    },
    async openAt(location, realPath, from) {
      if (location.type !== "local") return openRemote(location, bytesOfText(realPath), from);
      return stack.use(openLocal(location.typed, local, realPath));
    },
    takeTraffic(endpoints) {
      const ends = new Map(endpoints.map((one) => [connectionOf.get(one), one] as const));
      let [sent, received] = [0, 0];
      for (const [connection, endpoint] of ends) {
        if (connection === undefined) continue;
        const now = endpoint.traffic();
        sent += now.sent - connection.told.sent;
        received += now.received - connection.told.received;
        connection.told = now;
      }
      return { sent, received };
    },
    [Symbol.asyncDispose]: () => stack[Symbol.asyncDispose](),
  };
}
