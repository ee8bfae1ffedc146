import type { ByteString } from "../base/byte-string.ts";
import { quickRanges } from "../core/content-hash.ts";
import type { HashExtent } from "../core/content-hash.ts";
import type { FileEntry } from "../core/entry.ts";
import type { Appeared, Vanished } from "../core/move-pool.ts";
import type { RelPath } from "../core/path.ts";
import { comparePaths } from "../core/path.ts";
import type { Finding } from "./move-search.ts";
import { onDisk } from "./move-search.ts";

/** Files of one content: those that went, and those that came. Neither is empty. */
export interface EqualGroup {
  readonly vanished: readonly Vanished[];
  readonly appeared: readonly Appeared[];
}

/**
 * Finds files of equal content by size, then by a hash of samples, then by the whole hash. Each step only looks at what still
 * has somebody to be equal to, so a file is hashed once each way at most, and most files not at all.
 */
export async function equalGroups(
  finding: Finding,
  vanished: readonly Vanished[],
  appeared: readonly Appeared[],
): Promise<EqualGroup[]> {
  const bySize = grouped(vanished, appeared, ({ entry }) => `${entry.size}`).filter(isWorthwhile);
  const quick = await split(finding, bySize, "quick");
  const [small, large] = [quick.filter(isSampled), quick.filter((group) => !isSampled(group))];
  return [...small, ...(await split(finding, large, "full"))];
}

/** One file of each side under one path is that file with another content, and nobody has moved. */
function isWorthwhile({ vanished, appeared }: EqualGroup): boolean {
  return vanished.length > 1 || appeared.length > 1 || vanished[0]!.path !== appeared[0]!.path;
}

/** The sample was the whole file. */
function isSampled({ vanished }: EqualGroup): boolean {
  return quickRanges(vanished[0]!.entry.size) === undefined;
}

/** Parts groups by hashes; what cannot be read is in none. */
async function split(
  finding: Finding,
  groups: readonly EqualGroup[],
  what: HashExtent,
): Promise<EqualGroup[]> {
  const { source, target, options, hash: algorithm } = finding.search;
  const followLinks = options.followLinks;
  const [olds, nows] = await Promise.all([
    hashAll(
      finding,
      groups.flatMap(({ vanished }) => vanished),
      (path) => onDisk(finding, path),
      (requests, signal) =>
        target.hash(requests, { algorithm, followLinks: false, side: "target" }, signal),
      what,
    ),
    hashAll(
      finding,
      groups.flatMap(({ appeared }) => appeared),
      (path) => path,
      (requests, signal) =>
        source.hash(requests, { algorithm, followLinks, side: "source" }, signal),
      what,
    ),
  ]);
  const digests = new Map<Vanished | Appeared, ByteString>([...olds, ...nows]);
  return groups.flatMap(({ vanished, appeared }) =>
    grouped(
      vanished.filter((one) => olds.has(one)),
      appeared.filter((one) => nows.has(one)),
      (one) => digests.get(one)!,
    ),
  );
}

type Hashing = (
  requests: Parameters<Finding["search"]["source"]["hash"]>[0],
  signal: AbortSignal,
) => ReturnType<Finding["search"]["source"]["hash"]>;

async function hashAll<T extends { readonly path: RelPath; readonly entry: Vanished["entry"] }>(
  { search: { signal } }: Finding,
  files: readonly T[],
  placeOf: (path: RelPath) => RelPath,
  hash: Hashing,
  what: HashExtent,
): Promise<Map<T, ByteString>> {
  const placed = files
    .map((file) => ({ file, path: placeOf(file.path) }))
    .toSorted((a, b) => comparePaths(a.path, b.path));
  const requests = placed.map(({ file, path }) => {
    const entry = file.entry as FileEntry;
    return { path, size: entry.size, what, entry };
  });
  const digests = new Map<T, ByteString>();
  if (requests.length === 0) return digests;
  const verdicts = await hash(requests, signal);
  for (const [i, verdict] of verdicts.entries()) {
    if ("digest" in verdict) digests.set(placed[i]!.file, verdict.digest);
  }
  return digests;
}

/** Groups that have a member on either side. */
function grouped(
  vanished: readonly Vanished[],
  appeared: readonly Appeared[],
  key: (one: Vanished | Appeared) => string,
): EqualGroup[] {
  const olds = Map.groupBy(vanished, key);
  return [...Map.groupBy(appeared, key)].flatMap(([at, nows]) => {
    const gone = olds.get(at);
    return gone === undefined ? [] : [{ vanished: gone, appeared: nows }];
  });
}
