import { newHasher } from "../../fs/hasher.ts";
import { packHeaderBytes, readPackHeader } from "../../wire/pack.ts";
import { PackReader } from "../../wire/pack-reader.ts";
import type { Packing } from "../../wire/pack-pieces.ts";
import { beginPack, packPieces, sealPack } from "../../wire/pack-pieces.ts";
import { PackWriter } from "../../wire/pack-writer.ts";
import type { Endpoint, PackOptions, WantedFile } from "../endpoint.ts";
import { EntryProblem } from "../endpoint.ts";

/** Packs of files that are read one after the other. A file that has changed is a problem, whatever was asked for. */
export async function* packMemory(
  read: Endpoint["read"],
  files: readonly WantedFile[],
  options: PackOptions,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  const hashers = { pack: await newHasher("blake3"), file: await newHasher("blake3") };
  const packing: Packing = { writer: new PackWriter(), hashers };
  let index = options.first ?? 0;
  beginPack(packing, index, false);
  for (const { path, entry } of files) {
    if (signal.aborted) break;
    const pieces = read(path, entry, options, signal);
    yield* packPieces(packing, { index: index++, pieces, problemOf });
    if (packing.writer.room > 0) continue;
    yield sealPack(packing, false);
    beginPack(packing, index, false);
  }
  if (packing.writer.length > 0) yield sealPack(packing, false);
}

function problemOf(error: unknown): EntryProblem | undefined {
  return error instanceof EntryProblem ? error : undefined;
}

/** The content of the one file that packs are of; throws `EntryProblem` where it is not of that size, or there is none. */
export async function unpackOne(
  packs: AsyncIterable<Uint8Array>,
  size: number,
): Promise<Uint8Array> {
  const content = new Uint8Array(size);
  let length = 0;
  for await (const pack of packs) {
    const header = readPackHeader(pack)!;
    const reader = new PackReader(pack.subarray(packHeaderBytes), header);
    for (let record = reader.next(); record !== undefined; record = reader.next()) {
      if (record.type === "problem") throw new EntryProblem("source", record.code, record.message);
      if (record.type === "restart") length = 0;
      if (record.type === "hole") length += record.length;
      if (record.type !== "whole" && record.type !== "data") continue;
      if (length + record.data.length > size) throw changed();
      content.set(record.data, length);
      length += record.data.length;
    }
  }
  if (length === size) return content;
  throw changed();
}

function changed(): EntryProblem {
  return new EntryProblem("source", "changed", "it changed while it was read");
}
