import type { ByteString } from "../base/byte-string.ts";
import { areFinite, orderBytes } from "./columns.ts";

type Column = Uint8Array | Uint16Array | Uint32Array | Float64Array;

/** Below this, a loop over characters is faster than asking the encoder. */
const shortText = 24;
const encoder = new TextEncoder();

/**
 * Builds one message; what it writes, `Reader` reads in the same order. Numbers are little end first. Throws `RangeError`
 * where a number does not fit, which is a bug of the caller's.
 */
export class Writer {
  #bytes: Uint8Array<ArrayBuffer>;
  #view: DataView;
  #length = 0;

  /** `capacity`: bytes that will probably be written; more are no trouble. */
  constructor(capacity: number = 256) {
    this.#bytes = new Uint8Array(Math.max(capacity, 16));
    this.#view = new DataView(this.#bytes.buffer);
  }

  /** Bytes written so far. */
  get length(): number {
    return this.#length;
  }

  u8(value: number): this {
    checkWhole(value, 0xff);
    const at = this.#advance(1);
    this.#bytes[at] = value;
    return this;
  }

  u16(value: number): this {
    checkWhole(value, 0xffff);
    // First: making room replaces the view.
    const at = this.#advance(2);
    this.#view.setUint16(at, value, true);
    return this;
  }

  u32(value: number): this {
    checkWhole(value, 0xffff_ffff);
    // First: making room replaces the view.
    const at = this.#advance(4);
    this.#view.setUint32(at, value, true);
    return this;
  }

  /** A finite number. */
  f64(value: number): this {
    if (!Number.isFinite(value)) throw new RangeError("a number to send is not finite");
    // First: making room replaces the view.
    const at = this.#advance(8);
    this.#view.setFloat64(at, value, true);
    return this;
  }

  /** A whole number from 0 to 2^53 - 1: seven bits a byte, the lowest first, the eighth bit set where more follow (LEB128). */
  varint(value: number): this {
    checkWhole(value, Number.MAX_SAFE_INTEGER);
    let rest = value;
    let at = this.#reserve(8);
    // The operators on bits see 32 of them only.
    for (; rest > 0x7fff_ffff; rest = Math.floor(rest / 128))
      this.#bytes[at++] = (rest % 128) | 128;
    for (; rest > 127; rest >>>= 7) this.#bytes[at++] = (rest & 127) | 128;
    this.#bytes[at++] = rest;
    this.#length = at;
    return this;
  }

  bool(value: boolean): this {
    return this.u8(value ? 1 : 0);
  }

  /** A length and that many bytes. */
  bytes(value: Uint8Array): this {
    return this.varint(value.length).raw(value);
  }

  /** Bytes without their length: the reader has to know it, or to take the rest. */
  raw(value: Uint8Array): this {
    const at = this.#advance(value.length);
    this.#bytes.set(value, at);
    return this;
  }

  /** A length and that many bytes, one for each character. */
  latin1(value: ByteString): this {
    this.varint(value.length);
    const at = this.#advance(value.length);
    const room = this.#bytes.subarray(at, at + value.length);
    // The room is as large as ASCII needs; where anything else occurs, the encoder does not get to the end.
    const isDone =
      value.length > shortText && encoder.encodeInto(value, room).read === value.length;
    if (!isDone) putCharacters(value, room);
    return this;
  }

  /** A length and that many bytes of UTF-8. */
  text(value: string): this {
    return this.bytes(encoder.encode(value));
  }

  u8s(values: Uint8Array): this {
    return this.#column(values);
  }

  /** A count and that many numbers; so are the other columns. */
  u16s(values: Uint16Array): this {
    return this.#column(values);
  }

  u32s(values: Uint32Array): this {
    return this.#column(values);
  }

  /** Finite numbers. */
  f64s(values: Float64Array): this {
    if (!areFinite(values)) throw new RangeError("a number to send is not finite");
    return this.#column(values);
  }

  /** A value of a closed list that both sides know, as its place in it. */
  oneOf<T>(list: readonly T[], value: T): this {
    return this.u8(list.indexOf(value));
  }

  /** Whether there is a value, and the value. */
  optional<T>(value: T | undefined, write: (value: T) => void): this {
    this.bool(value !== undefined);
    if (value !== undefined) write(value);
    return this;
  }

  /** A count and that many values. */
  list<T>(values: readonly T[], write: (value: T) => void): this {
    this.varint(values.length);
    for (const value of values) write(value);
    return this;
  }

  /** All that was written; the writer is as new afterwards. */
  take(): Uint8Array<ArrayBuffer> {
    const taken = this.#bytes.subarray(0, this.#length);
    this.#bytes = new Uint8Array(16);
    this.#view = new DataView(this.#bytes.buffer);
    this.#length = 0;
    return taken;
  }

  #column(values: Column): this {
    this.varint(values.length);
    const at = this.#advance(values.byteLength);
    this.#bytes.set(new Uint8Array(values.buffer, values.byteOffset, values.byteLength), at);
    orderBytes(this.#bytes.subarray(at, this.#length), values.BYTES_PER_ELEMENT);
    return this;
  }

  /** Makes room for bytes, counts them as written, and says where they go. */
  #advance(bytes: number): number {
    const at = this.#reserve(bytes);
    this.#length = at + bytes;
    return at;
  }

  #reserve(bytes: number): number {
    const needed = this.#length + bytes;
    if (needed > this.#bytes.length) {
      const grown = new Uint8Array(Math.max(needed, this.#bytes.length * 2));
      grown.set(this.#bytes.subarray(0, this.#length));
      this.#bytes = grown;
      this.#view = new DataView(grown.buffer);
    }
    return this.#length;
  }
}

function checkWhole(value: number, max: number): void {
  // Not a number compares as false, so that it is caught as well.
  if (!(value >= 0 && value <= max) || !Number.isInteger(value)) {
    throw new RangeError(`a number to send is not a whole one from 0 to ${max}`);
  }
}

function putCharacters(value: ByteString, room: Uint8Array): void {
  let all = 0;
  for (let i = 0; i < value.length; i++) {
    const code = value.charCodeAt(i);
    all |= code;
    room[i] = code;
  }
  if (all > 0xff) throw new RangeError("a byte string to send holds what is not a byte");
}
