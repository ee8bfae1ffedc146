import type { ByteString } from "../base/byte-string.ts";
import { quickRanges } from "../core/content-hash.ts";
import type { HashExtent } from "../core/content-hash.ts";
import type { Entry, FileEntry } from "../core/entry.ts";
import type { Appeared, Vanished } from "../core/move-pool.ts";
import type { RelPath } from "../core/path.ts";
import { comparePaths } from "../core/path.ts";
import type { Side } from "../core/problem.ts";
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
  const gone = groups.flatMap(({ vanished }) =>
    vanished.map((one) => ({ one, path: onDisk(finding, one.path), entry: one.entry })),
  );
  const [there, nows] = await Promise.all([
    hashAll(finding, "target", gone, what),
    hashAll(
      finding,
      "source",
      groups.flatMap(({ appeared }) => appeared),
      what,
    ),
  ]);
  const olds = [...there].map(([{ one }, digest]) => [one, digest] as const);
  const digests = new Map<Vanished | Appeared, ByteString>([...olds, ...nows]);
  return groups.flatMap(({ vanished, appeared }) =>
    grouped(
      vanished.filter((one) => digests.has(one)),
      appeared.filter((one) => digests.has(one)),
      (one) => digests.get(one)!,
    ),
  );
}

/** Hashes files of one side, where they are now. What cannot be read, or has changed, has no hash. */
export async function hashAll<T extends { readonly path: RelPath; readonly entry: Entry }>(
  { search }: Finding,
  side: Side,
  files: readonly T[],
  what: HashExtent,
): Promise<Map<T, ByteString>> {
  const digests = new Map<T, ByteString>();
  if (files.length === 0) return digests;
  const { signal, hash: algorithm, options } = search;
  const sorted = files.toSorted((a, b) => comparePaths(a.path, b.path));
  const requests = sorted.map(({ path, entry }) => {
    const file = entry as FileEntry;
    return { path, size: file.size, what, entry: file };
  });
  const followLinks = side === "source" && options.followLinks;
  const verdicts = await search[side].hash(requests, { algorithm, followLinks, side }, signal);
  for (const [i, verdict] of verdicts.entries()) {
    if ("digest" in verdict) digests.set(sorted[i]!, verdict.digest);
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
