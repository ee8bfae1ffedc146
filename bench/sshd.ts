import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { chmod, mkdir, readFile, writeFile } from "node:fs/promises";
import { connect, createServer } from "node:net";
import { userInfo } from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import { run } from "./process.ts";

/** The name by which clients call the host. */
export const HOST = "bench-host";

/** An OpenSSH server of our own, and what a client needs to log in by key. Disposing stops it. */
export interface Sshd extends AsyncDisposable {
  /** Of 127.0.0.1. */
  readonly port: number;
  /** How it introduces itself: its version. */
  readonly banner: string;
  /** A program to call instead of `ssh`; it knows {@link HOST}, and reads nothing of the user's. */
  readonly ssh: string;
  readonly user: string;
  readonly keyFile: string;
  readonly knownHostsFile: string;
  /** Makes clients connect to this port of 127.0.0.1, such as that of a proxy, from now on. */
  readonly redirect: (port: number) => Promise<void>;
}

interface SshdOptions {
  /** Where it may write. It is made. */
  readonly dir: string;
  /** What programs on the host find in their environment. `HOME` and what follows from it have to be given. */
  readonly variables: Readonly<Record<string, string>>;
}

const LOOPBACK = "127.0.0.1";
const PATIENCE_MS = 10_000;
// Where root's sshd drops its privileges; packages make it when the service starts.
const SEPARATION_DIR = "/run/sshd";

/** The server's program, which insists on being called by its full path, or nothing if it is not installed. */
export function findSshd(): string | undefined {
  const dirs = [...(process.env["PATH"] ?? "").split(":"), "/usr/sbin", "/usr/local/sbin"];
  return dirs.map((dir) => path.join(dir, "sshd")).find((file) => existsSync(file));
}

export async function startSshd(program: string, options: SshdOptions): Promise<Sshd> {
  const file = (name: string): string => path.join(options.dir, name);
  const user = userInfo().username;
  await mkdir(options.dir, { recursive: true, mode: 0o700 });
  if (process.geteuid?.() === 0) await mkdir(SEPARATION_DIR, { recursive: true, mode: 0o755 });
  for (const key of ["host_key", "user_key"]) {
    const argv = [
      "ssh-keygen",
      "-q",
      "-t",
      "ed25519",
      "-N",
      "",
      "-C",
      "",
      "-f",
      file(key),
    ] as const;
    await run(argv, { env: process.env });
  }
  const port = await freePort();
  await writeFile(file("sshd_config"), serverConfig(options, port));
  const child = spawn(program, ["-D", "-e", "-f", file("sshd_config")], {
    // Detached, so that Ctrl-C reaches only who has to decide what follows from it.
    detached: true,
    stdio: ["ignore", "ignore", "pipe"],
  });
  const ended = once(child, "exit");
  let complaints = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => (complaints += text));
  const stop = async (): Promise<void> => {
    child.kill();
    await ended;
  };
  const redirect = async (to: number): Promise<void> => {
    const hostKey = (await readFile(file("host_key.pub"), "utf8")).trim();
    await writeFile(file("known_hosts"), `${HOST} ${hostKey}\n[${LOOPBACK}]:${to} ${hostKey}\n`);
    await writeFile(file("ssh_config"), clientConfig(options.dir, user, to));
  };
  await redirect(port);
  await writeFile(file("ssh"), `#!/bin/sh\nexec ssh -F '${file("ssh_config")}' "$@"\n`);
  await chmod(file("ssh"), 0o755);
  try {
    const banner = await Promise.race([
      waitForBanner(port),
      ended.then(() => Promise.reject(new Error(`sshd has ended: ${complaints}`))),
    ]);
    return {
      port,
      banner,
      ssh: file("ssh"),
      user,
      keyFile: file("user_key"),
      knownHostsFile: file("known_hosts"),
      redirect,
      [Symbol.asyncDispose]: stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

function serverConfig({ dir, variables }: SshdOptions, port: number): string {
  const set = Object.entries(variables).map(([name, value]) => `"${name}=${value}"`);
  return `ListenAddress ${LOOPBACK}
Port ${port}
HostKey "${dir}/host_key"
AuthorizedKeysFile "${dir}/user_key.pub"
PidFile none
# The directory may be below one that everybody can write to.
StrictModes no
UsePAM no
PasswordAuthentication no
KbdInteractiveAuthentication no
PermitRootLogin prohibit-password
PermitUserRC no
PrintMotd no
PrintLastLog no
UseDNS no
MaxStartups 100
LogLevel ERROR
Subsystem sftp internal-sftp
SetEnv ${set.join(" ")}
`;
}

function clientConfig(dir: string, user: string, port: number): string {
  return `Host ${HOST}
HostName ${LOOPBACK}
HostKeyAlias ${HOST}
Port ${port}
User ${user}
IdentityFile "${dir}/user_key"
IdentitiesOnly yes
IdentityAgent none
UserKnownHostsFile "${dir}/known_hosts"
GlobalKnownHostsFile /dev/null
StrictHostKeyChecking yes
UpdateHostKeys no
`;
}

/** Free a moment ago; sshd cannot be told to choose one and say which. */
async function freePort(): Promise<number> {
  const server = createServer();
  server.listen(0, LOOPBACK);
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  if (address === null || typeof address === "string") throw new Error("no port was given");
  return address.port;
}

async function waitForBanner(port: number): Promise<string> {
  for (const deadline = Date.now() + PATIENCE_MS; Date.now() < deadline; await sleep(20)) {
    const socket = connect(port, LOOPBACK);
    try {
      const [banner] = (await once(socket, "data")) as [Buffer];
      return String(banner).trim();
    } catch (error) {
      // It does not listen yet.
      if ((error as NodeJS.ErrnoException).code !== "ECONNREFUSED") throw error;
    } finally {
      socket.destroy();
    }
  }
  throw new Error(`sshd did not answer within ${PATIENCE_MS} ms`);
}
