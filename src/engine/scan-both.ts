import type { MtimeRule } from "../core/mtime.ts";
import { surelyApart } from "../core/mtime.ts";
import type { Preserve } from "../core/preserve.ts";
import type { SnapshotChunk } from "../core/snapshot.ts";
import type { Endpoint, Likeness, ScanRequest } from "../endpoint/endpoint.ts";
import { teeAhead } from "./tee.ts";

/** The source's scan: begun already, by whoever shares it among several targets, or to be begun along with the target's. */
export type SourceScan =
  | { readonly type: "begun"; readonly chunks: AsyncIterable<SnapshotChunk> }
  | { readonly type: "wanted"; readonly request: ScanRequest };

/** When two rows count as equal, for a scan that may leave out what is. */
export type LikenessRules = Omit<Likeness, "chunks">;

export interface BothScans {
  readonly source: Endpoint;
  readonly target: Endpoint;
  readonly sourceScan: SourceScan;
  /** `undefined` where there is nothing to scan. */
  readonly targetRequest: ScanRequest | undefined;
  readonly likeness: LikenessRules | undefined;
}

/**
 * Begins the scans of both replicas. Where the rows of just one of them cross a connection, it is given the rows of the other
 * one to leave out what is like them.
 */
export function scanBoth(
  { source, target, sourceScan, targetRequest, likeness }: BothScans,
  signal: AbortSignal,
): {
  readonly source: AsyncIterable<SnapshotChunk>;
  readonly target: AsyncIterable<SnapshotChunk>;
} {
  if (likeness !== undefined && targetRequest !== undefined) {
    if (target.capabilities.remote) {
      const { ahead, behind } = teeAhead(begin(source, sourceScan, signal));
      const request = { ...targetRequest, like: { chunks: ahead, ...likeness } };
      return { source: behind, target: target.scan(request, signal) };
    }
    if (sourceScan.type === "wanted") {
      const { ahead, behind } = teeAhead(target.scan(targetRequest, signal));
      const request = { ...sourceScan.request, like: { chunks: ahead, ...likeness } };
      return { source: source.scan(request, signal), target: behind };
    }
  }
  const chunks = begin(source, sourceScan, signal);
  return {
    source: chunks,
    target: targetRequest === undefined ? nothing() : target.scan(targetRequest, signal),
  };
}

function begin(
  source: Endpoint,
  scan: SourceScan,
  signal: AbortSignal,
): AsyncIterable<SnapshotChunk> {
  return scan.type === "begun" ? scan.chunks : source.scan(scan.request, signal);
}

async function* nothing(): AsyncGenerator<SnapshotChunk> {}

/** What decides whether rows may be left out. */
export interface LikenessFacts {
  readonly source: Endpoint;
  readonly target: Endpoint;
  readonly preserve: Preserve;
  readonly mtimes: MtimeRule;
  readonly ignoreFiles: boolean;
  readonly isSingle: boolean;
  /** The identities of all that the source has are going to be written down. */
  readonly needsIdentities: boolean;
}

/**
 * By which rules the one scan whose rows are sent may leave out rows, if it may. What it leaves out is equal in all that is
 * compared to the row that the other replica has at the same path, kind and flags included, so nothing comes of comparing
 * the two, however either came about: by following links, or by leaving out what is not wanted. What is lost is what no
 * equal row is asked for: its identity. Content that has to be read all the same is asked for by path, size and time; names
 * of one file, which are told by identity, are never left out where they are kept. That one replica's root stands within
 * the other is known from the roots; through a mount it shows by a row that differs.
 */
export function likenessOf(facts: LikenessFacts): LikenessRules | undefined {
  const { source, target, preserve, mtimes } = facts;
  const [from, to] = [source.capabilities, target.capabilities];
  if (from.remote === to.remote || facts.isSingle) return undefined;
  // Rows of the source carry the rules of their directories, then; and what the rules exclude is unlike anything.
  if (facts.ignoreFiles) return undefined;
  if (from.remote && facts.needsIdentities) return undefined;
  // A time that was rounded more than the one who keeps it does would not be found again when the file is looked at.
  const { timeResolution } = from.remote ? from : to;
  return { preserve, timeResolution: Math.min(timeResolution, surelyApart(mtimes)) };
}
