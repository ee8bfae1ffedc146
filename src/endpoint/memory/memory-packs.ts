import { newHasher } from "../../fs/hasher.ts";
import { packHeaderBytes, readPackHeader } from "../../wire/pack.ts";
import { PackReader } from "../../wire/pack-reader.ts";
import { packReads } from "../../wire/pack-reads.ts";
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
  const source = {
    read: (path: WantedFile["path"], entry: WantedFile["entry"]) =>
      read(path, entry, options, signal),
    problemOf: (error: unknown) => (error instanceof EntryProblem ? error : undefined),
    hashers,
  };
  yield* packReads(source, files, signal);
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
