import type { Entry } from "../../core/entry.ts";
import type { RelPath } from "../../core/path.ts";
import { baseName, parentPath } from "../../core/path.ts";
import type { Action } from "../../core/plan.ts";
import { DIRECTORY, FILE, kinds, SYMLINK } from "../../core/snapshot.ts";
import type { Directories } from "../../fs/directories.ts";
import type { Stat } from "../../fs/driver.ts";
import { isAsExpected, sameTime } from "../../fs/expectation.ts";
import { errnoOf } from "../../fs/file-error.ts";
import { newStat } from "../../fs/stat.ts";
import { EntryProblem } from "../endpoint.ts";
import type { Applier } from "./applier.ts";
import { nothingWritten } from "./applier.ts";
import type { Result } from "./apply-action.ts";
import { applyAction } from "./apply-action.ts";

type Of<T extends Action["type"]> = Extract<Action, { type: T }>;

const stat: Stat = newStat();
const other: Stat = newStat();
const isDone: Result = { done: nothingWritten };

/**
 * What is to be said of actions, by their place among them, without carrying them out: somebody who was cut off has begun with
 * them, in this order, and nobody has heard how far that went.
 */
export function resultsSoFar(ctx: Applier, actions: readonly Action[]): Map<number, Result> {
  const results = new Map<number, Result>();
  let lastMove = -1;
  for (const [i, action] of actions.entries()) {
    if (isUndecided(ctx, action)) results.set(i, { problem: undecided() });
    else if (stands(ctx, action)) {
      results.set(i, isDone);
      if (isMove(action)) lastMove = i;
    }
  }
  // Where a move has been made, those before it had their turn, and may have brought an entry to a place that it has left again.
  for (const [i, action] of actions.slice(0, Math.max(0, lastMove)).entries()) {
    if (isMove(action) && !isThere(ctx, action.from, action.entry)) results.set(i, isDone);
  }
  return results;
}

/** Carries out an action that may have been carried out meanwhile: whoever was cut off can still be at it. */
export function applyAgain(ctx: Applier, source: Directories | undefined, action: Action): Result {
  const result = applyAction(ctx, source, action);
  if ("done" in result) return result;
  if (action.type === "set-metadata" && ctx.options.preserve.times) {
    const { mtimeSec, mtimeNs } = action.entry;
    const expected = { ...action.expected, mtimeSec, mtimeNs };
    const again = applyAction(ctx, source, { ...action, expected });
    return "done" in again ? again : result;
  }
  return stands(ctx, action) ? isDone : result;
}

/** Whether a file stands in its place already, and is not the one that was to be replaced. */
export function hasArrived(
  ctx: Applier,
  { path, expected, entry }: Pick<Of<"put-file" | "link">, "path" | "expected" | "entry">,
): boolean {
  if (entry.kind !== "file" || !look(ctx, path, stat)) return false;
  if (stat.kind !== FILE || stat.size !== entry.size) return false;
  if (ctx.options.preserve.times && !sameTime(stat, entry, ctx.tolerance)) return false;
  return expected === undefined || !isAsExpected(stat, expected, ctx.tolerance);
}

function isMove(action: Action): action is Of<"move" | "exchange"> {
  return action.type === "move" || action.type === "exchange";
}

/** Whether what an action shall bring about is there. What can be done twice is not looked at. */
function stands(ctx: Applier, action: Action): boolean {
  const { path } = action;
  switch (action.type) {
    case "make-directory":
      return look(ctx, path, stat) && stat.kind === DIRECTORY;
    case "put-file":
    case "copy-file":
      return hasArrived(ctx, action);
    case "put-symlink":
      return (
        look(ctx, path, stat) &&
        stat.kind === SYMLINK &&
        ctx.driver.readLink(ctx.target.open(parentPath(path)), baseName(path)) ===
          action.entry.linkTarget
      );
    case "put-special":
      return (
        look(ctx, path, stat) &&
        kinds[stat.kind] === action.entry.kind &&
        stat.rdev === action.entry.rdev
      );
    case "link":
      // What could not be linked is a copy.
      return isOneFile(ctx, path, action.from) || hasArrived(ctx, action);
    case "move":
      return isThere(ctx, path, action.entry) && !isThere(ctx, action.from, action.entry);
    case "exchange":
      return isThere(ctx, path, action.entry) && isThere(ctx, action.from, action.expected);
    case "remove":
    case "remove-leftover":
      return isGone(ctx, path);
    case "set-metadata":
    case "finish-directory":
      return false;
  }
}

/** Two entries that look the same, and of which nobody knows which is which, may have been swapped or not. */
function isUndecided(ctx: Applier, action: Action): boolean {
  return (
    action.type === "exchange" &&
    stands(ctx, action) &&
    isThere(ctx, action.path, action.expected) &&
    isThere(ctx, action.from, action.entry)
  );
}

function undecided(): EntryProblem {
  const message =
    "whether it was swapped before the connection was lost cannot be told; the next run will see";
  return new EntryProblem("target", "changed", message);
}

function isThere(ctx: Applier, path: RelPath, entry: Entry): boolean {
  return look(ctx, path, stat) && isAsExpected(stat, entry, ctx.tolerance);
}

function isOneFile(ctx: Applier, path: RelPath, from: RelPath): boolean {
  return (
    look(ctx, path, stat) &&
    look(ctx, from, other) &&
    stat.inoLow === other.inoLow &&
    stat.inoHigh === other.inoHigh &&
    stat.dev === other.dev
  );
}

/** Looks at what is at the path; false where there is nothing, or nobody can tell. */
function look(ctx: Applier, path: RelPath, into: Stat): boolean {
  return whatIsAt(ctx, path, into) === "something";
}

function isGone(ctx: Applier, path: RelPath): boolean {
  return whatIsAt(ctx, path, stat) === "nothing";
}

const nothing: ReadonlySet<string> = new Set(["ENOENT", "ENOTDIR", "ELOOP"]);

function whatIsAt(ctx: Applier, path: RelPath, into: Stat): "something" | "nothing" | "unknown" {
  try {
    ctx.driver.stat(ctx.target.open(parentPath(path)), baseName(path), into);
    return "something";
  } catch (error) {
    const errno = errnoOf(error);
    if (errno === undefined) throw error;
    return nothing.has(errno) ? "nothing" : "unknown";
  }
}
