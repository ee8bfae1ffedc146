import type { ChildProcessWithoutNullStreams } from "node:child_process";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { setTimeout as delay } from "node:timers/promises";

import type { Arrivals, Departures } from "../../wire/byte-pipe.ts";
import { arrivalsOf, departuresTo } from "../../wire/byte-pipe.ts";
import type { SshEnd } from "./ssh-failure.ts";
import { noProgram } from "./ssh-failure.ts";

/** Variables of an environment. */
export type Variables = Readonly<Record<string, string | undefined>>;

export interface SshStart {
  readonly args: readonly string[];
  readonly environment: Variables;
  /** In a session of its own, ssh has no terminal to ask at. */
  readonly apart: boolean;
}

/** An ssh that runs. */
export interface SshProcess {
  readonly arrivals: Arrivals;
  readonly departures: Departures;
  /** Nothing more will be written. */
  readonly endInput: () => void;
  /** Resolves when ssh has ended, and never rejects. */
  readonly ended: Promise<SshEnd>;
  readonly kill: () => void;
}

/** Ctrl-C and the end of the terminal are for us: files in hand are still to be finished over the connection. */
const launcher = `command -v "$1" >/dev/null || { echo "${noProgram}" >&2; exit 127; }; trap "" INT HUP; exec "$@"`;
const mostStderr = 16_384;
/** What ssh has left to say when it is gone: processes that it leaves behind may hold the stream open. */
const lastWordsMs = 100;
const patienceMs = 1000;

/** Starts the system's ssh, or what SYNCLINE_SSH names. */
export function startSsh({ args, environment, apart }: SshStart): SshProcess {
  const program = environment["SYNCLINE_SSH"] ?? "ssh";
  const child = spawn("/bin/sh", ["-c", launcher, "sh", program, ...args], {
    env: { ...environment },
    detached: apart,
    stdio: ["pipe", "pipe", "pipe"],
  });
  const stderr = keepLast(child);
  const kill = (): void => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill("SIGTERM");
    setTimeout(() => child.kill("SIGKILL"), patienceMs).unref();
  };
  process.once("exit", kill);
  const ended = settle(child, stderr).finally(() => process.off("exit", kill));
  return {
    arrivals: arrivalsOf(child.stdout),
    departures: departuresTo(child.stdin),
    endInput: () => child.stdin.end(),
    ended,
    kill,
  };
}

function keepLast(child: ChildProcessWithoutNullStreams): () => string {
  let kept = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    kept = (kept + text).slice(-mostStderr);
  });
  return () => kept;
}

async function settle(child: ChildProcessWithoutNullStreams, said: () => string): Promise<SshEnd> {
  const closed = once(child, "close").catch(() => {});
  try {
    await once(child, "exit");
  } catch (error) {
    return { exitCode: 127, stderr: `${noProgram} (${(error as Error).message})` };
  }
  await Promise.race([closed, delay(lastWordsMs, undefined, { ref: false })]);
  for (const stream of [child.stderr, child.stdin]) stream.destroy();
  return { exitCode: child.exitCode ?? undefined, stderr: said() };
}
