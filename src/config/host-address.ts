import { SyncError } from "../base/errors.ts";
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

/**
 * Checks user and host by the rules of OpenSSH's newer versions, which older ones do not have: what could be taken for an
 * option, or for more than a name by a command of the user's ssh configuration, is refused. Throws a usage error.
 */
export function toAddress(typed: string, address: HostAddress): HostAddress {
  const { user, host, port } = address;
  const bare = /^\[(.*)\]$/s.exec(host)?.[1] ?? host;
  if (bare === "") throw new SyncError("USAGE", `${typed}: the host is missing`);
  if (bare.startsWith("-") || /[\x00-\x20\x7f/'`"$\\;&<>|(){}[\]]|\s/.test(bare)) {
    throw new SyncError("USAGE", `${typed}: this is not the name of a host`, {
      hint: "A local path that holds a colon is written ./a:b or with its full path.",
    });
  }
  if (bare !== host && !/^[0-9A-Fa-f:.]+(%[\w.-]+)?$/.test(bare)) {
    throw new SyncError("USAGE", `${typed}: only an IP address is written in brackets`);
  }
  if (user !== undefined && !isUser(user)) {
    throw new SyncError("USAGE", `${typed}: this is not the name of a user`);
  }
  return { user, host: bare, port };
}

function isUser(user: string): boolean {
  return (
    user !== "" && !/^-|\s-|\\$/.test(user) && !/[\x00-\x1f\x7f/'`";&<>|(){}]|[^\S ]/.test(user)
  );
}

export function parsePort(typed: string, digits: string): number {
  const port = Number(digits);
  if (port >= 1 && port <= 65_535) return port;
  throw new SyncError("USAGE", `${typed}: ports go from 1 to 65535`);
}
