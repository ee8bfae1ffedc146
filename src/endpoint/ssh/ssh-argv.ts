/** The system's ssh, started for one purpose: arguments, process, password, and what its failures mean. */
import type { HostAddress } from "../../core/location.ts";
import type { LoginOptions } from "../../core/login.ts";

/** What is to run on the other host: a fixed command line for its login shell, or a subsystem of its server. */
export type RemoteProgram = { readonly command: string } | { readonly subsystem: string };

export interface SshSetting {
  readonly login: LoginOptions;
  /** Somebody, or something, can answer what ssh asks. */
  readonly mayAsk: boolean;
  /** Ciphers to be tried before all others. */
  readonly ciphers: readonly string[];
}

/** No terminal, nothing forwarded, and no byte that means more than itself. */
const plain: readonly string[] = ["-T", "-a", "-x", "-e", "none"];

/**
 * Arguments for ssh. Nothing here weakens what ssh checks. The user's configuration holds wherever it does not stand in the
 * way of a connection that carries bytes for a program; what the user has asked for holds before all else.
 */
export function sshArguments(
  address: HostAddress,
  program: RemoteProgram,
  setting: SshSetting,
): string[] {
  const { identity, sshOptions } = setting.login;
  const asked = new Set(sshOptions.map(({ name }) => name.toLowerCase()));
  const settings = ownSettings(setting).filter(([name]) => !asked.has(name.toLowerCase()));
  return [
    ...plain,
    // Of a setting that stands more than once ssh takes the first.
    ...sshOptions.flatMap(({ name, value }) => ["-o", `${name}=${value}`]),
    ...settings.flatMap(([name, value]) => ["-o", `${name}=${value}`]),
    ...(identity === undefined ? [] : ["-i", identity]),
    ...(address.port === undefined ? [] : ["-p", String(address.port)]),
    ...(address.user === undefined ? [] : ["-l", address.user]),
    ...("subsystem" in program ? ["-s"] : []),
    "--",
    address.host,
    "subsystem" in program ? program.subsystem : program.command,
  ];
}

function ownSettings({ login, mayAsk, ciphers }: SshSetting): [string, string][] {
  const { identity, password, timeout } = login;
  const settings: [string, string][] = [
    // Set up for people at a terminal, and in the way of programs.
    ["ClearAllForwardings", "yes"],
    ["RemoteCommand", "none"],
    ["Compression", "no"],
    ["ConnectTimeout", String(Math.max(1, Math.ceil(timeout / 1000)))],
  ];
  if (identity !== undefined) settings.push(["IdentitiesOnly", "yes"]);
  if (password !== undefined) settings.push(["NumberOfPasswordPrompts", "1"]);
  if (!mayAsk) settings.push(["BatchMode", "yes"]);
  if (ciphers.length > 0) settings.push(["Ciphers", `^${ciphers.join(",")}`]);
  return settings;
}
