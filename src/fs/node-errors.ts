import { canonicalErrno } from "./errno.ts";
import { FileError } from "./file-error.ts";

type Calls = Readonly<Record<string, (...values: never[]) => unknown>>;

/** The same calls, throwing a `FileError` where `node:fs` throws its own error for a failed system call. */
export function withFileErrors<T extends Calls>(calls: T): T {
  const wrapped = Object.entries(calls).map(([name, call]) => [name, translating(call)] as const);
  return Object.fromEntries(wrapped) as Calls as T;
}

function translating(call: (...values: never[]) => unknown): (...values: never[]) => unknown {
  return (...values) => {
    try {
      return call(...values);
    } catch (error) {
      throw toFileError(error);
    }
  };
}

function toFileError(error: unknown): unknown {
  // Only failed system calls have a `syscall`. Anything else, such as a buffer too short, is a bug of the caller.
  if (!(error instanceof Error) || !("syscall" in error) || !("code" in error)) return error;
  return new FileError(canonicalErrno(String(error.code)), String(error.syscall));
}
