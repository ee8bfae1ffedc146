import type { PasswordSource, RemoteOptions, SshOption } from "../core/login.ts";
import { plainLogin } from "../core/login.ts";

/** How other hosts are to be reached, as far as somebody has said so. */
export interface LoginChoices {
  /** Bytes each second. */
  readonly bwlimit?: number;
  /** Milliseconds. */
  readonly timeout?: number;
  readonly retries?: number;
  readonly identity?: string;
  readonly passwordFrom?: PasswordSource;
  readonly sshOptions: readonly SshOption[];
  readonly remoteNode?: string;
  readonly direct?: boolean;
}

/** What ssh finds around it. */
export type Surroundings = Pick<RemoteOptions, "environment" | "interactive">;

/** The rest is as it usually is. The environment is for ssh, and for passwords that are in it. */
export function toRemoteOptions(
  choices: LoginChoices,
  { environment, interactive }: Surroundings,
): RemoteOptions {
  const { identity, passwordFrom: password, sshOptions, direct = false } = choices;
  const { remoteNode = plainLogin.remoteNode, bwlimit: bytesPerSecond } = choices;
  const { timeout = plainLogin.timeout, retries = plainLogin.retries } = choices;
  const login = { identity, password, sshOptions, remoteNode, timeout };
  return { ...login, retries, bytesPerSecond, direct, environment, interactive };
}

/** What a message may name as examples. */
export const passwordSourceExamples = "env:NAME, file:PATH or command:LINE";
export const sshOptionExamples = "ProxyJump=gate.example or ConnectTimeout=5";
export const retriesExamples = "0, 3 or 10";

const mostRetries = 1000;

/** Where a password comes from, such as `env:NAME`, `file:PATH`, `command:LINE`. */
export function parsePasswordSource(text: string): PasswordSource | undefined {
  const match = /^(env|file|command):([^\0]+)$/s.exec(text);
  if (match === null) return undefined;
  const [, type, rest = ""] = match;
  switch (type) {
    case "env":
      return rest.includes("=") ? undefined : { type, name: rest };
    case "file":
      return { type, path: rest };
    case "command":
      return { type, line: rest };
    default:
      return undefined;
  }
}

/** A setting of ssh's own, such as `Name=value`. */
export function parseSshOption(text: string): SshOption | undefined {
  const match = /^([A-Za-z][A-Za-z0-9]*)\s*=\s*([^\0\r\n]+)$/.exec(text);
  if (match === null) return undefined;
  const [, name = "", value = ""] = match;
  return { name, value };
}

export function parseRetries(text: string): number | undefined {
  const retries = /^\d+$/.test(text) ? Number(text) : Infinity;
  return retries <= mostRetries ? retries : undefined;
}
