import { SyncError } from "../../base/errors.ts";
import type { Hasher } from "../../fs/hasher.ts";
import { newHasher } from "../../fs/hasher.ts";
import { codecsHere } from "../../fs/squeeze.ts";
import type { PackRecord } from "../../wire/pack.ts";
import { WireError } from "../../wire/wire-error.ts";
import type { ContentSource, Endpoint, PackOptions } from "../endpoint.ts";
import { EntryProblem } from "../endpoint.ts";
import type { Applier, Done } from "./applier.ts";
import { IncomingFile } from "./incoming-file.ts";
import { openPack } from "./open-pack.ts";
import type { PutFile } from "./put-file.ts";
import { contentPath, putSmall } from "./put-file.ts";

/**
 * Begins the work on one of the files when there is room for it. What is in hand already is done even when it is time to
 * stop.
 */
export type BeginPut = (
  index: number,
  work: () => Promise<Done>,
  isInHand?: boolean,
) => Promise<void>;

/** Packs as they come. */
interface Unpacking {
  readonly ctx: Applier;
  readonly puts: readonly PutFile[];
  readonly begin: BeginPut;
  readonly hashers: { readonly pack: Hasher; readonly file: Hasher };
  readonly signal: AbortSignal;
  /** Number of the next file that has not begun. */
  next: number;
  incoming: IncomingFile | undefined;
}

/** Puts files in place whose content the source has: small ones many at once, large ones piece by piece. */
export async function unpack(
  ctx: Applier,
  puts: readonly PutFile[],
  source: ContentSource,
  begin: BeginPut,
  signal: AbortSignal,
): Promise<void> {
  if (puts.length === 0 || signal.aborted) return;
  const hashers = { pack: await newHasher("blake3"), file: await newHasher("blake3") };
  const state: Unpacking = { ctx, puts, begin, hashers, signal, next: 0, incoming: undefined };
  const wanted = puts.map((put) => ({ path: contentPath(put), entry: put.entry }));
  try {
    for await (const pack of source.readFiles(wanted, packOptions(ctx, source), signal)) {
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
  const { ctx, puts, begin, incoming } = state;
  switch (record.type) {
    case "whole": {
      const { index, data } = record;
      return begin(index, () => putSmall(ctx, puts[index]!, data));
    }
    case "begin": {
      const { file } = state.hashers;
      state.incoming = new IncomingFile(ctx, puts[record.index]!, record, file);
      return;
    }
    case "problem": {
      const { index, code, message } = record;
      state.incoming = undefined;
      if (incoming !== undefined) return begin(index, () => incoming.refuse(record), true);
      return begin(index, () => Promise.reject(new EntryProblem("source", code, message)));
    }
    case "end": {
      // Records come in an order in which a file has begun.
      const file = incoming!;
      state.incoming = undefined;
      file.end(record);
      return begin(file.index, () => file.finish(), true);
    }
    case "cut": {
      // Records come in an order in which a file has begun. What has come of it waits for the next run.
      const file = incoming!;
      state.incoming = undefined;
      const gone = { code: "changed", message: "its content breaks off" } as const;
      return begin(
        file.index,
        () => file.refuse({ type: "problem", index: file.index, ...gone }),
        true,
      );
    }
    default:
      return incoming!.take(record);
  }
}
