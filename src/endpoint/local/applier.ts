import type { Entry } from "../../core/entry.ts";
import type { Name, RelPath } from "../../core/path.ts";
import { baseName, parentPath } from "../../core/path.ts";
import type { Side } from "../../core/problem.ts";
import type { CopyContext } from "../../fs/copy.ts";
import type { Directories } from "../../fs/directories.ts";
import type { Descriptor, FileDriver, Stat } from "../../fs/driver.ts";
import type { Tolerance } from "../../fs/expectation.ts";
import { isAsExpected } from "../../fs/expectation.ts";
import { errnoOf } from "../../fs/file-error.ts";
import { meaningOf } from "../../fs/problems.ts";
import type { ApplyOptions } from "../endpoint.ts";
import { EntryProblem } from "../endpoint.ts";
import type { VersionStore } from "./version-store.ts";

/** Whoever runs the process: what it may do, and what its new files look like. */
export interface Self {
  readonly uid: number;
  readonly gid: number;
  readonly umask: number;
  readonly isRoot: boolean;
}

/** Everything that carrying out actions in one thread needs. */
export interface Applier {
  readonly driver: FileDriver;
  readonly target: Directories;
  /** The target once more: a hard link needs two of its directories at once. */
  readonly linkTargets: Directories;
  readonly options: ApplyOptions;
  readonly self: Self;
  readonly tolerance: Tolerance;
  readonly nextTemp: () => Name;
  readonly copy: CopyContext;
  readonly stat: Stat;
  /** Where what goes is kept, if the run keeps it. */
  readonly versions: VersionStore | undefined;
  /** Set to false by the first file system that knows no rename without overwriting. */
  renameFlags: boolean;
}

/** What one action did. */
export interface Done {
  readonly bytes: number;
  readonly shared: number;
  /** The action was carried out, but not all of it could be. */
  readonly problem?: EntryProblem;
}

export const nothingWritten: Done = { bytes: 0, shared: 0 };

/** Where an action works: a directory, held open, and a name in it. */
export interface Place {
  readonly dir: Descriptor;
  readonly name: Name;
}

/** A place that knows where in the replica it is. */
export interface LocatedPlace extends Place {
  readonly path: RelPath;
}

export function placeOf(ctx: Applier, path: RelPath): LocatedPlace {
  return { dir: ctx.target.open(parentPath(path)), name: baseName(path), path };
}

/** Names the side that a driver's failure happened on. */
export function onSide<T>(side: Side, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw asEntryProblem(side, error);
  }
}

export function asEntryProblem(side: Side, error: unknown): EntryProblem {
  if (error instanceof EntryProblem) return error;
  const { code, message } = meaningOf(error);
  if (side === "target" && errnoOf(error) === "EACCES") {
    const advice =
      "permission denied: it may not be written to; run as its owner, or give yourself access";
    return new EntryProblem(side, "not-permitted", advice);
  }
  return new EntryProblem(side, code, message);
}

/** {@link asEntryProblem} of what is only read: on neither side has anybody tried to write. */
export function asReadProblem(side: Side, error: unknown): EntryProblem {
  if (error instanceof EntryProblem) return error;
  const { code, message } = meaningOf(error);
  return new EntryProblem(side, code, message);
}

/** Throws unless exactly what the plan expects stands at the place. */
export function checkExpected(ctx: Applier, { dir, name }: Place, expected: Entry): void {
  try {
    ctx.driver.stat(dir, name, ctx.stat);
  } catch (error) {
    if (errnoOf(error) !== "ENOENT") throw error;
    throw new EntryProblem(
      "target",
      "changed",
      "it has gone since the plan was made; the next run will see",
    );
  }
  if (isAsExpected(ctx.stat, expected, ctx.tolerance)) return;
  throw new EntryProblem(
    "target",
    "changed",
    "it has changed since the plan was made; the next run will see",
  );
}

/**
 * Does something that changes a directory's names. A directory of our own that is not writable is made so; whoever
 * changes a directory finishes it afterwards, and that gives it its mode back.
 */
export function inWritable<T>(ctx: Applier, dir: Descriptor, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (errnoOf(error) !== "EACCES" || ctx.self.isRoot || ctx.options.leavesRoot === true)
      throw error;
    ctx.driver.statDescriptor(dir, ctx.stat);
    const { mode, uid } = ctx.stat;
    if (uid !== ctx.self.uid || (mode & 0o300) === 0o300) throw error;
    ctx.driver.setMode(dir, mode | 0o700);
    return work();
  }
}
