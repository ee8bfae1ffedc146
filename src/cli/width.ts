// Characters that take no column of their own, and blocks of those that take two (East Asian wide, and pictures).
const noWidth = /\p{Mn}|\p{Me}|[\u{200b}-\u{200d}]/u;
const wide =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\ua960-\ua97f\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1f300}-\u{1f64f}\u{1f680}-\u{1f6ff}\u{1f900}-\u{1f9ff}\u{20000}-\u{3fffd}]/u;

/** Columns that a character takes on a terminal, as nearly as can be said without asking it. */
function widthOf(character: string): number {
  if (noWidth.test(character)) return 0;
  return wide.test(character) ? 2 : 1;
}

/** Columns that text without control characters takes. */
export function displayWidth(text: string): number {
  let width = 0;
  for (const character of text) width += widthOf(character);
  return width;
}

/** The text, cut to that many columns; `more` shows where it was cut. */
export function fitWidth(text: string, columns: number, more: string): string {
  if (displayWidth(text) <= columns) return text;
  let room = columns - displayWidth(more);
  let out = "";
  for (const character of text) {
    room -= widthOf(character);
    if (room < 0) break;
    out += character;
  }
  return (out + more).slice(0, Math.max(columns, 0));
}
