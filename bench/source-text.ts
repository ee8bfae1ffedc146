import { createRandom, type Random } from "./random.ts";
import { VOCABULARY } from "./words.ts";

// As often as programs have them: a few words make up most of a line.
const FREQUENT = `
  return const if ( ) { } = ; , . -> => 0 1 null this static int void struct let import from for else case break == != &&
  || [ ] + - * & < > /* */ // # : ? ! true false new function export type size_t char unsigned u32 err ret i len`
  .trim()
  .split(/\s+/);

const FREQUENT_SHARE = 0.45;
const NUMBER_SHARE = 0.12;
const TAPE_TOKENS = 1 << 16;
const NAMES = 1 << 14;
// The names that a file has chosen are said again and again in it.
const OWN_NAMES = 48;
const OWN_SHARE = 0.3;
const MOST_AT_ONCE = 2;
const LAST_START = TAPE_TOKENS - MOST_AT_ONCE;
const LONGEST_LINE = 7;
// Of lines, those that a file has already. Programs say much twice.
const REPEATED_SHARE = 0.15;
const DEEPEST = 5;

const NEWLINE = 10;
const TAB = 9;

/** Fills a buffer with source text that follows from the numbers given. */
type WriteSource = (random: Random, target: Uint8Array) => void;

/** Words with a blank after each, in one piece of memory. */
interface Tape {
  readonly bytes: Uint8Array;
  /** Where each word begins, and where the last one ends. */
  readonly starts: Uint32Array;
}

interface Piece {
  readonly bytes: Uint8Array;
  readonly from: number;
  readonly end: number;
}

/**
 * Makes what looks like programs: indented lines of words, of which some are frequent and some are the file's own, and
 * lines that are said again. Two files have no more than a few words in a row in common, so that only what compresses gains
 * by it, and not what finds the same piece in another file. zstd makes less than a third of a tree of
 * these, and of most source trees a quarter.
 */
export function createSourceWriter(): WriteSource {
  const random = createRandom(1);
  const tape = toTape(Array.from({ length: TAPE_TOKENS }, () => word(random)));
  const names = toTape(Array.from({ length: NAMES }, () => compound(random)));
  return (random, target) => {
    const own = Array.from({ length: OWN_NAMES }, () => random.below(NAMES));
    const lines: number[] = [];
    let indent = 0;
    for (let at = 0; at < target.length;) {
      const start = at;
      if (lines.length > 0 && random.next() < REPEATED_SHARE) {
        at = repeatLine(target, at, lines[random.below(lines.length)] ?? 0);
      } else {
        indent = Math.max(0, Math.min(DEEPEST, indent + random.below(3) - 1));
        for (let tab = 0; tab < indent; tab++) target[at++] = TAB;
        for (let left = 1 + random.below(LONGEST_LINE); left > 0; left--) {
          const piece =
            random.next() < OWN_SHARE
              ? cut(names, own[random.below(1 + random.below(OWN_NAMES))] ?? 0, 1)
              : cut(tape, random.below(LAST_START), 1 + random.below(MOST_AT_ONCE));
          at = put(target, at, piece);
        }
        // In the place of the last blank, which nobody leaves at the end of a line.
        target[at - 1] = NEWLINE;
      }
      lines.push(start);
    }
  };
}

function cut({ bytes, starts }: Tape, first: number, count: number): Piece {
  return { bytes, from: starts[first] ?? 0, end: starts[first + count] ?? 0 };
}

/** What reaches beyond the end of the target is lost, as for any write to an array of bytes. */
function put(target: Uint8Array, start: number, { bytes, from, end }: Piece): number {
  let at = start;
  for (let index = from; index < end; index++) target[at++] = bytes[index] as number;
  return at;
}

function repeatLine(target: Uint8Array, start: number, from: number): number {
  const end = target.indexOf(NEWLINE, from) + 1;
  target.copyWithin(start, from, end);
  return start + end - from;
}

function word(random: Random): string {
  const kind = random.next();
  if (kind < FREQUENT_SHARE) return FREQUENT[random.below(1 + random.below(FREQUENT.length))] ?? "";
  if (kind < FREQUENT_SHARE + NUMBER_SHARE) return random.below(0x10000).toString(16);
  return random.pick(VOCABULARY);
}

function compound(random: Random): string {
  const words = Array.from({ length: 1 + random.below(3) }, () => random.pick(VOCABULARY));
  const number = random.next() < 0.2 ? `${random.below(1000)}` : "";
  return words.join("_") + number;
}

function toTape(words: readonly string[]): Tape {
  const starts = new Uint32Array(words.length + 1);
  for (const [index, word] of words.entries()) {
    starts[index + 1] = (starts[index] as number) + word.length + 1;
  }
  return { bytes: Buffer.from(`${words.join(" ")} `, "latin1"), starts };
}
