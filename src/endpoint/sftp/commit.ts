import type { ByteString } from "../../base/byte-string.ts";
import type { Entry } from "../../core/entry.ts";
import type { RelPath } from "../../core/path.ts";
import { parentPath } from "../../core/path.ts";
import type { Applier } from "./applier.ts";
import {
  appeared,
  besides,
  checkExpected,
  discard,
  ignoringRefusal,
  inWritable,
  sweptLater,
} from "./applier.ts";
import { keepDirectory, replaceBy } from "./keep-version.ts";
import { asDirectoryProblem } from "./not-empty.ts";
import { statusOf } from "./status-error.ts";

/**
 * Gives what is ready under a temporary name, in the same directory, its place. Of files, the name holds the old or the new
 * at every moment, whole, where the server has posix-rename.
 */
export async function commit(
  ctx: Applier,
  path: RelPath,
  staged: ByteString,
  kind: Entry["kind"],
  expected: Entry | undefined,
): Promise<void> {
  const to = ctx.reach.host(path);
  if (expected === undefined) {
    await renameIntoFree(ctx, staged, to, kind);
    return;
  }
  await checkExpected(ctx, path, expected);
  await replace(ctx, path, staged, expected);
}

/**
 * Puts what is ready in the place of what was just found to be as expected.
 *
 * RACE: between that look and the rename another program may put something else under the name, which is then replaced.
 */
export async function replace(
  ctx: Applier,
  path: RelPath,
  staged: ByteString,
  expected: Entry,
): Promise<void> {
  if (expected.kind !== "directory") {
    await replaceBy(ctx, staged, path);
    return;
  }
  const { client } = ctx.session;
  const to = ctx.reach.host(path);
  await keepDirectory(ctx, path, expected);
  // RACE: SFTP has no exchange, so the name is free for an instant. By now the directory is empty, or nothing happens.
  await client.rmdir(to).catch((error: unknown) => asDirectoryProblem(client, to, error));
  ctx.reach.gone(path);
  await client.rename(staged, to);
}

/** Renames to a name that nothing has. */
export async function renameIntoFree(
  { session }: Applier,
  from: ByteString,
  to: ByteString,
  kind: Entry["kind"],
): Promise<void> {
  const { client } = session;
  const isTaken = async (): Promise<boolean> => (await client.lstat(to)) !== undefined;
  // RACE: what is no file, and every file on a server that is not OpenSSH's, is renamed after a look.
  const refuses = session.refusesTakenNames && kind === "file";
  if (!refuses && (await isTaken())) throw appeared();
  try {
    await client.rename(from, to);
  } catch (error) {
    if (statusOf(error) !== undefined && (await isTaken())) throw appeared();
    throw error;
  }
}

/** Makes something under a temporary name, finishes it, and puts it in its place; on any failure nothing is left. */
export async function staged<T>(
  ctx: Applier,
  path: RelPath,
  what: { readonly kind: Entry["kind"]; readonly expected: Entry | undefined },
  make: (temp: ByteString) => Promise<T>,
): Promise<T> {
  const dir = parentPath(path);
  await ctx.reach.directory(dir);
  const temp = besides(ctx, path, ctx.nextTemp());
  try {
    const result = await inWritable(ctx, dir, () => make(temp));
    await commit(ctx, path, temp, what.kind, what.expected);
    return result;
  } catch (error) {
    await (what.kind === "directory"
      ? sweptLater(ctx, temp, ignoringRefusal(ctx.session.client.rmdir(temp)))
      : discard(ctx, temp));
    throw error;
  }
}
