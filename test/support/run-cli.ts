import type { ChildProcessWithoutNullStreams } from "node:child_process";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

import { COMPILED } from "./compiled.ts";

/** The file that a process begins with. */
export const main: string = fileURLToPath(new URL("../../bin/syncline.js", import.meta.url));

/** What a command line came to. */
export interface CliResult {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

export interface CliOptions {
  readonly cwd?: string;
  readonly variables?: Readonly<Record<string, string>>;
  /** Everything that standard input holds; it ends after that. */
  readonly input?: string;
}

/** A command line under way. */
export interface RunningCli {
  readonly child: ChildProcessWithoutNullStreams;
  /** What it has said so far. */
  readonly said: () => { out: string; err: string };
  readonly result: Promise<CliResult>;
}

/** Starts syncline with nothing in its environment but what is given. Standard input stays open. */
export function startCli(
  line: readonly string[],
  { cwd, variables = {} }: CliOptions = {},
): RunningCli {
  const env = { HOME: cwd ?? "/nonexistent", TZ: "UTC", ...COMPILED, ...variables };
  const child = spawn(process.execPath, [main, ...line], { cwd, env });
  let out = "";
  let err = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => (out += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (err += text));
  const result = once(child, "close").then(([code]) => ({ code: code as number | null, out, err }));
  return { child, said: () => ({ out, err }), result };
}

/** Runs syncline to its end. */
export async function runCli(
  line: readonly string[],
  options: CliOptions = {},
): Promise<CliResult> {
  const { child, result } = startCli(line, options);
  // A process that ends without having read its input is no failure of the test.
  child.stdin.on("error", () => {});
  child.stdin.end(options.input ?? "");
  return result;
}
