import path from "node:path";

import { type Argv, run } from "./process.ts";
import { HOST } from "./sshd.ts";

const ROOT = path.dirname(import.meta.dirname);

/** Where a command reads, where it writes, and where Syncline keeps its state. */
export interface Pair {
  readonly source: string;
  readonly target: string;
  readonly state: string;
}

/** Which end of a pair is on another host, and how that is reached. */
export interface Route {
  readonly end: "source" | "target";
  readonly over: "ssh" | "sftp";
}

export interface SynclineCall {
  readonly command?: "mirror" | "verify";
  readonly options: readonly string[];
  readonly route?: Route;
}

/** Syncline as an installed user calls it, but with a state of its own. */
export function syncline(pair: Pair, { command = "mirror", options, route }: SynclineCall): Argv {
  const address = (end: Route["end"]): string => {
    if (route?.end !== end) return pair[end];
    return route.over === "sftp" ? `sftp://${HOST}${pair[end]}` : `${HOST}:${pair[end]}`;
  };
  const program = [process.execPath, path.join(ROOT, "bin/syncline.js")] as const;
  return [
    ...program,
    command,
    address("source"),
    address("target"),
    ...(command === "mirror" ? ["-y"] : []),
    "-q",
    "--state",
    pair.state,
    ...options,
  ];
}

/** The slashes make rsync fill the target instead of making the source's name in it. */
export function rsync(pair: Pair, options: readonly string[], route?: Route): Argv {
  const address = (end: Route["end"]): string =>
    `${route?.end === end ? `${HOST}:` : ""}${pair[end]}/`;
  return ["rsync", ...options, address("source"), address("target")];
}

/** Without what it would need a shell there for: one more command for each file that it has sent. */
export function rclone(pair: Pair, route: Route): Argv {
  const address = (end: Route["end"]): string => `${route.end === end ? ":sftp:" : ""}${pair[end]}`;
  const options = ["--create-empty-src-dirs", "--sftp-disable-hashcheck"];
  return ["rclone", "sync", address("source"), address("target"), ...options];
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

/** What rsync is to look at where everything has to be kept: content, attributes and links. */
const EVERYTHING: readonly string[] = ["-aHAX"];

/**
 * Throws if rsync, which has seen more trees than we have, finds a difference. On paths of this machine, where both ends
 * are, wherever the work thought them to be.
 */
export async function verifyEqual(
  pair: Pair,
  { env, signal }: { readonly env: NodeJS.ProcessEnv; readonly signal: AbortSignal },
  kept: readonly string[] = EVERYTHING,
): Promise<void> {
  const judge = rsync(pair, [...kept, "-nc", "--delete", "--itemize-changes"]);
  const { stdout } = await run(judge, { env, signal, keepOutput: true });
  if (stdout === "") return;
  const lines = stdout.trimEnd().split("\n");
  const shown = lines.slice(0, 10).join("\n");
  throw new Error(
    `The trees differ in ${lines.length} entries; ${judge.join(" ")} says:\n${shown}`,
  );
}
