import { setImmediate } from "node:timers/promises";

import { parentPath } from "../../core/path.ts";
import type { Action } from "../../core/plan.ts";
import { DIRECTORY } from "../../core/snapshot.ts";
import type { Descriptor, FileDriver, HostPath } from "../../fs/driver.ts";
import { openDirectories } from "../../fs/directories.ts";
import { errnoOf } from "../../fs/file-error.ts";
import { newStat } from "../../fs/stat.ts";
import { isPartName, isTempName } from "../../fs/temp-names.ts";

/** Between looks at so many directories, others get their turn. */
const looksAtOnce = 256;

/**
 * Removes what somebody who was cut off had in hand beside the places of these actions, before they are carried out again: a run that
 * goes well leaves nothing. What has come of large files stays, since it is gone on with. What cannot be removed is left to
 * the next run.
 */
export async function sweep(
  driver: FileDriver,
  target: HostPath,
  actions: readonly Action[],
): Promise<void> {
  const dirs = new Set(actions.map(({ path }) => parentPath(path)));
  using reached = openDirectories(driver, target, false);
  for (const [i, dir] of [...dirs].entries()) {
    if (i % looksAtOnce === 0) await setImmediate();
    ignoringErrno(() => sweepDirectory(driver, reached.open(dir)));
  }
}

function sweepDirectory(driver: FileDriver, dir: Descriptor): void {
  const stat = newStat();
  for (const name of driver.list(dir)) {
    if (!isTempName(name) || isPartName(name)) continue;
    ignoringErrno(() => {
      driver.stat(dir, name, stat);
      if (stat.kind === DIRECTORY) driver.removeDirectory(dir, name);
      else driver.unlink(dir, name);
    });
  }
}

function ignoringErrno(work: () => void): void {
  try {
    work();
  } catch (error) {
    if (errnoOf(error) === undefined) throw error;
  }
}
