import type { ContentHasher } from "../../wire/pack-reads.ts";
import { newHasher } from "../../fs/hasher.ts";
import { packDigestBytes, usualPackBytes } from "../../wire/pack.ts";
import { PackWriter } from "../../wire/pack-writer.ts";
import type { PackOptions, WantedFile } from "../endpoint.ts";
import { EntryProblem } from "../endpoint.ts";
import type { ReadContext } from "./read-file.ts";
import { readInOrder } from "./read-in-order.ts";

/** A pack being filled. */
interface Packing {
  readonly writer: PackWriter;
  readonly hashers: { readonly pack: ContentHasher; readonly file: ContentHasher };
  /** Number of the file in hand, or of the next one. */
  index: number;
}

/** Packs of files that are read many at once. A file that has changed is a problem, whatever was asked for. */
export async function* packFiles(
  ctx: ReadContext,
  files: readonly WantedFile[],
  { first = 0 }: Pick<PackOptions, "first">,
  onFile: () => void,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  const hashers = { pack: await newHasher("blake3"), file: await newHasher("blake3") };
  const packing: Packing = { writer: new PackWriter(), hashers, index: first };
  const { writer } = packing;
  writer.begin(usualPackBytes, first, false);
  for await (const result of readInOrder(ctx, files, signal)) {
    if ("problem" in result) {
      const { code, message } = result.problem;
      writer.problem(packing.index, code, message);
    } else if ("pieces" in result) yield* packPieces(packing, result.pieces);
    else {
      if (writer.length > 0 && writer.room < result.whole.length) {
        yield seal(packing, false);
        writer.begin(usualPackBytes, packing.index, false);
      }
      writer.whole(packing.index, result.whole.length).set(result.whole);
    }
    packing.index++;
    onFile();
    if (writer.room > 0) continue;
    yield seal(packing, false);
    writer.begin(usualPackBytes, packing.index, false);
  }
  if (writer.length > 0) yield seal(packing, false);
}

async function* packPieces(
  packing: Packing,
  pieces: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  const { writer, index } = packing;
  const { file: hasher } = packing.hashers;
  hasher.begin();
  writer.begins(index, undefined);
  let size = 0;
  try {
    for await (const piece of pieces) {
      for (let from = 0; from < piece.length;) {
        if (writer.room === 0) {
          yield seal(packing, true);
          writer.begin(usualPackBytes, index + 1, true);
        }
        const part = piece.subarray(from, from + writer.room);
        writer.data(part.length).set(part);
        from += part.length;
      }
      hasher.update(piece);
      size += piece.length;
    }
    writer.ends(size, hasher.digest());
  } catch (error) {
    if (!(error instanceof EntryProblem)) throw error;
    writer.problem(index, error.code, error.message);
  }
}

function seal({ writer, hashers: { pack } }: Packing, isOpen: boolean): Uint8Array {
  const hash = (records: Uint8Array): Uint8Array => {
    pack.begin();
    pack.update(records);
    return pack.digest().subarray(0, packDigestBytes);
  };
  return writer.seal(isOpen, hash, () => undefined);
}
