import { unreachable } from "../../base/unreachable.ts";
import type { Action } from "../../core/plan.ts";
import { EntryProblem } from "../endpoint.ts";
import type { Applier, Done } from "./applier.ts";
import { copyFile } from "./copy-file.ts";
import { exchange, move } from "./move.ts";
import type { PutFile } from "../../core/put-action.ts";
import { makeDirectory, putLink, putSymlink, updateMetadata } from "./put.ts";
import { finishDirectory, remove, removeLeftover } from "./remove.ts";

/** Carries out one action. Rejects with what stands in its way. */
export async function applyAction(ctx: Applier, action: Exclude<Action, PutFile>): Promise<Done> {
  switch (action.type) {
    case "make-directory":
      return makeDirectory(ctx, action);
    case "put-symlink":
      return putSymlink(ctx, action);
    case "put-special":
      throw new EntryProblem("target", "unsupported", "SFTP makes no such files");
    case "link":
      return putLink(ctx, action);
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
      return removeLeftover(ctx, action);
    case "finish-directory":
      return finishDirectory(ctx, action);
    default:
      return unreachable(action);
  }
}
