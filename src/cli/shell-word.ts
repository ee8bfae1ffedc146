import { escapeText } from "./escape.ts";

/** A word as it can be typed into a shell: in quotes where it needs them. */
export function shellWord(word: string): string {
  const isPlain = /^[\w@%+=:,./][\w@%+=:,./-]*$/.test(word);
  return isPlain ? word : escapeText(`'${word.replaceAll("'", "'\\''")}'`);
}
