import { Command, Option } from "commander";

import type { LoginChoices } from "../config/login.ts";
import { loginOptions } from "./login-options.ts";
import type { Gathered, MirrorOptions } from "./mirror-options.ts";
import {
  contentOptions,
  filterOptions,
  newGathered,
  outputOptions,
  stateOptions,
} from "./mirror-options.ts";

/** Options of `verify` as they were typed; those of `mirror` that do not change anything, and one more. */
export interface VerifyOptions extends Pick<
  MirrorOptions,
  | "hash"
  | "modifyWindow"
  | "preserve"
  | "noPreserve"
  | "links"
  | "filters"
  | "gitignore"
  | "maxSize"
  | "minSize"
  | "oneFileSystem"
  | "json"
  | "quiet"
  | "progress"
  | "log"
  | "logMaxSize"
  | "stateDir"
  | "history"
  | keyof LoginChoices
> {
  readonly remembered?: boolean;
}

const examples = `
Examples:
  syncline verify ~/Pictures /mnt/usb/Pictures    read everything on both sides
  syncline verify --remembered a b                find what has silently rotted, and where
  syncline verify --no-preserve times a b         ignore modification times`;

type Act = (locations: readonly string[], options: VerifyOptions) => Promise<void>;

/** The `verify` command, which hands what was typed to `act`. */
export function newVerifyCommand(act: Act): Command {
  const gathered = newGathered();
  const command = new Command("verify")
    .summary("read and compare everything, change nothing")
    .description(
      "Compares A and B in structure, metadata and content, lists each difference, and changes nothing. " +
        "With the options of a mirror from A to B, it tells whether that is in order.",
    )
    .argument("<A>", "a directory, or a single file; here, or as host:path")
    .argument("<B>", "what should be equal to it")
    .helpOption("-h, --help", "show this help")
    .addHelpText("after", examples);
  for (const [heading, options] of optionGroups(gathered)) {
    command.optionsGroup(heading);
    for (const option of options) command.addOption(option);
  }
  return command.action(async (a: string, b: string) => {
    const { history, dir } = gathered.state;
    const state = { history, ...(dir === undefined ? {} : { stateDir: dir }) };
    await act([a, b], { ...command.opts(), ...gathered, ...state });
  });
}

function optionGroups(gathered: Gathered): [heading: string, options: Option[]][] {
  return [
    [
      "What counts as equal:",
      [
        ...pick(contentOptions(gathered), {
          "modify-window": undefined,
          preserve:
            "compare these, and say so where that fails: mode, times, owner, group, xattrs, acls, hardlinks, devices, " +
            "specials (default: all that both sides can keep; owner, group and devices as root only; " +
            "from another host devices and set-id bits of files only where devices and mode are named)",
          "no-preserve": "do not compare these",
          links: "symbolic links in A, as the mirror took them; those in B are links",
        }),
        new Option(
          "--remembered",
          "hold content against the hashes of an earlier day, too: finds what changed while size and time did not",
        ),
        ...pick(contentOptions(gathered), { hash: "the hash that is remembered" }),
      ],
    ],
    [
      "What is left alone:",
      pick(filterOptions(gathered), {
        exclude: "leave out what matches; a gitignore pattern, the last that matches wins",
        include: undefined,
        "filter-from": undefined,
        gitignore: "leave out what the .gitignore files in A exclude",
        "max-size": "leave out larger files; K, M, G are multiples of 1024",
        "min-size": "leave out smaller files",
        "one-file-system": undefined,
      }),
    ],
    ["Other hosts:", loginOptions(gathered.sshOptions)],
    [
      "What is said:",
      pick(outputOptions(), {
        json: undefined,
        quiet: "say nothing but what went wrong: the exit code tells",
        progress: undefined,
        log: "append every difference, problem and summary to FILE as JSON lines",
        "log-max-size": undefined,
      }),
    ],
    [
      "State:",
      pick(stateOptions(gathered), {
        state: "directory of what is remembered (default: $XDG_STATE_HOME/syncline)",
        "no-state": "neither use nor keep what is remembered",
      }),
    ],
  ];
}

/** Options by their long names without dashes, with other words where they mean something narrower here. */
function pick(options: readonly Option[], wanted: Record<string, string | undefined>): Option[] {
  return Object.entries(wanted).map(([name, description]) => {
    const option = options.find(({ long }) => long === `--${name}`);
    if (option === undefined) throw new Error(`there is no option --${name}`);
    if (description !== undefined) option.description = description;
    return option;
  });
}
