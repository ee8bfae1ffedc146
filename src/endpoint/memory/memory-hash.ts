import { byteString } from "../../base/byte-string.ts";
import { quickRanges, sizeBytes } from "../../core/content-hash.ts";
import type { RelPath } from "../../core/path.ts";
import { openHasher } from "../../fs/hasher.ts";
import type {
  ChunkOptions,
  ChunkRequest,
  Endpoint,
  HashOptions,
  HashRequest,
  HashVerdict,
} from "../endpoint.ts";
import { EntryProblem } from "../endpoint.ts";
import { joinTime } from "./memory-node.ts";

/** What is hashed: content, as it is read, and when each file last changed in any way. */
export interface HashedTree {
  readonly read: Endpoint["read"];
  /** Nanoseconds since the epoch; `undefined` where nothing is. */
  readonly ctimeOf: (path: RelPath) => bigint | undefined;
}

/** Hashes what `read` gives. */
export async function hashFiles(
  tree: HashedTree,
  requests: readonly HashRequest[],
  options: HashOptions,
  signal: AbortSignal,
): Promise<HashVerdict[]> {
  signal.throwIfAborted();
  const verdicts: HashVerdict[] = [];
  for (const request of requests) verdicts.push(await hashFile(tree, request, options, signal));
  return verdicts;
}

async function hashFile(
  tree: HashedTree,
  { path, entry, size, what }: HashRequest,
  { algorithm, side, followLinks }: HashOptions,
  signal: AbortSignal,
): Promise<HashVerdict> {
  const pieces: Uint8Array[] = [];
  try {
    const request = { path, entry: { ...entry, size } };
    for await (const piece of readUntouched(tree, request, { side, followLinks }, signal))
      pieces.push(piece);
  } catch (error) {
    if (!(error instanceof EntryProblem)) throw error;
    return { path, problem: { path, side, code: error.code, message: error.message } };
  }
  const content = Buffer.concat(pieces);
  const ranges = what === "quick" ? quickRanges(size) : undefined;
  const hasher = await openHasher(algorithm);
  hasher.begin();
  if (ranges === undefined) hasher.update(content);
  else {
    for (const { from, length } of ranges) hasher.update(content.subarray(from, from + length));
    hasher.update(sizeBytes(size));
  }
  return { path, digest: byteString(hasher.digest()) };
}

/** Content, if nothing at all has been done to the file since it was scanned; fails with `EntryProblem` otherwise, at the end. */
export async function* readUntouched(
  { read, ctimeOf }: HashedTree,
  { path, entry }: ChunkRequest,
  { side, followLinks }: Pick<ChunkOptions, "side" | "followLinks">,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  yield* read(path, entry, { followLinks }, signal);
  const now = ctimeOf(path);
  const known = joinTime(entry.ctimeSec, entry.ctimeNs);
  if (known !== 0n && now !== known) throw new EntryProblem(side, "changed", "it has changed");
}
