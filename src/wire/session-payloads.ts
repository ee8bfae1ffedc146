import type { PeerFailure } from "./channel.ts";
import { maxFailureCode, maxFailureMessage, mostLimits } from "./limits.ts";
import { Reader } from "./reader.ts";
import { WireError } from "./wire-error.ts";
import { Writer } from "./writer.ts";

const encoder = new TextEncoder();

export function encodeCredit(bytes: number): Uint8Array {
  return new Writer(4).u32(bytes).take();
}

export function decodeCredit(payload: Uint8Array): number {
  const reader = new Reader(payload);
  const bytes = reader.u32();
  if (bytes > mostLimits.window) throw new WireError("more credit came than was used");
  return bytes;
}

/** A message that is too long is cut: what failed is told in any case. */
export function encodeFailure({ code, message }: PeerFailure): Uint8Array {
  const name = encoder.encode(code);
  if (name.length > maxFailureCode) throw new RangeError("a failure's code is too long");
  return new Writer()
    .bytes(name)
    .bytes(cut(encoder.encode(message)))
    .take();
}

export function decodeFailure(payload: Uint8Array): PeerFailure {
  const reader = new Reader(payload);
  const failure = { code: reader.text(maxFailureCode), message: reader.text(maxFailureMessage) };
  reader.end();
  return failure;
}

/** Between characters. */
function cut(text: Uint8Array): Uint8Array {
  if (text.length <= maxFailureMessage) return text;
  let end = maxFailureMessage;
  while ((text[end]! & 0xc0) === 0x80) end--;
  return text.subarray(0, end);
}
