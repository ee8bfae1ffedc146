import type { RelPath } from "./path.ts";

/** The replica something is said of. One-way runs have a source and a target. */
export type Side = "source" | "target";

/** Every way in which one path can fail while the run goes on. */
export type ProblemCode =
  | "unreadable"
  | "vanished"
  | "changed"
  | "name-too-long"
  | "too-deep"
  | "no-space"
  | "quota"
  | "read-only"
  | "not-permitted"
  | "unsupported"
  | "busy"
  | "io"
  | "not-empty"
  | "exists"
  | "blocked"
  | "foreign-mount"
  | "unsafe-link"
  | "folding"
  | "too-many-links"
  | "too-large";

/** Trouble with one path, as data. The path keeps what the target holds, and is tried again by the next run. */
export interface Problem {
  readonly path: RelPath;
  readonly side: Side;
  readonly code: ProblemCode;
  /** What happened and, where there is something, what to do: a sentence without the path. */
  readonly message: string;
}
