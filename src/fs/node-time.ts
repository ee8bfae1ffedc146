/**
 * A time as `node:fs` has to be given it so that its microsecond is what can be read back.
 *
 * It takes seconds as a double, which near today is off by up to 0.12 µs, and cuts off what is too fine: a whole
 * microsecond often comes out as the one before. Then the middle of the microsecond is given instead. That works
 * for 272 years on either side of 1970; further out a double's step is longer than a microsecond, and the
 * nearest step is written.
 *
 * The result is text, because Node takes negative numbers for the present moment, but not negative numerals.
 */
export function nodeTime(sec: number, ns: number): string {
  const microsecond = Math.floor(ns / 1000);
  const whole = sec + microsecond / 1e6;
  const middle = sec + (microsecond + (cutsTowardsZero && sec < 0 ? -0.5 : 0.5)) / 1e6;
  const exact = [whole, middle].find((time) => comesOutAs(time, sec, microsecond));
  return String(exact ?? whole);
}

// COMPAT: libuv before 1.52 keeps microseconds only, cut off towards 1970 (https://github.com/libuv/libuv/pull/4951).
const [major, minor] = process.versions.uv.split(".").map(Number) as [number, number];
const cutsTowardsZero = major === 1 && minor < 52;

/** Does what `uv__fs_to_timespec` does. */
function comesOutAs(time: number, sec: number, microsecond: number): boolean {
  const seconds = Math.trunc(time);
  let ns = Math.trunc((time - seconds) * 1e9);
  if (cutsTowardsZero) ns -= ns % 1000;
  const borrow = ns < 0 ? 1 : 0;
  return seconds - borrow === sec && Math.floor((ns + borrow * 1e9) / 1000) === microsecond;
}
