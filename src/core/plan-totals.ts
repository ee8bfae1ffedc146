import type { Action, Phases, Totals } from "./plan.ts";
import { labelOf, phaseNames } from "./plan.ts";

/** Adds up a plan, or what was done of one. */
export interface Tally {
  count(action: Action): void;
  totals(): Totals;
}

export function newTally(): Tally {
  const sums = {
    created: 0,
    updated: 0,
    moved: 0,
    copied: 0,
    deleted: 0,
    metadata: 0,
    bytes: 0,
    bytesAvoided: 0,
    deletedBytes: 0,
  };
  return {
    count(action) {
      switch (labelOf(action)) {
        case "create":
        case "mkdir":
          sums.created++;
          break;
        case "update":
          sums.updated++;
          break;
        case "copy":
          sums.copied++;
          break;
        case "delete":
          sums.deleted++;
          break;
        case "metadata":
          sums.metadata++;
          break;
        case "move":
        case "exchange":
        case undefined:
          break;
      }
      if (action.type === "move" || action.type === "exchange") {
        sums.moved += action.carries.entries;
        sums.bytesAvoided += action.carries.bytes;
      }
      if (action.type === "copy-file") sums.bytesAvoided += action.entry.size;
      if (action.type === "put-file") sums.bytes += action.entry.size;
      if (action.type === "remove") sums.deletedBytes += action.expected.size;
    },
    totals: () => ({ ...sums }),
  };
}

export function totalsOf(phases: Phases): Totals {
  const tally = newTally();
  for (const name of phaseNames) for (const action of phases[name]) tally.count(action);
  return tally.totals();
}
