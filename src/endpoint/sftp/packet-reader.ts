import type { ByteString } from "../../base/byte-string.ts";
import { WireError } from "../../wire/wire-error.ts";
import { limits } from "./protocol.ts";

/** Reads the fields of one packet, big end first. Whatever is not as it should be throws `WireError`. */
export class PacketReader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  u8(): number {
    return this.#bytes[this.#advance(1)]!;
  }

  u32(): number {
    return this.#bytes.readUInt32BE(this.#advance(4));
  }

  /** A size, a position or a count; those that are no exact numbers are refused. */
  u64(): number {
    const at = this.#advance(8);
    const value = this.#bytes.readUInt32BE(at) * 2 ** 32 + this.#bytes.readUInt32BE(at + 4);
    if (value > Number.MAX_SAFE_INTEGER) throw new WireError("a number is larger than 2^53");
    return value;
  }

  /** A number that is as good when it is rounded. */
  roughly64(): number {
    const at = this.#advance(8);
    return this.#bytes.readUInt32BE(at) * 2 ** 32 + this.#bytes.readUInt32BE(at + 4);
  }

  /** `max` is in bytes. */
  string(max: number): ByteString {
    const length = this.#length(max);
    const at = this.#advance(length);
    return this.#bytes.toString("latin1", at, at + length) as ByteString;
  }

  /** A part of the packet, not a copy: it keeps all of it in memory. */
  bytes(max: number): Buffer {
    const length = this.#length(max);
    const at = this.#advance(length);
    return this.#bytes.subarray(at, at + length);
  }

  /** Passes over a string. */
  skip(): void {
    this.#advance(this.#length(limits.text));
  }

  /** Whether everything has been read. */
  get isAtEnd(): boolean {
    return this.#at === this.#bytes.length;
  }

  #length(max: number): number {
    const length = this.u32();
    if (length > max) throw new WireError(`a length is over the limit of ${max} bytes`);
    return length;
  }

  #advance(bytes: number): number {
    const at = this.#at;
    if (bytes > this.#bytes.length - at) {
      throw new WireError("a packet is shorter than what it says");
    }
    this.#at = at + bytes;
    return at;
  }
}
