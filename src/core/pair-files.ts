import type { RelPath } from "./path.ts";
import { baseName, comparePaths, parentPath } from "./path.ts";

/** Something at a path, that may be paired with something else. */
interface Placed {
  readonly path: RelPath;
}

export interface Pairing<V, A> {
  readonly pairs: readonly (readonly [old: V, now: A])[];
  /** Of the appeared, those for which nothing was left. */
  readonly rest: readonly A[];
}

/**
 * Pairs files of equal content. Any pairing is right; the one that people would call the same file is preferred: first the
 * same path, then the same name, then the same directory, then the order of paths. Takes time in proportion to the files,
 * also where there are very many of one content. The result does not depend on the order of the input.
 */
export function pairFiles<V extends Placed, A extends Placed>(
  vanished: readonly V[],
  appeared: readonly A[],
): Pairing<V, A> {
  const pairs: (readonly [V, A])[] = [];
  let olds = vanished.toSorted((a, b) => comparePaths(a.path, b.path));
  let nows = appeared.toSorted((a, b) => comparePaths(a.path, b.path));
  for (const likeness of [samePath, baseName, parentPath, anything]) {
    // The last first, since that is the cheap end of an array.
    const waiting = Map.groupBy(olds.toReversed(), ({ path }) => likeness(path));
    const taken = new Set<V>();
    nows = nows.filter((now) => {
      const old = waiting.get(likeness(now.path))?.pop();
      if (old === undefined) return true;
      taken.add(old);
      pairs.push([old, now]);
      return false;
    });
    olds = olds.filter((old) => !taken.has(old));
  }
  return { pairs, rest: nows };
}

const samePath = (path: RelPath): string => path;
const anything = (): string => "";
