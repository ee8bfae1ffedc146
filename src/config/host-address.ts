import { SyncError } from "../base/errors.ts";
import { isHostName, isPort, isUserName } from "../core/host-address.ts";
import type { HostAddress } from "../core/location.ts";

/** Splits at the last `@`: users of some directories have one in their name. */
export function splitUser(
  typed: string,
  authority: string,
): { user: string | undefined; rest: string } {
  const at = authority.lastIndexOf("@");
  if (at === 0) throw new SyncError("USAGE", `${typed}: the user before the @ is missing`);
  if (at === -1) return { user: undefined, rest: authority };
  return { user: authority.slice(0, at), rest: authority.slice(at + 1) };
}

/** Checks user and host, and takes brackets off. Throws a usage error. */
export function toAddress(typed: string, address: HostAddress): HostAddress {
  const { user, host, port } = address;
  const bare = /^\[(.*)\]$/s.exec(host)?.[1] ?? host;
  if (bare === "") throw new SyncError("USAGE", `${typed}: the host is missing`);
  if (!isHostName(bare)) {
    throw new SyncError("USAGE", `${typed}: this is not the name of a host`, {
      hint: "A local path that holds a colon is written ./a:b or with its full path.",
    });
  }
  if (bare !== host && !/^[0-9A-Fa-f:.]+(%[\w.-]+)?$/.test(bare)) {
    throw new SyncError("USAGE", `${typed}: only an IP address is written in brackets`);
  }
  if (user !== undefined && !isUserName(user)) {
    throw new SyncError("USAGE", `${typed}: this is not the name of a user`);
  }
  return { user, host: bare, port };
}

export function parsePort(typed: string, digits: string): number {
  const port = Number(digits);
  if (isPort(port)) return port;
  throw new SyncError("USAGE", `${typed}: ports go from 1 to 65535`);
}
