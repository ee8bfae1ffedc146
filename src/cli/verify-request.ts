import type { VerifyRequest } from "../app/verify.ts";
import { SyncError } from "../base/errors.ts";
import { readFilterRules } from "../config/filter-rules.ts";
import { parseLocation } from "../config/location.ts";
import { toRemoteOptions } from "../config/login.ts";
import { preserveChoice } from "../config/named-choices.ts";
import { refuseFirst } from "./contradictions.ts";
import { loginContradictions } from "./login-options.ts";
import type { RequestDefaults } from "./mirror-request.ts";
import { refuseLostBytes } from "./typed-bytes.ts";
import type { VerifyOptions } from "./verify-options.ts";

/** What a whole command line asks for. Throws a usage error for what cannot be meant; reads the files of `--filter-from`. */
export async function toVerifyRequest(
  locations: readonly string[],
  options: VerifyOptions,
  defaults: RequestDefaults,
): Promise<VerifyRequest> {
  refuseContradictions(options);
  const [source = "", target = ""] = locations;
  locations.forEach(parseLocation);
  refuseLostBytes(locations);
  return {
    source,
    target,
    links: options.links,
    filter: {
      rules: await readFilterRules(options.filters, defaults.stdin),
      minSize: options.minSize,
      maxSize: options.maxSize,
    },
    ignoreFiles: options.gitignore ?? false,
    oneFileSystem: options.oneFileSystem ?? false,
    modifyWindow: options.modifyWindow === undefined ? undefined : options.modifyWindow * 1e6,
    hash: options.hash,
    remembered: options.remembered ?? false,
    preserve: preserveChoice(options.preserve, options.noPreserve),
    stateDir: stateDirOf(options, defaults),
    login: toRemoteOptions(options, defaults.surroundings),
    driver: defaults.driver,
    binding: defaults.binding,
  };
}

/** Only what is remembered is in it, so only who asks for that has need of one. */
function stateDirOf(options: VerifyOptions, defaults: RequestDefaults): string | undefined {
  if (options.remembered !== true || !options.history) return undefined;
  if (options.stateDir !== undefined) return options.stateDir;
  try {
    return defaults.stateDir();
  } catch (error) {
    if (!(error instanceof SyncError)) throw error;
    defaults.onNotice(`${error.message}; nothing is remembered`);
    return undefined;
  }
}

function refuseContradictions(options: VerifyOptions): void {
  const { minSize = 0, maxSize = Infinity, filters } = options;
  const isStdin = (filter: VerifyOptions["filters"][number]): boolean =>
    filter.type === "file" && filter.name === "-";
  refuseFirst([
    [minSize > maxSize, "--min-size is larger than --max-size: no file would be left"],
    [options.logMaxSize !== undefined && options.log === undefined, "--log-max-size needs --log"],
    [options.logMaxSize === 0, "--log-max-size: the size must be larger than 0"],
    [options.log === "", "--log: the name of the file is empty"],
    [options.stateDir === "", "--state: the name of the directory is empty"],
    [filters.filter(isStdin).length > 1, "--filter-from - can stand only once"],
    ...loginContradictions(options),
  ]);
}
