import path from "node:path";

import { type Argv, run } from "./process.ts";

const ROOT = path.dirname(import.meta.dirname);

/** Where a command reads, where it writes, and where Syncline keeps its state. */
export interface Pair {
  readonly source: string;
  readonly target: string;
  readonly state: string;
}

/** Syncline as an installed user calls it, but with a state of its own. */
export function syncline(
  pair: Pair,
  options: readonly string[],
  command: "mirror" | "verify" = "mirror",
): Argv {
  const program = [process.execPath, path.join(ROOT, "bin/syncline.js")] as const;
  return [
    ...program,
    command,
    pair.source,
    pair.target,
    ...(command === "mirror" ? ["-y"] : []),
    "-q",
    "--state",
    pair.state,
    ...options,
  ];
}

/** The slashes make rsync fill the target instead of making the source's name in it. */
export function rsync(pair: Pair, ...options: string[]): Argv {
  return ["rsync", ...options, `${pair.source}/`, `${pair.target}/`];
}

export function copy(pair: Pair): Argv {
  return ["cp", "-a", pair.source, pair.target];
}

/** What any Node program pays before its first line. */
export function emptyNode(): Argv {
  return [process.execPath, "-e", "0"];
}

/**
 * The same few variables for every command. Nothing of the user's own state, configuration or cache is read or
 * written: a benchmark must neither depend on it nor leave traces in it.
 */
export function cleanEnvironment(scratch: string): NodeJS.ProcessEnv {
  const { HOME, PATH } = process.env;
  return {
    HOME,
    PATH,
    LANG: "C",
    XDG_CACHE_HOME: path.join(scratch, "cache"),
    XDG_CONFIG_HOME: path.join(scratch, "config"),
    XDG_STATE_HOME: path.join(scratch, "state-home"),
  };
}

/** The first line a program prints about itself, or nothing if it is not installed. */
export async function versionOf(
  program: string,
  env: NodeJS.ProcessEnv,
): Promise<string | undefined> {
  try {
    const { stdout } = await run([program, "--version"], { env, keepOutput: true });
    return stdout.split("\n")[0]?.replaceAll(/\s+/g, " ").trim();
  } catch {
    return undefined;
  }
}

/** Throws if rsync, which has seen more trees than we have, finds a difference: content, attributes or links. */
export async function verifyEqual(
  pair: Pair,
  env: NodeJS.ProcessEnv,
  signal: AbortSignal,
): Promise<void> {
  const judge = rsync(pair, "-aHAXnc", "--delete", "--itemize-changes");
  const { stdout } = await run(judge, { env, signal, keepOutput: true });
  if (stdout === "") return;
  const lines = stdout.trimEnd().split("\n");
  const shown = lines.slice(0, 10).join("\n");
  throw new Error(
    `The trees differ in ${lines.length} entries; ${judge.join(" ")} says:\n${shown}`,
  );
}
