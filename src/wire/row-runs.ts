import type { ByteString } from "../base/byte-string.ts";
import { byteString } from "../base/byte-string.ts";
import type { SnapshotChunk } from "../core/snapshot.ts";
import { CLOSED, DIRECTORY, nameStart, newChunk, PASSED_OVER } from "../core/snapshot.ts";
import { EXCLUDED, FILE, HAS_EXTRA, LEFTOVER, PROBLEM } from "../core/snapshot.ts";
import { copyRows } from "../core/copy-rows.ts";
import type { ContentHasher } from "./content-hasher.ts";
import type { LikeSpec } from "./requests.ts";

/**
 * A listing is cut into runs, so that runs that both sides have need not be sent. Where a run ends depends on nothing but the
 * name and the depth of its last row: what is inserted or missing changes the runs around it, and no others. Two runs with one
 * digest are equal in all that is compared.
 */
export interface Run {
  /** Rows `from` to just before `to` of the store. */
  readonly store: SnapshotChunk;
  readonly from: number;
  readonly to: number;
  /** `undefined` for a run that has to be sent whatever the other side has. */
  readonly digest: ByteString | undefined;
}

/** Bytes of a run's digest: the first half of a BLAKE3. */
export const runDigestBytes = 16;
/** One row in so many ends a run. */
const usualRows = 32;
export const mostRunRows = 256;
const storeRows = 4096;

/** Keeps rows of a listing, and cuts them into runs as they come. */
export class RunCutter {
  readonly #spec: LikeSpec;
  readonly #digester: RunDigester;
  #store = newChunk(storeRows);
  /** Where the run begins that is not complete. */
  #from = 0;

  constructor(spec: LikeSpec, hasher: ContentHasher) {
    this.#spec = spec;
    this.#digester = new RunDigester(spec, hasher);
  }

  /** Copies rows, and returns the runs that they complete. Stores stay as they are for as long as somebody has them. */
  take(chunk: SnapshotChunk): Run[] {
    const runs: Run[] = [];
    for (let row = 0; row < chunk.count;) {
      const to = this.#endOfRun(chunk, row);
      this.#makeRoom(to.row - row);
      copyRows(chunk, { start: row, end: to.row }, this.#store);
      row = to.row;
      if (to.isEnd) runs.push(this.#cut());
    }
    return runs;
  }

  /** The last run, when there are no more rows. */
  finish(): Run[] {
    return this.#store.count > this.#from ? [this.#cut()] : [];
  }

  /** Finds the end of the run that the row is in: in the chunk, or the chunk's own. */
  #endOfRun(
    chunk: SnapshotChunk,
    start: number,
  ): { readonly row: number; readonly isEnd: boolean } {
    const most = mostRunRows - (this.#store.count - this.#from);
    for (let row = start; row < chunk.count; row++) {
      if (endsRun(chunk, row) || row + 1 - start >= most) return { row: row + 1, isEnd: true };
    }
    return { row: chunk.count, isEnd: false };
  }

  #makeRoom(rows: number): void {
    if (this.#store.count + rows <= storeRows) return;
    const store = newChunk(storeRows);
    copyRows(this.#store, { start: this.#from, end: this.#store.count }, store);
    this.#store = store;
    this.#from = 0;
  }

  #cut(): Run {
    const [store, from, to] = [this.#store, this.#from, this.#store.count];
    this.#from = to;
    const digest = isTold(store, from, to, this.#spec)
      ? undefined
      : this.#digester.digest(store, from, to);
    return { store, from, to, digest };
  }
}

function endsRun({ names, nameEnd, depth }: SnapshotChunk, row: number): boolean {
  let hash = 0x811c9dc5 ^ depth[row]!;
  const end = nameEnd[row]!;
  for (let i = row === 0 ? 0 : nameEnd[row - 1]!; i < end; i++)
    hash = Math.imul(hash ^ names[i]!, 0x01000193);
  hash ^= hash >>> 15;
  return (hash & (usualRows - 1)) === usualRows - 1 || depth[row] === 0;
}

/** Whether a run has rows of which more is wanted than what is compared: the root, names of one file, trouble, ignore rules. */
function isTold(store: SnapshotChunk, from: number, to: number, { preserve }: LikeSpec): boolean {
  for (let row = from; row < to; row++) {
    const kind = store.kind[row]!;
    const isLinked = preserve.hardlinks && kind !== DIRECTORY && store.nlink[row]! > 1;
    if (store.depth[row] === 0 || kind === PROBLEM || kind === LEFTOVER) return true;
    if (kind !== EXCLUDED && isLinked) return true;
    const isMarked = (store.flags[row]! & HAS_EXTRA) !== 0;
    if (isMarked && store.extras.get(row)?.ignoreRules !== undefined) return true;
  }
  return false;
}

/** Bytes of a row besides its name and what few rows have. */
const rowBytes = 64;

class RunDigester {
  readonly #spec: LikeSpec;
  readonly #hasher: ContentHasher;
  #bytes = new Uint8Array(1 << 16);
  #view = new DataView(this.#bytes.buffer);

  constructor(spec: LikeSpec, hasher: ContentHasher) {
    this.#spec = spec;
    this.#hasher = hasher;
  }

  digest(store: SnapshotChunk, from: number, to: number): ByteString {
    this.#reserve(store.nameEnd[to - 1]! - nameStart(store, from) + (to - from) * rowBytes);
    let at = 0;
    this.#hasher.begin();
    for (let row = from; row < to; row++) {
      at = this.#row(store, row, at);
      if ((store.flags[row]! & HAS_EXTRA) === 0) continue;
      this.#hasher.update(this.#bytes.subarray(0, at));
      at = 0;
      this.#hasher.update(encoder.encode(extraText(store, row)));
    }
    this.#hasher.update(this.#bytes.subarray(0, at));
    return byteString(this.#hasher.digest().subarray(0, runDigestBytes));
  }

  #reserve(bytes: number): void {
    if (bytes <= this.#bytes.length) return;
    this.#bytes = new Uint8Array(bytes);
    this.#view = new DataView(this.#bytes.buffer);
  }

  #row(store: SnapshotChunk, row: number, start: number): number {
    const view = this.#view;
    const kind = store.kind[row]!;
    const nameFrom = nameStart(store, row);
    const nameLength = store.nameEnd[row]! - nameFrom;
    view.setUint16(start, store.depth[row]!, true);
    view.setUint8(start + 2, kind);
    view.setUint8(start + 3, store.flags[row]! & (CLOSED | PASSED_OVER));
    view.setUint32(start + 4, nameLength, true);
    let at = start + 8;
    for (let i = 0; i < nameLength; i++) this.#bytes[at++] = store.names[nameFrom + i]!;
    if (kind === EXCLUDED) return at;
    const { preserve, timeResolution } = this.#spec;
    const [sec, ns] = coarse(store.mtimeSec[row]!, store.mtimeNs[row]!, timeResolution);
    view.setFloat64(at, sec, true);
    view.setUint32(at + 8, ns, true);
    view.setFloat64(at + 12, kind === FILE ? store.size[row]! : 0, true);
    view.setUint16(at + 20, preserve.mode ? store.mode[row]! : 0, true);
    view.setUint32(at + 22, preserve.owner ? store.uid[row]! : 0, true);
    view.setUint32(at + 26, preserve.group ? store.gid[row]! : 0, true);
    view.setUint32(at + 30, store.rdev[row]!, true);
    return at + 34;
  }
}

const encoder = new TextEncoder();

function extraText(store: SnapshotChunk, row: number): string {
  const { linkTarget, xattrs } = store.extras.get(row) ?? {};
  return JSON.stringify([linkTarget, xattrs]);
}

/** Rounded down, as whoever keeps times that coarsely does. */
function coarse(sec: number, ns: number, resolution: number): readonly [number, number] {
  if (resolution <= 1) return [sec, ns];
  if (resolution < 1e9) return [sec, ns - (ns % resolution)];
  const step = resolution / 1e9;
  return [Math.floor(sec / step) * step, 0];
}
