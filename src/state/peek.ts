import { existsSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

import { selectMounts } from "./history.ts";
import type { KnownMounts } from "./state.ts";

/**
 * What a dry run may know of past runs: read without a lock, a side file or a change of the database. Whatever is wrong
 * with it, nothing is known.
 */
export function peekMounts(dir: string, source: string, target: string): KnownMounts | undefined {
  const path = join(dir, "syncline.db");
  if (!existsSync(path)) return undefined;
  const { DatabaseSync } = process.getBuiltinModule("node:sqlite");
  try {
    const database = new DatabaseSync(new URL(`${pathToFileURL(path).href}?immutable=1`), {
      readOnly: true,
    });
    try {
      return selectMounts(database, source, target);
    } finally {
      database.close();
    }
  } catch {
    return undefined;
  }
}
