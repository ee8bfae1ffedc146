import type { Channel } from "./channel.ts";
import { Reader } from "./reader.ts";
import { WireError } from "./wire-error.ts";
import { Writer } from "./writer.ts";

/** How messages are compressed; content has ways of its own. */
export interface MessageCodec {
  readonly pack: (message: Uint8Array) => Uint8Array;
  /** `undefined` for what nobody has packed. */
  readonly unpack: (packed: Uint8Array) => Uint8Array | undefined;
}

/** Messages over one channel, as what they say. */
export interface Messages {
  send(write: (out: Writer) => void): Promise<void>;
  /** `undefined` at the end. Whoever reads a message reads all of it, or throws `WireError`. */
  receive<T>(read: (from: Reader) => T): Promise<T | undefined>;
  /** {@link Messages.receive} where there has to be one. */
  expect<T>(read: (from: Reader) => T): Promise<T>;
}

/** A long message goes in parts of this size, each after a byte that says whether more follow. */
const partBytes = 1 << 20;
const mostBytes = 64 << 20;
const LAST = 0;
const MORE = 1;

export function newMessages(channel: Channel, { pack, unpack }: MessageCodec): Messages {
  const next = async (): Promise<Reader | undefined> => {
    const packed = await receiveParts(channel);
    if (packed === undefined) return undefined;
    const message = unpack(packed);
    if (message === undefined) throw new WireError("a message cannot be decompressed");
    return new Reader(message);
  };
  return {
    async send(write) {
      const out = new Writer();
      write(out);
      await sendParts(channel, pack(out.take()));
    },
    async receive(read) {
      const from = await next();
      return from === undefined ? undefined : readAll(from, read);
    },
    async expect(read) {
      const from = await next();
      if (from === undefined) throw new WireError("an answer is missing");
      return readAll(from, read);
    },
  };
}

function readAll<T>(from: Reader, read: (from: Reader) => T): T {
  const value = read(from);
  from.end();
  return value;
}

async function sendParts(channel: Channel, message: Uint8Array): Promise<void> {
  for (let from = 0; ; from += partBytes) {
    const body = message.subarray(from, from + partBytes);
    const isLast = from + partBytes >= message.length;
    const part = new Uint8Array(body.length + 1);
    part[0] = isLast ? LAST : MORE;
    part.set(body, 1);
    await channel.send(part);
    if (isLast) return;
  }
}

async function receiveParts(channel: Channel): Promise<Uint8Array | undefined> {
  const parts: Uint8Array[] = [];
  let bytes = 0;
  for (;;) {
    const part = await channel.receive();
    if (part === undefined && parts.length === 0) return undefined;
    if (part === undefined) throw new WireError("a message breaks off");
    // Only the last part may be short, or memory would fill with next to nothing in each.
    const isSound = part[0] === LAST || (part[0] === MORE && part.length === partBytes + 1);
    if (!isSound) throw new WireError("a part of a message is none");
    if (part[0] === LAST && parts.length === 0) return part.subarray(1);
    bytes += part.length;
    if (bytes > mostBytes) throw new WireError("a message is too long");
    parts.push(part);
    if (part[0] === LAST) return joined(parts, bytes - parts.length);
  }
}

function joined(parts: readonly Uint8Array[], bytes: number): Uint8Array {
  const out = new Uint8Array(bytes);
  let at = 0;
  for (const part of parts) {
    out.set(part.subarray(1), at);
    at += part.length - 1;
  }
  return out;
}
