import { Command, Option } from "commander";

/** Options of `versions`. */
export interface VersionsOptions {
  readonly json?: boolean;
}

type Act = (replica: string, path: string | undefined, options: VersionsOptions) => Promise<void>;

/** The `versions` command, which hands what was typed to `act`. */
export function newVersionsCommand(act: Act): Command {
  return new Command("versions")
    .summary("list the old copies that are kept of a replica")
    .description(
      "Lists what runs with --versions have kept, by path and time: when and by which run it was replaced or deleted.",
    )
    .argument("<REPLICA>", "the directory that runs have changed")
    .argument("[PATH]", "this alone, and what is below it; named as it is called in the replica")
    .helpOption("-h, --help", "show this help")
    .addOption(new Option("--json", "one JSON object a line"))
    .action(act);
}
