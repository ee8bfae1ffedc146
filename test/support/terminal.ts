import { spawn } from "node:child_process";

import type { Place } from "./place.ts";
import type { Running } from "./syncline.ts";
import { environment, follow, synclineCommand } from "./syncline.ts";

/**
 * Starts Syncline on a real terminal of its own, 90 columns wide. {@link Running.say} types; what the terminal shows,
 * escape sequences and the echo of what is typed included, is the output. `wrap` can put a command before it.
 */
export function onTerminal(
  place: Place,
  args: readonly string[],
  wrap: readonly string[] = [],
): Running {
  const words = [...wrap, ...synclineCommand(place), ...args];
  return commandOnTerminal(words, place.dir, environment(place));
}

/** The same for any command. */
export function commandOnTerminal(
  command: readonly string[],
  cwd: string,
  variables: Readonly<Record<string, string>>,
): Running {
  const words = command.map(quote).join(" ");
  // Ctrl-C is for the command alone: the shell has to live to tell how that ended.
  const shell = `trap : INT; stty cols 90 rows 24; ${words}; echo "exit code $?"`;
  const child = spawn(
    "script",
    ["--quiet", "--flush", "--return", "--command", shell, "/dev/null"],
    {
      cwd,
      env: { ...variables, TERM: "xterm-256color", SHELL: "/bin/sh" },
      stdio: ["pipe", "pipe", "pipe"],
    },
  );
  child.stdin.on("error", () => {});
  return follow(child, 30_000);
}

/** What has been shown, without escape sequences. */
export function plainText(shown: string): string {
  return shown.replaceAll(/\u001b\[[0-9;?]*[A-Za-z]/g, "").replaceAll("\r\n", "\n");
}

function quote(word: string): string {
  return `'${word.replaceAll("'", "'\\''")}'`;
}
