import { SyncError } from "../base/errors.ts";
import type { GuardName } from "../core/guards.ts";
import { guardNames } from "../core/guards.ts";
import type { PreserveKey } from "../core/preserve.ts";
import { preserveKeys } from "../core/preserve.ts";
import { parseNameList } from "./name-list.ts";

/** What was named in lists of what to keep (`true`) and what not (`false`). Throws a usage error. */
export function preserveChoice(
  wanted: readonly string[],
  unwanted: readonly string[],
): ReadonlyMap<PreserveKey, boolean> {
  const choice = new Map<PreserveKey, boolean>();
  for (const list of wanted) {
    for (const key of parseNameList(list, preserveKeys, "--preserve")) choice.set(key, true);
  }
  for (const list of unwanted) {
    for (const key of parseNameList(list, preserveKeys, "--no-preserve")) {
      if (choice.get(key) === true) {
        throw new SyncError("USAGE", `${key} is in both --preserve and --no-preserve`);
      }
      choice.set(key, false);
    }
  }
  return choice;
}

/** The guards named in lists of guards that may be passed. Throws a usage error. */
export function acceptedGuards(lists: readonly string[]): ReadonlySet<GuardName> {
  return new Set(lists.flatMap((list) => [...parseNameList(list, guardNames, "--accept")]));
}
