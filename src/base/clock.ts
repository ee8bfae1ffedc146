/** Where time comes from. Tests hand in a clock of their own; nothing below reads the real one directly. */
export interface Clock {
  /** Wall clock in milliseconds since the epoch. It may jump, in either direction. */
  now(): number;
  /** Milliseconds since some fixed moment; never goes back. */
  monotonic(): number;
  /** Resolves after about `ms` milliseconds, or at once when the signal aborts. Never rejects. */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
}
