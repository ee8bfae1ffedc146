/** Bytes of the POSIX classes as git has them: ASCII only, and `space` without vertical tab and form feed. */
const classes: Readonly<Record<string, (byte: number) => boolean>> = {
  alnum: (byte) => isDigit(byte) || isUpper(byte) || isLower(byte),
  alpha: (byte) => isUpper(byte) || isLower(byte),
  blank: (byte) => byte === 0x20 || byte === 0x09,
  cntrl: (byte) => byte < 0x20 || byte === 0x7f,
  digit: isDigit,
  graph: (byte) => byte > 0x20 && byte < 0x7f,
  lower: isLower,
  print: (byte) => byte >= 0x20 && byte < 0x7f,
  punct: (byte) => byte > 0x20 && byte < 0x7f && !isDigit(byte) && !isUpper(byte) && !isLower(byte),
  space: (byte) => byte === 0x20 || byte === 0x09 || byte === 0x0a || byte === 0x0d,
  upper: isUpper,
  xdigit: (byte) =>
    isDigit(byte) || (byte >= 0x41 && byte <= 0x46) || (byte >= 0x61 && byte <= 0x66),
};

/** A bracket expression: 1 at every byte that it matches, and where the pattern goes on behind it. */
export interface Bracket {
  readonly set: Uint8Array;
  readonly end: number;
}

/** Reads the bracket expression that opens at `open`. */
export function parseBracket(pattern: string, open: number): Bracket | { readonly error: string } {
  const listed = new Uint8Array(256);
  const negated = pattern[open + 1] === "!" || pattern[open + 1] === "^";
  const first = open + (negated ? 2 : 1);
  let at = first;
  /** The byte that a `-` next would make a range of. */
  let low = -1;
  // A `]` that stands first is a byte like any other.
  for (; at === first || pattern[at] !== "]"; at++) {
    if (at >= pattern.length) return { error: "a [ is not closed" };
    const name = pattern.startsWith("[:", at) ? className(pattern, at) : undefined;
    if (name !== undefined) {
      const belongs = Object.hasOwn(classes, name) ? classes[name] : undefined;
      if (belongs === undefined) return { error: "there is no character class of that name" };
      for (let byte = 0; byte < 256; byte++) if (belongs(byte)) listed[byte] = 1;
      at += name.length + 3;
      low = -1;
      continue;
    }
    const isRange =
      pattern[at] === "-" && low !== -1 && at + 1 < pattern.length && pattern[at + 1] !== "]";
    if (isRange) at++;
    if (pattern[at] === "\\") at++;
    if (at >= pattern.length) return { error: "a [ is not closed" };
    const byte = pattern.charCodeAt(at);
    if (isRange) listed.fill(1, low, Math.max(low, byte + 1));
    else listed[byte] = 1;
    low = isRange ? -1 : byte;
  }
  const set = negated ? listed.map((bit) => 1 - bit) : listed;
  // Brackets never match a slash, and no name holds a NUL.
  set[0x2f] = 0;
  set[0] = 0;
  return set.includes(1) ? { set, end: at + 1 } : { error: "the brackets match no character" };
}

/** The name in `[:name:]`; `undefined` where what follows is no class, and `[` is a byte like any other. */
function className(pattern: string, at: number): string | undefined {
  const end = pattern.indexOf("]", at + 2);
  // Git looks for the `]` first and counts on a colon before it; without any the bracket is not closed anyway.
  return end > at + 2 && pattern[end - 1] === ":" ? pattern.slice(at + 2, end - 1) : undefined;
}

function isDigit(byte: number): boolean {
  return byte >= 0x30 && byte <= 0x39;
}

function isUpper(byte: number): boolean {
  return byte >= 0x41 && byte <= 0x5a;
}

function isLower(byte: number): boolean {
  return byte >= 0x61 && byte <= 0x7a;
}
