import { SyncError } from "../../base/errors.ts";
import { joinChunkLists } from "../../core/chunk-list.ts";
import { openHasher } from "../../fs/hasher.ts";
import { decompress } from "../../fs/squeeze.ts";
import { batchesBySize } from "../../wire/batches-by-size.ts";
import { writeChunkLists } from "../../wire/chunk-lists.ts";
import type { PackRecord } from "../../wire/pack.ts";
import { packHash } from "../../wire/content-hasher.ts";
import { packHeaderBytes, readPackHeader } from "../../wire/pack.ts";
import { PackReader } from "../../wire/pack-reader.ts";
import { PackWriter } from "../../wire/pack-writer.ts";
import { filesTogether, writeFiles } from "../../wire/verdicts.ts";
import type { PackOptions, ReadOptions, WantedFile } from "../endpoint.ts";
import { EntryProblem } from "../endpoint.ts";
import type { Remote } from "./remote.ts";
import type { Conversation } from "./agent-line.ts";

/** Bytes of one message that says which files are wanted, about. */
export const messageBytes: number = 256 * 1024;

/**
 * Packs of files at the other end, as they come: nobody looks into them on their way. Where the line breaks, what has not
 * begun is asked for again; of a file that was in hand it is said that it was cut off.
 */
export async function* readThere(
  remote: Remote,
  files: readonly WantedFile[],
  options: PackOptions,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  const again = remote.line.recovery();
  const base = options.first ?? 0;
  let next = 0;
  let isInHand = false;
  for (;;) {
    try {
      const rest = files.slice(next);
      const from = { ...options, first: base + next };
      for await (const pack of packsOf(remote, rest, from, signal)) {
        const header = readPackHeader(pack);
        const isNext =
          header !== undefined &&
          header.first === base + next &&
          header.end <= base + files.length &&
          header.continues === isInHand;
        if (!isNext) throw noPack(remote);
        next = header.end - base;
        isInHand = header.isOpen;
        remote.counts.bytes += header.length;
        again.progress();
        yield pack;
      }
      return;
    } catch (error) {
      await again.after(error);
      if (isInHand) yield await cutAt(base + next);
      isInHand = false;
      if (next === files.length) return;
    }
  }
}

/** A pack that says that the file before the next one was cut off. */
async function cutAt(next: number): Promise<Uint8Array> {
  const hasher = await openHasher("blake3");
  const writer = new PackWriter();
  writer.begin(1, next, true);
  writer.cut();
  return writer.seal(false, packHash(hasher), () => undefined);
}

function noPack({ location }: Remote): SyncError {
  return new SyncError("ENDPOINT_PROTOCOL", `${location}: content comes that nobody has asked for`);
}

async function* packsOf(
  remote: Remote,
  files: readonly WantedFile[],
  options: PackOptions,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  const { line, number } = remote;
  const live = line.live();
  await remote.place(live);
  const conversation = live.ask({ type: "read", endpoint: number, options });
  const { channel } = conversation;
  const asking = askFor(conversation, files);
  asking.catch(() => {});
  let isOver = false;
  try {
    for (;;) {
      const pack = await channel.receive();
      if (pack === undefined) break;
      yield pack;
      // A file in hand is finished, and no other one begun.
      if (signal.aborted && readPackHeader(pack)?.isOpen !== true) break;
    }
    isOver = true;
  } finally {
    channel.cancel();
    if (isOver) await asking.catch(() => {});
  }
}

async function askFor(
  { channel, messages }: Conversation,
  files: readonly WantedFile[],
): Promise<void> {
  const most = { items: filesTogether, bytes: messageBytes };
  const bytesOf = ({ path, basis = [] }: WantedFile): number =>
    basis.reduce((sum, { digests }) => sum + digests.length, path.length + 64);
  for (const some of batchesBySize(files, most, bytesOf)) {
    await messages.send((out) => {
      writeFiles(out, some);
      writeChunkLists(
        out,
        some.map(({ basis }) => basis && joinChunkLists(basis)),
      );
    });
  }
  channel.end();
}

/** The content of one file, in pieces. */
export async function* readOneThere(
  remote: Remote,
  file: WantedFile,
  { followLinks }: ReadOptions,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  const options = { followLinks, asPlanned: true, xattrs: false, acls: false, compress: false };
  let left = file.entry.size;
  const take = (length: number): number => {
    left -= length;
    if (left < 0) throw notAsAnnounced();
    return length;
  };
  for await (const record of recordsOf(remote, readThere(remote, [file], options, signal))) {
    signal.throwIfAborted();
    switch (record.type) {
      case "whole":
      case "data":
        if (take(record.data.length) > 0) yield record.data;
        break;
      case "hole":
        yield* zeros(take(record.length));
        break;
      case "problem":
        throw new EntryProblem("source", record.code, record.message);
      case "restart":
        throw new EntryProblem("source", "changed", "it changed while it was read");
      case "cut":
        throw new EntryProblem("source", "io", "the connection was lost while it was read");
      case "chunks":
        throw notAsAnnounced();
      case "begin":
      case "end":
    }
  }
  if (left > 0 && !signal.aborted) throw notAsAnnounced();
}

async function* recordsOf(
  remote: Remote,
  packs: AsyncIterable<Uint8Array>,
): AsyncGenerator<PackRecord> {
  for await (const pack of packs) {
    const header = readPackHeader(pack)!;
    try {
      const body = pack.subarray(packHeaderBytes);
      const reader = new PackReader(decompress(body, header.codec, header.length), header);
      for (let record = reader.next(); record !== undefined; record = reader.next()) yield record;
    } catch (cause) {
      throw new SyncError("ENDPOINT_PROTOCOL", `${remote.location}: a pack makes no sense`, {
        cause,
      });
    }
  }
}

function notAsAnnounced(): EntryProblem {
  return new EntryProblem("source", "changed", "what arrived is not what was announced");
}

const zeroBytes = 256 * 1024;

function* zeros(length: number): Generator<Uint8Array> {
  for (let left = length; left > 0; left -= zeroBytes)
    yield new Uint8Array(Math.min(left, zeroBytes));
}
