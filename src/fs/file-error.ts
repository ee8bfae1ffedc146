/** A system call failed. The `fs` room's callers turn it into a problem of one path, or end the run with it. */
export class FileError extends Error {
  /** The errno's name: `ENOENT`, `EACCES` … */
  readonly code: string;
  /** The system call that failed. */
  readonly call: string;

  constructor(code: string, call: string) {
    super(`${call}: ${code}`);
    this.name = "FileError";
    this.code = code;
    this.call = call;
  }
}

/** The errno's name of anything thrown by a driver, or `undefined` where it was something else. */
export function errnoOf(error: unknown): string | undefined {
  return error instanceof FileError ? error.code : undefined;
}
