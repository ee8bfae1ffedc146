import { existsSync } from "node:fs";
import { homedir } from "node:os";

import type { NumberedRun, RunEvents } from "../state/state.ts";
import { defaultStateDir } from "../state/state-dir.ts";

/** A run that has been recorded. */
export type PastRun = NumberedRun;

/** A run with what is still known of what it did. */
export type PastRunEvents = RunEvents;

/** Where state is kept if nobody says otherwise. Throws `STATE` where there is no place for it. */
export function stateHome(
  variables: Readonly<Record<string, string | undefined>>,
  homeOfUser: () => string = homedir,
): string {
  // A job that is started with an empty environment has a home all the same.
  return defaultStateDir({ ...variables, HOME: variables["HOME"] ?? homeIfAny(homeOfUser) });
}

/** A user whom the machine does not know, as in a container, has no home, and Node throws. */
function homeIfAny(homeOfUser: () => string): string | undefined {
  try {
    return homeOfUser();
  } catch {
    return undefined;
  }
}

/** The last runs, newest first; none where there is no history. Throws `STATE` for a directory that cannot be used. */
export async function pastRuns(
  stateDir: string,
  limit: number,
  onNotice: (message: string) => void,
): Promise<readonly PastRun[]> {
  // Looking does not make what is looked for.
  if (!existsSync(stateDir)) return [];
  const { openState } = await import("../state/store.ts");
  await using store = await openState(stateDir, { onNotice });
  return store.listRuns(limit);
}

/** One run; `undefined` where there is none of that number. Throws as {@link pastRuns} does. */
export async function pastRun(
  stateDir: string,
  number: number,
  onNotice: (message: string) => void,
): Promise<PastRunEvents | undefined> {
  if (!existsSync(stateDir)) return undefined;
  const { openState } = await import("../state/store.ts");
  await using store = await openState(stateDir, { onNotice });
  return store.listEvents(number);
}
