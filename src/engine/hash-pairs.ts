import type { HashAlgorithm } from "../core/content-hash.ts";
import type { FileEntry } from "../core/entry.ts";
import type { RelPath } from "../core/path.ts";
import type { Side } from "../core/problem.ts";
import type { Endpoint, HashRequest, HashVerdict } from "../endpoint/endpoint.ts";

/** Both ends, and how files are hashed there. */
export interface HashEnds {
  readonly source: Endpoint;
  readonly target: Endpoint;
  readonly algorithm: HashAlgorithm;
  /** The source was scanned through its links. */
  readonly followLinks: boolean;
}

/** One file that both replicas hold with equal size. */
export interface FilePair {
  /** Where the target has it. */
  readonly path: RelPath;
  /** Where the source has it. */
  readonly content: RelPath;
  /** Bytes, of both. */
  readonly size: number;
  readonly source: FileEntry;
  readonly target: FileEntry;
}

/** Hashes files where they are, at both ends at once. Two verdicts for every pair, in the same order. */
export async function hashPairs(
  { source, target, algorithm, followLinks }: HashEnds,
  pairs: readonly FilePair[],
  signal: AbortSignal,
): Promise<{ readonly source: HashVerdict[]; readonly target: HashVerdict[] }> {
  const ask = (side: Side): Promise<HashVerdict[]> => {
    const requests = pairs.map((pair): HashRequest => {
      const path = side === "source" ? pair.content : pair.path;
      return { path, size: pair.size, what: "full", entry: pair[side] };
    });
    const options = { algorithm, side, followLinks: side === "source" && followLinks };
    return (side === "source" ? source : target).hash(requests, options, signal);
  };
  const [ours, theirs] = await Promise.all([ask("source"), ask("target")]);
  return { source: ours, target: theirs };
}
