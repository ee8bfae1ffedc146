import { parentPath, rootPath } from "../../core/path.ts";
import type { Action } from "../../core/plan.ts";
import { DIRECTORY } from "../../core/snapshot.ts";
import { EntryProblem } from "../endpoint.ts";
import type { Applier, Done } from "./applier.ts";
import { checkExpected, doneWith, inWritable, nothingWritten } from "./applier.ts";
import { isExpected } from "./expectation.ts";
import { giveUp, giveUpDirectory } from "./keep-version.ts";
import { namedSubject, setMetadata } from "./metadata.ts";
import { asDirectoryProblem } from "./not-empty.ts";

type Of<T extends Action["type"]> = Extract<Action, { type: T }>;

/** Removes one entry, if it still is what the plan says. A directory has to be empty by now. */
export async function remove(ctx: Applier, { path, expected }: Of<"remove">): Promise<Done> {
  const dir = parentPath(path);
  await ctx.reach.directory(dir);
  // RACE: what takes the name between the look and the removal goes in its stead; a directory that is not empty never does.
  await checkExpected(ctx, path, expected);
  await inWritable(ctx, dir, () =>
    expected.kind === "directory" ? giveUpDirectory(ctx, path, expected) : giveUp(ctx, path),
  );
  return nothingWritten;
}

/**
 * Removes what a killed run left. A directory of ours is always empty; one that is not is somebody else's. A large file may
 * have been gone on with, and so be gone from here.
 */
export async function removeLeftover(ctx: Applier, { path }: Of<"remove-leftover">): Promise<Done> {
  const { client } = ctx.session;
  const dir = parentPath(path);
  const host = ctx.reach.host(path);
  await ctx.reach.directory(dir);
  const attributes = await client.lstat(host);
  if (attributes === undefined) return nothingWritten;
  const removing = (): Promise<void> =>
    attributes.kind === DIRECTORY ? client.rmdir(host) : client.remove(host);
  try {
    await inWritable(ctx, dir, removing);
  } catch (error) {
    await asDirectoryProblem(client, host, error);
  }
  return nothingWritten;
}

/** Sets a directory's metadata when all work below it is done. */
export async function finishDirectory(
  ctx: Applier,
  { path, expected, entry }: Of<"finish-directory">,
): Promise<Done> {
  const { client } = ctx.session;
  const host = ctx.reach.host(path);
  if (path !== rootPath) await ctx.reach.directory(parentPath(path));
  const attributes = await client.lstat(host);
  if (attributes === undefined) {
    throw new EntryProblem("target", "vanished", "the directory has gone; the next run will see");
  }
  const isOther = expected !== undefined && !isExpected(attributes, expected);
  if (isOther || attributes.kind !== DIRECTORY) {
    const message = "another directory stands here since the plan was made; the next run will see";
    throw new EntryProblem("target", "changed", message);
  }
  const before = { mode: expected?.mode, attributes };
  return doneWith(0, await setMetadata(ctx, namedSubject(ctx, host, "directory"), entry, before));
}
