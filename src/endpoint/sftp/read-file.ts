import type { ByteRange } from "../../core/content-hash.ts";
import type { FileEntry } from "../../core/entry.ts";
import type { RelPath } from "../../core/path.ts";
import { parentPath } from "../../core/path.ts";
import type { Side } from "../../core/problem.ts";
import { EntryProblem } from "../endpoint.ts";
import type { Attributes } from "./attributes.ts";
import { isUnchanged, waitOutSecond } from "./expectation.ts";
import type { Handle } from "./packet-writer.ts";
import { openFlags } from "./protocol.ts";
import type { Reach } from "./reach.ts";
import type { Session } from "./session.ts";
import { asReadProblem } from "./status-error.ts";

/** What reading files needs. */
export interface ReadContext {
  readonly session: Session;
  readonly reach: Reach;
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
  const { client } = ctx.session;
  try {
    const handle = await openUnchanged(ctx, file);
    try {
      const { size } = file.entry;
      let total = 0;
      for await (const piece of piecesOf(ctx.session, handle, { from: 0, length: size })) {
        signal.throwIfAborted();
        total += piece.length;
        ctx.onBytes(piece.length);
        yield piece;
      }
      signal.throwIfAborted();
      check(ctx, await client.fstat(handle), file.entry);
      if (total !== size) throw changed(ctx);
    } finally {
      client.close(handle).catch(() => {});
    }
  } catch (error) {
    throw signal.aborted ? error : asReadProblem(ctx.side, error);
  }
}

/** Parts of a small file in one piece, in three steps of one answer each. */
export async function readSmall(
  ctx: ReadContext,
  file: ScannedFile,
  ranges: readonly ByteRange[],
): Promise<Uint8Array> {
  try {
    const { client } = ctx.session;
    if (ranges.length === 0) {
      await look(ctx, file);
      return new Uint8Array();
    }
    const handle = await openUnchanged(ctx, file);
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
    const whole = parts.length === 1 ? parts[0]! : Buffer.concat(parts as Buffer[]);
    ctx.onBytes(whole.length);
    return whole;
  } catch (error) {
    throw asReadProblem(ctx.side, error);
  }
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
async function openUnchanged(ctx: ReadContext, file: ScannedFile): Promise<Handle> {
  await look(ctx, file);
  await waitOutSecond(file.entry);
  // RACE: what takes the name between the look and this is read, and told from the file by its size and time at the end.
  return ctx.session.client.open(ctx.reach.host(file.path), openFlags.read);
}

async function look(ctx: ReadContext, { path, entry }: ScannedFile): Promise<void> {
  const { session, reach, followLinks } = ctx;
  const host = reach.host(path);
  if (followLinks) {
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
