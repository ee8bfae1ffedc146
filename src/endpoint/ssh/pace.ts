/** Shorter waits than that, in milliseconds, are not kept by anybody: a line may run ahead by as much. */
const slack = 20;

/** Spreads bytes over time. */
export interface Pace {
  /** Counts bytes as the next ones, and says how many milliseconds to wait before they may go. */
  waitFor(bytes: number): number;
}

export function newPace(bytesPerSecond: number): Pace {
  /** When everything that was counted is through. */
  let through = 0;
  return {
    waitFor(bytes) {
      const now = performance.now();
      const wait = through - now;
      through = Math.max(through, now) + (bytes * 1000) / bytesPerSecond;
      return wait < slack ? 0 : wait;
    },
  };
}
