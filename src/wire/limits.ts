/** What one side of a session takes from the other: agreed in the first frame, and enforced from the first byte on. */
export interface Limits {
  /** Bytes of one message. At most half of `window`, so that there is always credit for the next one in the end. */
  readonly maxMessage: number;
  /** Bytes of the request that opens a channel. */
  readonly maxRequest: number;
  /** Channels that the other side may have opened at once. */
  readonly maxChannels: number;
  /** Bytes that the other side may send on one channel and that nobody has received yet. */
  readonly window: number;
}

const KiB = 1024;
const MiB = 1024 * KiB;

export const defaultLimits: Limits = {
  maxMessage: 2 * MiB,
  maxRequest: 256 * KiB,
  maxChannels: 64,
  window: 4 * MiB,
};

/** What both sides take in any case: it may be used before the other side has said a word, which saves a round trip. */
export const leastLimits: Limits = {
  maxMessage: 64 * KiB,
  maxRequest: 64 * KiB,
  maxChannels: 8,
  window: 256 * KiB,
};

/** Nobody can mean more than this; it keeps every sum of credit far from where numbers end. */
export const mostLimits: Limits = {
  maxMessage: 2 ** 30 - 1,
  maxRequest: 2 ** 30 - 1,
  maxChannels: 2 ** 16,
  window: 2 ** 31 - 1,
};

/** Why limits cannot be meant, or `undefined`. */
export function limitsTrouble(limits: Limits, least: Limits): string | undefined {
  const names: readonly (keyof Limits)[] = ["maxMessage", "maxRequest", "maxChannels", "window"];
  for (const name of names) {
    const value = limits[name];
    if (!Number.isInteger(value) || value < least[name] || value > mostLimits[name]) {
      return `the limit ${name} is not from ${least[name]} to ${mostLimits[name]}`;
    }
  }
  if (limits.maxMessage > limits.window / 2) return "a message may be larger than half a window";
  return undefined;
}

/** Bytes of credit that a message takes: its own, but never so few that empty ones come for nothing. */
export function creditFor(length: number): number {
  return Math.max(length, 64);
}

/** Credit is given back in parts of at least this size, so that it does not travel with each message. */
export function creditStep(window: number): number {
  return Math.floor(window / 4);
}

/** Of the frame that introduces a side: everything it may say about itself included. */
export const maxHello: number = 64 * KiB;
export const maxFacts = 64;
export const maxFactName = 64;
export const maxFactValue: number = 4 * KiB;

export const maxFailureCode = 64;
export const maxFailureMessage: number = 8 * KiB;
/** Both of them, and their lengths. */
export const maxFailure: number = maxFailureCode + maxFailureMessage + 8;
