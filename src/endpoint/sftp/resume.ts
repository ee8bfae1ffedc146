import type { FileEntry } from "../../core/entry.ts";
import type { RelPath } from "../../core/path.ts";
import { parentPath } from "../../core/path.ts";
import { FILE } from "../../core/snapshot.ts";
import type { Applier, StagedFile } from "./applier.ts";
import { besides, discard, inWritable, sweptLater } from "./applier.ts";
import { isResumable, partName } from "./part-name.ts";
import { openFlags, statuses } from "./protocol.ts";
import { statusOf } from "./status-error.ts";

/** A file in hand, and what an earlier run has left of it. */
export interface StagedPart {
  readonly staged: StagedFile;
  /** Bytes that are there already; nothing that comes before them has to be written. */
  readonly length: number;
  /** The last of them, to be compared with what the source has there. */
  readonly tail: Uint8Array;
}

/** Bytes of what was left that are compared. */
const tailBytes = 64 * 1024;
const nothing = new Uint8Array();

/** Makes a file under the name by which another run would find it, or goes on with what one has left there. */
export async function stageLarge(
  ctx: Applier,
  path: RelPath,
  entry: FileEntry,
): Promise<StagedPart> {
  const { client } = ctx.session;
  const dir = parentPath(path);
  await ctx.reach.directory(dir);
  const isKnown = isResumable(entry);
  const host = besides(ctx, path, isKnown ? partName(path, entry) : ctx.nextTemp());
  const known = isKnown ? await openPart(ctx, { path, host }, entry) : undefined;
  if (known !== undefined) return known;
  const flags = openFlags.read | openFlags.write | openFlags.create | openFlags.exclusive;
  const open = (): Promise<StagedFile["handle"]> => client.open(host, flags, 0o600);
  const opening = inWritable(ctx, dir, open);
  const handle = await (isKnown ? opening : sweptLater(ctx, host, opening));
  return { staged: { path, host, handle }, length: 0, tail: nothing };
}

/** Opens what was left; removes what cannot have been left by a run of ours. */
async function openPart(
  ctx: Applier,
  { path, host }: Omit<StagedFile, "handle">,
  { size }: FileEntry,
): Promise<StagedPart | undefined> {
  const { client } = ctx.session;
  const found = await client.lstat(host);
  if (found === undefined) return undefined;
  // What others may write to, or somebody else has made, is nothing to build on. Without all rights, only what is ours has
  // mode 0600 and can be opened.
  const isOurs = (found.mode & 0o077) === 0 && (!ctx.isPrivileged || found.uid === 0);
  if (found.kind !== FILE || !isOurs || found.size > size) {
    await discard(ctx, host);
    return undefined;
  }
  try {
    const handle = await client.open(host, openFlags.read | openFlags.write);
    const length = Math.min(tailBytes, found.size);
    const tail = await readTail(ctx, handle, found.size - length, length);
    if (tail !== undefined) return { staged: { path, host, handle }, length: found.size, tail };
    await client.close(handle);
  } catch (error) {
    if (statusOf(error) === undefined || statusOf(error) === statuses.noSuchFile) throw error;
  }
  await discard(ctx, host);
  return undefined;
}

async function readTail(
  { session: { client, readBytes } }: Applier,
  handle: StagedFile["handle"],
  from: number,
  length: number,
): Promise<Uint8Array | undefined> {
  const parts: Uint8Array[] = [];
  for (let at = 0; at < length;) {
    const wanted = Math.min(readBytes, length - at);
    await client.gate.enter(wanted);
    const part = await client.read(handle, from + at, wanted);
    if (part === undefined || part.length === 0) return undefined;
    parts.push(part);
    at += part.length;
  }
  return Buffer.concat(parts);
}
