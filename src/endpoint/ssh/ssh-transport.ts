import type { HostAddress } from "../../core/location.ts";
import type { LoginOptions } from "../../core/login.ts";
import type { Transport } from "../../wire/transport.ts";
import type { RemoteProgram } from "./ssh-argv.ts";
import type { SshContext, SshLogin } from "./ssh-login.ts";
import { beginLogin } from "./ssh-login.ts";

/**
 * Bytes to and from a program on another host, from its first one on: for programs that print nothing of their own first. Why
 * a login failed or a connection was lost is thrown by `incoming`, as a `SyncError`.
 */
export async function openSshTransport(
  address: HostAddress,
  program: RemoteProgram,
  options: { readonly login: LoginOptions; readonly context: SshContext },
): Promise<Transport> {
  return transportOf(await beginLogin(address, program, options));
}

function transportOf(login: SshLogin): Transport {
  const { arrivals, departures, kill } = login.ssh;
  let isDestroyed = false;
  return {
    write: (bytes) => departures.write(bytes),
    traffic: () => ({ sent: departures.count, received: arrivals.count }),
    destroy() {
      isDestroyed = true;
      kill();
    },
    incoming: bytesUntilEnd(login, () => isDestroyed),
  };
}

/** What arrives. Ends where the other side has ended well, or we have; throws why in all other cases. */
export async function* bytesUntilEnd(
  login: SshLogin,
  isDestroyed: () => boolean,
): AsyncGenerator<Uint8Array, void, undefined> {
  const { arrivals, ended } = login.ssh;
  for await (const piece of arrivals) {
    login.succeed();
    yield piece;
  }
  if (isDestroyed()) return;
  const { exitCode } = await ended;
  if (exitCode !== 0 || arrivals.count === 0) throw await login.failure();
}
