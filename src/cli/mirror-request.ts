import type { Readable } from "node:stream";

import { stateHome } from "../app/past-runs.ts";
import { fixedLocation } from "../app/replica-key.ts";
import type { MirrorRequest } from "../app/request.ts";
import { SyncError } from "../base/errors.ts";
import { deleteLimitOrDefault } from "../config/delete-limit.ts";
import { longestWait } from "../config/duration.ts";
import { readFilterRules } from "../config/filter-rules.ts";
import { parseLocation } from "../config/location.ts";
import type { Surroundings } from "../config/login.ts";
import { toRemoteOptions } from "../config/login.ts";
import { acceptedGuards, preserveChoice } from "../config/named-choices.ts";
import type { Location } from "../core/location.ts";
import { refuseFirst } from "./contradictions.ts";
import type { Host } from "./host.ts";
import { loginContradictions } from "./login-options.ts";
import type { MirrorOptions } from "./mirror-options.ts";
import { refuseLostBytes } from "./typed-bytes.ts";

/** What the surroundings decide where no option does. */
export interface RequestDefaults {
  /** Throws `STATE` where the surroundings name no place. */
  readonly stateDir: () => string;
  /** Told what the run has to do without. */
  readonly onNotice: (message: string) => void;
  readonly driver: "libc" | "portable" | undefined;
  readonly binding: "native" | "wasm" | undefined;
  readonly stdin: () => Readable;
  readonly surroundings: Surroundings;
}

/**
 * What a whole command line asks for. Throws a usage error for options that exclude each other and for whatever cannot be
 * what was meant; reads the files named by `--filter-from`.
 */
export async function toMirrorRequest(
  locations: readonly string[],
  options: MirrorOptions,
  defaults: RequestDefaults,
): Promise<MirrorRequest> {
  refuseContradictions(options);
  const [source = "", ...targets] = locations;
  const [, ...places] = locations.map(parseLocation);
  refuseLostBytes(locations);
  refuseTwins(places);
  return {
    source,
    targets,
    dryRun: options.dryRun ?? false,
    delete: options.delete,
    deleteExcluded: options.deleteExcluded ?? false,
    deleteLimit: deleteLimitOrDefault(options.maxDelete),
    accept: acceptedGuards(options.accept),
    compare: options.compare,
    hash: options.hash,
    modifyWindow: options.modifyWindow === undefined ? undefined : options.modifyWindow * 1e6,
    preserve: preserveChoice(options.preserve, options.noPreserve),
    links: options.links,
    filter: {
      rules: await readFilterRules(options.filters, defaults.stdin),
      minSize: options.minSize,
      maxSize: options.maxSize,
    },
    ignoreFiles: options.gitignore ?? false,
    oneFileSystem: options.oneFileSystem ?? false,
    moves: options.moves,
    flush: options.flush,
    versions: options.versions ?? { keep: "none" },
    stateDir: stateDirOf(options, defaults),
    history: options.history,
    login: toRemoteOptions(options, defaults.surroundings),
    driver: defaults.driver,
    binding: defaults.binding,
  };
}

/**
 * That there is no place for state only matters where something is to be kept in it, and is no reason not to mirror even
 * then: the same as with a place that cannot be used.
 */
function stateDirOf(options: MirrorOptions, defaults: RequestDefaults): string | undefined {
  if (options.stateDir !== undefined) return options.stateDir;
  try {
    return defaults.stateDir();
  } catch (error) {
    if (!(error instanceof SyncError)) throw error;
    const isMissed = options.history && options.dryRun !== true;
    if (isMissed) defaults.onNotice(`${error.message}; going on without locks and history`);
    return undefined;
  }
}

/** Where the state is in these surroundings; that there is no place for it is a notice. */
export function stateDirIfAny(
  { variables }: Pick<Host, "variables">,
  onNotice: (message: string) => void,
): string | undefined {
  try {
    return stateHome(variables);
  } catch (error) {
    if (!(error instanceof SyncError)) throw error;
    onNotice(error.message);
    return undefined;
  }
}

/** Options that cannot both be meant. Better no run than one that leaves half of what was asked for aside. */
function refuseContradictions(options: MirrorOptions): void {
  const { every, cron, startAfter = 0, delete: deletes } = options;
  const { minSize = 0, maxSize = Infinity } = options;
  refuseFirst([
    [every !== undefined && cron !== undefined, "--every and --cron exclude each other"],
    [every === 0, "--every: the interval must be longer than 0"],
    [(every ?? 0) > longestWait, "--every: the interval goes beyond the last date there is"],
    [startAfter > longestWait, "--start-after: the wait goes beyond the last date there is"],
    [
      options.quiet === true && options.verbose === true,
      "--quiet and --verbose exclude each other",
    ],
    [
      !deletes && options.deleteExcluded === true,
      "--no-delete and --delete-excluded exclude each other",
    ],
    [minSize > maxSize, "--min-size is larger than --max-size: no file would be left"],
    [options.logMaxSize !== undefined && options.log === undefined, "--log-max-size needs --log"],
    [options.logMaxSize === 0, "--log-max-size: the size must be larger than 0"],
    [options.log === "", "--log: the name of the file is empty"],
    [options.stateDir === "", "--state: the name of the directory is empty"],
    [options.filters.filter(isStdin).length > 1, "--filter-from - can stand only once"],
    ...loginContradictions(options),
  ]);
}

function isStdin(filter: MirrorOptions["filters"][number]): boolean {
  return filter.type === "file" && filter.name === "-";
}

function refuseTwins(targets: readonly Location[]): void {
  const seen = new Set<string>();
  for (const target of targets) {
    const place = fixedLocation(target);
    if (seen.has(place)) {
      throw new SyncError("USAGE", `${target.typed}: this target is named twice`);
    }
    seen.add(place);
  }
}
