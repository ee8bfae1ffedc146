import type { RelPath } from "../../core/path.ts";
import type { Action } from "../../core/plan.ts";
import { DIRECTORY } from "../../core/snapshot.ts";
import { isAsExpected } from "../../fs/expectation.ts";
import { EntryProblem } from "../endpoint.ts";
import type { Applier, Done } from "./applier.ts";
import { checkExpected, inWritable, nothingWritten, placeOf } from "./applier.ts";
import { isFree } from "./commit.ts";
import { giveUp, giveUpDirectory } from "./keep-version.ts";
import { describeOpen, setMetadata } from "./metadata.ts";

type Of<T extends Action["type"]> = Extract<Action, { type: T }>;

/** Removes one entry, if it still is what the plan says. A directory has to be empty by now. */
export function remove(ctx: Applier, { path, expected }: Of<"remove">): Done {
  const place = placeOf(ctx, path);
  const { dir } = place;
  // RACE: what takes the name between the look and the removal goes in its stead; a directory that is not empty never does.
  checkExpected(ctx, place, expected);
  inWritable(ctx, dir, () => {
    if (expected.kind === "directory") giveUpDirectory(ctx, place, expected);
    else giveUp(ctx, place);
  });
  return nothingWritten;
}

/**
 * Removes what a killed run left, if it is still there: what was of use to this run is gone. A directory of ours is always
 * empty; one that is not is somebody else's.
 */
export function removeLeftover(ctx: Applier, path: RelPath): Done {
  const { driver, stat } = ctx;
  const { dir, name } = placeOf(ctx, path);
  if (isFree(ctx, dir, name)) return nothingWritten;
  inWritable(ctx, dir, () => {
    if (stat.kind === DIRECTORY) driver.removeDirectory(dir, name);
    else driver.unlink(dir, name);
  });
  return nothingWritten;
}

/** Sets a directory's metadata through its descriptor, when all work below it is done. */
export function finishDirectory(
  ctx: Applier,
  { path, expected, entry }: Of<"finish-directory">,
): Done {
  const fd = ctx.target.open(path);
  ctx.driver.statDescriptor(fd, ctx.stat);
  if (expected !== undefined && !isAsExpected(ctx.stat, expected, ctx.tolerance)) {
    const message = "another directory stands here since the plan was made; the next run will see";
    throw new EntryProblem("target", "changed", message);
  }
  const { uid, gid, mode } = ctx.stat;
  const before = {
    uid,
    gid,
    mode: expected?.mode ?? mode,
    isNew: expected === undefined,
    isBare: false,
  };
  const problem = setMetadata(ctx, describeOpen(ctx, fd), entry, before);
  return problem === undefined ? nothingWritten : { ...nothingWritten, problem };
}
