import { join } from "node:path";
import { openBaseline, usualLimits } from "./baseline.ts";
import { untouchedDatabase } from "./database.ts";
import { selectMounts } from "./history.ts";
import type { BaselineReader, KnownMounts } from "./state.ts";
import { newStateThread } from "./state-thread.ts";

/** What a dry run may know of past runs. */
export interface StatePeek extends AsyncDisposable {
  knownMounts(source: string, target: string): KnownMounts | undefined;
  openBaseline(source: string, target: string): BaselineReader;
}

/**
 * Reads the state without a lock, a side file or a change of the database. Whatever is wrong with it, nothing is known, and
 * nothing is said.
 */
export function peekState(dir: string): StatePeek {
  const path = join(dir, "syncline.db");
  const database = untouchedDatabase(path);
  const thread = newStateThread({ path, untouched: true });
  return {
    knownMounts: (source, target) =>
      database.read(undefined, (open) => selectMounts(open, source, target)),
    openBaseline: (source, target) =>
      openBaseline({ source, target }, database, thread, usualLimits),
    async [Symbol.asyncDispose]() {
      await thread[Symbol.asyncDispose]();
      database[Symbol.dispose]();
    },
  };
}
