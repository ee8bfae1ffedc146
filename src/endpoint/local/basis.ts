import type { ChunkList } from "../../core/chunk-list.ts";
import { chunkDigestBytes, chunkStarts } from "../../core/chunk-list.ts";
import type { Name } from "../../core/path.ts";
import type { Descriptor, FileDriver } from "../../fs/driver.ts";

/** What the target has of a file that is to come: the chunks of one or more files in its directory, one list for all. */
export interface Basis {
  readonly list: ChunkList;
  readonly files: readonly BasisFile[];
}

export interface BasisFile {
  readonly name: Name;
  /** How many of the chunks are its. */
  readonly chunks: number;
  readonly size: number;
  /** What an earlier run could not finish: of no use to anybody once the file is in its place. */
  readonly isPart: boolean;
}

/** Where the chunks of a basis are, with its files open. */
export interface OpenBasis extends Disposable {
  /** The file that has the chunk, and its position there. */
  locate(chunk: number): { readonly fd: Descriptor; readonly position: number };
  /** Whether the digest of a chunk that was read is the one that the list has. */
  isGenuine(chunk: number, digest: Uint8Array): boolean;
}

/** Thrown where the target has not, or no longer, what it has told the source that it has. */
export class StaleBasis extends Error {
  override readonly name = "StaleBasis";
}

/** Opens the files of a basis. Chunk numbers are the caller's to check. */
export function openBasis(driver: FileDriver, dir: Descriptor, { list, files }: Basis): OpenBasis {
  const opened: { readonly first: number; readonly fd: Descriptor }[] = [];
  const close = (): void => {
    for (const { fd } of opened) driver.close(fd);
  };
  const starts = chunkStarts(list);
  let first = 0;
  try {
    for (const { name, chunks } of files) {
      opened.push({ first, fd: driver.openFile(dir, name) });
      first += chunks;
    }
  } catch (cause) {
    close();
    throw new StaleBasis("it cannot be opened", { cause });
  }
  return {
    locate(chunk) {
      const { first, fd } = opened.findLast((file) => file.first <= chunk)!;
      return { fd, position: starts[chunk]! - starts[first]! };
    },
    isGenuine: (chunk, digest) => isEqual(digest, list.digests, chunk * chunkDigestBytes),
    [Symbol.dispose]: close,
  };
}

function isEqual(digest: Uint8Array, digests: Uint8Array, from: number): boolean {
  for (let i = 0; i < chunkDigestBytes; i++) {
    if (digest[i] !== digests[from + i]) return false;
  }
  return true;
}
