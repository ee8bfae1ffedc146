import type { ByteString } from "../base/byte-string.ts";

// Everything that acts on a terminal, a log viewer or the order of letters instead of being seen: C0, DEL, C1, the line
// and paragraph separators, and the marks that switch the direction of writing (with which a name can lie about itself).
const unsafe = /[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;
const shorthand: Readonly<Record<string, string>> = { "\n": "\\n", "\r": "\\r", "\t": "\\t" };

/**
 * A path as people are shown it: UTF-8 decoded; a control character as `\n`, `\x1b` or `\u{202e}`, a byte that is not
 * UTF-8 as `\xff`, a backslash doubled, so that no two names look the same. The root is `.`.
 */
export function escapePath(path: ByteString): string {
  if (path === "") return ".";
  let out = "";
  for (const piece of decodeUtf8(path)) {
    if (typeof piece === "number") out += `\\x${piece.toString(16)}`;
    else out += escapeText(piece.replaceAll("\\", "\\\\"));
  }
  return out;
}

/** Any other text as people are shown it: control characters escaped, the rest as it is. */
export function escapeText(text: string): string {
  return text.replace(unsafe, escapeCharacter);
}

/** JSON that is safe to print: the same value, with what JSON leaves unescaped and a terminal obeys escaped as well. */
export function safeJson(value: unknown): string {
  return JSON.stringify(value).replace(
    unsafe,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

function escapeCharacter(character: string): string {
  const code = character.charCodeAt(0);
  return (
    shorthand[character] ??
    (code < 0x80 ? `\\x${code.toString(16).padStart(2, "0")}` : `\\u{${code.toString(16)}}`)
  );
}

/** Takes bytes apart into runs of valid UTF-8, decoded, and single bytes that are not part of any. */
function* decodeUtf8(bytes: ByteString): Generator<string | number> {
  const raw = Buffer.from(bytes, "latin1");
  let from = 0;
  for (let at = 0; at < raw.length;) {
    const length = sequenceLength(raw, at);
    if (length > 0) {
      at += length;
      continue;
    }
    if (at > from) yield raw.toString("utf8", from, at);
    yield raw[at] ?? 0;
    from = ++at;
  }
  if (from < raw.length) yield raw.toString("utf8", from);
}

/** Length of the well-formed UTF-8 sequence at a place, 0 where there is none (Unicode 15, table 3-7). */
function sequenceLength(raw: Uint8Array, at: number): number {
  const lead = raw[at] ?? 0;
  if (lead < 0x80) return 1;
  const length = lead < 0xc2 ? 0 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : lead < 0xf5 ? 4 : 0;
  if (length === 0 || at + length > raw.length) return 0;
  const second = raw[at + 1] ?? 0;
  const low = lead === 0xe0 ? 0xa0 : lead === 0xf0 ? 0x90 : 0x80;
  const high = lead === 0xed ? 0x9f : lead === 0xf4 ? 0x8f : 0xbf;
  if (second < low || second > high) return 0;
  for (let i = 2; i < length; i++) if (((raw[at + i] ?? 0) & 0xc0) !== 0x80) return 0;
  return length;
}
