import type { ByteString } from "../../base/byte-string.ts";
import type { FileEntry } from "../../core/entry.ts";
import { parentPath } from "../../core/path.ts";
import type { Action } from "../../core/plan.ts";
import { EntryProblem } from "../endpoint.ts";
import type { Applier, Done, StagedFile } from "./applier.ts";
import { discard, doneWith, stageFile } from "./applier.ts";
import type { Attributes } from "./attributes.ts";
import { isExpected } from "./expectation.ts";
import type { Handle } from "./packet-writer.ts";
import { openFlags } from "./protocol.ts";
import type { FileTarget } from "./put-file.ts";
import { finishFile, writeAt } from "./put-file.ts";
import { piecesOf } from "./read-file.ts";

/** Bytes that a server copies by itself before it answers: little enough not to be taken for lost meanwhile. */
const stepBytes = 64 << 20;

/**
 * Makes a file out of another one of the target: staged, verified and committed like one that comes from the source. Its
 * content does not count as written: nothing has come from there.
 */
export async function copyFile(
  ctx: Applier,
  { path, from, expected, entry, original }: Extract<Action, { type: "copy-file" }>,
): Promise<Done> {
  const { client } = ctx.session;
  await ctx.reach.directory(parentPath(from));
  const host = ctx.reach.host(from);
  const check = (attributes: Attributes | undefined): void => {
    if (attributes === undefined || !isExpected(attributes, original)) throw changedOriginal();
    if (attributes.size !== entry.size) throw changedOriginal();
  };
  check(await client.lstat(host));
  const checkAgain = async (handle: Handle): Promise<void> => check(await client.fstat(handle));
  return doneWith(0, await copyContent(ctx, { path, expected }, host, entry, checkAgain));
}

/** Copies a file that has been looked at: within the server where it can, else by way of here. */
export async function copyContent(
  ctx: Applier,
  target: FileTarget,
  from: ByteString,
  entry: FileEntry,
  check: (handle: Handle) => Promise<void> = async () => {},
): Promise<EntryProblem | undefined> {
  const { client } = ctx.session;
  const staged = await stageFile(ctx, target.path);
  try {
    const handle = await client.open(from, openFlags.read);
    try {
      await copyBytes(ctx, handle, staged, entry.size);
      await check(handle);
    } finally {
      client.close(handle).catch(() => {});
    }
    return await finishFile(ctx, target, staged, entry);
  } catch (error) {
    client.close(staged.handle).catch(() => {});
    await discard(ctx, staged.host);
    throw error;
  }
}

async function copyBytes(ctx: Applier, from: Handle, to: StagedFile, size: number): Promise<void> {
  const { client } = ctx.session;
  let at = 0;
  if (client.offers("copyData")) {
    for (; at < size; at += stepBytes) {
      await client.copyData(from, to.handle, at, Math.min(stepBytes, size - at));
    }
    const copied = await client.fstat(to.handle);
    if (copied?.size !== size) throw changedOriginal();
    return;
  }
  let last: Promise<void>[] = [];
  for await (const piece of piecesOf(ctx.session, from, { from: 0, length: size })) {
    const writing = await writeAt(ctx, to, piece, at);
    await Promise.all(last);
    last = writing;
    at += piece.length;
  }
  await Promise.all(last);
  if (at !== size) throw changedOriginal();
}

function changedOriginal(): EntryProblem {
  const message =
    "the file to copy it from has changed since the plan was made; the next run will see";
  return new EntryProblem("target", "changed", message);
}
