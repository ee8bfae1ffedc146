import { createRandom, type Random } from "./random.ts";
import { VOCABULARY } from "./words.ts";

// As often as programs have them: a few words make up most of a line.
const FREQUENT = `
  return const if ( ) { } = ; , . -> => 0 1 null this static int void struct let import from for else case break == != &&
  || [ ] + - * & < > /* */ // # : ? ! true false new function export type size_t char unsigned u32 err ret i len`;

const FREQUENT_SHARE = 0.45;
const NUMBER_SHARE = 0.12;
const TAPE_TOKENS = 1 << 16;
// A name that a file has for itself is said again and again in it, and nowhere else.
const OWN_NAMES = 48;
const OWN_SHARE = 0.3;
const MOST_TOKENS_AT_ONCE = 2;
const MOST_AT_ONCE_IN_LINE = 7;
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

/**
 * Makes what looks like programs: indented lines of words, of which some are frequent and some are the file's own, and
 * lines that are said again. Two files have no more than a few words in a row in common, so that only what compresses gains
 * by it, and not what finds the same piece in another file. zstd makes about a quarter of a tree of these, as of real
 * sources.
 */
export function createSourceWriter(): WriteSource {
  const tape = recordTape();
  return (random, target) => {
    const own = toTape(Array.from({ length: OWN_NAMES }, () => ownName(random)));
    const lines: number[] = [];
    let indent = 0;
    for (let at = 0; at < target.length;) {
      const isRepeated = lines.length > 0 && random.next() < REPEATED_SHARE;
      const again = isRepeated ? lines[random.below(lines.length)] : undefined;
      lines.push(at);
      if (again !== undefined) {
        at = repeatLine(target, at, again);
        continue;
      }
      indent = Math.max(0, Math.min(DEEPEST, indent + random.below(3) - 1));
      for (let tab = 0; tab < indent; tab++) target[at++] = TAB;
      for (let left = 1 + random.below(MOST_AT_ONCE_IN_LINE); left > 0; left--) {
        at =
          random.next() < OWN_SHARE
            ? play(own, random.below(1 + random.below(OWN_NAMES)), 1, target, at)
            : play(
                tape,
                random.below(TAPE_TOKENS - MOST_TOKENS_AT_ONCE),
                1 + random.below(MOST_TOKENS_AT_ONCE),
                target,
                at,
              );
      }
      // In the place of the last blank, which nobody leaves at the end of a line.
      target[at - 1] = NEWLINE;
    }
  };
}

/** What reaches beyond the end of the target is lost, as for any write to an array of bytes. */
function play(tape: Tape, first: number, count: number, target: Uint8Array, start: number): number {
  const { bytes, starts } = tape;
  const end = starts[first + count] as number;
  let at = start;
  for (let from = starts[first] as number; from < end; from++) target[at++] = bytes[from] as number;
  return at;
}

function repeatLine(target: Uint8Array, start: number, from: number): number {
  const end = target.indexOf(NEWLINE, from) + 1;
  target.copyWithin(start, from, end);
  return start + end - from;
}

function recordTape(): Tape {
  const random = createRandom(1);
  const frequent = FREQUENT.trim().split(/\s+/);
  return toTape(
    Array.from({ length: TAPE_TOKENS }, () => {
      const kind = random.next();
      if (kind < FREQUENT_SHARE)
        return frequent[random.below(1 + random.below(frequent.length))] as string;
      if (kind < FREQUENT_SHARE + NUMBER_SHARE) return random.below(0x10000).toString(16);
      return random.pick(VOCABULARY);
    }),
  );
}

function ownName(random: Random): string {
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
