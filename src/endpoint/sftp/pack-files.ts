import { newHasher } from "../../fs/hasher.ts";
import type { Packing } from "../../wire/pack-pieces.ts";
import { beginPack, packPieces, sealPack } from "../../wire/pack-pieces.ts";
import { PackWriter } from "../../wire/pack-writer.ts";
import type { PackOptions, WantedFile } from "../endpoint.ts";
import { EntryProblem } from "../endpoint.ts";
import type { ReadContext } from "./read-file.ts";
import { readInOrder } from "./read-in-order.ts";

/** Packs of files that are read many at once. A file that has changed is a problem, whatever was asked for. */
export async function* packFiles(
  ctx: ReadContext,
  files: readonly WantedFile[],
  { first = 0 }: Pick<PackOptions, "first">,
  onFile: () => void,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  const hashers = { pack: await newHasher("blake3"), file: await newHasher("blake3") };
  const packing: Packing = { writer: new PackWriter(), hashers };
  const { writer } = packing;
  /** Number of the file in hand, or of the next one. */
  let index = first;
  const turnOver = function* turnOver(): Generator<Uint8Array> {
    yield sealPack(packing, false);
    beginPack(packing, index, false);
  };
  beginPack(packing, first, false);
  for await (const result of readInOrder(ctx, files, signal)) {
    if ("problem" in result) {
      const { code, message } = result.problem;
      writer.problem(index, code, message);
    } else if ("pieces" in result) {
      yield* packPieces(packing, { index, pieces: result.pieces, problemOf });
    } else {
      if (writer.length > 0 && writer.room < result.whole.length) yield* turnOver();
      writer.whole(index, result.whole.length).set(result.whole);
    }
    index++;
    onFile();
    if (writer.room === 0) yield* turnOver();
  }
  if (writer.length > 0) yield sealPack(packing, false);
}

function problemOf(error: unknown): EntryProblem | undefined {
  return error instanceof EntryProblem ? error : undefined;
}
