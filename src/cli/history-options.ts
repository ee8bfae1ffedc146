import { Command, Option } from "commander";

import { SyncError } from "../base/errors.ts";

/** Options of `history`. */
export interface HistoryOptions {
  readonly limit: number;
  readonly json?: boolean;
  readonly state?: string;
}

/** The `history` command, which hands what was typed to `act`. */
export function newHistoryCommand(act: (options: HistoryOptions) => Promise<void>): Command {
  return new Command("history")
    .summary("list past runs, the last one first")
    .description("Lists past runs, the last one first.")
    .helpOption("-h, --help", "show this help")
    .addOption(new Option("--limit <N>", "how many at most").argParser(parseLimit).default(20))
    .addOption(new Option("--json", "one JSON object a line"))
    .addOption(
      new Option(
        "--state <DIR>",
        "directory of locks and history (default: $XDG_STATE_HOME/syncline)",
      ),
    )
    .action(act);
}

function parseLimit(text: string): number {
  const limit = /^\d{1,9}$/.test(text) ? Number(text) : 0;
  if (limit > 0) return limit;
  throw new SyncError("USAGE", `--limit: "${text}" is not a number of runs`);
}
