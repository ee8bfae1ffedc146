import type { ByteString } from "../base/byte-string.ts";
import { SyncError } from "../base/errors.ts";
import type { RemoteLocation } from "../core/location.ts";
import type { RemoteOptions } from "../core/login.ts";
import type { Endpoint } from "../endpoint/endpoint.ts";

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
}

/** Connects to the host of a location. Throws `SyncError` with an `ENDPOINT_…` code where that is not to be had. */
export type ConnectRemote = (
  location: RemoteLocation,
  context: RemoteContext,
) => Promise<RemoteHost>;

export const connectRemote: ConnectRemote = async ({ typed }) => {
  throw new SyncError("UNSUPPORTED", `${typed}: other hosts cannot be reached in this version`);
};
