/** When two mtimes count as equal. All in nanoseconds. */
export interface MtimeRule {
  /** They count in whole multiples of this, rounded down, as whoever cannot keep more rounds them. 1 is exact. */
  readonly resolution: number;
  /** They may also be this far apart, because somebody has said so. */
  readonly window: number;
}

/** A moment: whole seconds since the epoch, rounded down, and nanoseconds. */
interface Mtime {
  readonly mtimeSec: number;
  readonly mtimeNs: number;
}

/** The rule for places that can tell times apart as finely as that; a window that was named takes the place of it. */
export function mtimeRule(resolutions: readonly number[], window: number | undefined): MtimeRule {
  if (window !== undefined) return { resolution: 1, window };
  return { resolution: Math.max(...resolutions), window: 0 };
}

/** The least that two mtimes have to be apart to be different wherever they lie. */
export function surelyApart({ resolution, window }: MtimeRule): number {
  return Math.max(resolution, window + 1);
}

/** Nanoseconds by which `a` is later, 0 where the two count as equal. */
export function mtimesApart(a: Mtime, b: Mtime, { resolution, window }: MtimeRule): number {
  // Exact wherever it matters: rules are far below the 104 days at which doubles lose the last nanosecond.
  const apart = (a.mtimeSec - b.mtimeSec) * 1e9 + (a.mtimeNs - b.mtimeNs);
  const distance = Math.abs(apart);
  if (distance <= window) return 0;
  // INVARIANT: less than a tick apart is not enough. What was 0.9 seconds before the next second has become another second
  // where whole ones are kept, and two files of that age that have changed places would be taken for those that were there.
  return distance < resolution && isSameTick(a, b, resolution) ? 0 : apart;
}

function isSameTick(a: Mtime, b: Mtime, resolution: number): boolean {
  if (resolution >= 1e9) {
    const seconds = resolution / 1e9;
    return Math.floor(a.mtimeSec / seconds) === Math.floor(b.mtimeSec / seconds);
  }
  return (
    a.mtimeSec === b.mtimeSec &&
    Math.floor(a.mtimeNs / resolution) === Math.floor(b.mtimeNs / resolution)
  );
}
