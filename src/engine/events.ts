/**
 * `engine` is one run: from two endpoints to outcomes. It knows the endpoint's contract and no transport, prints nothing,
 * reads no clock but the one it is given, and says what happens as events. This file is what it says.
 */
import type { Action, Plan, Totals } from "../core/plan.ts";
import type { GuardTrip } from "../core/guards.ts";
import type { Problem } from "../core/problem.ts";
import type { Progress } from "../endpoint/endpoint.ts";

/** Steps of a run, in order. `content` is the reading of both replicas in `--compare content`. */
export type RunPhase = "scan" | "content" | "plan" | "apply" | "flush";

/** What a run of one source into one target ended as; the exit code follows from it. */
export type RunStatus =
  | "done"
  /** There is something to do, and only that was to be known. */
  | "changes"
  | "problems"
  | "guarded"
  | "declined"
  | "interrupted"
  | "locked"
  /** Another host could not be reached, or not any more. */
  | "unreachable"
  | "failed";

export interface RunSummary {
  /** Its number in the history, where one is kept. */
  readonly run?: number;
  readonly source: string;
  readonly target: string;
  readonly status: RunStatus;
  readonly dryRun: boolean;
  readonly checked: number;
  /** What was done; in a dry run, what would be. */
  readonly totals: Totals;
  readonly skipped: number;
  readonly problems: number;
  /** Content bytes written at the target. */
  readonly bytesCopied: number;
  /** Content bytes that needed no writing: shared by reflink. */
  readonly bytesAvoided: number;
  /** Bytes that crossed connections to other hosts, both ways, as they crossed them. */
  readonly sent: number;
  readonly received: number;
  readonly durationMs: number;
}

/** Bytes that a plan takes at the target at its fullest moment, and those that are free; `undefined` where that is not known. */
export interface Room {
  readonly bytes: number;
  readonly freeBytes: number | undefined;
}

/** Whatever a run reports. `target` is the location as typed, so that several targets can be told apart. */
export type RunEvent =
  | {
      readonly type: "start";
      readonly source: string;
      readonly target: string;
      readonly dryRun: boolean;
    }
  | { readonly type: "phase"; readonly target: string; readonly phase: RunPhase }
  /** The plan as it will be carried out, or would be. */
  | {
      readonly type: "plan";
      readonly target: string;
      readonly plan: Plan;
      readonly guards: readonly GuardTrip[];
      readonly room: Room;
    }
  /** One action: `planned` in a dry run, else its outcome. */
  | {
      readonly type: "action";
      readonly target: string;
      readonly action: Action;
      readonly outcome: "planned" | "done" | "failed";
    }
  | { readonly type: "problem"; readonly target: string; readonly problem: Problem }
  | {
      readonly type: "guard";
      readonly target: string;
      readonly trip: GuardTrip;
      readonly accepted: boolean;
    }
  /** A plan was written down, to be applied later; `file` is where, if not in the state. Without an id it could not be. */
  | {
      readonly type: "saved";
      readonly target: string;
      readonly id: string | undefined;
      readonly madeAt: number;
      readonly file: string | undefined;
      /** ISO 8601, UTC. */
      readonly appliedAt: string | undefined;
    }
  | { readonly type: "notice"; readonly message: string }
  /** The run, or one target of it, failed as a whole. */
  | {
      readonly type: "error";
      readonly target: string | undefined;
      readonly code: string;
      readonly message: string;
      readonly hint: string | undefined;
    }
  | { readonly type: "summary"; readonly target: string; readonly summary: RunSummary };

export type Report = (event: RunEvent) => void;

/** What a live display samples, as often as it likes. */
export interface ProgressView {
  readonly phase: RunPhase;
  /** Entries scanned so far at each end. */
  readonly source: Progress;
  readonly target: Progress;
  /** Known once the plan is made; zero before. */
  readonly totalFiles: number;
  readonly totalBytes: number;
}
