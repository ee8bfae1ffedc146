import { WireError } from "../../wire/wire-error.ts";
import { limits } from "./protocol.ts";

/**
 * Cuts a stream of bytes into packets, which are handed on without their length. Memory is kept for one packet of a length
 * that has been checked, and not before its first bytes are there.
 */
export class PacketSplitter {
  readonly #onPacket: (packet: Buffer) => void;
  readonly #header: Buffer = Buffer.alloc(4);
  #headerLength = 0;
  /** The packet that has come in part. */
  #packet: Buffer | undefined;
  #packetLength = 0;

  constructor(onPacket: (packet: Buffer) => void) {
    this.#onPacket = onPacket;
  }

  /** Whether a packet has begun and not ended. */
  get isInside(): boolean {
    return this.#headerLength > 0;
  }

  push(chunk: Uint8Array): void {
    const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length);
    let at = 0;
    while (at < bytes.length) {
      if (this.#packet !== undefined) at = this.#goOn(this.#packet, bytes, at);
      else if (this.#headerLength > 0 || bytes.length - at < 4) at = this.#takeHeader(bytes, at);
      else {
        const length = checkedLength(bytes.readUInt32BE(at));
        at += 4;
        if (length <= bytes.length - at) {
          this.#onPacket(bytes.subarray(at, at + length));
          at += length;
        } else {
          this.#headerLength = 4;
          this.#packet = Buffer.allocUnsafe(length);
        }
      }
    }
  }

  #takeHeader(bytes: Buffer, at: number): number {
    const taken = Math.min(4 - this.#headerLength, bytes.length - at);
    bytes.copy(this.#header, this.#headerLength, at, at + taken);
    this.#headerLength += taken;
    if (this.#headerLength === 4) {
      this.#packet = Buffer.allocUnsafe(checkedLength(this.#header.readUInt32BE(0)));
    }
    return at + taken;
  }

  #goOn(packet: Buffer, bytes: Buffer, at: number): number {
    const taken = Math.min(packet.length - this.#packetLength, bytes.length - at);
    bytes.copy(packet, this.#packetLength, at, at + taken);
    this.#packetLength += taken;
    if (this.#packetLength === packet.length) {
      this.#packet = undefined;
      this.#packetLength = 0;
      this.#headerLength = 0;
      this.#onPacket(packet);
    }
    return at + taken;
  }
}

function checkedLength(length: number): number {
  if (length === 0) throw new WireError("a packet is empty");
  if (length > limits.packet) {
    throw new WireError(`a packet is over the limit of ${limits.packet} bytes`);
  }
  return length;
}
