import type { Entry } from "../../core/entry.ts";
import { parentPath } from "../../core/path.ts";
import type { Action } from "../../core/plan.ts";
import { kinds } from "../../core/snapshot.ts";
import { sameTime } from "../../fs/expectation.ts";
import { EntryProblem } from "../endpoint.ts";
import type { Applier, Done } from "./applier.ts";
import {
  appeared,
  besides,
  checkExpected,
  discard,
  doneWith,
  ignoringRefusal,
  inWritable,
  nothingWritten,
  sweptLater,
} from "./applier.ts";
import type { Attributes } from "./attributes.ts";
import { statOf } from "./attributes.ts";
import { staged } from "./commit.ts";
import { copyContent } from "./copy-file.ts";
import { wholeSeconds } from "./expectation.ts";
import { keepOld } from "./keep-version.ts";
import { namedSubject, setMetadata } from "./metadata.ts";
import { statusOf } from "./status-error.ts";

type Of<T extends Action["type"]> = Extract<Action, { type: T }>;

const workMode = 0o700;

/** Makes a directory that its owner alone can use until it is finished; a non-directory in its place goes. */
export async function makeDirectory(
  ctx: Applier,
  { path, expected }: Of<"make-directory">,
): Promise<Done> {
  const { client } = ctx.session;
  const dir = parentPath(path);
  const host = ctx.reach.host(path);
  await ctx.reach.directory(dir);
  if (expected === undefined) {
    try {
      await inWritable(ctx, dir, () => client.mkdir(host, workMode));
    } catch (error) {
      if (statusOf(error) !== undefined && (await client.lstat(host)) !== undefined)
        throw appeared();
      throw error;
    }
  } else {
    await checkExpected(ctx, path, expected);
    const temp = besides(ctx, path, ctx.nextTemp());
    await sweptLater(
      ctx,
      temp,
      inWritable(ctx, dir, () => client.mkdir(temp, workMode)),
    );
    try {
      // RACE: SFTP has no exchange, so the name is free for an instant.
      await keepOld(ctx, path);
      await client.rename(temp, host);
    } catch (error) {
      await sweptLater(ctx, temp, ignoringRefusal(client.rmdir(temp)));
      throw error;
    }
  }
  ctx.reach.made(path);
  return nothingWritten;
}

export function putSymlink(
  ctx: Applier,
  { path, expected, entry }: Of<"put-symlink">,
): Promise<Done> {
  return staged(ctx, path, { kind: "symlink", expected }, async (temp) => {
    await ctx.session.client.symlink(temp, entry.linkTarget);
    const problem = await setMetadata(ctx, namedSubject(ctx, temp, "symlink"), entry, {
      mode: undefined,
    });
    return doneWith(0, problem);
  });
}

/** Gives a file that is right by now a further name; where that cannot be, it becomes a copy, and it is said. */
export async function putLink(ctx: Applier, action: Of<"link">): Promise<Done> {
  const { path, from, expected, entry } = action;
  const { client } = ctx.session;
  await ctx.reach.directory(parentPath(from));
  const original = await client.lstat(ctx.reach.host(from));
  if (original === undefined) {
    const message = "the file that it shall be a further name of has gone";
    throw new EntryProblem("target", "vanished", message);
  }
  if (!isRight(ctx, original, entry)) {
    const message = "the file that it shall be a further name of is not in place";
    throw new EntryProblem("target", "blocked", message);
  }
  if (!client.offers("hardlink")) return copyInstead(ctx, action, original);
  const what = { kind: entry.kind, expected };
  const temp = await staged(ctx, path, what, async (temp) => {
    await client.hardlink(ctx.reach.host(from), temp);
    return temp;
  });
  // A rename of one name of a file to another one does nothing: POSIX says so.
  if (expected !== undefined) await discard(ctx, temp);
  return nothingWritten;
}

function isRight(ctx: Applier, original: Attributes, entry: Entry): boolean {
  const { preserve, window = 0 } = ctx.options;
  if (kinds[original.kind] !== entry.kind) return false;
  if (entry.kind === "file" && original.size !== entry.size) return false;
  if (entry.kind === "symlink" || !preserve.times) return true;
  const timeResolution = Math.max(wholeSeconds.timeResolution, window + 1);
  return sameTime(statOf(original), entry, { timeResolution });
}

async function copyInstead(
  ctx: Applier,
  { path, from, expected, entry }: Of<"link">,
  { size }: Attributes,
): Promise<Done> {
  const message =
    "it cannot be a further name of a file there, and is a copy; see --no-preserve hardlinks";
  const problem = new EntryProblem("target", "unsupported", message);
  if (entry.kind !== "file") throw problem;
  await copyContent(ctx, { path, expected }, ctx.reach.host(from), { ...entry, size });
  return doneWith(0, problem);
}

/** Sets metadata of an entry that stays. */
export async function updateMetadata(
  ctx: Applier,
  { path, expected, entry }: Of<"set-metadata">,
): Promise<Done> {
  await ctx.reach.directory(parentPath(path));
  const attributes = await checkExpected(ctx, path, expected);
  const subject = namedSubject(ctx, ctx.reach.host(path), expected.kind);
  const before = { mode: attributes.mode, attributes };
  return doneWith(0, await setMetadata(ctx, subject, entry, before));
}
