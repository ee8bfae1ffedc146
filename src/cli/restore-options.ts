import { Command, Option } from "commander";

/** Options of `restore`. */
export interface RestoreOptions {
  /** As typed: what it means depends on the time of day. */
  readonly at: string;
  readonly to?: string;
  readonly yes?: boolean;
  readonly dryRun?: boolean;
  readonly json?: boolean;
  readonly quiet?: boolean;
  readonly verbose?: boolean;
  readonly progress: "auto" | "plain" | "none";
  readonly flush: boolean;
  readonly state?: string;
}

type Act = (replica: string, path: string, options: RestoreOptions) => Promise<void>;

const examples = `
Examples:
  syncline restore /mnt/usb/Pictures cat.jpg --at 2d             as it was two days ago
  syncline restore /mnt/usb/Pictures . --at "2026-11-20 19:30" --to /tmp/then`;

/** The `restore` command, which hands what was typed to `act`. */
export function newRestoreCommand(act: Act): Command {
  return new Command("restore")
    .summary("put back a file or a directory as it was at a time")
    .description(
      "Puts PATH back as it was at a time, from what runs with --versions have kept and from what has not changed since. " +
        "What it replaces is kept in its turn.",
    )
    .argument("<REPLICA>", "the directory that runs have changed")
    .argument("<PATH>", "a file or directory, named as it is called in the replica; . is all of it")
    .helpOption("-h, --help", "show this help")
    .addHelpText("after", examples)
    .addOption(
      new Option(
        "--at <TIME>",
        'local time ("2026-11-20 19:30", 2026-11-20), how long ago (2h, 3d), or the time of a run as syncline versions ' +
          "lists it: just before that run",
      ).makeOptionMandatory(),
    )
    .addOption(new Option("--to <DIR>", "into this directory instead of where it was"))
    .addOption(
      new Option(
        "-y, --yes",
        "do not ask; off a terminal, nothing that stands there now is replaced without it",
      ),
    )
    .addOption(new Option("-n, --dry-run", "print what would be done, touch nothing"))
    .addOption(new Option("--json", "one JSON object a line on standard output"))
    .addOption(new Option("-q, --quiet", "say nothing but what went wrong"))
    .addOption(new Option("-v, --verbose", "list every action"))
    .addOption(
      new Option("--progress <HOW>", "live on a terminal, a line a minute, or none")
        .choices(["auto", "plain", "none"])
        .default("auto"),
    )
    .addOption(new Option("--no-flush", "do not wait until the disk has everything"))
    .addOption(
      new Option("--state <DIR>", "directory of locks (default: $XDG_STATE_HOME/syncline)"),
    )
    .action(act);
}
