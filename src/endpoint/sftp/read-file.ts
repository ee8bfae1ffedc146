import { SyncError } from "../../base/errors.ts";
import type { ByteRange } from "../../core/content-hash.ts";
import type { FileEntry } from "../../core/entry.ts";
import type { RelPath } from "../../core/path.ts";
import { parentPath } from "../../core/path.ts";
import type { Side } from "../../core/problem.ts";
import { EntryProblem } from "../endpoint.ts";
import type { Attributes } from "./attributes.ts";
import { isUnchanged, waitOutSecond } from "./expectation.ts";
import type { Link } from "./link.ts";
import type { Handle } from "./packet-writer.ts";
import { openFlags } from "./protocol.ts";
import type { Reach } from "./reach.ts";
import type { Session } from "./session.ts";
import { asReadProblem } from "./status-error.ts";

/** A connection to read over, and the directories that were looked at over it. */
export interface ReadPlace {
  readonly session: Session;
  readonly reach: Reach;
}

/** What reading files needs. */
export interface ReadContext {
  readonly place: () => Promise<ReadPlace>;
  readonly link: Link;
  /** Whose side problems are said of. */
  readonly side: Side;
  readonly followLinks: boolean;
  readonly onBytes: (bytes: number) => void;
}

/** A file as it was scanned. */
export interface ScannedFile {
  readonly path: RelPath;
  readonly entry: FileEntry;
}

/** Reads that are under way at once, of one file. */
const readsAtOnce = 12;

/** The content of a file, in pieces; fails with `EntryProblem` where it is not, or does not stay, what it was. */
export async function* readPieces(
  ctx: ReadContext,
  file: ScannedFile,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  const { size } = file.entry;
  for (let at = 0; ;) {
    try {
      for await (const piece of readFrom(ctx, file, at)) {
        signal.throwIfAborted();
        at += piece.length;
        ctx.onBytes(piece.length);
        ctx.link.progress();
        yield piece;
      }
      signal.throwIfAborted();
      if (at === size) return;
      throw changed(ctx);
    } catch (error) {
      if (signal.aborted) throw error;
      if (!(error instanceof SyncError)) throw asReadProblem(ctx.side, error);
      await ctx.link.recover(error);
    }
  }
}

/** What a file has from a position on. */
async function* readFrom(
  ctx: ReadContext,
  file: ScannedFile,
  from: number,
): AsyncGenerator<Uint8Array> {
  const place = await ctx.place();
  const { client } = place.session;
  const handle = await openUnchanged(ctx, place, file);
  try {
    yield* piecesOf(place.session, handle, { from, length: file.entry.size - from });
    check(ctx, await client.fstat(handle), file.entry);
  } finally {
    client.close(handle).catch(() => {});
  }
}

/** Parts of a small file in one piece, in three steps of one answer each. */
export async function readSmall(
  ctx: ReadContext,
  file: ScannedFile,
  ranges: readonly ByteRange[],
): Promise<Uint8Array> {
  for (;;) {
    try {
      const whole = await readRanges(ctx, await ctx.place(), file, ranges);
      ctx.onBytes(whole.length);
      ctx.link.progress();
      return whole;
    } catch (error) {
      if (!(error instanceof SyncError)) throw asReadProblem(ctx.side, error);
      await ctx.link.recover(error);
    }
  }
}

async function readRanges(
  ctx: ReadContext,
  place: ReadPlace,
  file: ScannedFile,
  ranges: readonly ByteRange[],
): Promise<Uint8Array> {
  const { client } = place.session;
  if (ranges.length === 0) {
    await look(ctx, place, file);
    return new Uint8Array();
  }
  const handle = await openUnchanged(ctx, place, file);
  const reading: Promise<Buffer | undefined>[] = [];
  for (const { from, length } of ranges) {
    await client.gate.enter(length);
    const part = client.read(handle, from, length);
    part.catch(() => {});
    reading.push(part);
  }
  const looking = client.fstat(handle);
  client.close(handle).catch(() => {});
  const [attributes, ...parts] = await Promise.all([looking, ...reading]);
  check(ctx, attributes, file.entry);
  if (parts.some((part, i) => part?.length !== ranges[i]!.length)) throw changed(ctx);
  return parts.length === 1 ? parts[0]! : Buffer.concat(parts as Buffer[]);
}

/** A part of an open file, in pieces, read ahead. Ends early where the file does. */
export async function* piecesOf(
  { client, readBytes }: Session,
  handle: Handle,
  { from, length }: ByteRange,
): AsyncGenerator<Buffer> {
  const end = from + length;
  const reading: { readonly at: number; readonly piece: Promise<Buffer | undefined> }[] = [];
  let asked = from;
  for (let at = from; at < end;) {
    for (; asked < end && reading.length < readsAtOnce; asked += readBytes) {
      const wanted = Math.min(readBytes, end - asked);
      await client.gate.enter(wanted);
      const piece = client.read(handle, asked, wanted);
      piece.catch(() => {});
      reading.push({ at: asked, piece });
    }
    const first = reading.shift()!;
    let piece = await first.piece;
    const pieceEnd = Math.min(first.at + readBytes, end);
    // COMPAT: a server may give less than it was asked for, and what is missing then has to be asked for again.
    while (piece !== undefined && piece.length > 0 && at < pieceEnd) {
      yield piece.subarray(0, pieceEnd - at);
      at += piece.length;
      if (at >= pieceEnd) break;
      await client.gate.enter(pieceEnd - at);
      piece = await client.read(handle, at, pieceEnd - at);
    }
    if (at < pieceEnd) return;
  }
}

/** Opens a file for reading that still is what it was. */
async function openUnchanged(
  ctx: ReadContext,
  place: ReadPlace,
  file: ScannedFile,
): Promise<Handle> {
  await look(ctx, place, file);
  await waitOutSecond(file.entry);
  // RACE: what takes the name between the look and this is read, and told from the file by its size and time at the end.
  return place.session.client.open(place.reach.host(file.path), openFlags.read);
}

async function look(
  ctx: ReadContext,
  { session, reach }: ReadPlace,
  { path, entry }: ScannedFile,
): Promise<void> {
  const host = reach.host(path);
  if (ctx.followLinks) {
    check(ctx, await session.client.stat(host), entry);
    return;
  }
  const looking = session.client.lstat(host);
  looking.catch(() => {});
  await reach.directory(parentPath(path));
  check(ctx, await looking, entry);
}

function check(ctx: ReadContext, attributes: Attributes | undefined, entry: FileEntry): void {
  if (attributes === undefined) {
    const message = "it has gone while it was looked at; the next run will see";
    throw new EntryProblem(ctx.side, "vanished", message);
  }
  if (!isUnchanged(attributes, entry)) throw changed(ctx);
}

function changed({ side }: ReadContext): EntryProblem {
  const message = "it changed since it was scanned; the next run will try again";
  return new EntryProblem(side, "changed", message);
}
