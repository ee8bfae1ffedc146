import { join, resolve } from "node:path";
import type { ThreadLimits } from "./baseline.ts";
import { openBaseline, usualLimits } from "./baseline.ts";
import { openChunkMemory } from "./chunk-memory.ts";
import { stateDatabase } from "./database.ts";
import { insertRun, selectEvents, selectMounts, selectRuns } from "./history.ts";
import { takeLock } from "./lock-file.ts";
import { makePrivateDirectory, refuseForeignLinks } from "./private-files.ts";
import { applyPlanOnce, findPlan, insertPlan, selectPlans } from "./saved-plans.ts";
import type { StateStore } from "./state.ts";
import { newStateThread } from "./state-thread.ts";

export interface StateOptions {
  /** Told once, in one sentence, where there will be no history and no memory. */
  readonly onNotice?: (message: string) => void;
  /** When work goes to a thread of its own. */
  readonly limits?: ThreadLimits;
}

/**
 * Opens the state in a directory, which is made where it is missing. Throws `STATE` where the directory cannot be
 * trusted or used; the database's own troubles are notices.
 */
export async function openState(dir: string, options: StateOptions = {}): Promise<StateStore> {
  const { onNotice = () => {}, limits = usualLimits } = options;
  const home = resolve(dir);
  const path = join(home, "syncline.db");
  makePrivateDirectory(home);
  refuseForeignLinks(path);
  const database = stateDatabase(path, (message) => onNotice(message));
  const thread = newStateThread({ path, untouched: false });
  return {
    lock: (key, what) => takeLock(join(home, "locks"), key, what),
    knownMounts: (source, target) =>
      database.read(undefined, (open) => selectMounts(open, source, target)),
    recordRun: (run, body) => database.attempt(0, (open) => insertRun(open, run, body)),
    listRuns: (limit) => database.read([], (open) => selectRuns(open, limit)),
    listEvents: (run) => database.read(undefined, (open) => selectEvents(open, run)),
    openBaseline: (source, target) => openBaseline({ source, target }, database, thread, limits),
    openChunks: (replica) => openChunkMemory(database, replica),
    savePlan: (id, title, body) =>
      database.attempt(false, (open) => insertPlan(open, { id, title, body })),
    loadPlan: (idOrPrefix) => database.read({ type: "none" }, (open) => findPlan(open, idOrPrefix)),
    markPlanApplied: (id) => database.read(false, (open) => applyPlanOnce(open, id)),
    listPlans: (limit) => database.read([], (open) => selectPlans(open, limit)),
    async [Symbol.asyncDispose]() {
      await thread[Symbol.asyncDispose]();
      database[Symbol.dispose]();
    },
  };
}
