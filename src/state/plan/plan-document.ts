/**
 * A plan as it is kept, in a file or in the state store: lines of JSON, described in docs/plans.md. Read and written here
 * and nowhere else; what a plan means is `core`'s to say. A file that comes back may have been edited by anybody.
 */
import type { DeleteLimit, GuardName, GuardTrip } from "../../core/guards.ts";
import type { Name, RelPath } from "../../core/path.ts";
import type { Action, Concerns, Phases } from "../../core/plan.ts";
import type { LinkMode, Preserve } from "../../core/preserve.ts";
import type { VersionRule } from "../../core/version-thinning.ts";
import type { Problem } from "../../core/problem.ts";

/** Raised when a line changes its meaning. */
export const planVersion = 1;

/** More than this is neither written nor read: what is read has to fit into memory, whoever wrote it. */
export const planLimits = {
  /** Of actions, problems and concerns together. */
  lines: 2_000_000,
  /** Bytes of one line, and of all. */
  line: 8_388_608,
  file: 2_147_483_648,
} as const;

/** One end of the pair that a plan is about. */
export interface PlannedRoot {
  /** As typed. */
  readonly location: string;
  /** The same from the top, so that it means the same wherever the plan is applied. */
  readonly path: string;
  readonly exists: boolean;
  /** Of the root, or of the nearest directory to it that existed. */
  readonly identity: string;
}

/** Everything about a plan but what is to be done. */
export interface PlanHeader {
  readonly id: string;
  /** Milliseconds since the epoch. */
  readonly madeAt: number;
  readonly source: PlannedRoot;
  readonly target: PlannedRoot;
  readonly preserve: Preserve;
  readonly links: LinkMode;
  /** Nanoseconds; `undefined` for that of the endpoints. */
  readonly modifyWindow: number | undefined;
  /** Set where the source is one file: its name in the directory at either end. */
  readonly single: { readonly sourceName: Name; readonly targetName: Name } | undefined;
  readonly deleteLimit: DeleteLimit;
  /** What becomes of what is replaced or deleted. */
  readonly versions: VersionRule;
  /** Guards that may trip. */
  readonly accept: readonly GuardName[];
  /** Those that did, whether accepted or not. */
  readonly guards: readonly GuardTrip[];
  /** Bytes that the plan takes at its fullest moment, and those that were free. */
  readonly room: { readonly bytes: number; readonly freeBytes: number | undefined };
  readonly checked: number;
  readonly targetEntries: number;
  readonly skipped: number;
}

/** An action with its place in the plan. The numbers of a plan that has just been made have no gaps. */
export interface PlannedAction {
  readonly number: number;
  readonly phase: keyof Phases;
  readonly action: Action;
  /** Other actions, without which this one makes no sense: numbers, or spans of them. */
  readonly needs: readonly (readonly [first: number, last: number])[];
}

export interface PlanDocument {
  readonly header: PlanHeader;
  readonly actions: readonly PlannedAction[];
  readonly problems: readonly Problem[];
  readonly concerns: Concerns;
}

/** What may be named in a plan; the rest is Syncline's own. */
export interface OwnNames {
  /** Where versions and the like are: never touched by a plan. */
  readonly isOwn: (path: RelPath) => boolean;
  /** What an interrupted run has left, and what may be removed without another look at it. */
  readonly isTemporary: (name: Name) => boolean;
}

/** Phases, and what belongs there. */
export const phaseTypes: Readonly<Record<keyof Phases, readonly Action["type"][]>> = {
  moves: ["move", "exchange", "make-directory", "copy-file"],
  directories: ["make-directory"],
  content: ["put-file", "put-symlink", "put-special", "copy-file"],
  metadata: ["set-metadata"],
  links: ["link"],
  removals: ["remove", "remove-leftover"],
  replacements: ["put-file", "put-symlink", "put-special", "copy-file"],
  replacementLinks: ["link"],
  finishing: ["finish-directory"],
};
