import type { ByteString } from "../base/byte-string.ts";
import type { HashAlgorithm } from "../core/content-hash.ts";
import type { Difference } from "../core/difference.ts";
import type { FileEntry } from "../core/entry.ts";
import type { MtimeRule } from "../core/mtime.ts";
import { mtimesApart } from "../core/mtime.ts";
import type { RelPath } from "../core/path.ts";
import type { Side } from "../core/problem.ts";
import type { HashVerdict } from "../endpoint/endpoint.ts";
import { boundsFor, newBatches } from "./batches.ts";
import type { ContentChecker } from "./content-checks.ts";
import type { HashEnds } from "./hash-pairs.ts";
import { hashPairs } from "./hash-pairs.ts";

/** A content hash that was remembered, and of what. */
export interface RememberedFile {
  readonly size: number;
  readonly mtimeSec: number;
  readonly mtimeNs: number;
  readonly hash?: { readonly algorithm: HashAlgorithm; readonly digest: ByteString };
}

/** Hashes of what both replicas were once known to hold. Whoever keeps them is not known here. */
export interface RememberedHashes {
  /** One answer for each path, in the same order. */
  lookup(paths: readonly RelPath[]): Promise<readonly (RememberedFile | undefined)[]>;
  /** Both replicas hold this content at the path; `entry` is the source's. */
  remember(path: RelPath, entry: FileEntry, hash: NonNullable<RememberedFile["hash"]>): void;
}

type Check = Extract<Difference, { type: "check" }>;
type Settled = Exclude<Difference, { type: "check" }>;

/** What is found besides differences. */
export interface RememberedFindings {
  /** The same path is also settled as a difference, where there is one. */
  onCorrupt(check: Check, sides: readonly Side[]): void;
  /** No hash was remembered that could be held against the file. */
  onUnremembered(path: RelPath): void;
}

export interface RememberedCheck extends HashEnds {
  readonly mtimes: MtimeRule;
  readonly remembered: RememberedHashes;
  readonly findings: RememberedFindings;
}

const bounds = {
  near: { files: 2048, bytes: 128 << 20, ahead: 2 },
  far: { files: 4096, bytes: 128 << 20, ahead: 8 },
};

/**
 * Checks content by hashes, in place of comparing bytes: the two with each other, and each with what was remembered of it.
 * What turns out to be as it should is remembered.
 */
export function newRememberedChecker(
  work: RememberedCheck,
  settle: (difference: Settled) => void,
  signal: AbortSignal,
): ContentChecker {
  const chosen = boundsFor(bounds, work.source, work.target);
  const batches = newBatches<Check>(chosen, (checks) => checkBatch(work, checks, settle, signal));
  return {
    add: (check) => batches.add(check, check.size),
    finish: () => batches.finish(),
    hasHashed: () => true,
  };
}

async function checkBatch(
  work: RememberedCheck,
  checks: readonly Check[],
  settle: (difference: Settled) => void,
  signal: AbortSignal,
): Promise<void> {
  // Made once: an entry of a check is put together each time that it is asked for.
  const pairs = checks.map((check) => {
    const { path, size } = check;
    const entries = { source: check.source, target: check.target };
    return { check, path, content: contentPath(check), size, ...entries };
  });
  const [known, hashes] = await Promise.all([
    work.remembered.lookup(checks.map(({ path }) => path)),
    hashPairs(work, pairs, signal),
  ]);
  for (const [i, pair] of pairs.entries())
    judge(work, pair, known[i], [hashes.source[i]!, hashes.target[i]!], settle);
}

/** A file of both replicas. */
interface CheckedPair {
  readonly check: Check;
  readonly source: FileEntry;
  readonly target: FileEntry;
}

function contentPath(check: Check & { readonly content?: RelPath }): RelPath {
  return check.content ?? check.path;
}

/** What two hashes and a memory say of one file. */
function judge(
  { algorithm, mtimes, remembered, findings }: RememberedCheck,
  { check, source, target }: CheckedPair,
  known: RememberedFile | undefined,
  [ours, theirs]: readonly [HashVerdict, HashVerdict],
  settle: (difference: Settled) => void,
): void {
  const { path, around } = check;
  const entries = { source, target };
  for (const verdict of [ours, theirs]) {
    if (!("problem" in verdict)) continue;
    settle({ type: "frozen", problem: { ...verdict.problem, path } });
    return;
  }
  const digests = { source: digestOf(ours), target: digestOf(theirs) };
  // What is remembered stays, also under another algorithm: the content may have suffered since.
  const isKnown = known?.hash !== undefined && isAsRemembered(source, known, mtimes);
  const hash = known?.hash?.algorithm === algorithm ? known.hash : undefined;
  const comparable = (["source", "target"] as const).filter(
    (side) => hash !== undefined && isAsRemembered(entries[side], known!, mtimes),
  );
  const corrupt = comparable.filter((side) => digests[side] !== hash?.digest);
  const isEqual = digests.source === digests.target;
  if (comparable.length === 0) findings.onUnremembered(path);
  if (corrupt.length > 0) findings.onCorrupt(check, corrupt);
  else if (isEqual && check.aspects.length === 0 && !isKnown)
    remembered.remember(path, source, { algorithm, digest: digests.source });
  const aspects = isEqual ? check.aspects : (["content", ...check.aspects] as const);
  if (aspects.length > 0) settle({ type: "differs", path, source, target, aspects, around });
  else if (check.isLinked) settle({ type: "linked", path, source, target, aspects, around });
}

function digestOf(verdict: HashVerdict): ByteString {
  return "digest" in verdict ? verdict.digest : ("" as ByteString);
}

/** A file that was changed since then, as files are, is not what the hash is of. */
function isAsRemembered(entry: FileEntry, known: RememberedFile, rule: MtimeRule): boolean {
  return entry.size === known.size && mtimesApart(entry, known, rule) === 0;
}
