import { maxChunk } from "../core/chunk-list.ts";
import { gearReach, gearWords } from "./gear.ts";

/**
 * Bytes before the first cut that may be. Smaller chunks would cost more in digests and records than they save in content, and
 * what lies before that cut is not even looked at.
 */
export const minChunk: number = 16 * 1024;

/**
 * From here on cuts are easier to come by, which keeps most sizes near the average (FastCDC's "normalised chunking"): one
 * position in 2^18 cuts before it, one in 2^14 after. That makes 60 KiB on average.
 */
const easyFrom = 48 * 1024;
const hardMask = -1 << 14;
const easyMask = -1 << 18;

/**
 * Where the chunk ends that begins at `from`: the first position that its hash makes a cut. `end` is that of the content, or
 * at least `maxChunk` further on. It depends on nothing but the chunk's own bytes.
 */
export function nextCut(bytes: Uint8Array, from: number, end: number): number {
  const last = Math.min(from + maxChunk, end);
  if (last - from <= minChunk) return last;
  const easy = Math.min(from + easyFrom, last);
  const early = findCut(bytes, from + minChunk, easy, hardMask);
  if (early !== -1) return early;
  const late = findCut(bytes, easy, last, easyMask);
  return late === -1 ? last : late;
}

/**
 * The first position in `from..end` whose hash is zero under the mask; -1 where there is none. Positions are looked at by
 * fours, with one question for all of them, which is twice as fast as one by one. Fewer than four before the end of the
 * content are not looked at: a second loop for them, never run, was measured to take a third of the speed.
 */
function findCut(bytes: Uint8Array, from: number, end: number, mask: number): number {
  let hash = hashBefore(bytes, from);
  for (let at = from; at + 3 < end; at += 4) {
    const first = ((hash << 1) + words[bytes[at - 1]!]!) | 0;
    const second = ((first << 1) + words[bytes[at]!]!) | 0;
    const third = ((second << 1) + words[bytes[at + 1]!]!) | 0;
    hash = ((third << 1) + words[bytes[at + 2]!]!) | 0;
    if (
      (first & mask) === 0 ||
      (second & mask) === 0 ||
      (third & mask) === 0 ||
      (hash & mask) === 0
    ) {
      if ((first & mask) === 0) return at;
      if ((second & mask) === 0) return at + 1;
      return (third & mask) === 0 ? at + 2 : at + 3;
    }
  }
  return -1;
}

/** The hash one position before `at`, as far as it matters from `at` on. */
function hashBefore(bytes: Uint8Array, at: number): number {
  let hash = 0;
  for (let i = at - gearReach; i < at - 1; i++) hash = ((hash << 1) + words[bytes[i]!]!) | 0;
  return hash;
}

/** In this module's own hands: as an import it is looked up again and again. */
const words = gearWords;
