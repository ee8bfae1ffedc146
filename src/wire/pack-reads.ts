import type { FileEntry } from "../core/entry.ts";
import type { RelPath } from "../core/path.ts";
import type { ProblemCode } from "../core/problem.ts";
import { packDigestBytes, usualPackBytes } from "./pack.ts";
import { PackWriter } from "./pack-writer.ts";

/** BLAKE3, piece by piece. */
export interface ContentHasher {
  begin(): void;
  update(bytes: Uint8Array): void;
  digest(): Uint8Array;
}

/** For whoever has its content one file after the other, as streams. */
export interface ReadSource {
  /** Throws, before or on the way, where a file is not, or does not stay, what its entry says. */
  readonly read: (path: RelPath, entry: FileEntry) => AsyncIterable<Uint8Array>;
  /** What such a failure is to be told as; anything else is thrown on. */
  readonly problemOf: (
    error: unknown,
  ) => { readonly code: ProblemCode; readonly message: string } | undefined;
  /** One for packs, and one for files, which is used over several packs. */
  readonly hashers: { readonly pack: ContentHasher; readonly file: ContentHasher };
}

interface Packing {
  readonly source: ReadSource;
  readonly writer: PackWriter;
  /** Number of the next file. */
  next: number;
}

/** Makes packs of streams, one file after the other. After the signal aborts, no other file is begun. */
export async function* packReads(
  source: ReadSource,
  files: readonly { readonly path: RelPath; readonly entry: FileEntry }[],
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  const packing: Packing = { source, writer: new PackWriter(), next: 0 };
  packing.writer.begin(usualPackBytes, 0, false);
  for (const file of files) {
    if (signal.aborted) break;
    yield* packOne(packing, file);
    if (packing.writer.room === 0) yield seal(packing, false);
  }
  if (packing.writer.length > 0) yield seal(packing, false);
}

async function* packOne(
  packing: Packing,
  { path, entry }: { readonly path: RelPath; readonly entry: FileEntry },
): AsyncGenerator<Uint8Array> {
  const { source, writer } = packing;
  const { file: hasher } = source.hashers;
  const index = packing.next++;
  hasher.begin();
  writer.begins(index, undefined);
  let size = 0;
  try {
    for await (const piece of source.read(path, entry)) {
      for (let from = 0; from < piece.length;) {
        if (writer.room === 0) yield seal(packing, true);
        const part = piece.subarray(from, from + writer.room);
        writer.data(part.length).set(part);
        from += part.length;
      }
      hasher.update(piece);
      size += piece.length;
    }
    writer.ends(size, hasher.digest());
  } catch (error) {
    const problem = source.problemOf(error);
    if (problem === undefined) throw error;
    writer.problem(index, problem.code, problem.message);
  }
}

/** Closes a pack and begins the next one. */
function seal({ source, writer, next }: Packing, isOpen: boolean): Uint8Array {
  const { pack: hasher } = source.hashers;
  const hash = (records: Uint8Array): Uint8Array => {
    hasher.begin();
    hasher.update(records);
    return hasher.digest().subarray(0, packDigestBytes);
  };
  const pack = writer.seal(isOpen, hash, () => undefined);
  writer.begin(usualPackBytes, next, isOpen);
  return pack;
}
