import type { ByteString } from "../base/byte-string.ts";
import type { FilterRule } from "./filter.ts";
import { type Glob, parseGlob } from "./glob.ts";

/** Why a line is no rule, in words that do not repeat the line: it may come from a file that holds secrets. */
export interface BadRule {
  readonly error: string;
}

/** A rule taken apart. */
export interface ParsedPattern {
  /** Begins with `!`: what it matches is included again. */
  readonly negated: boolean;
  /** Ends with `/`: it matches directories only. */
  readonly directoryOnly: boolean;
  /** Has no other `/`: it is held against the last component of a path, at any depth. */
  readonly anyDepth: boolean;
  readonly glob: Glob;
}

const byteOrderMark = "\u00ef\u00bb\u00bf";

/**
 * Reads one line of gitignore syntax, as bytes and without its line end. `undefined` for a blank line or a comment. What
 * git takes for a pattern that can never match is an error here, for whoever typed it meant something.
 */
export function parseRule(line: ByteString, origin: string): FilterRule | BadRule | undefined {
  if (line.startsWith("#")) return undefined;
  const pattern = trimTrailingSpaces(line);
  if (pattern === "") return undefined;
  const parsed = parsePattern(pattern);
  return "error" in parsed ? parsed : { pattern, origin };
}

/**
 * The rules of a whole ignore file as git reads it: lines that can never match are passed over in silence, since the
 * file belongs to the tree and not to whoever runs us. Origins are `name:line`.
 */
export function parseIgnoreText(text: ByteString, name: string): FilterRule[] {
  return splitLines(text).flatMap((line, index) => {
    // Git reads a line as a C string, which ends at the first NUL.
    const rule = parseRule(line.split("\0", 1)[0] as ByteString, `${name}:${index + 1}`);
    return rule === undefined || "error" in rule ? [] : rule;
  });
}

/** The lines of an ignore file, with neither a byte order mark before the first nor `\r` before the line ends. */
export function splitLines(text: ByteString): ByteString[] {
  const from = text.startsWith(byteOrderMark) ? byteOrderMark.length : 0;
  const lines = text.slice(from).split("\n");
  if (lines.at(-1) === "") lines.pop();
  return lines.map((line) => (line.endsWith("\r") ? line.slice(0, -1) : line) as ByteString);
}

/** Takes apart a pattern that is neither blank nor a comment. */
export function parsePattern(pattern: ByteString): ParsedPattern | BadRule {
  if (pattern.includes("\0")) return { error: "the pattern holds a NUL byte" };
  const negated = pattern.startsWith("!");
  const directoryOnly = pattern.length > (negated ? 1 : 0) && pattern.endsWith("/");
  const body = pattern.slice(negated ? 1 : 0, directoryOnly ? -1 : undefined);
  const anyDepth = !body.includes("/");
  const glob = parseGlob((body.startsWith("/") ? body.slice(1) : body) as ByteString, anyDepth);
  return "error" in glob ? glob : { negated, directoryOnly, anyDepth, glob };
}

/** Drops spaces, and only spaces, from the end, but not one that a backslash quotes. */
function trimTrailingSpaces(line: ByteString): ByteString {
  let end = line.length;
  while (end > 0 && line[end - 1] === " ") end--;
  if (end === line.length) return line;
  let slashes = 0;
  while (slashes < end && line[end - 1 - slashes] === "\\") slashes++;
  return line.slice(0, slashes % 2 === 1 ? end + 1 : end) as ByteString;
}
