import type { ByteString } from "../base/byte-string.ts";
import { byteString } from "../base/byte-string.ts";
import { areFinite, orderBytes } from "./columns.ts";
import { WireError } from "./wire-error.ts";

const lenient = new TextDecoder("utf-8", { ignoreBOM: true });
const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/**
 * Reads one message that `Writer` wrote, or that a hostile peer made up. Whatever is not as it should be throws
 * `WireError`. Every length and count has a limit, and nothing is allocated that is larger than what has been received.
 */
export class Reader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #at = 0;

  constructor(bytes: Uint8Array) {
    // What is handed out is an array of the plain kind, whatever came in.
    this.#bytes = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length);
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  }

  /** Bytes that have not been read. */
  get remaining(): number {
    return this.#bytes.length - this.#at;
  }

  u8(): number {
    return this.#view.getUint8(this.#advance(1));
  }

  u16(): number {
    return this.#view.getUint16(this.#advance(2), true);
  }

  u32(): number {
    return this.#view.getUint32(this.#advance(4), true);
  }

  f64(): number {
    const value = this.#view.getFloat64(this.#advance(8), true);
    if (!Number.isFinite(value)) throw new WireError("a number is not finite");
    return value;
  }

  varint(max: number = Number.MAX_SAFE_INTEGER): number {
    let value = 0;
    let scale = 1;
    for (let count = 1; ; count++) {
      const byte = this.u8();
      value += (byte & 127) * scale;
      if (byte < 128) {
        if (byte === 0 && count > 1) throw new WireError("a number is longer than it needs to be");
        break;
      }
      // Eight bytes hold 56 bits, and a number has 53.
      if (count === 8) throw new WireError("a number has too many bytes");
      scale *= 128;
    }
    if (value > Math.min(max, Number.MAX_SAFE_INTEGER)) {
      throw new WireError(`a number is larger than ${max}`);
    }
    return value;
  }

  bool(): boolean {
    const value = this.u8();
    if (value > 1) throw new WireError("a yes or no is neither");
    return value === 1;
  }

  /** A part of the message, not a copy: it keeps all of the message in memory. */
  bytes(max: number): Uint8Array {
    return this.raw(this.#length(max));
  }

  /** That many bytes; a part of the message, not a copy. */
  raw(length: number): Uint8Array {
    const at = this.#advance(length);
    return this.#bytes.subarray(at, this.#at);
  }

  /** `max` is in bytes. */
  latin1(max: number): ByteString {
    const bytes = this.bytes(max);
    // Of UTF-8, only ASCII has as many characters as bytes, but for bytes that are no UTF-8 and were replaced.
    const text = lenient.decode(bytes);
    const isAscii = text.length === bytes.length && !text.includes("\ufffd");
    return isAscii ? (text as ByteString) : byteString(bytes);
  }

  /** `max` is in bytes. */
  text(max: number): string {
    const bytes = this.bytes(max);
    try {
      return strict.decode(bytes);
    } catch {
      throw new WireError("a text is not valid UTF-8");
    }
  }

  /** A column in memory of its own; so are the others. */
  u8s(maxCount: number): Uint8Array<ArrayBuffer> {
    return this.#column(new Uint8Array(this.#count(maxCount, 1)));
  }

  u16s(maxCount: number): Uint16Array<ArrayBuffer> {
    return this.#column(new Uint16Array(this.#count(maxCount, 2)));
  }

  u32s(maxCount: number): Uint32Array<ArrayBuffer> {
    return this.#column(new Uint32Array(this.#count(maxCount, 4)));
  }

  f64s(maxCount: number): Float64Array<ArrayBuffer> {
    const column = this.#column(new Float64Array(this.#count(maxCount, 8)));
    if (!areFinite(column)) throw new WireError("a number is not finite");
    return column;
  }

  oneOf<T>(list: readonly T[]): T {
    const place = this.u8();
    if (place >= list.length) throw new WireError("a value is none of those that are known");
    return list[place]!;
  }

  optional<T>(read: () => T): T | undefined {
    return this.bool() ? read() : undefined;
  }

  /** Each value takes at least one byte, or this would be a way to fill the memory. */
  list<T>(maxCount: number, read: () => T): T[] {
    const values: T[] = [];
    for (let left = this.#count(maxCount, 1); left > 0; left--) values.push(read());
    return values;
  }

  /** What has not been read; a part of the message, not a copy. */
  rest(): Uint8Array {
    return this.raw(this.remaining);
  }

  /** Says that the message ends here. */
  end(): void {
    if (this.remaining > 0) throw new WireError("a message is longer than what it says");
  }

  #column<T extends Uint8Array | Uint16Array | Uint32Array | Float64Array>(column: T): T {
    const into = new Uint8Array(column.buffer);
    into.set(this.raw(into.length));
    orderBytes(into, column.BYTES_PER_ELEMENT);
    return column;
  }

  #length(max: number): number {
    const length = this.varint();
    if (length > max) throw new WireError(`a length is over the limit of ${max} bytes`);
    return length;
  }

  /** Of elements of so many bytes; what has not been received is not allocated either. */
  #count(max: number, width: number): number {
    const count = this.varint();
    if (count > max) throw new WireError(`a count is over the limit of ${max}`);
    if (count * width > this.remaining)
      throw new WireError("a message is shorter than what it says");
    return count;
  }

  #advance(bytes: number): number {
    const at = this.#at;
    if (bytes > this.#bytes.length - at) {
      throw new WireError("a message is shorter than what it says");
    }
    this.#at = at + bytes;
    return at;
  }
}
