import { maxChunk } from "../../core/chunk-list.ts";
import type { ChunkRun } from "../../core/delta.ts";
import type { Descriptor, FileDriver } from "../../fs/driver.ts";
import { errnoOf } from "../../fs/file-error.ts";
import type { Hasher } from "../../fs/hasher.ts";
import type { OpenBasis } from "./basis.ts";
import { StaleBasis } from "./basis.ts";

/** Where chunks are copied to, and who listens. */
export interface ChunkSink {
  readonly driver: FileDriver;
  /** Takes the next chunk; throws where there is no room for as much. */
  readonly write: (chunk: Uint8Array) => void;
  /** Of the file as a whole: it hears the digests of chunks that are copied. */
  readonly hasher: Hasher;
  readonly chunkHasher: Hasher;
}

let buffer: Buffer | undefined;

/** Copies a run of chunks of a basis. Each is what the source takes it for, or `StaleBasis` is thrown. */
export function copyChunks(basis: OpenBasis, { first, count }: ChunkRun, sink: ChunkSink): void {
  buffer ??= Buffer.allocUnsafeSlow(maxChunk);
  for (let chunk = first; chunk < first + count; chunk++) {
    const size = basis.list.sizes[chunk]!;
    const piece = buffer.subarray(0, size);
    const { fd, position } = basis.locate(chunk);
    if (!readFully(sink.driver, fd, piece, position)) throw new StaleBasis("it has become shorter");
    sink.chunkHasher.begin();
    sink.chunkHasher.update(piece);
    const digest = sink.chunkHasher.digest();
    if (!basis.isGenuine(chunk, digest)) throw new StaleBasis("it has other content");
    sink.write(piece);
    sink.hasher.update(digest);
  }
}

function readFully(
  driver: FileDriver,
  fd: Descriptor,
  piece: Uint8Array,
  position: number,
): boolean {
  try {
    for (let done = 0; done < piece.length;) {
      const rest = piece.subarray(done);
      const read = driver.readAt(fd, rest, rest.length, position + done);
      if (read === 0) return false;
      done += read;
    }
    return true;
  } catch (cause) {
    if (errnoOf(cause) === undefined) throw cause;
    // What cannot be read here can still be sent.
    throw new StaleBasis("it cannot be read", { cause });
  }
}
