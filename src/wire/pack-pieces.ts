import type { ProblemCode } from "../core/problem.ts";
import type { PackHashers } from "./content-hasher.ts";
import { packHash } from "./content-hasher.ts";
import { usualPackBytes } from "./pack.ts";
import type { PackWriter } from "./pack-writer.ts";

/** Packs being filled, for whoever has content as streams of pieces. Nothing of it is compressed. */
export interface Packing {
  readonly writer: PackWriter;
  readonly hashers: PackHashers;
}

/** A file, by its number, piece by piece. What the pieces end with instead may be trouble with the file. */
export interface PiecesOfFile {
  readonly index: number;
  readonly pieces: AsyncIterable<Uint8Array>;
  /** What a failure of the pieces is to be told as; anything else is thrown on. */
  readonly problemOf: (
    error: unknown,
  ) => { readonly code: ProblemCode; readonly message: string } | undefined;
}

/** Begins a pack; `next` is the number of the first file not yet begun. */
export function beginPack({ writer }: Packing, next: number, continues: boolean): void {
  writer.begin(usualPackBytes, next, continues);
}

export function sealPack({ writer, hashers }: Packing, isOpen: boolean): Uint8Array {
  return writer.seal(isOpen, packHash(hashers.pack), () => undefined);
}

/** Puts one file into packs, and yields those that it fills. */
export async function* packPieces(
  packing: Packing,
  { index, pieces, problemOf }: PiecesOfFile,
): AsyncGenerator<Uint8Array> {
  const { writer, hashers } = packing;
  hashers.file.begin();
  writer.begins(index, undefined);
  let size = 0;
  try {
    for await (const piece of pieces) {
      for (let from = 0; from < piece.length;) {
        if (writer.room === 0) {
          yield sealPack(packing, true);
          beginPack(packing, index + 1, true);
        }
        const part = piece.subarray(from, from + writer.room);
        writer.data(part.length).set(part);
        from += part.length;
      }
      hashers.file.update(piece);
      size += piece.length;
    }
    writer.ends(size, hashers.file.digest());
  } catch (error) {
    const problem = problemOf(error);
    if (problem === undefined) throw error;
    writer.problem(index, problem.code, problem.message);
  }
}
