/**
 * `cli` is the command line: one file per command, and printers that turn the events of a run into lines for people and
 * objects for programs. It decides nothing about trees. This file is where the process begins and ends, and the only one
 * that reads the environment. What a start always needs is imported at once, everything else when it is first used,
 * because a small tree is mirrored in less time than Node takes to start.
 */
import { systemClock } from "../app/system-clock.ts";
import type { Host } from "./host.ts";
import { runProgram } from "./program.ts";

/** Ctrl-C, `kill`, and the end of the terminal all mean the same: come to an end. */
const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

let isOutputLost = false;
let isWatched = false;

/** What a program reads must not end early in silence. A reader that has gone away wants nothing more. */
function watchOutput(): void {
  if (isWatched) return;
  isWatched = true;
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code === "EPIPE" || isOutputLost) return;
    isOutputLost = true;
    process.stderr.write(`syncline: the output cannot be written (${error.code ?? "unknown"})\n`);
  });
}

// Streams are opened when they are first wanted.
const host: Host = {
  variables: process.env,
  get stdin() {
    return process.stdin;
  },
  get stdout() {
    watchOutput();
    return process.stdout;
  },
  get stderr() {
    return process.stderr;
  },
  clock: systemClock,
  onSignal: (listener) => {
    for (const signal of signals) process.on(signal, listener);
    return () => {
      for (const signal of signals) process.off(signal, listener);
    };
  },
  onExit: (listener) => process.once("exit", listener),
  exitNow: (code) => process.exit(code),
};

// A directory that is gone can be worked without, but for what is named from there; and threads cannot start in one.
const isAdrift = leaveLostDirectory();
const code = isAdrift ? await runAdrift() : await runProgram(process.argv.slice(2), host);
process.exit(code === 0 && isOutputLost ? 1 : code);

function leaveLostDirectory(): boolean {
  try {
    process.cwd();
    return false;
  } catch {
    process.chdir("/");
    return true;
  }
}

/** Every word that could be a path has to be one from the top, or on another host. */
async function runAdrift(): Promise<number> {
  const words = process.argv.slice(3).filter((word) => !word.startsWith("-"));
  if (words.every((word) => word.startsWith("/") || /^[^/]+:/.test(word)))
    return runProgram(process.argv.slice(2), host);
  process.stderr.write(
    "syncline: the working directory is gone; name everything by its full path, or change to another directory\n",
  );
  return 2;
}
