import type { ByteString } from "../base/byte-string.ts";
import { parseBracket } from "./glob-bracket.ts";

/**
 * A gitignore pattern without its marks, as a program of one code a token: 0–255 is that byte, and from
 * {@link FIRST_SET} on it is a set of bytes. Characters are bytes, as they are for git: `?` is one byte of a name.
 *
 * Nothing here backtracks without bound: a tree's own ignore file must not be able to stop a scan, so that no regular
 * expressions are made of patterns.
 */
export interface Glob {
  readonly codes: Int32Array;
  readonly sets: readonly Uint8Array[];
}

/** `?`: any byte but `/`. */
const ANY = 256;
/** `*`: any bytes but `/`, or none. */
export const STAR = 257;
/** `**` at the end, or before a quoted slash: any bytes, or none. */
const DEEP = 258;
/** `**` with the slash after it: nothing, or any bytes up to and with a slash. */
const DEEP_SLASH = 259;
const FIRST_SET = 260;
const SLASH = 0x2f;

/** Translates a pattern. With `anyDepth` it is for single names, where `**` means no more than `*`. */
export function parseGlob(
  pattern: ByteString,
  anyDepth: boolean,
): Glob | { readonly error: string } {
  const codes: number[] = [];
  const sets: Uint8Array[] = [];
  const literals = literalPrefix(pattern);
  let at = 0;
  while (at < pattern.length) {
    const char = pattern[at]!;
    if (char === "\\") {
      if (at + 1 === pattern.length) return { error: "the pattern ends in a backslash" };
      codes.push(pattern.charCodeAt(at + 1));
      at += 2;
    } else if (char === "[") {
      const bracket = parseBracket(pattern, at);
      if ("error" in bracket) return bracket;
      codes.push(FIRST_SET + sets.length);
      sets.push(bracket.set);
      at = bracket.end;
    } else if (char === "*") {
      const end = endOfStars(pattern, at);
      const deep = !anyDepth && end - at > 1 && standsAlone(pattern, at, end, literals);
      const slash = deep && pattern[end] === "/";
      codes.push(slash ? DEEP_SLASH : deep ? DEEP : STAR);
      at = slash ? end + 1 : end;
    } else {
      codes.push(char === "?" ? ANY : pattern.charCodeAt(at));
      at++;
    }
  }
  if (isHopeless(codes)) return { error: "the pattern can match no path" };
  return { codes: Int32Array.from(codes), sets };
}

/** The pattern's text where it is plain, from `from` on; `undefined` where it holds anything but literal bytes. */
export function literalOf(glob: Glob, from = 0): string | undefined {
  const codes = glob.codes.subarray(from);
  return codes.every((code) => code < ANY) ? String.fromCharCode(...codes) : undefined;
}

/**
 * Whether the whole text matches. Takes at most text × pattern steps between two `**`: a single star never passes a
 * slash, so that what stands between two deep stars spans a fixed number of components, and the first place where
 * it fits is as good as any later one. (The two-pointer method of wildcard matching, with a second level.)
 */
export function matchesGlob(glob: Glob, text: string): boolean {
  const { codes, sets } = glob;
  const length = text.length;
  let p = 0;
  let t = 0;
  let star = -1;
  let starText = 0;
  let deep = -1;
  let deepText = 0;
  let deepBySlash = false;
  for (;;) {
    if (p === codes.length) {
      if (t === length) return true;
    } else {
      const code = codes[p]!;
      if (code === STAR) {
        star = ++p;
        starText = t;
        continue;
      }
      if (code === DEEP || code === DEEP_SLASH) {
        deep = ++p;
        deepText = t;
        deepBySlash = code === DEEP_SLASH;
        star = -1;
        if (p === codes.length && !deepBySlash) return true;
        continue;
      }
      if (t < length) {
        const byte = text.charCodeAt(t);
        if (
          code < ANY
            ? byte === code
            : code === ANY
              ? byte !== SLASH
              : sets[code - FIRST_SET]![byte] === 1
        ) {
          p++;
          t++;
          continue;
        }
      }
    }
    if (star !== -1 && starText < length && text.charCodeAt(starText) !== SLASH) {
      p = star;
      t = ++starText;
      continue;
    }
    if (deep === -1) return false;
    deepText = deepBySlash ? text.indexOf("/", deepText) + 1 : deepText + 1;
    if (deepText === 0 || deepText > length) return false;
    p = deep;
    t = deepText;
    star = -1;
  }
}

function literalPrefix(pattern: string): number {
  const at = pattern.search(/[*?[\\]/);
  return at === -1 ? pattern.length : at;
}

function endOfStars(pattern: string, at: number): number {
  let end = at;
  while (pattern[end] === "*") end++;
  return end;
}

/**
 * Whether `**` is a component of its own. COMPAT: git compares the pattern's plain beginning first and matches what is
 * left as a pattern of its own, so that `a**\/b` counts, and means any path that begins with `a` and ends with `b`.
 */
function standsAlone(pattern: string, at: number, end: number, literals: number): boolean {
  const before = at === literals || pattern[at - 1] === "/";
  return (
    before && (end === pattern.length || pattern[end] === "/" || pattern.startsWith("\\/", end))
  );
}

/** Whether no path can match because the pattern asks for a component that is empty, `.` or `..`. */
function isHopeless(codes: readonly number[]): boolean {
  let component: number[] = [];
  for (const code of [...codes, SLASH]) {
    if (code !== SLASH) {
      component.push(code);
      continue;
    }
    const rest =
      component[0] === DEEP_SLASH
        ? component.slice(component.lastIndexOf(DEEP_SLASH) + 1)
        : component;
    if (rest.length <= 2 && rest.every((byte) => byte === 0x2e)) return true;
    component = [];
  }
  return false;
}
