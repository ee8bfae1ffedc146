import { SyncError } from "../../base/errors.ts";
import type { Hasher } from "../../fs/hasher.ts";
import { newHasher } from "../../fs/hasher.ts";
import { codecsHere } from "../../fs/squeeze.ts";
import type { PackRecord } from "../../wire/pack.ts";
import { WireError } from "../../wire/wire-error.ts";
import type { ContentSource, Endpoint, PackOptions } from "../endpoint.ts";
import { EntryProblem } from "../endpoint.ts";
import type { Applier, Done } from "./applier.ts";
import type { ApplyTarget } from "./apply-target.ts";
import { IncomingFile } from "./incoming-file.ts";
import { openPack } from "./open-pack.ts";
import type { PutFile } from "../../core/put-action.ts";
import { contentPath, putSmall } from "./put-file.ts";

/**
 * Begins the work on one of the files when there is room for it. What is in hand already is done even when it is time to
 * stop.
 */
export type BeginPut = (index: number, work: PutWork, isInHand?: boolean) => Promise<void>;

/** Puts one file over a connection; again, over another one, where the first is lost. */
export type PutWork = (ctx: Applier) => Promise<Done>;

/** What files are put with. */
export interface UnpackStart extends ApplyTarget {
  readonly source: ContentSource;
  readonly begin: BeginPut;
}

/** Packs as they come. */
interface Unpacking extends UnpackStart {
  readonly puts: readonly PutFile[];
  /** How often the content of these has broken off before. */
  readonly turn: number;
  readonly hashers: { readonly pack: Hasher; readonly file: Hasher };
  readonly signal: AbortSignal;
  /** Number of the next file that has not begun. */
  next: number;
  incoming: IncomingFile | undefined;
}

/** Puts files in place whose content the source has: small ones many at once, large ones piece by piece. */
export async function unpack(
  start: UnpackStart,
  puts: readonly PutFile[],
  signal: AbortSignal,
  turn = 0,
): Promise<void> {
  if (puts.length === 0 || signal.aborted) return;
  const { source } = start;
  const hashers = { pack: await newHasher("blake3"), file: await newHasher("blake3") };
  const state: Unpacking = {
    ...start,
    puts,
    turn,
    hashers,
    signal,
    next: 0,
    incoming: undefined,
  };
  const options = packOptions(await start.applier(), source);
  const wanted = puts.map((put) => ({ path: contentPath(put), entry: put.entry }));
  try {
    for await (const pack of source.readFiles(wanted, options, signal)) {
      await takePack(state, pack);
      if (signal.aborted && state.incoming === undefined) return;
    }
    if (state.incoming !== undefined) throw new WireError("the content of a file breaks off");
    if (state.next < puts.length && !signal.aborted)
      throw new WireError("not all files have come that were asked for");
  } catch (error) {
    state.incoming?.leave();
    if (!(error instanceof WireError)) throw error;
    throw new SyncError("ENDPOINT_PROTOCOL", `${source.location}: ${error.message}`, {
      hint: "Nothing of it was kept. If it happens again, its Syncline may be broken, or be none.",
      cause: error,
    });
  }
}

function packOptions({ options }: Applier, source: ContentSource): PackOptions {
  const { followLinks, asPlanned = false } = options;
  // Between the threads of one process, compressing would be for nothing.
  const compress = isRemote(source) && codecsHere()[0] === "zstd";
  return { followLinks, asPlanned, xattrs: false, acls: false, compress };
}

function isRemote(source: ContentSource): boolean {
  return "capabilities" in source && (source as Endpoint).capabilities.remote;
}

async function takePack(state: Unpacking, bytes: Uint8Array): Promise<void> {
  const { header, records } = openPack(bytes, state.hashers.pack);
  const isNext =
    header.first === state.next &&
    header.end <= state.puts.length &&
    header.continues === (state.incoming !== undefined);
  if (!isNext) throw new WireError("content comes that nobody has asked for");
  state.next = header.end;
  for (let record = records.next(); record !== undefined; record = records.next()) {
    // What is in hand is finished, and nothing else begun, when it is time to stop.
    if (state.signal.aborted && state.incoming === undefined) return;
    await follow(state, record);
  }
}

async function follow(state: Unpacking, record: PackRecord): Promise<void> {
  const { puts, begin, incoming } = state;
  switch (record.type) {
    case "whole": {
      const { index, data } = record;
      return begin(index, (ctx) => putSmall(ctx, puts[index]!, data));
    }
    case "begin": {
      const begun = { ...record, hasher: state.hashers.file };
      const ctx = await state.applier();
      state.incoming = new IncomingFile(state, ctx, puts[record.index]!, begun);
      return;
    }
    case "problem": {
      const { index, code, message } = record;
      state.incoming = undefined;
      await incoming?.drop();
      const failed = new EntryProblem("source", code, message);
      return begin(index, () => Promise.reject(failed), incoming !== undefined);
    }
    case "end": {
      // Records come in an order in which a file has begun.
      const file = incoming!;
      state.incoming = undefined;
      file.end(record);
      const alone: PutWork = (ctx) => putAlone(state, ctx, puts[file.index]!);
      return begin(file.index, (ctx) => (file.isOf(ctx) ? file.finish() : alone(ctx)), true);
    }
    case "cut": {
      const file = incoming!;
      state.incoming = undefined;
      file.leave();
      return begin(file.index, (ctx) => putAlone(state, ctx, puts[file.index]!), true);
    }
    default:
      return incoming!.take(record);
  }
}

/** How often content may break off: whoever means well never comes near. */
const mostTurns = 100;
const never = new AbortController().signal;

/** Asks for a file once more whose content, or whose way to here, has broken off: what is there of it is gone on with. */
async function putAlone(state: Unpacking, ctx: Applier, put: PutFile): Promise<Done> {
  const { link, source, turn } = state;
  if (turn === mostTurns) {
    const message = `${source.location}: the content of a file breaks off again and again`;
    throw new SyncError("ENDPOINT_PROTOCOL", message);
  }
  let done: Promise<Done> | undefined;
  const begin: BeginPut = async (_index, work) => {
    done = work(ctx);
    done.catch(() => {});
    await done.catch(() => {});
  };
  const { unswept } = ctx;
  await unpack({ link, applier: async () => ctx, unswept, source, begin }, [put], never, turn + 1);
  if (done === undefined) throw new Error("a file was asked for, and nothing came of it");
  return done;
}
