import type { ChunkList } from "../../core/chunk-list.ts";
import { chunkDigestBytes, chunkStarts, joinChunkLists } from "../../core/chunk-list.ts";
import type { RelPath } from "../../core/path.ts";
import type { Directories } from "../../fs/directories.ts";
import type { Descriptor, FileDriver } from "../../fs/driver.ts";
import { errnoOf } from "../../fs/file-error.ts";

/**
 * What the target has of a file that is to come: files with what they consist of, all chunks in a row. Without any, all of it
 * is to come, but in chunks.
 */
export type Basis = readonly BasisFile[];

export interface BasisFile {
  readonly path: RelPath;
  readonly list: ChunkList;
  /** Bytes of what an earlier run could not finish: of no use to anybody once the file is in its place. */
  readonly partSize: number | undefined;
  /** Somebody holds it open, since its name may come to mean something else. */
  readonly held: Descriptor | undefined;
}

/** Where the chunks of a basis are. */
export interface OpenBasis extends Disposable {
  /** All chunks. */
  readonly list: ChunkList;
  /** The file that has the chunk, open, and its position there. */
  locate(chunk: number): { readonly fd: Descriptor; readonly position: number };
  /** Whether the digest of a chunk that was read is the one that the list has. */
  isGenuine(chunk: number, digest: Uint8Array): boolean;
}

/** Thrown where the target has not, or no longer, what it has told the source that it has. */
export class StaleBasis extends Error {
  override readonly name = "StaleBasis";
}

/** Opens each file of a basis when it is first needed. Chunk numbers are the caller's to check. */
export function openBasis(driver: FileDriver, dirs: Directories, basis: Basis): OpenBasis {
  const list = joinChunkLists(basis.map((file) => file.list));
  const starts = chunkStarts(list);
  const firsts: number[] = [];
  let first = 0;
  for (const { list: own } of basis) {
    firsts.push(first);
    first += own.sizes.length;
  }
  const opened = new Map<number, Descriptor>();
  const descriptorOf = (file: number): Descriptor => {
    const { held, path } = basis[file]!;
    const known = held ?? opened.get(file);
    if (known !== undefined) return known;
    const fd = openAgain(dirs, path);
    opened.set(file, fd);
    return fd;
  };
  return {
    list,
    locate(chunk) {
      // A file of no chunks is never the last one to begin at or before a chunk that there is.
      const file = firsts.findLastIndex((first) => first <= chunk);
      return { fd: descriptorOf(file), position: starts[chunk]! - starts[firsts[file]!]! };
    },
    isGenuine: (chunk, digest) => isEqual(digest, list.digests, chunk * chunkDigestBytes),
    [Symbol.dispose]() {
      for (const fd of opened.values()) driver.close(fd);
    },
  };
}

function openAgain(dirs: Directories, path: RelPath): Descriptor {
  try {
    return dirs.openFile(path);
  } catch (cause) {
    if (errnoOf(cause) === undefined) throw cause;
    throw new StaleBasis("it cannot be opened", { cause });
  }
}

function isEqual(digest: Uint8Array, digests: Uint8Array, from: number): boolean {
  for (let i = 0; i < chunkDigestBytes; i++) {
    if (digest[i] !== digests[from + i]) return false;
  }
  return true;
}
