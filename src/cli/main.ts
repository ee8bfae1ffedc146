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

// Streams are opened when they are first wanted.
const host: Host = {
  variables: process.env,
  get stdin() {
    return process.stdin;
  },
  get stdout() {
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

process.exit(await runProgram(process.argv.slice(2), host));
