import type { Codec } from "./squeeze.ts";
import { compress, decompress } from "./squeeze.ts";

const codecs: readonly Codec[] = ["none", "zstd", "deflate"];
const headBytes = 5;
/** What is shorter is not worth the trouble. */
const leastBytes = 256;
/** Bytes of a message, decompressed. */
const mostBytes = 32 << 20;
/** What is said once is worth more trouble than content. */
const level = 3;

/** A message as it is sent: how it is compressed, its length, and its bytes. */
export function packMessage(message: Uint8Array, codec: Codec): Uint8Array {
  const squeezed =
    message.length < leastBytes || codec === "none" ? undefined : compress(message, codec, level);
  const isSmaller = squeezed !== undefined && squeezed.length < message.length;
  const body = isSmaller ? squeezed : message;
  const out = new Uint8Array(headBytes + body.length);
  out[0] = isSmaller ? codecs.indexOf(codec) : 0;
  new DataView(out.buffer).setUint32(1, message.length, true);
  out.set(body, headBytes);
  return out;
}

/** The message that was sent; `undefined` where it is none. */
export function unpackMessage(packed: Uint8Array): Uint8Array | undefined {
  if (packed.length < headBytes) return undefined;
  const codec = codecs[packed[0]!];
  const length = new DataView(packed.buffer, packed.byteOffset).getUint32(1, true);
  if (codec === undefined || length > mostBytes) return undefined;
  const body = packed.subarray(headBytes);
  try {
    return codec === "none" && body.length !== length ? undefined : decompress(body, codec, length);
  } catch {
    return undefined;
  }
}
