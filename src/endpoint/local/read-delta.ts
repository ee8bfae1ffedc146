import { maxChunk } from "../../core/chunk-list.ts";
import type { ChunkList } from "../../core/chunk-list.ts";
import { sizeBytes } from "../../core/content-hash.ts";
import { findChunk, indexChunks, mergeRuns } from "../../core/delta.ts";
import { chunkBufferBytes, fileChunks, zeroChunk } from "../../fs/chunk.ts";
import type { Descriptor, FileDriver } from "../../fs/driver.ts";
import type { Hasher } from "../../fs/hasher.ts";
import type { PackWriter } from "../../wire/pack-writer.ts";

/** What reading in chunks needs to know of its surroundings. */
export interface DeltaContext {
  readonly driver: FileDriver;
  /** Of the file as a whole: it hears the digests of chunks, whether they are sent or not, and the lengths of holes. */
  readonly hasher: Hasher;
  /** Used up for one chunk after the other. */
  readonly chunkHasher: Hasher;
  readonly onBytes: (bytes: number) => void;
}

/** What was read in one go. A file that is done with fewer bytes than it is said to have has become shorter. */
export interface DeltaPart {
  readonly isDone: boolean;
  readonly bytes: number;
}

/** Tells of a file chunk by chunk: of those that the other side has by number. A record of data is one chunk. */
export interface DeltaReader {
  /** Reads on until the file ends, or, where there may be more than one pack, this one is full or enough was read for it. */
  readOn(writer: PackWriter, isOnePack: boolean): DeltaPart;
}

/** After this much of a file a pack is closed, however little is in it: the other side has copying to do meanwhile. */
const mostRead = 16 << 20;
/** What a pack has to have room for: a chunk, and what was told of before it. */
const roomNeeded = maxChunk + 64;
let buffer: Buffer | undefined;

/** Reads an open file of `size` bytes. One at a time in a thread. */
export function openDelta(
  ctx: DeltaContext,
  fd: Descriptor,
  size: number,
  basis: ChunkList,
): DeltaReader {
  buffer ??= Buffer.allocUnsafeSlow(chunkBufferBytes);
  const chunks = fileChunks({ ...ctx, buffer, goesOn: () => true }, fd, size);
  const teller = newTeller(ctx, basis);
  return {
    readOn(writer, isOnePack) {
      let bytes = 0;
      let isDone = false;
      const isFull = (): boolean => !isOnePack && (bytes >= mostRead || writer.room < roomNeeded);
      while (!isDone && !isFull()) {
        const next = chunks.next();
        if (next.done === true) isDone = true;
        else {
          teller.tell(writer, next.value);
          bytes += next.value.length;
        }
      }
      teller.flush(writer);
      return { isDone, bytes };
    },
  };
}

interface Teller {
  tell(writer: PackWriter, chunk: Readonly<Uint8Array>): void;
  /** What is the same in a row is one record, but not beyond a pack. */
  flush(writer: PackWriter): void;
}

function newTeller({ hasher, chunkHasher }: DeltaContext, basis: ChunkList): Teller {
  const index = indexChunks(basis);
  let out: PackWriter;
  const runs = mergeRuns(({ first, count }) => out.chunks(first, count));
  let hole = 0;
  const flush = (writer: PackWriter): void => {
    out = writer;
    runs.flush();
    if (hole === 0) return;
    hasher.update(sizeBytes(hole));
    writer.hole(hole);
    hole = 0;
  };
  return {
    flush,
    tell(writer, chunk) {
      if (chunk === zeroChunk) {
        runs.flush();
        hole += chunk.length;
        return;
      }
      chunkHasher.begin();
      chunkHasher.update(chunk);
      const digest = chunkHasher.digest();
      const known = findChunk(index, { digest, size: chunk.length }, runs.next);
      if (known === -1 || hole > 0) flush(writer);
      hasher.update(digest);
      if (known === -1) {
        writer.data(chunk.length).set(chunk);
        return;
      }
      out = writer;
      runs.add(known);
    },
  };
}
