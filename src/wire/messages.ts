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

export function newMessages(channel: Channel, { pack, unpack }: MessageCodec): Messages {
  const receive = async <T>(read: (from: Reader) => T): Promise<T | undefined> => {
    const packed = await channel.receive();
    if (packed === undefined) return undefined;
    const message = unpack(packed);
    if (message === undefined) throw new WireError("a message cannot be decompressed");
    const from = new Reader(message);
    const value = read(from);
    from.end();
    return value;
  };
  return {
    receive,
    send(write) {
      const out = new Writer();
      write(out);
      return channel.send(pack(out.take()));
    },
    async expect(read) {
      let isThere = false;
      const value = await receive((from) => {
        isThere = true;
        return read(from);
      });
      if (!isThere) throw new WireError("an answer is missing");
      return value as Awaited<ReturnType<typeof read>>;
    },
  };
}
