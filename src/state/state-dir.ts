import { isAbsolute, join } from "node:path";
import { SyncError } from "../base/errors.ts";

/** The variables that say where the state directory is. */
export interface StateEnvironment {
  readonly XDG_STATE_HOME?: string | undefined;
  readonly HOME?: string | undefined;
}

/**
 * The user's state directory, after the XDG Base Directory Specification: a relative path counts as none.
 * Throws `STATE` where the environment names no home either.
 */
export function defaultStateDir(env: StateEnvironment): string {
  const { XDG_STATE_HOME: base, HOME: home } = env;
  if (base !== undefined && isAbsolute(base)) return join(base, "syncline");
  if (home !== undefined && isAbsolute(home)) return join(home, ".local", "state", "syncline");
  throw new SyncError(
    "STATE",
    "there is no place to keep state: neither XDG_STATE_HOME nor HOME is set",
    {
      hint: "Name a directory with --state, or go without it with --no-state.",
    },
  );
}
