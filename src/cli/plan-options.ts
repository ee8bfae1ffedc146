import { Command, Option } from "commander";

import type { LoginChoices } from "../config/login.ts";
import type { MirrorOptions } from "./mirror-options.ts";
import { withLocations, withMirrorOptions } from "./mirror-options.ts";

/** Options of `plan mirror`: those of `mirror`, and what becomes of the plan. */
export interface PlanOptions extends MirrorOptions {
  readonly output?: string;
  readonly detailedExitcode?: boolean;
  readonly listContent?: boolean;
  readonly full?: boolean;
}

/** Options of `show`. */
export interface ShowOptions {
  readonly full?: boolean;
  readonly json?: boolean;
  readonly state?: string;
}

/** Options of `apply`; they mean what they mean for `mirror`. */
export interface ApplyOptions extends Pick<
  MirrorOptions,
  | "yes"
  | "json"
  | "quiet"
  | "verbose"
  | "progress"
  | "log"
  | "logMaxSize"
  | "flush"
  | "accept"
  | keyof LoginChoices
> {
  readonly stateDir?: string;
  readonly history: boolean;
}

/** What makes no sense for a plan: nothing is asked, nothing is repeated. */
const notForPlans: ReadonlySet<string> = new Set(
  "--yes --dry-run --every --cron --start-after --no-flush --verbose".split(" "),
);

const examples = `
Examples:
  syncline plan mirror ~/Pictures /mnt/usb/Pictures   decide, show, save
  syncline show 7f3a                                  look at it again
  syncline apply 7f3a                                 do exactly that
  syncline plan mirror -o plan.ndjson a b             into a file, for editing`;

/** The `plan` command: what it plans is a command of its own. */
export function newPlanCommand(
  act: (locations: readonly string[], options: PlanOptions) => Promise<void>,
): Command {
  const mirror = new Command("mirror")
    .summary("what mirror would do")
    .description(
      "Decides what mirror would do, shows it, and saves it for syncline apply. Touches neither SOURCE nor TARGET.",
    )
    .optionsGroup("The plan:")
    .addOption(new Option("-o, --output <FILE>", "write it to FILE, not into the state"))
    .addOption(new Option("--full", "show every action"))
    .addOption(new Option("--list-content", "print just the files whose content is to be sent"))
    .addOption(new Option("--detailed-exitcode", "exit with 4 where there is something to do"))
    .addHelpText("after", examples);
  return new Command("plan")
    .summary("decide only: show what would be done, and save it")
    .description("Decides what would be done, shows it, and saves it for syncline apply.")
    .helpOption("-h, --help", "show this help")
    .helpCommand(false)
    .configureHelp({ subcommandTerm: (command) => command.name() })
    .usage("<COMMAND> ...")
    .addCommand(
      withMirrorOptions(withLocations(mirror), (option) => !notForPlans.has(option), act),
    );
}

/** The `show` command. */
export function newShowCommand(
  act: (plan: string, options: ShowOptions) => Promise<void>,
): Command {
  return new Command("show")
    .summary("show a saved plan")
    .description("Shows a saved plan again, whether or not it was applied.")
    .argument("<PLAN>", "its id, the beginning of that, or a file")
    .helpOption("-h, --help", "show this help")
    .addOption(new Option("--full", "every action"))
    .addOption(new Option("--json", "one JSON object a line"))
    .addOption(stateOption())
    .action(act);
}

/** Options of a mirror that say how it is carried out. */
const forApplying: ReadonlySet<string> = new Set(
  (
    "--yes --accept --json --quiet --verbose --progress --log --log-max-size --no-flush " +
    "--bwlimit --timeout --retries --identity --password-from --ssh-option --remote-node --direct " +
    "--state --no-state"
  ).split(" "),
);

/** The `apply` command. */
export function newApplyCommand(
  act: (plan: string, options: ApplyOptions) => Promise<void>,
): Command {
  const command = new Command("apply")
    .summary("do exactly what a saved plan says, once")
    .description(
      "Does exactly what a saved plan says, once. What has changed since the plan was made is left alone, and said.",
    )
    .argument("<PLAN>", "its id, the beginning of that, or a file");
  const wants = (option: string): boolean => forApplying.has(option);
  return withMirrorOptions(command, wants, ([plan = ""], options) => act(plan, options));
}

function stateOption(): Option {
  return new Option(
    "--state <DIR>",
    "directory of locks and history (default: $XDG_STATE_HOME/syncline)",
  );
}
