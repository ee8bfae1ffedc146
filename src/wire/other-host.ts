import { isHostAddress } from "../core/host-address.ts";
import type { HostAddress } from "../core/location.ts";
import type { Reader } from "./reader.ts";
import { WireError } from "./wire-error.ts";
import type { Writer } from "./writer.ts";

/**
 * A host that an agent is to reach by itself: by the ssh that it finds where it runs, with the configuration, the keys and the known
 * hosts of its user there. Nothing of how the client logs in goes along.
 */
export interface OtherHost {
  readonly address: HostAddress;
  /** The node program there, as in `LoginOptions`. */
  readonly remoteNode: string;
  /** Milliseconds of silence after which it counts as out of reach, or lost. */
  readonly timeout: number;
  /** How often a lost connection to it is made again. */
  readonly retries: number;
  /** Bound of what goes there, and of what comes from there, each second. */
  readonly bytesPerSecond: number | undefined;
}

const nameBytes = 1024;
const programBytes = 4096;
/** Timers have no longer ones. */
const longestTimeout = 2 ** 31 - 1;
const mostRetries = 1000;

export function writeOtherHost(out: Writer, host: OtherHost): void {
  const { address, remoteNode, timeout, retries, bytesPerSecond } = host;
  out.text(address.host);
  out.optional(address.user, (it) => out.text(it)).optional(address.port, (it) => out.u16(it));
  out.text(remoteNode).f64(Math.min(timeout, longestTimeout));
  out.u16(Math.min(retries, mostRetries)).optional(bytesPerSecond, (it) => out.f64(it));
}

export function readOtherHost(from: Reader): OtherHost {
  const host = from.text(nameBytes);
  const user = from.optional(() => from.text(nameBytes));
  const port = from.optional(() => from.u16());
  const address = { host, user, port };
  if (!isHostAddress(address)) throw new WireError("the address of a host is none");
  const remoteNode = from.text(programBytes);
  if (!/^[^-\0\n][^\0\n]*$/.test(remoteNode)) throw new WireError("the name of a program is none");
  const [timeout, retries] = [from.f64(), from.u16()];
  const bytesPerSecond = from.optional(() => from.f64());
  const isSane =
    timeout >= 1 && timeout <= longestTimeout && retries <= mostRetries && bytesPerSecond !== 0;
  if (!isSane || (bytesPerSecond ?? 1) < 0) throw new WireError("a host is reached beyond limits");
  return { address, remoteNode, timeout, retries, bytesPerSecond };
}
