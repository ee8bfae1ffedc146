import { Command, Option } from "commander";

import { SyncError } from "../base/errors.ts";

/** Options of `log`. */
export interface LogOptions {
  readonly json?: boolean;
  readonly state?: string;
}

/** The `log` command, which hands what was typed to `act`. */
export function newLogCommand(act: (run: number, options: LogOptions) => Promise<void>): Command {
  return new Command("log")
    .summary("tell what one past run did")
    .description("Tells what one past run did, action by action, and how it ended.")
    .helpOption("-h, --help", "show this help")
    .argument("<RUN>", "its number, as history lists it", parseRun)
    .addOption(new Option("--json", "one JSON object a line, as mirror --json prints them"))
    .addOption(
      new Option(
        "--state <DIR>",
        "directory of locks and history (default: $XDG_STATE_HOME/syncline)",
      ),
    )
    .action(act);
}

function parseRun(text: string): number {
  const run = /^\d{1,15}$/.test(text) ? Number(text) : 0;
  if (run > 0) return run;
  throw new SyncError("USAGE", `"${text}" is not the number of a run`, {
    hint: "syncline history lists them.",
  });
}
