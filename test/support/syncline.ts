import type { ChildProcess } from "node:child_process";
import { spawn } from "node:child_process";
import { once } from "node:events";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";

import { COMPILED } from "./compiled.ts";
import type { Place } from "./place.ts";
import { ORDINARY_USER } from "./place.ts";
import { SYSTEM_PATH } from "./python.ts";

const repository = path.resolve(import.meta.dirname, "../..");

/** One object of `--json`, as a program that trusts nothing would take it. */
export type JsonEvent = Readonly<Record<string, unknown>> & { readonly type: string };

export interface Result {
  /** `null` where a signal ended the process. */
  readonly code: number | null;
  readonly signal: string | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Options {
  readonly cwd?: string;
  /** Added to an environment that has nothing but a home, a path and a language. */
  readonly env?: Readonly<Record<string, string>>;
  /** Written to standard input, which then ends; without it, there is nothing to read. */
  readonly input?: string;
  /** Standard input stays open, for {@link Running.say}. */
  readonly keepInput?: true;
  readonly asUser?: boolean;
  /** Put before the command: `strace` and the like. */
  readonly through?: readonly string[];
  /** A hang is a failure; this is when it counts as one. */
  readonly timeoutMs?: number;
}

/** A command that runs. */
export interface Running {
  readonly child: ChildProcess;
  readonly done: Promise<Result>;
  /** What it has printed so far, both streams. */
  readonly output: () => string;
  /** The same of standard output alone, whole lines only. */
  readonly stdout: () => string;
  readonly say: (text: string) => void;
  /** Waits until its output matches; throws with the output when it ends first, or hangs. */
  readonly until: (pattern: RegExp) => Promise<void>;
}

/** The command line that starts Syncline, on the Node that `npm ci` brought. */
export function synclineCommand(place: Place, asUser: boolean = false): string[] {
  const root = asUser ? place.repositoryForAll() : repository;
  return [path.join(root, "node_modules/node/bin/node"), path.join(root, "bin/syncline.js")];
}

/** The whole environment of a run. */
export function environment(place: Place): Record<string, string> {
  return {
    HOME: place.home,
    XDG_STATE_HOME: place.stateHome,
    LANG: "C.UTF-8",
    PATH: SYSTEM_PATH,
    TZ: "UTC",
  };
}

/** Starts Syncline with these arguments. */
export function start(place: Place, args: readonly string[], options: Options = {}): Running {
  const { through = [], asUser = false, timeoutMs = 60_000, input, keepInput } = options;
  const [command = "", ...rest] = [...through, ...synclineCommand(place, asUser), ...args];
  const child = spawn(command, rest, {
    cwd: options.cwd ?? place.dir,
    env: { ...environment(place), ...(asUser ? {} : COMPILED), ...options.env },
    stdio: [input !== undefined || keepInput ? "pipe" : "ignore", "pipe", "pipe"],
    ...(asUser ? { uid: ORDINARY_USER, gid: ORDINARY_USER } : {}),
  });
  child.stdin?.on("error", () => {});
  if (input !== undefined) child.stdin?.end(input);
  return follow(child, timeoutMs);
}

/** Runs Syncline to its end. */
export async function syncline(
  place: Place,
  args: readonly string[],
  options: Options = {},
): Promise<Result> {
  return start(place, args, options).done;
}

/** Gathers what a process prints; kills it when it hangs. */
export function follow(child: ChildProcess, timeoutMs: number): Running {
  const printed = { stdout: "", stderr: "", both: "" };
  for (const name of ["stdout", "stderr"] as const) {
    child[name]?.setEncoding("utf8").on("data", (text: string) => {
      printed[name] += text;
      printed.both += text;
    });
  }
  let isOver = false;
  const done = settle().finally(() => (isOver = true));
  // Whoever does not wait for the end still must not leave a rejection behind.
  done.catch(() => {});
  return {
    child,
    done,
    output: () => printed.both,
    stdout: () => printed.stdout.slice(0, printed.stdout.lastIndexOf("\n") + 1),
    say: (text) => void child.stdin?.write(text),
    until: async (pattern) => {
      const until = performance.now() + timeoutMs;
      while (!pattern.test(printed.both)) {
        if (isOver || performance.now() > until) {
          throw new Error(`no ${String(pattern)} in:\n${printed.both}`);
        }
        await delay(5);
      }
    },
  };

  async function settle(): Promise<Result> {
    const timer = setTimeout(() => child.kill("SIGKILL"), timeoutMs);
    const began = performance.now();
    const [code, signal] = (await once(child, "close")) as [number | null, string | null];
    clearTimeout(timer);
    const result: Result = { code, signal, stdout: printed.stdout, stderr: printed.stderr };
    if (performance.now() - began >= timeoutMs) {
      throw new Error(`hung for ${timeoutMs} ms; it had printed:\n${printed.both}`);
    }
    return result;
  }
}

/** The objects that `--json` printed. Throws where a line is not one. */
export function eventsOf({ stdout }: Pick<Result, "stdout">): JsonEvent[] {
  const lines = stdout.split("\n").filter((line) => line !== "");
  return lines.map((line) => JSON.parse(line) as JsonEvent);
}

/** All objects of one type. */
export function ofType(result: Pick<Result, "stdout">, type: string): JsonEvent[] {
  return eventsOf(result).filter((event) => event.type === type);
}

/** The summary of the last run that has one. */
export function summaryOf(result: Pick<Result, "stdout">): JsonEvent {
  const summary = ofType(result, "summary").at(-1);
  if (summary === undefined) throw new Error(`no summary in:\n${result.stdout}`);
  return summary;
}

/** What a run did, in numbers: all zero where it had nothing to do. */
export function countsOf(result: Pick<Result, "stdout">): Record<string, unknown> {
  const { created, updated, moved, copied, deleted, metadata, problems } = summaryOf(result);
  return { created, updated, moved, copied, deleted, metadata, problems };
}

/** {@link countsOf} a run that had nothing to do. */
export const NOTHING_TO_DO: Readonly<Record<string, number>> = {
  created: 0,
  updated: 0,
  moved: 0,
  copied: 0,
  deleted: 0,
  metadata: 0,
  problems: 0,
};

/** Names of the guards that halted a run. */
export function guardsOf(result: Pick<Result, "stdout">): unknown[] {
  return ofType(result, "guard").map(({ guard }) => guard);
}

/** Problems as `path code`. */
export function problemsOf(result: Pick<Result, "stdout">): string[] {
  return ofType(result, "problem").map(({ path, code }) => `${String(path)} ${String(code)}`);
}

/** Runs `mirror` with `--json`. */
export async function mirror(
  place: Place,
  args: readonly string[],
  options: Options = {},
): Promise<Result> {
  return syncline(place, ["mirror", "--json", ...args], options);
}
