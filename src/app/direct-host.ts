import { SyncError } from "../base/errors.ts";
import { isOwnName } from "../core/host-address.ts";
import type { RemoteLocation } from "../core/location.ts";
import type { RemoteHost } from "./open-remote.ts";

/** How a host is reached from another one, and how else. */
export interface DirectWay {
  readonly from: RemoteLocation;
  readonly near: RemoteHost;
  /** From here. */
  readonly connect: () => Promise<RemoteHost>;
  readonly onNotice: (message: string) => void;
}

/** The host of a location as another host reaches it by itself; where it cannot, as it is reached from here. */
export async function directHost(way: DirectWay, to: RemoteLocation): Promise<RemoteHost> {
  const { from, near, connect, onNotice } = way;
  const giveUp = (why: string): Promise<RemoteHost> => {
    const [one, other] = [from.address.host, to.address.host];
    onNotice(`${one} does not send to ${other} by itself: ${why}; what is sent goes through here`);
    return connect();
  };
  const trouble = troubleWith(from, to);
  if (trouble !== undefined) return giveUp(trouble);
  const beyond = near.beyond?.(to.address);
  if (beyond === undefined) return giveUp("no agent runs there");
  let instead: Promise<RemoteHost> | undefined;
  return {
    async open(location, path) {
      if (instead !== undefined) return (await instead).open(location, path);
      try {
        return await beyond.open(location, path);
      } catch (error) {
        if (!isNoWay(error)) throw error;
        instead = giveUp(error.message);
        return (await instead).open(location, path);
      }
    },
    async [Symbol.asyncDispose]() {
      const host = await instead?.catch(() => undefined);
      await host?.[Symbol.asyncDispose]();
    },
  };
}

function troubleWith(from: RemoteLocation, to: RemoteLocation): string | undefined {
  for (const { type, typed } of [from, to]) if (type === "sftp") return `${typed} is for SFTP`;
  // Said there it would be another machine.
  return isOwnName(to.address.host) ? "that is a name of every host's own" : undefined;
}

/** Whether it was the way that failed, and not the place at its end. */
function isNoWay(error: unknown): error is SyncError {
  if (!(error instanceof SyncError)) return false;
  const { code } = error;
  return code.startsWith("ENDPOINT_") || code === "UNSUPPORTED" || code === "WORKER_CRASHED";
}
