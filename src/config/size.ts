const multiples = "KMGTPE";
const pattern = /^(\d+(?:\.\d+)?)(?:([KMGTPE])(?:i?B)?|B)?$/i;

/** What a message may name as examples. */
export const sizeExamples = "500, 10K, 1.5M, 2GiB";

/**
 * Bytes of a size such as `10K`, `1.5M`, `2GiB`. Multiples are binary however they are written: K, KB and KiB are all
 * 1024 bytes. A fraction of a byte is dropped.
 */
export function parseSize(text: string): number | undefined {
  const match = pattern.exec(text);
  if (match === null) return undefined;
  const exponent = match[2] === undefined ? 0 : multiples.indexOf(match[2].toUpperCase()) + 1;
  const bytes = Math.floor(Number(match[1]) * 1024 ** exponent);
  return Number.isSafeInteger(bytes) ? bytes : undefined;
}

/** The shortest exact text that {@link parseSize} reads as that many bytes. */
export function formatSize(bytes: number): string {
  let exponent = 0;
  let count = bytes;
  while (count > 0 && count % 1024 === 0 && exponent < multiples.length) {
    count /= 1024;
    exponent++;
  }
  return `${count}${exponent === 0 ? "" : multiples.charAt(exponent - 1)}`;
}
