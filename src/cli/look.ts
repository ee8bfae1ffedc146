import { styleText } from "node:util";

/** Marks beside words. Nothing is said by a mark or a colour alone. */
export interface Glyphs {
  readonly done: string;
  readonly failed: string;
  readonly warning: string;
  readonly stopped: string;
  readonly arrow: string;
  readonly dot: string;
  readonly moved: string;
  readonly copied: string;
  readonly swapped: string;
  readonly more: string;
  readonly barFull: string;
  readonly barEmpty: string;
}

const unicode: Glyphs = {
  done: "✓",
  failed: "✗",
  warning: "⚠",
  stopped: "■",
  arrow: "→",
  dot: "·",
  moved: "→",
  copied: "⧉",
  swapped: "⇄",
  more: "…",
  barFull: "█",
  barEmpty: "░",
};

const ascii: Glyphs = {
  done: "ok",
  failed: "x",
  warning: "!",
  stopped: "#",
  arrow: "->",
  dot: "|",
  moved: ">",
  copied: "=",
  swapped: "<>",
  more: "...",
  barFull: "#",
  barEmpty: ".",
};

export type Tone = "bold" | "dim" | "red" | "green" | "yellow" | "cyan";

/** How text may look where it is going. */
export interface Look {
  readonly glyphs: Glyphs;
  readonly paint: (tone: Tone, text: string) => string;
}

export type Variables = Readonly<Record<string, string | undefined>>;

/** The look of one stream. NO_COLOR is stronger than FORCE_COLOR, and both are stronger than the stream's own nature. */
export function lookOf(variables: Variables, isTerminal: boolean): Look {
  const colours = wantsColour(variables, isTerminal);
  return {
    glyphs: isUtf8(variables) ? unicode : ascii,
    paint: (tone, text) => (colours ? styleText(tone, text, { validateStream: false }) : text),
  };
}

function wantsColour(variables: Variables, isTerminal: boolean): boolean {
  const { NO_COLOR: no = "", FORCE_COLOR: force, TERM: terminal } = variables;
  if (no !== "") return false;
  if (force !== undefined) return force !== "0" && force !== "false";
  return isTerminal && terminal !== "dumb";
}

/**
 * The first of these variables that is set and not empty decides, as for the C library. Where none is (cron, containers),
 * UTF-8 is taken for granted, as names are printed in it anyway.
 */
function isUtf8({ LC_ALL, LC_CTYPE, LANG }: Variables): boolean {
  return /utf-?8/i.test([LC_ALL, LC_CTYPE, LANG].find((value) => value) ?? "UTF-8");
}
