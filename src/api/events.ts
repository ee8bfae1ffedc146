/**
 * `api` is what Syncline says to programs: the objects of `--json` and of log files, version 1. They are formats of their
 * own, documented in docs/scripting.md; the program's inner types never appear in them. Fields may be added within a
 * version; none changes its meaning or goes away.
 */

/** Raised when a field changes its meaning or goes away. */
export const apiVersion = 1;

/** A path below the roots; the root itself is `""`. */
export interface ApiPath {
  readonly path: string;
  /** The exact bytes in base64, only where the path is not valid UTF-8 and `path` therefore only resembles it. */
  readonly pathBytes?: string;
}

type ApiSide = "source" | "target";

/** A run of one source into one target begins. */
interface ApiStart {
  readonly type: "start";
  readonly version: typeof apiVersion;
  readonly source: string;
  readonly target: string;
  readonly dryRun: boolean;
}

/** Two replicas begin to be held against each other. */
interface ApiVerifyStart {
  readonly type: "start";
  readonly version: typeof apiVersion;
  readonly source: string;
  readonly target: string;
  readonly hash: string;
}

/** Numbers of entries of every kind, directories included. */
export interface ApiCounts {
  readonly created: number;
  readonly updated: number;
  readonly moved: number;
  readonly copied: number;
  readonly deleted: number;
  readonly metadata: number;
}

/** What is going to be done to a target, in numbers. */
export interface ApiPlan extends ApiCounts {
  readonly type: "plan";
  readonly target: string;
  readonly checked: number;
  readonly skipped: number;
  readonly problems: number;
  /** Content to be written, and content that goes away. */
  readonly bytes: number;
  readonly deletedBytes: number;
}

export interface ApiAction extends ApiPath {
  readonly type: "action";
  readonly target: string;
  readonly action:
    | "create"
    | "update"
    | "move"
    | "copy"
    | "delete"
    | "metadata"
    | "mkdir"
    | "exchange";
  /** The other path: of a move, a copy, or a further name of the same file. */
  readonly from?: string;
  readonly fromBytes?: string;
  readonly kind: string;
  /** Bytes of a file. */
  readonly size?: number;
  /** What a change of metadata changes: `mode`, `times`, … */
  readonly aspects?: readonly string[];
  readonly side: ApiSide;
  readonly outcome?: "planned" | "done" | "failed";
}

/** One path failed; the run goes on. */
interface ApiProblem extends ApiPath {
  readonly type: "problem";
  readonly target: string;
  readonly side: ApiSide;
  readonly code: string;
  readonly message: string;
}

/** A check tripped: the run is halted, unless `accepted`. */
interface ApiGuard {
  readonly type: "guard";
  readonly target: string;
  readonly guard: string;
  readonly saw: string;
  readonly would: string;
  readonly advice: string;
  readonly accepted: boolean;
}

/** A plan was written down; `syncline apply` takes its `id`, or the `file` that it was written to. */
export interface ApiSaved {
  readonly type: "saved";
  readonly version: typeof apiVersion;
  readonly target: string;
  /** `null` where it could not be kept. */
  readonly id: string | null;
  /** ISO 8601, UTC. */
  readonly madeAt: string;
  readonly file: string | null;
  readonly appliedAt: string | null;
}

/** From `plan --list-content`: a file of the source whose content the target does not have. */
export interface ApiContent extends ApiPath {
  readonly type: "content";
  readonly target: string;
  readonly size: number;
}

/** Something worth knowing that is no trouble of one path. */
interface ApiNotice {
  readonly type: "notice";
  readonly message: string;
}

/** A run failed as a whole; with `target` null, all of it. */
interface ApiError {
  readonly type: "error";
  readonly version: typeof apiVersion;
  readonly target: string | null;
  readonly code: string;
  readonly message: string;
  readonly hint: string | null;
}

/** How a run of one source into one target ended. The last object said of that target. */
export interface ApiSummary extends ApiCounts {
  readonly type: "summary";
  readonly version: typeof apiVersion;
  /** Its number in the history; `null` where none is kept. */
  readonly run: number | null;
  readonly source: string;
  readonly target: string;
  readonly checked: number;
  readonly skipped: number;
  readonly problems: number;
  readonly conflicts: number;
  /** What crossed a connection, both ways; 0 between local directories. */
  readonly bytesSent: number;
  readonly bytesReceived: number;
  /** Content written at the target, and content that needed no writing. */
  readonly bytesCopied: number;
  readonly bytesAvoided: number;
  readonly durationMs: number;
  readonly exitCode: number;
}

/** From `verify`: one path at which two replicas are not what they should be. */
export interface ApiDifference extends ApiPath {
  readonly type: "difference";
  readonly target: string;
  /** The side that has it, where the other one has nothing. */
  readonly only: ApiSide | null;
  /** What differs: `kind`, `content`, `mode`, `times`, …; empty where only one side has it. */
  readonly aspects: readonly string[];
  /** The sides whose content is not what was remembered of it, although size and mtime are. */
  readonly corrupt: readonly ApiSide[];
  /** What stands there on each side; `null` for nothing. */
  readonly sourceKind: string | null;
  readonly targetKind: string | null;
}

/** How a verification ended. */
export interface ApiVerifySummary {
  readonly type: "summary";
  readonly version: typeof apiVersion;
  /** Verifications are not in the history. */
  readonly run: null;
  readonly source: string;
  readonly target: string;
  readonly checked: number;
  readonly skipped: number;
  readonly different: number;
  readonly onlySource: number;
  readonly onlyTarget: number;
  readonly corrupt: number;
  readonly problems: number;
  /** Files for which no hash was remembered; `null` without `--remembered`. */
  readonly unremembered: number | null;
  readonly bytesCompared: number;
  /** What crossed a connection, both ways; 0 between local directories. */
  readonly bytesSent: number;
  readonly bytesReceived: number;
  readonly durationMs: number;
  readonly exitCode: number;
}

/** What `verify` says. */
export type ApiVerifyEvent =
  | ApiVerifyStart
  | ApiDifference
  | ApiProblem
  | ApiNotice
  | ApiError
  | ApiVerifySummary;

export type ApiEvent =
  | ApiStart
  | ApiPlan
  | ApiAction
  | ApiProblem
  | ApiGuard
  | ApiSaved
  | ApiNotice
  | ApiError
  | ApiSummary;
