import type { ChildProcess } from "node:child_process";
import { spawn } from "node:child_process";
import { once } from "node:events";
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { connect, createServer } from "node:net";
import os from "node:os";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";

import { SYSTEM_PATH, tool } from "./python.ts";

const repositoryNode = path.resolve(import.meta.dirname, "../../node_modules/node/bin/node");

export interface SshdOptions {
  /**
   * A script in which every session is run, in the place of the login shell: it finds the command in `SSH_ORIGINAL_COMMAND`. Or
   * `internal-sftp`: file transfer only.
   */
  readonly force?: string;
  /** Programs found before all others there, by name, besides `node`; `undefined` takes one away. */
  readonly programs?: Readonly<Record<string, string | undefined>>;
  /** Nothing is found there but `sh` and `programs`. */
  readonly bare?: boolean;
  readonly environment?: Readonly<Record<string, string>>;
  /** More lines for the server's configuration. */
  readonly settings?: readonly string[];
  /** A user of that name may log in with a password. It has to exist. */
  readonly passwordUser?: string;
  /** More of the client's configuration. */
  readonly clientSettings?: string;
  /** Sessions to `here` share one login, for tests that are about what comes after it and have many. */
  readonly sharesLogin?: boolean;
}

/** An OpenSSH server on the loopback, and a client that is set up for it. */
export interface Sshd extends AsyncDisposable {
  readonly port: number;
  readonly dir: string;
  /** Home directory of sessions, empty at first. */
  readonly home: string;
  /** What a client needs in its environment: a path, a home, and the ssh program that knows the hosts below. */
  readonly environment: Readonly<Record<string, string>>;
  /** What the server has logged so far. */
  readonly log: () => string;
  /** Processes that serve somebody: the server's children, and whoever has the home for its own. */
  readonly serving: () => string[];
}

/**
 * Names by which the client's configuration knows the server, at its port; an address needs the port to be given. Whoever is not
 * said otherwise is let in.
 *
 * - `here`: all is well.
 * - `stranger`: its host key is not known.
 * - `impostor`: another host key is known for it.
 * - `keyless`: the client's key is refused.
 * - `secret`: the password user, who has no key.
 * - `nowhere`: a port at which nobody listens.
 */
export type SshdHost = "here" | "stranger" | "impostor" | "keyless" | "secret" | "nowhere";

/** Starts a server, as root. */
export async function startSshd(options: SshdOptions = {}): Promise<Sshd> {
  const dir = mkdtempSync(path.join(os.tmpdir(), "syncline-sshd-"));
  const home = path.join(dir, "home");
  mkdirSync(home);
  mkdirSync("/run/sshd", { recursive: true });
  for (const key of ["host", "other", "user", "refused"]) {
    tool("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-C", key, "-f", path.join(dir, key)]);
  }
  writeFileSync(path.join(dir, "authorized_keys"), readFileSync(path.join(dir, "user.pub")));
  const port = await freePort();
  writeFileSync(path.join(dir, "sshd_config"), serverSettings(dir, port, options));
  writeClient(dir, port, options);
  const log = path.join(dir, "log");
  const child = spawn("/usr/sbin/sshd", ["-D", "-f", path.join(dir, "sshd_config"), "-E", log], {
    env: { PATH: SYSTEM_PATH },
    stdio: "ignore",
  });
  await listening(child, port, log);
  const shared = options.sharesLogin === true ? shareLogin(dir) : undefined;
  return {
    port,
    dir,
    home,
    environment: {
      HOME: home,
      PATH: SYSTEM_PATH,
      LANG: "C.UTF-8",
      SYNCLINE_SSH: path.join(dir, "ssh"),
    },
    log: () => readFileSync(log, "utf8"),
    serving: () => processes().filter((id) => isServing(id, String(child.pid), `HOME=${home}`)),
    async [Symbol.asyncDispose]() {
      shared?.[Symbol.dispose]();
      const exit = once(child, "exit");
      child.kill();
      await exit;
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

function processes(): string[] {
  return readdirSync("/proc").filter((name) => /^\d+$/.test(name));
}

function isServing(id: string, server: string, variable: string): boolean {
  try {
    const [, state, parent] = /\) (\S) (\d+)/.exec(readFileSync(`/proc/${id}/stat`, "latin1"))!;
    const variables = readFileSync(`/proc/${id}/environ`, "latin1").split("\0");
    return state !== "Z" && (parent === server || variables.includes(variable));
  } catch {
    // It has ended since.
    return false;
  }
}

function serverSettings(dir: string, port: number, options: SshdOptions): string {
  const bin = path.join(dir, "bin");
  mkdirSync(bin);
  const programs = { sh: "/bin/sh", node: repositoryNode, ...options.programs };
  for (const [name, program] of Object.entries(programs)) {
    if (program !== undefined) symlinkSync(program, path.join(bin, name));
  }
  const environment = {
    HOME: path.join(dir, "home"),
    PATH: options.bare === true ? bin : `${bin}:${SYSTEM_PATH}`,
    ...options.environment,
  };
  const variables = Object.entries(environment).map(([name, value]) => `"${name}=${value}"`);
  return [
    `ListenAddress 127.0.0.1:${port}`,
    `ListenAddress [::1]:${port}`,
    `HostKey ${path.join(dir, "host")}`,
    `AuthorizedKeysFile ${path.join(dir, "authorized_keys")}`,
    "PidFile none",
    "StrictModes no",
    "UsePAM no",
    "PermitRootLogin yes",
    `PasswordAuthentication ${options.passwordUser === undefined ? "no" : "yes"}`,
    "KbdInteractiveAuthentication no",
    "MaxStartups 100",
    "MaxSessions 100",
    "Subsystem sftp internal-sftp",
    `SetEnv ${variables.join(" ")}`,
    ...(options.settings ?? []),
    ...forceCommand(dir, options.force),
    "",
  ].join("\n");
}

function forceCommand(dir: string, force: string | undefined): string[] {
  if (force === undefined) return [];
  if (force === "internal-sftp") return ["ForceCommand internal-sftp"];
  const script = path.join(dir, "force");
  writeFileSync(script, `#!/bin/sh\n${force}\n`, { mode: 0o755 });
  return [`ForceCommand exec ${script}`];
}

/** Logs in once; whoever comes later finds the way by the socket that the client's configuration names. */
function shareLogin(dir: string): Disposable {
  const ssh = path.join(dir, "ssh");
  tool(ssh, ["-M", "-N", "-f", "here"]);
  return { [Symbol.dispose]: () => void tool(ssh, ["-O", "exit", "here"]) };
}

function writeClient(dir: string, port: number, options: SshdOptions): void {
  const at = (name: string): string => path.join(dir, name);
  const publicKey = (name: string): string => readFileSync(at(`${name}.pub`), "utf8");
  writeFileSync(at("known"), `syncline-test ${publicKey("host")}`);
  writeFileSync(at("known-other"), `syncline-test ${publicKey("other")}`);
  writeFileSync(at("known-none"), "");
  const hosts: Record<SshdHost, string[]> = {
    here: options.sharesLogin === true ? [`ControlPath ${at("login")}`] : [],
    stranger: [`UserKnownHostsFile ${at("known-none")}`],
    impostor: [`UserKnownHostsFile ${at("known-other")}`],
    keyless: [`IdentityFile ${at("refused")}`],
    secret: [`User ${options.passwordUser ?? "nobody"}`, "PubkeyAuthentication no"],
    nowhere: ["Port 1"],
  };
  const blocks = Object.entries(hosts).map(([host, lines]) =>
    [`Host ${host}`, ...lines].join("\n"),
  );
  writeFileSync(
    at("ssh_config"),
    [
      options.clientSettings ?? "",
      ...blocks,
      `Host ${Object.keys(hosts).join(" ")}`,
      "HostName 127.0.0.1",
      `Port ${port}`,
      "Host *",
      "HostKeyAlias syncline-test",
      "User root",
      "IdentitiesOnly yes",
      `UserKnownHostsFile ${at("known")}`,
      "GlobalKnownHostsFile /dev/null",
      // Of keys all that are named are tried.
      "Host * !keyless",
      `IdentityFile ${at("user")}`,
      "",
    ].join("\n"),
  );
  const script = `#!/bin/sh\nexec /usr/bin/ssh -F ${at("ssh_config")} "$@"\n`;
  writeFileSync(at("ssh"), script, { mode: 0o755 });
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  if (address === null || typeof address === "string") throw new Error("no port");
  return address.port;
}

async function listening(child: ChildProcess, port: number, log: string): Promise<void> {
  let failure: Error | undefined;
  child.once("error", (error) => (failure = error));
  for (const until = performance.now() + 10_000; performance.now() < until; await delay(20)) {
    if (failure !== undefined) throw failure;
    if (child.exitCode !== null) break;
    if (await accepts(port)) return;
  }
  throw new Error(`sshd did not start:\n${readFileSync(log, "utf8")}`);
}

async function accepts(port: number): Promise<boolean> {
  const socket = connect(port, "127.0.0.1");
  try {
    await once(socket, "connect");
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}
