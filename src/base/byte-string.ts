declare const brand: unique symbol;

/**
 * Bytes as a string: every character is one byte (0–255, latin1). Lossless for any file name, compact in memory,
 * and ordered by plain `<` exactly as the bytes are.
 */
export type ByteString = string & { readonly [brand]: "ByteString" };

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const ascii = /^[\x00-\x7f]*$/;

/** Encodes text as UTF-8. Never fails: lone surrogates become U+FFFD, as everywhere on the platform. */
export function bytesOfText(text: string): ByteString {
  if (ascii.test(text)) return text as ByteString;
  let out = "";
  for (const byte of encoder.encode(text)) out += String.fromCharCode(byte);
  return out as ByteString;
}

/** Decodes UTF-8, or returns `undefined` where the bytes are not valid UTF-8. */
export function textOfBytes(bytes: ByteString): string | undefined {
  if (ascii.test(bytes)) return bytes;
  try {
    return decoder.decode(rawBytes(bytes));
  } catch {
    return undefined;
  }
}

/** Bytes within a sentence: as the text that they are, or byte by byte. Printers still escape what they show. */
export function shownBytes(bytes: ByteString): string {
  return textOfBytes(bytes) ?? bytes;
}

/** The bytes themselves, one array element a byte. */
export function rawBytes(bytes: ByteString): Uint8Array {
  const out = new Uint8Array(bytes.length);
  for (let i = 0; i < bytes.length; i++) out[i] = bytes.charCodeAt(i);
  return out;
}

/** The byte string of raw bytes. */
export function byteString(bytes: Uint8Array): ByteString {
  let out = "";
  for (let from = 0; from < bytes.length; from += 8192) {
    // Several times faster than spreading, which goes through an iterator.
    out += Reflect.apply(String.fromCharCode, undefined, bytes.subarray(from, from + 8192));
  }
  return out as ByteString;
}
