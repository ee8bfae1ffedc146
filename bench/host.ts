import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import { type LineOptions, type Proxy, startProxy } from "../test/support/proxy.ts";
import { findSshd, type Sshd, startSshd } from "./sshd.ts";

/**
 * Another host, which is this one: a server of our own on the loopback interface, and before it a proxy that makes the line
 * slow and counts. Disposing stops both.
 */
export interface Host extends AsyncDisposable {
  readonly description: string;
  /**
   * Chooses the line for the commands that follow, and returns what they need in their environment to find it. Without
   * limits and without counting they reach the server directly: what passes through the proxy costs processor time,
   * and most to who sends most.
   */
  readonly useLine: (line: LineOptions, counts: boolean) => Promise<NodeJS.ProcessEnv>;
  /** What has crossed the line so far, in both directions, ssh's own part included; once nobody is connected any more. */
  readonly wireBytes: () => Promise<number>;
}

const SETTLING_MS = 5;
const PATIENCE_MS = 10_000;

/** Nothing if there is no server to start here. Everything it writes is below `dir`. */
export async function openHost(dir: string, env: NodeJS.ProcessEnv): Promise<Host | undefined> {
  const program = findSshd();
  if (program === undefined) return undefined;
  await using started = new AsyncDisposableStack();
  const sshd = started.use(await startSshd(program, { dir, variables: variablesThere(dir, env) }));
  const proxy = started.use(await startProxy({ to: sshd.port }));
  const running = started.move();
  return {
    description: `${sshd.banner} on the loopback interface`,
    useLine: async (line, counts) => {
      await proxy.setOptions(line);
      const isPlain = Object.keys(line).length === 0;
      const port = isPlain && !counts ? sshd.port : proxy.port;
      await sshd.redirect(port);
      return variablesHere(sshd, port);
    },
    wireBytes: () => countBytes(proxy),
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}

function variablesHere(sshd: Sshd, port: number): NodeJS.ProcessEnv {
  return {
    RSYNC_RSH: sshd.ssh,
    SYNCLINE_SSH: sshd.ssh,
    RCLONE_CONFIG: "/dev/null",
    RCLONE_SFTP_HOST: "127.0.0.1",
    RCLONE_SFTP_PORT: String(port),
    RCLONE_SFTP_USER: sshd.user,
    RCLONE_SFTP_KEY_FILE: sshd.keyFile,
    RCLONE_SFTP_KNOWN_HOSTS_FILE: sshd.knownHostsFile,
  };
}

/** Programs there must find Node, and leave nothing in the user's own directories. */
function variablesThere(dir: string, env: NodeJS.ProcessEnv): Record<string, string> {
  const home = path.join(dir, "home");
  return {
    HOME: home,
    PATH: `${path.dirname(process.execPath)}:${env["PATH"] ?? ""}`,
    LANG: "C",
    XDG_CACHE_HOME: path.join(home, ".cache"),
    XDG_CONFIG_HOME: path.join(home, ".config"),
    XDG_STATE_HOME: path.join(home, ".local/state"),
  };
}

async function countBytes(proxy: Proxy): Promise<number> {
  for (const deadline = Date.now() + PATIENCE_MS; Date.now() < deadline; await sleep(SETTLING_MS)) {
    const { connections, toTarget, toClient } = await proxy.counters();
    if (connections === 0) return toTarget + toClient;
  }
  throw new Error("A connection to the host was left open by the command");
}
