import { join, resolve } from "node:path";
import { openHistory } from "./history.ts";
import { takeLock } from "./lock-file.ts";
import { makePrivateDirectory, refuseForeignLinks } from "./private-files.ts";
import type { StateStore } from "./state.ts";

export interface StateOptions {
  /** Told once, in one sentence, where there will be no history. */
  readonly onNotice?: (message: string) => void;
}

/**
 * Opens the state in a directory, which is made where it is missing. Throws `STATE` where the directory cannot be
 * trusted or used; the history's own troubles are notices.
 */
export async function openState(dir: string, options: StateOptions = {}): Promise<StateStore> {
  const home = resolve(dir);
  const database = join(home, "syncline.db");
  makePrivateDirectory(home);
  refuseForeignLinks(database);
  const history = openHistory(database, options.onNotice ?? (() => {}));
  return {
    lock: (key, what) => takeLock(join(home, "locks"), key, what),
    knownMounts: (source, target) => history.knownMounts(source, target),
    recordRun: (run) => history.recordRun(run),
    listRuns: (limit) => history.listRuns(limit),
    [Symbol.asyncDispose]: async () => history[Symbol.dispose](),
  };
}
