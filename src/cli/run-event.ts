import type { MirrorResult, RunContext } from "../app/request.ts";

/** What a run reports: taken from the use case's own signature, since the engine is out of sight here. */
export type RunEvent = Parameters<RunContext["report"]>[0];
export type Report = RunContext["report"];
export type RunSummary = MirrorResult["summaries"][number];
export type GuardTrip = Extract<RunEvent, { type: "guard" }>["trip"];
/** A plan, and what was found out about it. */
export type Decision = Parameters<RunContext["confirm"]>[1];

/** What is said of a plan that is kept. */
export type SavedNote = Pick<
  Extract<RunEvent, { type: "saved" }>,
  "id" | "madeAt" | "file" | "appliedAt"
> & {
  /** Milliseconds since the epoch. */
  readonly now: number;
};

/** Samples the progress of a run. */
export type Sample = Parameters<RunContext["watch"]>[1];
export type ProgressView = ReturnType<Sample>;
