import type { LastThinning, ThinningMoment } from "./version-thinning.ts";

/** Where, in the store, a thinning writes down up to when time counted as passed. */
export const thinningNoteName = "thinned.json";

/** Bytes; what is larger is no note. */
export const thinningNoteBytes = 4096;

/** Reads a note; `undefined` where there is none, or none that can be read. */
export function parseThinningNote(text: string | undefined): LastThinning | undefined {
  try {
    const value = JSON.parse(text ?? "") as Partial<Record<keyof LastThinning, unknown>>;
    const { asOf, boot, uptime: since } = value;
    const isWhole = Number.isSafeInteger(asOf) && Number.isSafeInteger(since);
    if (!isWhole || typeof boot !== "string") return undefined;
    return { asOf: asOf as number, boot, uptime: since as number };
  } catch {
    return undefined;
  }
}

export function formatThinningNote(note: LastThinning): string {
  return `${JSON.stringify(note)}\n`;
}

/** Why nothing is dropped, or not as much as people might expect; `undefined` where there is nothing to say. */
export function aboutThinning(moment: ThinningMoment): string | undefined {
  if (moment.type === "hold") {
    const why =
      moment.reason === "future"
        ? "there are old copies with a date in the future, so the clock is, or was, wrong"
        : "the clock has been set back since old copies were last thinned out";
    return `${why}; none is dropped`;
  }
  if (!moment.isBehind) return undefined;
  const day = new Date(moment.asOf).toISOString().slice(0, 10);
  return `the clock may have jumped, so old copies are thinned out as if it were ${day}`;
}
