import { spawn } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";

/** A program and its arguments. */
export type Argv = readonly [string, ...string[]];

export interface Finished {
  /** From just before the process was asked for until it had ended. */
  readonly seconds: number;
  readonly stdout: string;
}

export interface RunOptions {
  readonly env: NodeJS.ProcessEnv;
  readonly signal?: AbortSignal;
  readonly cwd?: string;
  /** Nobody reads what a measured command writes, so that reading costs it nothing. */
  readonly keepOutput?: boolean;
  /** Called with the process's id while it runs. */
  readonly watch?: (pid: number) => void;
}

/** Runs one program to its end. Throws when it cannot start, and with what it said last when it fails. */
export async function run(argv: Argv, options: RunOptions): Promise<Finished> {
  options.signal?.throwIfAborted();
  const [file, ...args] = argv;
  const start = process.hrtime.bigint();
  const child = spawn(file, args, {
    cwd: options.cwd,
    env: options.env,
    // A group of its own: rsync has children, and what measures a command stands between it and us.
    detached: true,
    stdio: ["ignore", options.keepOutput === true ? "pipe" : "ignore", "pipe"],
  });
  const exit = once(child, "exit").then(([code, signal]: (number | string | null)[]) => ({
    seconds: Number(process.hrtime.bigint() - start) / 1e9,
    status: code ?? signal,
  }));
  const stop = (): void => killGroup(child.pid);
  options.signal?.addEventListener("abort", stop);
  try {
    if (child.pid !== undefined) options.watch?.(child.pid);
    const [{ seconds, status }, stdout, stderr] = await Promise.all([
      exit,
      child.stdout === null ? "" : text(child.stdout),
      child.stderr === null ? "" : text(child.stderr),
    ]);
    options.signal?.throwIfAborted();
    if (status !== 0) {
      throw new Error(`${argv.join(" ")}: ended with ${status}\n${lastLines(stderr)}`.trim());
    }
    return { seconds, stdout };
  } finally {
    options.signal?.removeEventListener("abort", stop);
  }
}

function killGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, "SIGKILL");
  } catch (error) {
    // It has ended by itself.
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}

function lastLines(text: string): string {
  return text.trimEnd().split("\n").slice(-10).join("\n");
}
