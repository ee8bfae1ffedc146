import { Command, Option } from "commander";

import { parseDeleteLimit } from "../config/delete-limit.ts";
import type { FilterArgument } from "../config/filter-rules.ts";
import type { LoginChoices } from "../config/login.ts";
import type { HashAlgorithm } from "../core/content-hash.ts";
import { parseVersionRule, versionRuleExamples } from "../config/version-rule.ts";
import type { SshOption } from "../core/login.ts";
import type { DeleteLimit } from "../core/guards.ts";
import type { CompareMode, LinkMode } from "../core/preserve.ts";
import type { VersionRule } from "../core/version-thinning.ts";
import { loginOptions } from "./login-options.ts";
import { duration, size, valueOf } from "./option-values.ts";

/** Options of `mirror` as they were typed, values checked one by one. What they mean together is not looked at here. */
export interface MirrorOptions extends LoginChoices {
  readonly yes?: boolean;
  readonly dryRun?: boolean;
  readonly delete: boolean;
  readonly deleteExcluded?: boolean;
  readonly maxDelete?: DeleteLimit;
  readonly accept: readonly string[];
  readonly compare: CompareMode;
  readonly hash: HashAlgorithm;
  /** Milliseconds, as all durations. */
  readonly modifyWindow?: number;
  readonly preserve: readonly string[];
  readonly noPreserve: readonly string[];
  readonly links: LinkMode;
  readonly moves: boolean;
  /** `--exclude`, `--include` and `--filter-from` in the order in which they stood. */
  readonly filters: readonly FilterArgument[];
  readonly gitignore?: boolean;
  readonly maxSize?: number;
  readonly minSize?: number;
  readonly oneFileSystem?: boolean;
  readonly every?: number;
  readonly cron?: string;
  readonly startAfter?: number;
  readonly log?: string;
  readonly logMaxSize?: number;
  readonly json?: boolean;
  readonly quiet?: boolean;
  readonly verbose?: boolean;
  readonly progress: "auto" | "plain" | "none";
  readonly flush: boolean;
  readonly versions?: VersionRule;
  readonly stateDir?: string;
  readonly history: boolean;
}

/** What several options gather into, in the order in which they stand on the line. */
export interface Gathered {
  readonly accept: string[];
  readonly preserve: string[];
  readonly noPreserve: string[];
  readonly filters: FilterArgument[];
  readonly sshOptions: SshOption[];
  readonly state: { dir?: string; history: boolean };
}

export function newGathered(): Gathered {
  const lists = { accept: [], preserve: [], noPreserve: [], filters: [], sshOptions: [] };
  return { ...lists, state: { history: true } };
}

type Act = (locations: readonly string[], options: MirrorOptions) => Promise<void>;

const examples = `
Examples:
  syncline mirror ~/Pictures /mnt/usb/Pictures      show the plan, ask, do it
  syncline mirror -n ~/Pictures /mnt/usb/Pictures   list what would be done
  syncline mirror ~/Pictures me@nas:backup          to another host, through ssh
  syncline mirror --every 15m --exclude '*.o' a b   stay and repeat
  syncline mirror --json a b                        for programs`;

/** The `mirror` command, which hands what was typed to `act`. */
export function newMirrorCommand(act: Act): Command {
  const command = new Command("mirror")
    .summary("make each target equal the source (one-way)")
    .description(
      "Makes each TARGET equal SOURCE: copies what is missing or differs, removes what only the target has. " +
        "Options may stand before or after the locations; -- ends them.",
    )
    .addHelpText("after", examples);
  return withMirrorOptions(withLocations(command), () => true, act);
}

export function withLocations(command: Command): Command {
  return command
    .argument("<SOURCE>", "the directory to mirror, or a single file; here, or as host:path")
    .argument("<TARGET...>", "where to, here or on another host; made if it is missing");
}

/** Gives a command those of mirror's options that are wanted, by their long names. */
export function withMirrorOptions(
  command: Command,
  wants: (option: string) => boolean,
  act: Act,
): Command {
  const gathered = newGathered();
  command.helpOption("-h, --help", "show this help");
  for (const [heading, all] of optionGroups(gathered)) {
    const options = all.filter(({ long }) => wants(long ?? ""));
    if (options.length > 0) command.optionsGroup(heading);
    for (const option of options) command.addOption(option);
  }
  return command.action(async () => {
    const { history, dir } = gathered.state;
    const state = { history, ...(dir === undefined ? {} : { stateDir: dir }) };
    await act(command.args, { ...command.opts(), ...gathered, ...state });
  });
}

function optionGroups(gathered: Gathered): [heading: string, options: Option[]][] {
  return [
    ["Before anything changes:", reviewOptions(gathered)],
    ["What counts as equal, and what is kept:", contentOptions(gathered)],
    ["What is left alone:", filterOptions(gathered)],
    ["Other hosts:", loginOptions(gathered.sshOptions)],
    ["Once or again and again:", repeatOptions()],
    ["What is said:", outputOptions()],
    ["Durability and state:", stateOptions(gathered)],
  ];
}

function reviewOptions({ accept }: Gathered): Option[] {
  return [
    new Option("-y, --yes", "do not ask; off a terminal nothing is asked anyway"),
    new Option("-n, --dry-run", "print what would be done, touch nothing"),
    new Option("--no-delete", "keep what only the target has"),
    new Option(
      "--max-delete <N|P%>",
      "halt when more than N entries, or P percent of the target's, would be deleted (default: 50% and at least 10)",
    ).argParser(valueOf("--max-delete", parseDeleteLimit, "a limit on deletions", "100 or 25%")),
    new Option(
      "--versions <RULE>",
      "keep what is replaced or deleted, in .syncline/versions at the target's root: none, trash (30 days), trash:90d, " +
        "tiered (default: none)",
    ).argParser(valueOf("--versions", parseVersionRule, "such a rule", versionRuleExamples)),
    new Option(
      "--accept <GUARDS>",
      "go on although these guards tripped, for example deletes,empty-source",
    ).argParser(gather(accept, (text) => text)),
  ];
}

export function contentOptions({ preserve, noPreserve }: Gathered): Option[] {
  return [
    new Option("--compare <HOW>", "when a file counts as unchanged")
      .choices(["size+mtime", "content", "size"])
      .default("size+mtime"),
    new Option("--hash <ALGORITHM>", "by which content is known where bytes are not compared")
      .choices(["blake3", "sha256", "sha1", "md5"])
      .default("blake3"),
    new Option(
      "--modify-window <DURATION>",
      "modification times this close are equal (default: the resolution of the coarser side)",
    ).argParser(duration("--modify-window")),
    new Option(
      "--preserve <LIST>",
      "keep these, and say so where that fails: mode, times, owner, group, xattrs, acls, hardlinks, devices, " +
        "specials (default: all that both sides can keep; owner, group and devices as root only; " +
        "from another host devices and set-id bits of files only where devices and mode are named)",
    ).argParser(gather(preserve, (text) => text)),
    new Option("--no-preserve <LIST>", "neither compare nor keep these").argParser(
      gather(noPreserve, (text) => text),
    ),
    new Option("--no-moves", "do not look for what was renamed, moved or copied"),
    new Option("--links <HOW>", "symbolic links; safe skips those that point out of the tree")
      .choices(["keep", "follow", "skip", "safe"])
      .default("keep"),
  ];
}

export function filterOptions({ filters }: Gathered): Option[] {
  return [
    new Option(
      "--exclude <PATTERN>",
      "neither copy nor delete what matches; a gitignore pattern, the last that matches wins",
    ).argParser(gather(filters, (pattern) => ({ type: "exclude" as const, pattern }))),
    new Option("--include <PATTERN>", "an exception to earlier excludes").argParser(
      gather(filters, (pattern) => ({ type: "include" as const, pattern })),
    ),
    new Option(
      "--filter-from <FILE>",
      "read gitignore lines from FILE, or from standard input for -",
    ).argParser(gather(filters, (name) => ({ type: "file" as const, name }))),
    new Option("--gitignore", "leave alone what the .gitignore files in the source exclude"),
    new Option("--delete-excluded", "remove excluded paths from the target"),
    new Option("--max-size <SIZE>", "skip larger files; K, M, G are multiples of 1024").argParser(
      size("--max-size"),
    ),
    new Option("--min-size <SIZE>", "skip smaller files").argParser(size("--min-size")),
    new Option("--one-file-system", "do not cross mount points"),
  ];
}

function repeatOptions(): Option[] {
  return [
    new Option(
      "--every <DURATION>",
      "stay and repeat, counted from start to start: 5m, 1d2h, 00d01h30m00s",
    ).argParser(duration("--every")),
    new Option(
      "--cron <EXPRESSION>",
      'stay and run when it is due, in local time: "30 2 * * *", @daily',
    ),
    new Option("--start-after <DURATION>", "wait before the first run").argParser(
      duration("--start-after"),
    ),
  ];
}

export function outputOptions(): Option[] {
  return [
    new Option("--json", "one JSON object a line on standard output (docs/scripting.md)"),
    new Option("-q, --quiet", "say nothing but what went wrong"),
    new Option("-v, --verbose", "list every action"),
    new Option("--progress <HOW>", "live on a terminal, a line a minute, or none")
      .choices(["auto", "plain", "none"])
      .default("auto"),
    new Option("--log <FILE>", "append every action, problem and summary to FILE as JSON lines"),
    new Option(
      "--log-max-size <SIZE>",
      "start a new log file at this size, keep five old ones (default: 10M)",
    ).argParser(size("--log-max-size")),
  ];
}

export function stateOptions({ state }: Gathered): Option[] {
  return [
    new Option("--no-flush", "do not wait until the disk has everything"),
    new Option(
      "--state <DIR>",
      "directory of locks and history (default: $XDG_STATE_HOME/syncline)",
    ).argParser((text: string) => {
      state.dir = text;
    }),
    new Option("--no-state", "do not record the run in the history").argParser(() => {
      state.history = false;
    }),
  ];
}

/** An option that may be given often: each value goes to the end of one list. */
function gather<T>(list: T[], make: (text: string) => T): (text: string) => void {
  return (text) => void list.push(make(text));
}
