import { newHasher } from "../../fs/hasher.ts";
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
