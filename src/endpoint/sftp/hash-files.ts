import type { ByteString } from "../../base/byte-string.ts";
import { byteString } from "../../base/byte-string.ts";
import { quickRanges, sizeBytes } from "../../core/content-hash.ts";
import type { Hasher } from "../../fs/hasher.ts";
import { newHasher } from "../../fs/hasher.ts";
import type { HashOptions, HashRequest, HashVerdict } from "../endpoint.ts";
import { EntryProblem } from "../endpoint.ts";
import type { ReadContext } from "./read-file.ts";
import type { ReadResult } from "./read-in-order.ts";
import { readInOrder } from "./read-in-order.ts";

/** Hashes files here: a server that has only SFTP cannot. Quick hashes are of samples, and only those are fetched. */
export async function hashFiles(
  ctx: ReadContext,
  requests: readonly HashRequest[],
  { algorithm, side }: HashOptions,
  onFile: () => void,
  signal: AbortSignal,
): Promise<HashVerdict[]> {
  signal.throwIfAborted();
  const hasher = await newHasher(algorithm);
  const wanted = requests.map(({ path, entry, size, what }) => {
    const ranges = what === "quick" ? quickRanges(size) : undefined;
    return { path, entry: { ...entry, size }, ...(ranges && { ranges }) };
  });
  const out: HashVerdict[] = [];
  for await (const result of readInOrder(ctx, wanted, signal)) {
    const { path, size, what } = requests[out.length]!;
    const isSampled = what === "quick" && quickRanges(size) !== undefined;
    const found = await digestOf(hasher, result, isSampled ? size : undefined);
    out.push(
      found instanceof EntryProblem
        ? { path, problem: { path, side, code: found.code, message: found.message } }
        : { path, digest: found },
    );
    onFile();
    signal.throwIfAborted();
  }
  signal.throwIfAborted();
  return out;
}

async function digestOf(
  hasher: Hasher,
  result: ReadResult,
  sampledSize: number | undefined,
): Promise<ByteString | EntryProblem> {
  if ("problem" in result) return result.problem;
  hasher.begin();
  if ("whole" in result) hasher.update(result.whole);
  else {
    try {
      for await (const piece of result.pieces) hasher.update(piece);
    } catch (error) {
      if (error instanceof EntryProblem) return error;
      throw error;
    }
  }
  if (sampledSize !== undefined) hasher.update(sizeBytes(sampledSize));
  return byteString(hasher.digest());
}
