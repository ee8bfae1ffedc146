import { Command, CommanderError } from "commander";

import packageJson from "../../package.json" with { type: "json" };
import { newHistoryCommand } from "./history-options.ts";
import type { Host } from "./host.ts";
import { newMirrorCommand } from "./mirror-options.ts";

/** Runs one command line, without the program's name, and returns the exit code. */
export async function runProgram(line: readonly string[], host: Host): Promise<number> {
  let code = 0;
  const program = newProgram(host, (result) => (code = result));
  try {
    await program.parseAsync(line, { from: "user" });
    return code;
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return 0;
    const { reportFailure } = await import("./failure.ts");
    return reportFailure(error, line, host);
  }
}

/** All commands. `done` is told the exit code of the one that runs. */
export function newProgram(host: Host, done: (code: number) => void): Command {
  const program = new Command("syncline")
    .description("Keeps directory trees equal.")
    .usage("COMMAND [options] ...")
    .version(packageJson.version, "-V, --version", "show the version")
    .helpOption("-h, --help", "show this help")
    .helpCommand(false)
    .enablePositionalOptions();
  const mirror = newMirrorCommand(async (locations, options) => {
    const { mirrorCommand } = await import("./mirror-command.ts");
    done(await mirrorCommand(locations, options, host));
  });
  const history = newHistoryCommand(async (options) => {
    const { historyCommand } = await import("./history-command.ts");
    done(await historyCommand(options, host));
  });
  for (const command of [mirror, history]) program.addCommand(command);
  for (const command of [program, ...program.commands]) setUp(command, host);
  return program;
}

/** Commander writes help where we say, throws instead of exiting, and leaves the words for errors to us. */
function setUp(command: Command, host: Host): void {
  const width = host.stdout.isTTY === true ? Math.min(host.stdout.columns ?? 80, 100) : 80;
  command.exitOverride().configureOutput({
    writeOut: (text) => void host.stdout.write(text),
    writeErr: () => {},
    getOutHelpWidth: () => width,
    outputError: () => {},
  });
}
