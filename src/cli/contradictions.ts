import { SyncError } from "../base/errors.ts";

/** Something that cannot be meant, if it is so, and the words for it. */
export type Contradiction = readonly [wrong: boolean, message: string];

/** Throws a usage error for the first that holds. */
export function refuseFirst(contradictions: readonly Contradiction[]): void {
  const found = contradictions.find(([wrong]) => wrong);
  if (found !== undefined) throw new SyncError("USAGE", found[1]);
}
