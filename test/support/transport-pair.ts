import { Fifo } from "../../src/wire/fifo.ts";
import type { Transport } from "../../src/wire/transport.ts";

export interface PairOptions {
  /** What chance decides, it decides the same way for the same seed. */
  readonly seed?: number;
  /** Pieces arrive in any size up to this one; without it, as they were written. */
  readonly maxPiece?: number;
  /** Bytes under way in one direction from which on a writer is asked to wait. */
  readonly capacity?: number;
}

export type End = "client" | "server";
export type Cut = "end" | "error" | "silence";

export interface TransportPair extends Readonly<Record<End, Transport>> {
  /** Cuts the line: both ends see it end or fail, or nothing comes through any more and nobody hears of it. */
  cut(how: Cut): void;
  /** Cuts it in the middle of whatever is under way, as soon as so many bytes have come to an end. */
  cutAfter(to: End, bytes: number, how: Cut): void;
  /** Changes one byte on its way to an end, if that many come. */
  flip(to: End, place: number, mask: number): void;
  /** Bytes under way to an end, that were written and have not been read. */
  underWay(to: End): number;
}

/** Two transports that are each other's other end, in memory. Nothing takes any time. */
export function transportPair(options: PairOptions = {}): TransportPair {
  const chance = seeded(options.seed ?? 1);
  const to = { client: new Line(options, chance), server: new Line(options, chance) };
  const end = (out: Line, back: Line): Transport => ({
    write: (bytes) => out.write(bytes),
    incoming: back.read(),
    traffic: () => ({ sent: out.written, received: back.taken }),
    destroy: () => {
      out.close();
      back.drop();
    },
  });
  return {
    client: end(to.server, to.client),
    server: end(to.client, to.server),
    cut: (how) => {
      for (const line of [to.client, to.server]) {
        if (how === "silence") line.isMute = true;
        else line.close(troubleOf(how));
      }
    },
    cutAfter(end, bytes, how) {
      to[end].severAfter(bytes, () => {
        for (const line of [to.client, to.server]) line.sever(how);
      });
    },
    flip: (end, place, mask) => to[end].flips.set(place, mask),
    underWay: (end) => to[end].size,
  };
}

function troubleOf(how: Cut): Error | undefined {
  return how === "error" ? new Error("the line was cut") : undefined;
}

/** One direction. */
class Line {
  readonly #options: PairOptions;
  readonly #chance: () => number;
  readonly #pieces = new Fifo<Uint8Array>();
  readonly #writers = new Fifo<() => void>();
  readonly flips = new Map<number, number>();
  #wake: () => void = () => {};
  #isClosed = false;
  #error: Error | undefined;
  #isSevered = false;
  #lastByte = Infinity;
  #onLastByte: () => void = () => {};
  isMute = false;
  size = 0;
  written = 0;
  taken = 0;

  constructor(options: PairOptions, chance: () => number) {
    this.#options = options;
    this.#chance = chance;
  }

  write(bytes: Uint8Array): Promise<void> | undefined {
    const copy = bytes.slice();
    for (const [place, mask] of this.flips) {
      const at = place - this.written;
      if (at >= 0 && at < copy.length) copy[at]! ^= mask;
    }
    this.written += bytes.length;
    if (this.#isClosed) return undefined;
    this.size += bytes.length;
    if (!this.isMute) this.#pieces.push(copy);
    this.#wake();
    if (this.size <= (this.#options.capacity ?? Infinity)) return undefined;
    return new Promise((resolve) => {
      this.#writers.push(resolve);
    });
  }

  async *read(): AsyncGenerator<Uint8Array, void> {
    for (;;) {
      // A little later than could be, sometimes, so that things meet in any order.
      for (let hops = Math.floor(this.#chance() * 4); hops > 0; hops--) await Promise.resolve();
      const next = this.isMute ? undefined : this.#pieces.shift();
      if (next !== undefined) {
        yield* this.#inParts(next);
      } else if (this.#error !== undefined) {
        throw this.#error;
      } else if (this.#isClosed) {
        return;
      } else {
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
      }
    }
  }

  *#inParts(piece: Uint8Array): Generator<Uint8Array> {
    const { maxPiece = piece.length, capacity = Infinity } = this.#options;
    for (let at = 0; at < piece.length && !this.#isSevered;) {
      const size = Math.min(1 + Math.floor(this.#chance() * maxPiece), piece.length - at);
      const wanted = this.#options.maxPiece === undefined ? maxPiece : size;
      const part = piece.subarray(at, at + Math.min(wanted, this.#lastByte - this.taken));
      at += part.length;
      this.size -= part.length;
      this.taken += part.length;
      if (this.taken === this.#lastByte) this.#onLastByte();
      if (this.size <= capacity) for (const resolve of this.#writers.drain()) resolve();
      yield part;
    }
  }

  /** What has been written still arrives; the writers are let go. */
  close(error?: Error): void {
    if (this.#isClosed || this.isMute) return;
    this.#isClosed = true;
    this.#error = error;
    for (const resolve of this.#writers.drain()) resolve();
    this.#wake();
  }

  severAfter(bytes: number, action: () => void): void {
    this.#lastByte = this.taken + Math.max(1, bytes);
    this.#onLastByte = action;
  }

  /** Nothing that is under way arrives. */
  sever(how: Cut): void {
    this.#isSevered = true;
    this.#lastByte = Infinity;
    this.#pieces.drain();
    if (how === "silence") this.isMute = true;
    else this.close(troubleOf(how));
  }

  /** What has been written no longer arrives. */
  drop(): void {
    this.#pieces.drain();
    this.size = 0;
    this.isMute = false;
    this.close();
  }
}

/** A small generator of numbers from 0 to 1 (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let value = Math.imul(state ^ (state >>> 15), 1 | state);
    value = (value + Math.imul(value ^ (value >>> 7), 61 | value)) ^ value;
    return ((value ^ (value >>> 14)) >>> 0) / 4_294_967_296;
  };
}
