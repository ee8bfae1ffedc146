import { parseSize } from "./size.ts";

/** What a message may name as examples. */
export const rateExamples = "500K, 2M, 1.5M/s";

/** Bytes each second of a rate such as `500K` or `2M/s`, where multiples are those of sizes; `undefined` for nothing at all. */
export function parseRate(text: string): number | undefined {
  const bytes = parseSize(text.replace(/\/s$/, ""));
  return bytes === 0 ? undefined : bytes;
}
