import type { ByteString } from "../../base/byte-string.ts";

/** Bytes that are gathered before they are sent off. */
const arenaBytes = 64 * 1024;
/** Content of that many bytes goes as it is; less is copied to where the rest of its packet is. */
const largePayload = 16 * 1024;
const headerBytes = 9;

/**
 * Builds packets one behind the other in the same memory and hands them on together: when there are many, or when this
 * turn of the event loop ends. What was handed on is not touched again.
 */
export class PacketWriter {
  readonly #send: (bytes: Uint8Array) => void;
  #arena: Buffer = Buffer.allocUnsafeSlow(arenaBytes);
  /** Where the packet in hand begins, and how far it has got; everything before `#sent` has been handed on. */
  #start = 0;
  #at = 0;
  #sent = 0;
  #willFlush = false;

  constructor(send: (bytes: Uint8Array) => void) {
    this.#send = send;
  }

  /** Begins a packet that has no more than `room` bytes behind its type and number. */
  begin(type: number, id: number, room: number): this {
    if (this.#arena.length - this.#at < room + headerBytes) {
      this.flush();
      this.#arena = Buffer.allocUnsafeSlow(Math.max(arenaBytes, room + headerBytes));
      this.#at = 0;
      this.#sent = 0;
    }
    this.#start = this.#at;
    this.#arena[this.#at + 4] = type;
    this.#arena.writeUInt32BE(id, this.#at + 5);
    this.#at += headerBytes;
    return this;
  }

  u32(value: number): this {
    this.#at = this.#arena.writeUInt32BE(value, this.#at);
    return this;
  }

  u64(value: number): this {
    const high = Math.floor(value / 2 ** 32);
    this.#arena.writeUInt32BE(high, this.#at);
    this.#at = this.#arena.writeUInt32BE(value - high * 2 ** 32, this.#at + 4);
    return this;
  }

  string(value: string): this {
    this.u32(value.length);
    this.#at += this.#arena.write(value, this.#at, "latin1");
    return this;
  }

  /** Ends the packet. */
  end(): void {
    this.#arena.writeUInt32BE(this.#at - this.#start - 4, this.#start);
    if (!this.#willFlush) {
      this.#willFlush = true;
      setImmediate(() => {
        this.#willFlush = false;
        this.flush();
      });
    }
    if (this.#at - this.#sent >= arenaBytes / 2) this.flush();
  }

  /** Ends the packet with a string that is content, which is not to be changed afterwards. */
  endWith(payload: Uint8Array): void {
    this.u32(payload.length);
    if (payload.length < largePayload) {
      this.#arena.set(payload, this.#at);
      this.#at += payload.length;
      this.end();
      return;
    }
    this.#arena.writeUInt32BE(this.#at - this.#start - 4 + payload.length, this.#start);
    this.flush();
    this.#send(payload);
  }

  flush(): void {
    if (this.#at === this.#sent) return;
    this.#send(this.#arena.subarray(this.#sent, this.#at));
    this.#sent = this.#at;
  }
}

/** Room in a packet for content that comes with {@link PacketWriter.endWith}. */
export function roomForPayload(bytes: number): number {
  return bytes < largePayload ? bytes + 4 : 4;
}

declare const brand: unique symbol;
/** What a server calls a file or a directory that it holds open. */
export type Handle = ByteString & { readonly [brand]: "Handle" };
