import type { ByteString } from "../../base/byte-string.ts";
import type { Entry } from "../../core/entry.ts";
import { foldName } from "../../core/fold.ts";
import type { RelPath } from "../../core/path.ts";
import { baseName, parentPath } from "../../core/path.ts";
import type { Action } from "../../core/plan.ts";
import { kinds } from "../../core/snapshot.ts";
import { parkedName } from "../../fs/temp-names.ts";
import type { Applier, Done } from "./applier.ts";
import { besides, checkExpected, ignoringRefusal, inWritable, nothingWritten } from "./applier.ts";
import { renameIntoFree } from "./commit.ts";
import { isExpected } from "./expectation.ts";
import { replaceBy } from "./keep-version.ts";
import { listDirectory } from "./list-directory.ts";
import { statuses } from "./protocol.ts";
import { setNamed } from "./set-named.ts";
import { statusOf } from "./status-error.ts";

type Of<T extends Action["type"]> = Extract<Action, { type: T }>;

/** Renames one entry, with all that is below it, if it still is what the plan says, and so is what it replaces. */
export async function move(
  ctx: Applier,
  { path, from, expected, entry }: Of<"move">,
): Promise<Done> {
  await reachBoth(ctx, path, from);
  await checkExpected(ctx, from, entry);
  if (expected !== undefined) await checkExpected(ctx, path, expected);
  const [origin, to] = [ctx.reach.host(from), ctx.reach.host(path)];
  await withRights(ctx, [from, path], [[from, entry]], async () => {
    if (expected !== undefined) await replaceByName(ctx, from, path, entry);
    else if (await isAlias(ctx, from, path)) await renameAnyhow(ctx, origin, to);
    else await renameIntoFree(ctx, origin, to, entry.kind);
  });
  ctx.reach.forget();
  return nothingWritten;
}

/** Swaps two entries by way of a third name, from which the next run goes on if this one ends in between. */
export async function exchange(
  ctx: Applier,
  { path, from, expected, entry }: Of<"exchange">,
): Promise<Done> {
  await reachBoth(ctx, path, from);
  await checkExpected(ctx, from, entry);
  await checkExpected(ctx, path, expected);
  const [origin, to] = [ctx.reach.host(from), ctx.reach.host(path)];
  const moved = [
    [from, entry],
    [path, expected],
  ] as const;
  await withRights(ctx, [from, path], moved, async () => {
    const aside = besides(ctx, path, parkedName(ctx.nextTemp()));
    await renameIntoFree(ctx, to, aside, expected.kind);
    await renameIntoFree(ctx, origin, to, entry.kind);
    await renameIntoFree(ctx, aside, origin, expected.kind);
  });
  ctx.reach.forget();
  return nothingWritten;
}

async function reachBoth(ctx: Applier, path: RelPath, from: RelPath): Promise<void> {
  await ctx.reach.directory(parentPath(path));
  await ctx.reach.directory(parentPath(from));
}

async function replaceByName(
  ctx: Applier,
  from: RelPath,
  path: RelPath,
  entry: Entry,
): Promise<void> {
  const { client } = ctx.session;
  const origin = ctx.reach.host(from);
  await replaceBy(ctx, origin, path);
  // A rename of one name of a file to another one does nothing, POSIX says; and that they are one, nobody can see here.
  const left = await client.lstat(origin);
  if (left !== undefined && isExpected(left, entry)) await client.remove(origin);
}

async function renameAnyhow(
  { session: { client } }: Applier,
  from: ByteString,
  to: ByteString,
): Promise<void> {
  await (client.offers("posixRename") ? client.posixRename(from, to) : client.rename(from, to));
}

/** Whether a file system that ignores case takes the two names, in one directory, for one: only one of them is listed. */
async function isAlias(ctx: Applier, from: RelPath, path: RelPath): Promise<boolean> {
  const dir = parentPath(path);
  const [old, now] = [baseName(from), baseName(path)];
  if (parentPath(from) !== dir || foldName(old) !== foldName(now)) return false;
  const { client } = ctx.session;
  if ((await client.lstat(ctx.reach.host(path))) === undefined) return false;
  const names = new Set<string>();
  for (const { name } of await listDirectory(client, ctx.reach.host(dir))) names.add(name);
  return names.has(old) && !names.has(now);
}

/**
 * Renames need the right to write in both directories and, for a directory that gets another parent, in that directory
 * itself. What is our own and lacks it, is given it: directories around are finished later, moved ones get theirs back here.
 */
async function withRights(
  ctx: Applier,
  [first, second]: readonly [RelPath, RelPath],
  moved: readonly (readonly [RelPath, Entry])[],
  work: () => Promise<void>,
): Promise<void> {
  const inBoth = (): Promise<void> =>
    inWritable(ctx, parentPath(first), () => inWritable(ctx, parentPath(second), work));
  try {
    await inBoth();
  } catch (error) {
    const closed = moved.filter(
      ([, { kind, mode }]) => kind === "directory" && (mode & 0o200) === 0,
    );
    const isDenied = statusOf(error) === statuses.permissionDenied;
    if (!isDenied || ctx.isPrivileged || closed.length === 0) throw error;
    for (const [path, { mode }] of closed) await setMode(ctx, path, mode | 0o200);
    try {
      await inBoth();
    } finally {
      for (const [was, { mode }] of closed) {
        // Wherever the directory stands now.
        for (const path of [first, second])
          if (path !== was) await ignoringRefusal(restoreMode(ctx, path, mode));
        await ignoringRefusal(restoreMode(ctx, was, mode));
      }
    }
  }
}

async function setMode(ctx: Applier, path: RelPath, mode: number): Promise<void> {
  const kind = kinds.indexOf("directory");
  await setNamed(ctx.session.client, ctx.reach.host(path), kind, { mode });
}

/** Takes back the right that was given, where it was. */
async function restoreMode(ctx: Applier, path: RelPath, mode: number): Promise<void> {
  const attributes = await ctx.session.client.lstat(ctx.reach.host(path));
  const isIt =
    attributes?.kind === kinds.indexOf("directory") && attributes.mode === (mode | 0o200);
  if (isIt) await setMode(ctx, path, mode);
}
