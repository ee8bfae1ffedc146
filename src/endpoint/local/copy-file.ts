import type { Action } from "../../core/plan.ts";
import { copyContent } from "../../fs/copy.ts";
import { isAsExpected } from "../../fs/expectation.ts";
import { newStat } from "../../fs/stat.ts";
import { EntryProblem } from "../endpoint.ts";
import type { Applier, Done } from "./applier.ts";
import { nothingWritten } from "./applier.ts";
import { discard } from "./commit.ts";
import { beginFile, finishFile } from "./put-file.ts";

const stat = newStat();

/**
 * Makes a file out of another one of the target: staged, verified and committed like one that comes from the source. Its
 * content does not count as written: nothing has come from there.
 */
export function copyFile(ctx: Applier, action: Extract<Action, { type: "copy-file" }>): Done {
  const { driver } = ctx;
  const staged = beginFile(ctx, action);
  try {
    const from = ctx.linkTargets.openFile(action.from);
    try {
      const check = (): void => {
        driver.statDescriptor(from, stat);
        if (!isAsExpected(stat, action.original, ctx.tolerance)) throw changedOriginal();
      };
      check();
      const copied = copyContent(ctx.copy, from, staged.fd, stat.size, stat.blocks);
      check();
      if (copied.size !== action.entry.size) throw changedOriginal();
      const problem = finishFile(ctx, action, staged, action.entry);
      return { ...nothingWritten, ...(problem !== undefined && { problem }) };
    } finally {
      driver.close(from);
    }
  } catch (error) {
    discard(ctx, staged.place.dir, staged.temp, true);
    throw error;
  } finally {
    driver.close(staged.fd);
  }
}

function changedOriginal(): EntryProblem {
  const message =
    "the file to copy it from has changed since the plan was made; the next run will see";
  return new EntryProblem("target", "changed", message);
}
