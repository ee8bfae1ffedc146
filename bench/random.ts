/** A repeatable source of numbers: the same seed gives the same tree on every machine and in every version. */
export interface Random {
  /** At least 0, below 1. */
  readonly next: () => number;
  /** A whole number, at least 0 and below `limit`. */
  readonly below: (limit: number) => number;
  /** From the standard normal distribution. */
  readonly normal: () => number;
  readonly pick: <T>(choices: readonly [T, ...T[]]) => T;
}

/** Mulberry32 (Tommy Ettinger, public domain): far from cryptographic, and all that sizes and names need. */
export function createRandom(seed: number): Random {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const below = (limit: number): number => Math.floor(next() * limit);
  return {
    next,
    below,
    // Box and Muller; 1 - next() because the logarithm of zero has no place in a file's size.
    normal: () => Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next()),
    pick: (choices) => choices[below(choices.length)] ?? choices[0],
  };
}
