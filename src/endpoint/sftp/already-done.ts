import { rootPath, parentPath } from "../../core/path.ts";
import type { RelPath } from "../../core/path.ts";
import type { Entry } from "../../core/entry.ts";
import type { Action } from "../../core/plan.ts";
import { DIRECTORY } from "../../core/snapshot.ts";
import type { Applier } from "./applier.ts";
import type { Attributes } from "./attributes.ts";
import { isExpected } from "./expectation.ts";

/**
 * Whether an action that was begun over a connection which then was lost has been carried out: what it would make is there,
 * and what it would take away is not.
 */
export async function isAlreadyDone(ctx: Applier, action: Action): Promise<boolean> {
  const { path } = action;
  switch (action.type) {
    case "make-directory":
      return (await look(ctx, path))?.kind === DIRECTORY;
    case "remove":
    case "remove-leftover":
      return (await look(ctx, path)) === undefined;
    case "move":
      return (
        (await look(ctx, action.from)) === undefined && (await stands(ctx, path, action.entry))
      );
    case "exchange":
      return (
        (await stands(ctx, path, action.entry)) && (await stands(ctx, action.from, action.expected))
      );
    case "put-symlink":
      return (
        (await look(ctx, path))?.kind !== undefined &&
        (await ctx.session.client.readlink(ctx.reach.host(path))) === action.entry.linkTarget
      );
    default:
      return stands(ctx, path, action.entry);
  }
}

async function stands(ctx: Applier, path: RelPath, entry: Entry): Promise<boolean> {
  const attributes = await look(ctx, path);
  return attributes !== undefined && isExpected(attributes, { ...entry, nlink: 1 });
}

/** What stands at a path, reached through no link. */
async function look({ reach, session }: Applier, path: RelPath): Promise<Attributes | undefined> {
  if (path !== rootPath) await reach.directory(parentPath(path));
  return session.client.lstat(reach.host(path));
}
