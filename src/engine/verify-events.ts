import type { HashAlgorithm } from "../core/content-hash.ts";
import type { EntryKind } from "../core/entry.ts";
import type { RelPath } from "../core/path.ts";
import type { Aspect } from "../core/plan.ts";
import type { Problem, Side } from "../core/problem.ts";

/** One path at which the replicas are not what they should be. */
export interface VerifyDifference {
  readonly path: RelPath;
  /** The replica that has it, where the other one has nothing. */
  readonly only: Side | undefined;
  /** What it is in each replica; `undefined` where it is not. */
  readonly sourceKind: EntryKind | undefined;
  readonly targetKind: EntryKind | undefined;
  /** What differs; empty for what only one of them has, and for what is damaged alike in both. */
  readonly aspects: readonly Aspect[];
  /**
   * The replicas whose content is not what it was when it was remembered, although size and mtime are: damage that
   * nothing else shows.
   */
  readonly corrupt: readonly Side[];
}

export type VerifyStatus = "equal" | "different" | "interrupted" | "unreachable" | "failed";

export interface VerifySummary {
  readonly source: string;
  readonly target: string;
  readonly status: VerifyStatus;
  /** Entries of the source that take part, and those that are left out. */
  readonly checked: number;
  readonly skipped: number;
  /** Paths that differ in both, and paths that only one has. `corrupt` ones are among `different`. */
  readonly different: number;
  readonly onlySource: number;
  readonly onlyTarget: number;
  readonly corrupt: number;
  readonly problems: number;
  /** Files for which no hash was remembered that could be held against them; `undefined` where none was asked for. */
  readonly unremembered: number | undefined;
  /** Bytes of content that was held against its twin: read once in each replica. */
  readonly bytesCompared: number;
  /** Bytes that crossed connections to other hosts, both ways. */
  readonly sent: number;
  readonly received: number;
  readonly durationMs: number;
}

export type VerifyPhase = "scan" | "content";

/** Whatever a verification reports; differences and problems in path order. */
export type VerifyEvent =
  | {
      readonly type: "start";
      readonly source: string;
      readonly target: string;
      readonly hash: HashAlgorithm;
    }
  | { readonly type: "phase"; readonly target: string; readonly phase: VerifyPhase }
  | { readonly type: "difference"; readonly target: string; readonly difference: VerifyDifference }
  | { readonly type: "problem"; readonly target: string; readonly problem: Problem }
  | { readonly type: "notice"; readonly message: string }
  | {
      readonly type: "error";
      readonly target: string;
      readonly code: string;
      readonly message: string;
      readonly hint: string | undefined;
    }
  | { readonly type: "summary"; readonly target: string; readonly summary: VerifySummary };
