import type { ChunkList } from "../../core/chunk-list.ts";
import { draftChunkList } from "../../core/chunk-list.ts";
import { sampleRanges } from "../../core/chunk-sample.ts";
import { samplePlace } from "../../fs/chunk.ts";
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
  const pieces: Uint8Array[] = [];
  try {
    for await (const piece of readUntouched(tree, request, options, signal)) pieces.push(piece);
  } catch (error) {
    if (!(error instanceof EntryProblem)) throw error;
    return undefined;
  }
  const hasher = await newHasher("blake3");
  const draft = draftChunkList();
  const add = (chunk: Uint8Array): void => {
    hasher.begin();
    hasher.update(chunk);
    draft.add(chunk.length, hasher.digest());
  };
  if (options.extent === "quick") sample(Buffer.concat(pieces), add);
  else {
    const chunker = newChunker(add);
    for (const piece of pieces) chunker.push(piece);
    chunker.end();
  }
  return draft.list();
}

function sample(content: Uint8Array, add: (chunk: Uint8Array) => void): void {
  for (const { from, length } of sampleRanges(content.length)) {
    const end = from + length;
    for (const chunk of samplePlace(content.subarray(from, end), end === content.length))
      add(chunk);
  }
}
