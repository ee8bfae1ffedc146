import type { ChunkList } from "../../core/chunk-list.ts";
import { draftChunkList } from "../../core/chunk-list.ts";
import { newChunker } from "../../fs/chunker.ts";
import { newHasher } from "../../fs/hasher.ts";
import type { ChunkOptions, ChunkRequest } from "../endpoint.ts";
import { EntryProblem } from "../endpoint.ts";
import type { HashedTree } from "./memory-hash.ts";
import { readUntouched } from "./memory-hash.ts";

/** Cuts what `read` gives. The lists are those of any other driver that has the same content. */
export async function chunkFiles(
  tree: HashedTree,
  requests: readonly ChunkRequest[],
  options: ChunkOptions,
  signal: AbortSignal,
): Promise<(ChunkList | undefined)[]> {
  signal.throwIfAborted();
  const lists: (ChunkList | undefined)[] = [];
  for (const request of requests) lists.push(await chunkOne(tree, request, options, signal));
  return lists;
}

async function chunkOne(
  tree: HashedTree,
  request: ChunkRequest,
  options: ChunkOptions,
  signal: AbortSignal,
): Promise<ChunkList | undefined> {
  const unfollowed = { ...options, followLinks: false };
  const hasher = await newHasher("blake3");
  const draft = draftChunkList();
  const chunker = newChunker((chunk) => {
    hasher.begin();
    hasher.update(chunk);
    draft.add(chunk.length, hasher.digest());
  });
  try {
    for await (const piece of readUntouched(tree, request, unfollowed, signal)) chunker.push(piece);
  } catch (error) {
    if (!(error instanceof EntryProblem)) throw error;
    return undefined;
  }
  chunker.end();
  return draft.list();
}
