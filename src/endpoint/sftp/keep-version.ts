import type { ByteString } from "../../base/byte-string.ts";
import type { DirectoryEntry } from "../../core/entry.ts";
import type { RelPath } from "../../core/path.ts";
import type { Applier } from "./applier.ts";
import { ignoringRefusal } from "./applier.ts";
import { namedSubject, setMetadata } from "./metadata.ts";
import { asDirectoryProblem } from "./not-empty.ts";
import { statuses } from "./protocol.ts";
import { statusOf } from "./status-error.ts";
import { aboutStore } from "./version-store.ts";

/** Puts what is at one place where another non-directory stands, which is kept if the run keeps versions. */
export async function replaceBy(ctx: Applier, from: ByteString, path: RelPath): Promise<void> {
  const { client } = ctx.session;
  const to = ctx.reach.host(path);
  const isAtomic = client.offers("posixRename");
  if (ctx.versions === undefined) {
    if (isAtomic) return client.posixRename(from, to);
    // RACE: a server without posix-rename replaces nothing, so the name is free for an instant.
    await client.remove(to);
    return client.rename(from, to);
  }
  const spot = await ctx.versions.spotFor(path);
  if (isAtomic && (await isLinked(ctx, to, spot))) {
    try {
      return await client.posixRename(from, to);
    } catch (error) {
      await ignoringRefusal(client.remove(spot));
      throw error;
    }
  }
  // RACE: where a file system has no hard links, the name is free for an instant.
  await moveInto(ctx, to, spot);
  return client.rename(from, to);
}

/** Takes away what a directory shall take the place of; with versions, it gets a name in the store. */
export async function keepOld(ctx: Applier, path: RelPath): Promise<void> {
  await giveUp(ctx, path);
}

/** Takes a name from something that is no directory; with versions, it gets one in the store instead. */
export async function giveUp(ctx: Applier, path: RelPath): Promise<void> {
  const host = ctx.reach.host(path);
  if (ctx.versions === undefined) await ctx.session.client.remove(host);
  else await moveInto(ctx, host, await ctx.versions.spotFor(path));
}

/** Removes an empty directory; the store has one like it, with its metadata. */
export async function giveUpDirectory(
  ctx: Applier,
  path: RelPath,
  was: DirectoryEntry,
): Promise<void> {
  const { client } = ctx.session;
  const host = ctx.reach.host(path);
  await keepDirectory(ctx, path, was);
  await client.rmdir(host).catch((error: unknown) => asDirectoryProblem(client, host, error));
  ctx.reach.gone(path);
}

/** Makes the store's own directory what the one was that goes: by now everything in it has been kept. */
export async function keepDirectory(
  ctx: Applier,
  path: RelPath,
  was: DirectoryEntry,
): Promise<void> {
  if (ctx.versions === undefined) return;
  const kept = await ctx.versions.directoryFor(path);
  // What cannot be set there could hardly be set here; the run's record has it all.
  await setMetadata(ctx, namedSubject(ctx, kept, "directory"), was, { mode: undefined });
}

async function isLinked(ctx: Applier, old: ByteString, spot: ByteString): Promise<boolean> {
  const { client } = ctx.session;
  if (!client.offers("hardlink")) return false;
  try {
    await client.hardlink(old, spot);
    return true;
  } catch (error) {
    // A file system without hard links, or files of others that may not be linked: nothing against moving it.
    if (statusOf(error) === undefined) throw error;
    return false;
  }
}

/** A rename that needs the right to write where the thing stands: that is for the caller to see to. */
async function moveInto(ctx: Applier, old: ByteString, spot: ByteString): Promise<void> {
  try {
    await ctx.session.client.rename(old, spot);
  } catch (error) {
    throw statusOf(error) === statuses.permissionDenied ? error : aboutStore(error);
  }
}
