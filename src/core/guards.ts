/** Names of the checks that halt a run before it does harm; `--accept` takes them. */
export const guardNames = [
  "missing-source",
  "empty-source",
  "identity",
  "marker",
  "same",
  "nested",
  "overlap",
  "deletes",
  "space",
  "folding",
  "filters",
] as const;

export type GuardName = (typeof guardNames)[number];

/** A guard that tripped: what it saw, what would have happened, how to go on. Each is a sentence or two. */
export interface GuardTrip {
  readonly guard: GuardName;
  readonly saw: string;
  readonly would: string;
  readonly advice: string;
}

/** How many entries a plan may delete. */
export type DeleteLimit =
  | { readonly type: "count"; readonly count: number }
  /** Trips when more than `percent` of the target's entries, and at least `atLeast` of them, would go. */
  | { readonly type: "percent"; readonly percent: number; readonly atLeast: number };

export const defaultDeleteLimit: DeleteLimit = { type: "percent", percent: 50, atLeast: 10 };
