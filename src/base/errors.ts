/**
 * `base` holds what the standard library lacks and every room may use: typed errors, byte strings, a bounded
 * queue, a clock. It knows nothing of files, trees or the network.
 */

/** Every reason for which a whole run, and not just one path, can fail. */
export type SyncErrorCode =
  | "USAGE"
  | "ROOT_MISSING"
  | "ROOT_NOT_DIRECTORY"
  | "ROOT_UNREADABLE"
  | "TARGET_UNWRITABLE"
  | "GUARD"
  | "LOCKED"
  | "STATE"
  | "NO_VERSION"
  | "WORKER_CRASHED"
  | "UNSUPPORTED"
  | "INTERRUPTED"
  | "LOG"
  | "ENDPOINT_UNREACHABLE"
  | "ENDPOINT_HOST_KEY"
  | "ENDPOINT_AUTH"
  | "ENDPOINT_NO_NODE"
  | "ENDPOINT_PROTOCOL"
  | "ENDPOINT_LOST";

/** What may be said along with a failure besides its code and message. */
export interface SyncErrorDetails {
  /** What the user can do about it: one sentence. */
  readonly hint?: string;
  readonly cause?: unknown;
}

/**
 * Ends a run. Thrown only for what makes going on impossible; trouble with one path is a `Problem`, as data.
 * Anything else that is thrown is a bug and prints as one.
 */
export class SyncError extends Error {
  readonly code: SyncErrorCode;
  readonly hint: string | undefined;

  constructor(code: SyncErrorCode, message: string, details: SyncErrorDetails = {}) {
    super(message, { cause: details.cause });
    this.name = "SyncError";
    this.code = code;
    this.hint = details.hint;
  }
}
