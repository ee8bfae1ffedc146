import { rememberedBytes } from "../../core/chunk-list.ts";
import type { FileDriver } from "../../fs/driver.ts";
import type { HashBinding } from "../../fs/hasher.ts";
import { newHasher } from "../../fs/hasher.ts";
import { decompress } from "../../fs/squeeze.ts";
import type { PackHeader, PackRecord } from "../../wire/pack.ts";
import { packHeaderBytes, readPackHeader } from "../../wire/pack.ts";
import { PackReader } from "../../wire/pack-reader.ts";
import { WireError } from "../../wire/wire-error.ts";
import { decodeAction } from "../../core/action-batch.ts";
import type { Applier } from "./applier.ts";
import { gatherChunks } from "./gather-chunks.ts";
import type { EndedFile, UnpackJob, UnpackResult } from "./jobs.ts";
import { countedFiles, stopFlag } from "./jobs.ts";
import { openApplier } from "./run-job.ts";
import type { PutFile } from "../../core/put-action.ts";
import type { Incoming, UnpackHashers } from "./unpack-file.ts";
import {
  abandon,
  beginIncoming,
  cutOff,
  keepPart,
  putWhole,
  refuseIncoming,
  take,
} from "./unpack-file.ts";

/** What unpacking needs, over as many packs as a large file takes. */
interface Unpacker {
  readonly ctx: Applier & Disposable;
  incoming: Incoming | undefined;
}

/** The unpacker whose last pack has ended inside a file. */
let held: Unpacker | undefined;
let hashers: UnpackHashers | undefined;

/** Puts the files of one pack in place: staged, verified, committed. Trouble with a file is data; a pack that is none, too. */
export async function runUnpack(
  driver: FileDriver,
  job: UnpackJob,
  binding: HashBinding | undefined,
): Promise<UnpackResult> {
  hashers ??= {
    pack: await newHasher("blake3", binding),
    file: await newHasher("blake3", binding),
  };
  const ended: EndedFile[] = [];
  try {
    const header = readPackHeader(job.pack);
    if (header === undefined) throw new WireError("a pack has no sound header");
    if (!header.continues || held === undefined) letGo(false);
    const unpacker = held ?? { ctx: openApplier(driver, job), incoming: undefined };
    held = unpacker;
    unpack(unpacker, job, new PackReader(recordsOf(job.pack, header), header), ended);
    if (!header.isOpen) letGo(false);
    return { type: "unpack", ended, broken: undefined };
  } catch (error) {
    letGo(false);
    if (!(error instanceof WireError)) throw error;
    return { type: "unpack", ended, broken: error.message };
  }
}

/** The rest of the file in hand will not come: what has is kept for the next run, if it is much. */
export function breakOff(): UnpackResult {
  letGo(true);
  return { type: "unpack", ended: [], broken: undefined };
}

function letGo(keeps: boolean): void {
  if (held?.incoming !== undefined) {
    if (keeps) keepPart(held.ctx, held.incoming);
    else abandon(held.ctx, held.incoming);
  }
  held?.ctx[Symbol.dispose]();
  held = undefined;
}

function recordsOf(pack: Uint8Array, { codec, length, digest }: PackHeader): Uint8Array {
  let records: Uint8Array;
  try {
    records = decompress(pack.subarray(packHeaderBytes), codec, length);
  } catch (cause) {
    throw new WireError(`a pack cannot be decompressed (${String(cause)})`);
  }
  const { pack: hasher } = hashers!;
  hasher.begin();
  hasher.update(records);
  const actual = hasher.digest();
  if (digest.every((byte, i) => byte === actual[i])) return records;
  throw new WireError("a pack is not what was sent");
}

function unpack(unpacker: Unpacker, job: UnpackJob, reader: PackReader, ended: EndedFile[]): void {
  for (;;) {
    // What is in hand is finished, and nothing else begun, when it is time to stop.
    const isStopped = Atomics.load(job.signals, stopFlag) !== 0;
    if (isStopped && unpacker.incoming === undefined) return;
    const record = reader.next();
    if (record === undefined) return;
    const end = follow(unpacker, job, record);
    if (end === undefined) continue;
    ended.push(end);
    job.counters[countedFiles]!++;
  }
}

/** Does what a record says. Returns what has become of a file that ends with it. */
function follow(unpacker: Unpacker, job: UnpackJob, record: PackRecord): EndedFile | undefined {
  const { ctx, incoming } = unpacker;
  switch (record.type) {
    case "whole":
      return putWhole(ctx, actionAt(job, record.index), record);
    case "begin":
      unpacker.incoming = begin(ctx, job, record);
      return undefined;
    case "cut": {
      unpacker.incoming = undefined;
      return cutOff(ctx, incoming!);
    }
    case "problem": {
      unpacker.incoming = undefined;
      return refuseIncoming(ctx, incoming, record);
    }
    default: {
      // The records come in an order in which there is one.
      const end = take(ctx, incoming!, record);
      if (end !== undefined) unpacker.incoming = undefined;
      return end;
    }
  }
}

function begin(
  ctx: Applier,
  job: UnpackJob,
  record: Extract<PackRecord, { type: "begin" }>,
): Incoming {
  const action = actionAt(job, record.index);
  const basis = job.bases.get(record.index - job.first);
  const tells = job.tellsChunks && basis !== undefined && action.entry.size >= rememberedBytes;
  const gatherer = tells ? gatherChunks(hashers!.pack) : undefined;
  return beginIncoming(ctx, action, record, { hashers: hashers!, basis, gatherer });
}

function actionAt({ batch, first }: UnpackJob, index: number): PutFile {
  const row = index - first;
  if (row < 0 || row >= batch.types.length)
    throw new WireError("a pack has a file that nobody asked for");
  return decodeAction(batch, row) as PutFile;
}
