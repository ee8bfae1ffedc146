import type { DeleteLimit } from "../core/guards.ts";
import { defaultDeleteLimit } from "../core/guards.ts";

const percentPattern = /^(\d+(?:\.\d+)?)%$/;

/**
 * A limit on deletions: a count, or a percentage of what the target holds. One that is asked for is taken at its word;
 * only the default lets small numbers of deletions pass whatever share of the target they are.
 */
export function parseDeleteLimit(text: string): DeleteLimit | undefined {
  if (/^\d+$/.test(text)) {
    const count = Number(text);
    return Number.isSafeInteger(count) ? { type: "count", count } : undefined;
  }
  const percent = Number(percentPattern.exec(text)?.[1]);
  return percent <= 100 ? { type: "percent", percent, atLeast: 0 } : undefined;
}

/** The limit that was asked for, or the one that holds where none was. */
export function deleteLimitOrDefault(limit: DeleteLimit | undefined): DeleteLimit {
  return limit ?? defaultDeleteLimit;
}

/** The text that {@link parseDeleteLimit} reads as that limit, `atLeast` left aside. */
export function formatDeleteLimit(limit: DeleteLimit): string {
  return limit.type === "count" ? `${limit.count}` : `${limit.percent}%`;
}
