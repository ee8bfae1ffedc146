import { Command, CommanderError } from "commander";

import packageJson from "../../package.json" with { type: "json" };
import { newHistoryCommand } from "./history-options.ts";
import type { Host } from "./host.ts";
import { newLogCommand } from "./log-options.ts";
import { newMirrorCommand } from "./mirror-options.ts";
import { newApplyCommand, newPlanCommand, newShowCommand } from "./plan-options.ts";
import { newVerifyCommand } from "./verify-options.ts";
import { newRestoreCommand } from "./restore-options.ts";
import { newVersionsCommand } from "./versions-options.ts";

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

const exitCodes = `
Exit codes:
  0    done and in sync, or nothing to do
  1    the run failed
  2    the command line or a file it names is wrong; nothing was touched
  3    finished, but some entries have problems; verify: there are differences
  4    with plan --detailed-exitcode: there is something to do
  5    halted by a guard before the first change
  6    another run holds the lock
  10   another host cannot be reached, or was lost
  130  interrupted

syncline <COMMAND> --help tells all about a command.`;

/** All commands. `done` is told the exit code of the one that runs. */
function newProgram(host: Host, done: (code: number) => void): Command {
  const program = new Command("syncline")
    .description("Keeps directory trees equal: exactly, safely and fast.")
    .usage("<COMMAND> ...")
    .version(packageJson.version, "-V, --version", "show the version")
    .helpOption("-h, --help", "show this help")
    .helpCommand(false)
    .enablePositionalOptions()
    .configureHelp({ subcommandTerm: (command) => command.name() })
    .addHelpText("after", exitCodes);
  const mirror = newMirrorCommand(async (locations, options) => {
    const { mirrorCommand } = await import("./mirror-command.ts");
    done(await mirrorCommand(locations, options, host));
  });
  const verify = newVerifyCommand(async (locations, options) => {
    const { verifyCommand } = await import("./verify-command.ts");
    done(await verifyCommand(locations, options, host));
  });
  const history = newHistoryCommand(async (options) => {
    const { historyCommand } = await import("./history-command.ts");
    done(await historyCommand(options, host));
  });
  const log = newLogCommand(async (run, options) => {
    const { logCommand } = await import("./log-command.ts");
    done(await logCommand(run, options, host));
  });
  const plan = newPlanCommand(async (locations, options) => {
    const { planCommand } = await import("./plan-command.ts");
    done(await planCommand(locations, options, host));
  });
  const show = newShowCommand(async (name, options) => {
    const { showCommand } = await import("./show-command.ts");
    done(await showCommand(name, options, host));
  });
  const apply = newApplyCommand(async (name, options) => {
    const { applyCommand } = await import("./apply-command.ts");
    done(await applyCommand(name, options, host));
  });
  const versions = newVersionsCommand(async (replica, path, options) => {
    const { versionsCommand } = await import("./versions-command.ts");
    done(await versionsCommand(replica, path, options, host));
  });
  const restore = newRestoreCommand(async (replica, path, options) => {
    const { restoreCommand } = await import("./restore-command.ts");
    done(await restoreCommand(replica, path, options, host));
  });
  const first = [mirror, plan, show, apply, verify, versions, restore, history, log];
  for (const command of first) program.addCommand(command);
  for (const command of [program, ...program.commands, ...plan.commands]) setUp(command, host);
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
