import type { Action } from "../../core/plan.ts";
import { putAction } from "../../core/put-action.ts";
import { unreachable } from "../../base/unreachable.ts";
import type { Directories } from "../../fs/directories.ts";
import type { EntryProblem } from "../endpoint.ts";
import type { Applier, Done } from "./applier.ts";
import { asEntryProblem } from "./applier.ts";
import { copyFile } from "./copy-file.ts";
import { exchange, move } from "./move.ts";
import { putFile } from "./put-file.ts";
import { makeDirectory, putLink, putSpecial, putSymlink, updateMetadata } from "./put.ts";
import { finishDirectory, remove, removeLeftover } from "./remove.ts";

/** What became of an action: done, done in part, or not at all. */
export type Result =
  | { readonly done: Done; readonly problem?: EntryProblem }
  | { readonly problem: EntryProblem };

/** Carries out one action. Trouble with its path is a result; only a bug is thrown. */
export function applyAction(ctx: Applier, source: Directories | undefined, action: Action): Result {
  try {
    const done = carryOut(ctx, source, action);
    return done.problem === undefined ? { done } : { done, problem: done.problem };
  } catch (error) {
    return { problem: asEntryProblem("target", error) };
  }
}

function carryOut(ctx: Applier, source: Directories | undefined, action: Action): Done {
  switch (action.type) {
    case "make-directory":
      return makeDirectory(ctx, action);
    case "put-file":
      if (source === undefined) throw new Error("a file's content cannot come from here");
      return putFile(ctx, source, action);
    case "put-symlink":
      return putSymlink(ctx, action);
    case "put-special":
      return putSpecial(ctx, action);
    case "link":
      return putLink(ctx, action, () => carryOut(ctx, source, copyInstead(action, source)));
    case "set-metadata":
      return updateMetadata(ctx, action);
    case "move":
      return move(ctx, action);
    case "exchange":
      return exchange(ctx, action);
    case "copy-file":
      return copyFile(ctx, action);
    case "remove":
      return remove(ctx, action);
    case "remove-leftover":
      return removeLeftover(ctx, action.path);
    case "finish-directory":
      return finishDirectory(ctx, action);
    default:
      return unreachable(action);
  }
}

/** What makes a copy of what cannot be linked: from the source, or from the target's own file where the source is not at hand. */
function copyInstead(
  { path, from, expected, entry }: Extract<Action, { type: "link" }>,
  source: Directories | undefined,
): Action {
  if (entry.kind !== "file" || source !== undefined) return putAction(path, expected, entry);
  const original = { ...entry, dev: 0, inoHigh: 0, inoLow: 0 };
  return { type: "copy-file", path, from, expected, entry, original };
}
