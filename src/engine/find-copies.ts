import type { ByteString } from "../base/byte-string.ts";
import { quickRanges } from "../core/content-hash.ts";
import { advance, currentPath, newCursor, refill } from "../core/cursor.ts";
import type { FileEntry } from "../core/entry.ts";
import type { Appeared } from "../core/move-pool.ts";
import { rebased } from "../core/pair-directories.ts";
import type { RelPath } from "../core/path.ts";
import { baseName, comparePaths } from "../core/path.ts";
import { FILE, findingAt } from "../core/snapshot.ts";
import type { RememberedEntry } from "../state/state.ts";
import { hashAll } from "./equal-groups.ts";
import type { Finding } from "./move-search.ts";

/** A file that is made from another one of the target's, which has the same content. */
export interface FileCopy {
  readonly now: Appeared;
  /** Where the original stands when everything has moved. */
  readonly from: RelPath;
  readonly original: FileEntry;
}

/** A file of the target's that keeps its name and its content; one that moves is found among its equals before. */
interface Candidate {
  /** Where it is now, and where it is when everything has moved. */
  readonly path: RelPath;
  readonly later: RelPath;
  readonly entry: FileEntry;
}

/** Bounds, so that many new files cost no more than a moment: what is not looked at is sent. */
const mostFiles = 1024;
const mostAlike = 16;
/**
 * Bytes of new content for each entry of the target, from which on it is worth being scanned once more; where rows have to
 * be sent to us, a row costs some thirty bytes.
 */
const worthAnEntry = { near: 1024, far: 64 };
const smallTree = 20_000;

/** Finds files whose content the target has under a name that stays: by size, samples, and the whole hash. */
export async function findCopies(
  finding: Finding,
  wanted: readonly Appeared[],
): Promise<FileCopy[]> {
  const largest = wanted.toSorted((a, b) => b.entry.size - a.entry.size).slice(0, mostFiles);
  if (largest.length === 0) return [];
  const sizes = new Set(largest.map(({ entry }) => entry.size));
  const staying = await candidatesOf(finding, sizes, largest);
  const bySize = Map.groupBy(staying, sizeOf);
  let nows = largest.filter((now) => bySize.has(now.entry.size));
  let olds = [...Map.groupBy(nows, sizeOf)].flatMap(([size, files]) =>
    likeliest(bySize.get(size) ?? [], files),
  );
  for (const what of ["quick", "full"] as const) {
    if (nows.length === 0 || olds.length === 0) return [];
    const [there, here] = await Promise.all([
      hashAll(finding, "target", olds, what),
      hashAll(finding, "source", nows, what),
    ]);
    const known = Map.groupBy(
      olds.filter((old) => there.has(old)),
      (old) => keyOf(old.entry.size, there.get(old)!),
    );
    const matches = nows.flatMap((now) => {
      const digest = here.get(now);
      const same = digest === undefined ? undefined : known.get(keyOf(now.entry.size, digest));
      return same === undefined ? [] : [{ now, old: same[0]!, same }];
    });
    const isSettled = what === "full" || matches.every(({ now }) => isSampleAll(now));
    if (isSettled) {
      return matches.map(({ now, old }) => ({ now, from: old.later, original: old.entry }));
    }
    nows = matches.map(({ now }) => now);
    olds = [...new Set(matches.flatMap(({ same }) => same))];
  }
  return [];
}

function isSampleAll({ entry }: Appeared): boolean {
  return quickRanges(entry.size) === undefined;
}

function sizeOf({ entry }: { readonly entry: { readonly size: number } }): number {
  return entry.size;
}

function keyOf(size: number, digest: ByteString): string {
  return `${size} ${digest}`;
}

/** Of very many files of one size, those of the same names first. */
function likeliest(candidates: readonly Candidate[], files: readonly Appeared[]): Candidate[] {
  const names = new Set(files.map(({ path }) => baseName(path)));
  const rank = ({ path }: Candidate): number => (names.has(baseName(path)) ? 0 : 1);
  return candidates
    .toSorted((a, b) => rank(a) - rank(b) || comparePaths(a.path, b.path))
    .slice(0, mostAlike);
}

/** Files of these sizes that neither go away nor change: as remembered, else as another scan of the target finds them. */
async function candidatesOf(
  finding: Finding,
  sizes: ReadonlySet<number>,
  wanted: readonly Appeared[],
): Promise<Candidate[]> {
  const { memory } = finding.search;
  const all =
    memory?.isKnown() === true
      ? (await memory.findBySize(sizes)).map(({ path, entry }) => ({
          path,
          entry: expected(entry),
        }))
      : await scanned(finding, sizes, wanted);
  const { targetOnly, differing, changing } = finding.pool;
  const restless = new Set([...targetOnly, ...differing].map(({ path }) => path));
  return all
    .map((one) => ({ ...one, later: laterPath(finding, one.path) }))
    .filter(({ later }) => !restless.has(later) && !changing.has(later));
}

function laterPath({ directories }: Finding, path: RelPath): RelPath {
  return directories.reduce((at, { from, to }) => rebased(at, from, to), path);
}

/** What is remembered of a file says nothing of its inode at the target. */
function expected(remembered: RememberedEntry): FileEntry {
  const { size, mtimeSec, mtimeNs } = remembered;
  const times = { mtimeSec, mtimeNs, ctimeSec: 0, ctimeNs: 0, birthSec: 0, birthNs: 0 };
  const identity = { dev: 0, inoHigh: 0, inoLow: 0, nlink: 1 };
  const rest = { mode: 0o600, uid: 0, gid: 0, blocks: Math.ceil(size / 512), xattrs: undefined };
  return { kind: "file", size, ...times, ...identity, ...rest };
}

async function scanned(
  { search }: Finding,
  sizes: ReadonlySet<number>,
  wanted: readonly Appeared[],
): Promise<Omit<Candidate, "later">[]> {
  const bytes = wanted.reduce((sum, { entry }) => sum + entry.size, 0);
  const { remote } = search.target.capabilities;
  const entries = search.target.progress().entries;
  const isSmall = entries <= smallTree && !remote;
  if (!isSmall && bytes < entries * (remote ? worthAnEntry.far : worthAnEntry.near)) return [];
  const cursor = newCursor(search.rescan());
  const out: Omit<Candidate, "later">[] = [];
  try {
    for (;;) {
      if (cursor.empty) await refill(cursor);
      if (cursor.depth < 0) return out;
      const { chunk, row } = cursor;
      if (chunk.kind[row] === FILE && sizes.has(chunk.size[row]!)) {
        out.push({ path: currentPath(cursor), entry: findingAt(chunk, row) as FileEntry });
      }
      advance(cursor);
    }
  } finally {
    await cursor.chunks.return?.();
  }
}
