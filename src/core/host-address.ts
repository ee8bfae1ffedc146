import type { HostAddress } from "./location.ts";

/**
 * Whether something is the name or the IP address of a host, without brackets, by the rules of OpenSSH's newer versions, which older
 * ones do not have: what could be taken for an option, or for more than a name by a command of somebody's ssh configuration,
 * is none.
 */
export function isHostName(host: string): boolean {
  return (
    host !== "" && !host.startsWith("-") && !/[\x00-\x20\x7f/'`"$\\;&<>|(){}[\]]|\s/.test(host)
  );
}

/** The same for the name of a user. */
export function isUserName(user: string): boolean {
  return (
    user !== "" && !/^-|\s-|\\$/.test(user) && !/[\x00-\x1f\x7f/'`";&<>|(){}]|[^\S ]/.test(user)
  );
}

export function isPort(port: number): boolean {
  return Number.isInteger(port) && port >= 1 && port <= 65_535;
}

/** Whether an address that comes from somebody else may be handed to ssh. */
export function isHostAddress({ host, user, port }: HostAddress): boolean {
  return (
    isHostName(host) &&
    (user === undefined || isUserName(user)) &&
    (port === undefined || isPort(port))
  );
}

/** Whether a name means whatever machine it is said on. */
export function isOwnName(host: string): boolean {
  return /^(?:(?:.*\.)?localhost\.?|127(?:\.\d+){1,3}|0(?:\.0){0,3}|::1?|::ffff:127\..*)$/i.test(
    host,
  );
}
