import type { ChunkList } from "../core/chunk-list.ts";
import { draftChunkList, maxChunk } from "../core/chunk-list.ts";
import { isTelling, sampleRanges } from "../core/chunk-sample.ts";
import { nextCut } from "./chunk-cut.ts";
import type { Descriptor } from "./driver.ts";
import type { HashContext } from "./hash.ts";

/** Bytes of the buffer that content is cut in: large reads, and it still fits a processor's cache. */
export const chunkBufferBytes: number = 1 << 20;

/** The chunk that nothing but zeros makes, since they never cut themselves: what large holes consist of. */
export const zeroChunk: Readonly<Uint8Array> = new Uint8Array(maxChunk);

/** Bytes of most chunks, for room to put them in. */
const usualChunk = 60 * 1024;

/** Where in the buffer the bytes are that have been read and belong to no chunk yet, and where in the file they end. */
interface Window {
  from: number;
  end: number;
  position: number;
}

/**
 * The chunks of an open file of `size` bytes, one after the other; each is valid until the next one is asked for. Holes are
 * not read: where one covers a whole chunk, that is {@link zeroChunk}. Returns whether the file had as many bytes and was
 * not given up. The context's buffer holds `chunkBufferBytes`, and is used for nothing else meanwhile.
 */
export function* fileChunks(
  ctx: Omit<HashContext, "hasher">,
  fd: Descriptor,
  size: number,
): Generator<Readonly<Uint8Array>, boolean> {
  const { buffer } = ctx;
  const window: Window = { from: 0, end: 0, position: 0 };
  while (window.position < size) {
    yield* holeChunks(ctx, fd, size, window);
    if (!refill(ctx, fd, size, window)) return false;
    // A cut is only known where a whole chunk's worth, or the end, is in sight.
    const needed = window.position < size ? maxChunk : 1;
    while (window.end - window.from >= needed) {
      const cut = nextCut(buffer, window.from, window.end);
      yield buffer.subarray(window.from, cut);
      window.from = cut;
    }
  }
  return true;
}

function* holeChunks(
  { driver, goesOn }: Omit<HashContext, "hasher">,
  fd: Descriptor,
  size: number,
  window: Window,
): Generator<Readonly<Uint8Array>> {
  if (!driver.features.holes) return;
  let start = window.position - (window.end - window.from);
  const data = Math.min(driver.seekData(fd, start), size);
  for (; data - start >= maxChunk && goesOn(); start += maxChunk) {
    yield zeroChunk;
    Object.assign(window, { from: 0, end: 0, position: start + maxChunk });
  }
}

/** Moves what is left to the front and reads until the buffer is full, or the file at its end. */
function refill(
  { driver, buffer, onBytes, goesOn }: Omit<HashContext, "hasher">,
  fd: Descriptor,
  size: number,
  window: Window,
): boolean {
  buffer.copyWithin(0, window.from, window.end);
  window.end -= window.from;
  window.from = 0;
  while (window.end < buffer.length && window.position < size) {
    if (!goesOn()) return false;
    const asked = Math.min(buffer.length - window.end, size - window.position);
    const read = driver.readAt(fd, buffer.subarray(window.end), asked, window.position);
    if (read === 0) return false;
    window.end += read;
    window.position += read;
    onBytes(read);
  }
  return true;
}

/**
 * What an open file of `size` bytes consists of; `undefined` where the file turns out to be shorter, or where it is given up.
 * The hasher is BLAKE3. What lies beyond `size` is not looked at.
 */
export function chunkFile(ctx: HashContext, fd: Descriptor, size: number): ChunkList | undefined {
  const { hasher } = ctx;
  const draft = draftChunkList(Math.ceil(size / usualChunk));
  const chunks = fileChunks(ctx, fd, size);
  let zeroDigest: Uint8Array | undefined;
  for (let next = chunks.next(); ; next = chunks.next()) {
    if (next.done === true) return next.value ? draft.list() : undefined;
    const chunk = next.value;
    const isZero = chunk === zeroChunk;
    let digest = isZero ? zeroDigest : undefined;
    if (digest === undefined) {
      hasher.begin();
      hasher.update(chunk);
      digest = hasher.digest();
    }
    if (isZero) zeroDigest = digest;
    draft.add(chunk.length, digest);
  }
}

/**
 * Some of what an open file of `size` bytes consists of, from a few places of it; `undefined` as for {@link chunkFile}. The chunks of a
 * place need not be the file's own before the second or third; those that would tell nothing are left out.
 */
export function sampleFile(ctx: HashContext, fd: Descriptor, size: number): ChunkList | undefined {
  const { hasher, buffer } = ctx;
  const draft = draftChunkList();
  for (const { from, length } of sampleRanges(size)) {
    if (!readRange(ctx, fd, from, length)) return undefined;
    for (const chunk of samplePlace(buffer.subarray(0, length), from + length === size)) {
      hasher.begin();
      hasher.update(chunk);
      draft.add(chunk.length, hasher.digest());
    }
  }
  return draft.list();
}

/** The chunks of a place that tell something. With `isEnd` the content ends there. */
export function* samplePlace(place: Uint8Array, isEnd: boolean): Generator<Uint8Array> {
  for (let at = 0; at < place.length;) {
    const cut = nextCut(place, at, place.length);
    // Where content goes on, what ends with the place ends there for want of more.
    if (cut === place.length && !isEnd) return;
    if (isTelling(cut - at)) yield place.subarray(at, cut);
    at = cut;
  }
}

/** Reads a range that the buffer has room for; false where the file is shorter, or is given up. */
function readRange(
  { driver, buffer, onBytes, goesOn }: HashContext,
  fd: Descriptor,
  from: number,
  length: number,
): boolean {
  for (let done = 0; done < length;) {
    if (!goesOn()) return false;
    const read = driver.readAt(fd, buffer.subarray(done), length - done, from + done);
    if (read === 0) return false;
    done += read;
    onBytes(read);
  }
  return true;
}
