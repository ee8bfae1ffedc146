import type { Leaf } from "./entry.ts";
import { identityKey } from "./entry.ts";
import type { RelPath } from "./path.ts";

/** A path that both replicas hold, with a further name in one of them at least. */
export interface LinkPair {
  readonly path: RelPath;
  readonly source: Leaf;
  readonly target: Leaf;
}

/**
 * The paths that share a file with others in one replica than in the other. Where one file stands against several, the first
 * in the order given is right and the others are said to be wrong. Names outside of what was compared do not count.
 */
export function unlikeLinks(pairs: readonly LinkPair[]): ReadonlySet<RelPath> {
  const targetOf = new Map<string, string>();
  const sourceOf = new Map<string, string>();
  const unlike = new Set<RelPath>();
  for (const { path, source, target } of pairs) {
    const [from, to] = [keyOf(source, path), keyOf(target, path)];
    const isNew = !targetOf.has(from) && !sourceOf.has(to);
    if (isNew) {
      targetOf.set(from, to);
      sourceOf.set(to, from);
    } else if (targetOf.get(from) !== to || sourceOf.get(to) !== from) unlike.add(path);
  }
  return unlike;
}

/** What has one name is alone, whatever it is. No identity looks like a path behind a slash. */
function keyOf(leaf: Leaf, path: RelPath): string {
  return leaf.nlink > 1 ? identityKey(leaf) : `/${path}`;
}
