import type { ProblemCode, Side } from "../../core/problem.ts";
import { FileError } from "../../fs/file-error.ts";
import { meaningOf } from "../../fs/problems.ts";
import { EntryProblem } from "../endpoint.ts";
import { statuses } from "./protocol.ts";

/** A server has refused one request. Its own words are not repeated: they may be anything. */
export class StatusError extends Error {
  readonly status: number;

  constructor(status: number) {
    super(`the SFTP server answers with status ${status}`);
    this.name = "StatusError";
    this.status = status;
  }
}

/** Errnos that stand for what a status says; OpenSSH makes one status of several. */
const errnos: ReadonlyMap<number, string> = new Map([
  [statuses.noSuchFile, "ENOENT"],
  [statuses.permissionDenied, "EACCES"],
  [statuses.unsupported, "ENOSYS"],
  // For names that are too long, and for what a file system does not take.
  [statuses.badMessage, "EINVAL"],
]);

export function statusOf(error: unknown): number | undefined {
  return error instanceof StatusError ? error.status : undefined;
}

/** Turns what a request has failed with into the trouble of one path. Anything that is no status is thrown on. */
export function asEntryProblem(side: Side, error: unknown): EntryProblem {
  if (error instanceof EntryProblem) return error;
  if (!(error instanceof StatusError)) throw error;
  if (error.status === statuses.permissionDenied && side === "target") {
    const advice =
      "permission denied: it may not be written to; run as its owner, or give yourself access";
    return new EntryProblem(side, "not-permitted", advice);
  }
  return asReadProblem(side, error);
}

/** {@link asEntryProblem} of what is only read: on neither side has anybody tried to write. */
export function asReadProblem(side: Side, error: unknown): EntryProblem {
  if (error instanceof EntryProblem) return error;
  const { code, message } = meaningOfStatus(error);
  return new EntryProblem(side, code, message);
}

/** What a status means for one path that was read. Anything that is no status is thrown on. */
export function meaningOfStatus(error: unknown): { code: ProblemCode; message: string } {
  if (!(error instanceof StatusError)) throw error;
  const errno = errnos.get(error.status);
  if (errno !== undefined) return meaningOf(new FileError(errno, "sftp"));
  return { code: "io", message: "the SFTP server says that it failed, and not why" };
}
