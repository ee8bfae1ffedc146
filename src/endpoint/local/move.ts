import type { Entry } from "../../core/entry.ts";
import { identityKey } from "../../core/entry.ts";
import { foldName } from "../../core/fold.ts";
import { baseName, parentPath } from "../../core/path.ts";
import type { Action } from "../../core/plan.ts";
import { errnoOf } from "../../fs/file-error.ts";
import { parkedName } from "../../fs/temp-names.ts";
import type { Applier, Done, Place } from "./applier.ts";
import { checkExpected, inWritable, nothingWritten, placeOf } from "./applier.ts";
import { isFree, rename, renameIntoFree, tryRename } from "./commit.ts";
import { replaceBy } from "./keep-version.ts";

type Of<T extends Action["type"]> = Extract<Action, { type: T }>;

/** Renames one entry, with all that is below it, if it still is what the plan says, and so is what it replaces. */
export function move(ctx: Applier, { path, from, expected, entry }: Of<"move">): Done {
  const to = placeOf(ctx, path);
  const origin = originOf(ctx, from);
  checkExpected(ctx, origin, entry);
  withRights(ctx, [origin, to], [[origin, entry]], () => {
    if (expected === undefined) {
      if (parentPath(from) === parentPath(path) && isAlias(ctx, origin, to))
        rename(ctx, origin, to);
      else renameIntoFree(ctx, origin, to);
    } else {
      checkExpected(ctx, to, expected);
      // A rename of one name of a file to another one does nothing: POSIX says so.
      if (identityKey(expected) === identityKey(entry)) ctx.driver.unlink(origin.dir, origin.name);
      else replaceBy(ctx, origin, to, false);
    }
  });
  forgetPaths(ctx, [entry]);
  return nothingWritten;
}

/** Swaps two entries, at once where the file system can; else by way of a third name, from which the next run goes on. */
export function exchange(ctx: Applier, { path, from, expected, entry }: Of<"exchange">): Done {
  const to = placeOf(ctx, path);
  const origin = originOf(ctx, from);
  checkExpected(ctx, origin, entry);
  checkExpected(ctx, to, expected);
  const moved = [
    [origin, entry],
    [to, expected],
  ] as const;
  withRights(ctx, [origin, to], moved, () => {
    if (tryRename(ctx, origin, to, "exchange")) return;
    const aside: Place = { dir: to.dir, name: parkedName(ctx.nextTemp()) };
    renameIntoFree(ctx, to, aside);
    renameIntoFree(ctx, origin, to);
    renameIntoFree(ctx, aside, origin);
  });
  forgetPaths(ctx, [entry, expected]);
  return nothingWritten;
}

/**
 * Whether a file system that ignores case takes the two names, in one directory, for one: both are found, and only one is
 * listed. Inode numbers would not tell: some such file systems give another one at each look.
 */
function isAlias(ctx: Applier, from: Place, to: Place): boolean {
  if (foldName(from.name) !== foldName(to.name) || isFree(ctx, to.dir, to.name)) return false;
  const names = ctx.driver.list(to.dir);
  return names.includes(from.name) && !names.includes(to.name);
}

function originOf(ctx: Applier, from: Of<"move">["from"]): Place {
  return { dir: ctx.linkTargets.open(parentPath(from)), name: baseName(from) };
}

/** Directories held open along a path may stand at another one now. */
function forgetPaths(ctx: Applier, moved: readonly Entry[]): void {
  if (moved.every(({ kind }) => kind !== "directory")) return;
  ctx.target.forget();
  ctx.linkTargets.forget();
  ctx.versions?.forget();
}

/**
 * Renames need the right to write in both directories and, for a directory that gets another parent, in that directory
 * itself. What is our own and lacks it, is given it: directories around are finished later, moved ones get theirs back here.
 */
function withRights(
  ctx: Applier,
  [first, second]: readonly [Place, Place],
  moved: readonly (readonly [Place, Entry])[],
  work: () => void,
): void {
  const inBoth = (): void => inWritable(ctx, first.dir, () => inWritable(ctx, second.dir, work));
  try {
    inBoth();
  } catch (error) {
    const closed = moved.filter(
      ([, { kind, mode }]) => kind === "directory" && (mode & 0o200) === 0,
    );
    if (errnoOf(error) !== "EACCES" || ctx.self.isRoot || closed.length === 0) throw error;
    for (const [{ dir, name }, { mode }] of closed) ctx.driver.setModeAt(dir, name, mode | 0o200);
    try {
      inBoth();
    } finally {
      for (const [place, entry] of closed) restoreMode(ctx, [first, second], place, entry);
    }
  }
}

/** Wherever the directory stands now, it gets its mode back. */
function restoreMode(ctx: Applier, places: readonly Place[], was: Place, entry: Entry): void {
  const now = places.find((place) => place !== was && stands(ctx, place, entry)) ?? was;
  ctx.driver.setModeAt(now.dir, now.name, entry.mode);
}

function stands(ctx: Applier, { dir, name }: Place, entry: Entry): boolean {
  try {
    ctx.driver.stat(dir, name, ctx.stat);
    return identityKey(ctx.stat) === identityKey(entry);
  } catch (error) {
    if (errnoOf(error) !== "ENOENT") throw error;
    return false;
  }
}
