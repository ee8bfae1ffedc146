import type { Entry } from "../../core/entry.ts";
import type { Name } from "../../core/path.ts";
import type { Descriptor, RenameMode } from "../../fs/driver.ts";
import { errnoOf } from "../../fs/file-error.ts";
import { EntryProblem } from "../endpoint.ts";
import type { Applier, LocatedPlace, Place } from "./applier.ts";
import { checkExpected, inWritable } from "./applier.ts";
import { keepDirectory, replaceBy } from "./keep-version.ts";

/**
 * Gives what is ready under a temporary name, in the same directory, its place. The name holds the old or the new at every
 * moment, whole.
 */
export function commit(
  ctx: Applier,
  place: LocatedPlace,
  temp: Name,
  expected: Entry | undefined,
): void {
  const staged: Place = { dir: place.dir, name: temp };
  if (expected === undefined) {
    renameIntoFree(ctx, staged, place);
    return;
  }
  // RACE: between this look and the rename another program may put something else under the name, which is then replaced.
  // No system call closes the gap; it lasts for microseconds.
  checkExpected(ctx, place, expected);
  if (expected.kind === "directory") {
    keepDirectory(ctx, place, expected);
    replaceDirectory(ctx, place, staged);
  } else replaceBy(ctx, staged, place, true);
}

export function rename(ctx: Applier, from: Place, to: Place): void {
  ctx.driver.rename(from.dir, from.name, to.dir, to.name, "replace");
}

/** Renames to a name that nothing has. */
export function renameIntoFree(ctx: Applier, from: Place, to: Place): void {
  try {
    if (tryRename(ctx, from, to, "no-replace")) return;
    // RACE: as above, where the file system has no rename that refuses to overwrite.
    if (isFree(ctx, to.dir, to.name)) {
      rename(ctx, from, to);
      return;
    }
  } catch (error) {
    if (errnoOf(error) !== "EEXIST") throw error;
  }
  throw new EntryProblem(
    "target",
    "changed",
    "something has appeared here since the plan was made; the next run will see",
  );
}

export function isFree(ctx: Applier, dir: Descriptor, name: Name): boolean {
  try {
    ctx.driver.stat(dir, name, ctx.stat);
    return false;
  } catch (error) {
    if (errnoOf(error) === "ENOENT") return true;
    throw error;
  }
}

/** By now the directory is empty, or the removal fails and nothing has changed. */
function replaceDirectory(ctx: Applier, { dir, name }: Place, staged: Place): void {
  if (tryRename(ctx, staged, { dir, name }, "exchange")) {
    try {
      ctx.driver.removeDirectory(dir, staged.name);
    } catch (error) {
      ctx.driver.rename(dir, staged.name, dir, name, "exchange");
      throw error;
    }
    return;
  }
  ctx.driver.removeDirectory(dir, name);
  rename(ctx, staged, { dir, name });
}

/** Renames with a flag; false where the file system does not know it. */
export function tryRename(ctx: Applier, from: Place, to: Place, mode: RenameMode): boolean {
  if (!ctx.renameFlags) return false;
  try {
    ctx.driver.rename(from.dir, from.name, to.dir, to.name, mode);
    return true;
  } catch (error) {
    const errno = errnoOf(error);
    if (errno !== "EINVAL" && errno !== "ENOSYS" && errno !== "ENOTSUP") throw error;
    ctx.renameFlags = false;
    return false;
  }
}

/** Makes something under a temporary name, finishes it, and puts it in its place; on any failure nothing is left. */
export function staged<T>(
  ctx: Applier,
  place: LocatedPlace,
  expected: Entry | undefined,
  make: (temp: Name) => T,
): T {
  const temp = ctx.nextTemp();
  let made = false;
  try {
    const result = inWritable(ctx, place.dir, () => make(temp));
    made = true;
    commit(ctx, place, temp, expected);
    return result;
  } catch (error) {
    discard(ctx, place.dir, temp, made);
    throw error;
  }
}

/** Removes a temporary name that will not be used. What fails here is cleaned up by the next run. */
export function discard(ctx: Applier, dir: Descriptor, temp: Name, mustExist: boolean): void {
  try {
    ctx.driver.unlink(dir, temp);
  } catch (error) {
    if (errnoOf(error) === undefined && mustExist) throw error;
  }
}
