import type { ByteString } from "../../base/byte-string.ts";
import { bytesOfText, textOfBytes } from "../../base/byte-string.ts";

/** What is wrong with a line of a plan: words that do not say which line. */
export class BadLine extends Error {}

export type Fields = Readonly<Record<string, unknown>>;

/** An object that has no other fields than these. */
export function fieldsOf(value: unknown, what: string, known: ReadonlySet<string>): Fields {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new BadLine(`${what} is not an object`);
  }
  for (const key in value) {
    if (!known.has(key)) throw new BadLine(`${what} has the unknown field ${quoted(key)}`);
  }
  return value as Fields;
}

export function listOf(value: unknown, what: string, limit: number): readonly unknown[] {
  if (!Array.isArray(value)) throw new BadLine(`${what} is not a list`);
  if (value.length > limit) throw new BadLine(`${what} is too long`);
  return value;
}

/** A whole number within bounds, by default any that is not negative and exact. */
export function integerOf(
  value: unknown,
  what: string,
  max: number = Number.MAX_SAFE_INTEGER,
  min: number = 0,
): number {
  if (typeof value === "number" && Number.isInteger(value) && value >= min && value <= max) {
    return value;
  }
  throw new BadLine(`${what} is not a whole number from ${min} to ${max}`);
}

export function booleanOf(value: unknown, what: string): boolean {
  if (typeof value === "boolean") return value;
  throw new BadLine(`${what} is neither true nor false`);
}

export function textOf(value: unknown, what: string, limit: number): string {
  if (typeof value !== "string" || value.length > limit || !value.isWellFormed()) {
    throw new BadLine(`${what} is not a text, or too long`);
  }
  return value;
}

/** One of a few words. */
export function wordOf<T extends string>(
  value: unknown,
  what: string,
  words: Readonly<Record<T, unknown>>,
): T {
  if (typeof value === "string" && Object.hasOwn(words, value)) return value as T;
  throw new BadLine(`${what} is none of ${Object.keys(words).join(", ")}`);
}

/** Bytes that stand there as text or, where they are none, in base64 beside a text that resembles them. */
export function bytesOf(fields: Fields, key: string, limit: number): ByteString {
  const text = textOf(fields[key], key, limit);
  const encoded = fields[`${key}Bytes`];
  if (encoded === undefined) return bytesOfText(text);
  const bytes = base64Of(encoded, `${key}Bytes`, limit);
  // One path has one form; and what is read is what is done.
  const isTold = Buffer.from(bytes, "latin1").toString("utf8") === text;
  if (isTold && textOfBytes(bytes) === undefined) return bytes;
  throw new BadLine(`${key} and ${key}Bytes do not say the same`);
}

export function base64Of(value: unknown, what: string, limit: number): ByteString {
  const text = textOf(value, what, limit * 2 + 4);
  const bytes = Buffer.from(text, "base64");
  if (bytes.length <= limit && bytes.toString("base64") === text) {
    return bytes.toString("latin1") as ByteString;
  }
  throw new BadLine(`${what} is not base64, or too long`);
}

/** A word from a file within a sentence. */
export function quoted(text: string): string {
  return JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}…` : text);
}
