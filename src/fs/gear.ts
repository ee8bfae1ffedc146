/**
 * The gear hash: one word for each byte value. The hash of a position is the sum of the words of the bytes before it, each
 * shifted left by how far back its byte is; so 32 bytes have a say, and the upper bits have heard the most of them. See Xia
 * et al., "FastCDC", USENIX ATC 2016.
 *
 * INVARIANT: both ends of a connection cut content alike only with equal words, so they are part of the protocol and of
 * what is remembered (docs/wire.md); they follow from the number below, for ever.
 */
export const gearSeed = 0x53796e63;

/** Bytes before a position that its hash depends on. */
export const gearReach = 32;

export const gearWords: Int32Array<ArrayBuffer> = makeGearWords();

/** Outputs 1 to 256 of splitmix32: a counter with the golden ratio for its step, and MurmurHash3's mixer. */
function makeGearWords(): Int32Array<ArrayBuffer> {
  const words = new Int32Array(256);
  let state = gearSeed;
  for (let value = 0; value < words.length; value++) {
    state = (state + 0x9e3779b9) | 0;
    const upper = Math.imul(state ^ (state >>> 16), 0x85ebca6b);
    const lower = Math.imul(upper ^ (upper >>> 13), 0xc2b2ae35);
    words[value] = lower ^ (lower >>> 16);
  }
  return words;
}
