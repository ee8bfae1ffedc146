import type { ProblemCode } from "../core/problem.ts";
import { errnoOf } from "./file-error.ts";

/** What an errno means for one path: a code, and words that say what to do where there is something. */
interface Meaning {
  readonly code: ProblemCode;
  readonly message: string;
}

const meanings: Readonly<Record<string, Meaning>> = {
  EACCES: {
    code: "unreadable",
    message: "permission denied; run as its owner, or give yourself access",
  },
  EPERM: {
    code: "not-permitted",
    message: "the system does not permit it: it may be immutable, or need root",
  },
  ENOENT: {
    code: "vanished",
    message: "it has gone while it was looked at; the next run will see",
  },
  ENOTDIR: {
    code: "changed",
    message: "a directory on the way is none any more; the next run will see",
  },
  ELOOP: {
    code: "changed",
    message: "a symbolic link stands where there was none; the next run will see",
  },
  EISDIR: {
    code: "changed",
    message: "a directory stands where a file was; the next run will see",
  },
  ESPIPE: { code: "changed", message: "it is no file any more; the next run will see" },
  ENAMETOOLONG: { code: "name-too-long", message: "the name is too long for that file system" },
  EILSEQ: { code: "unsupported", message: "that file system does not take such a name" },
  EINVAL: { code: "unsupported", message: "that file system does not take it" },
  EOPNOTSUPP: { code: "unsupported", message: "that file system cannot store it" },
  ENOTSUP: { code: "unsupported", message: "that file system cannot store it" },
  ENOSYS: { code: "unsupported", message: "this system cannot do it" },
  ENOSPC: { code: "no-space", message: "no space is left on the target; free some and run again" },
  EDQUOT: { code: "quota", message: "the disk quota is used up; free some space and run again" },
  EFBIG: { code: "too-large", message: "the file is too large for that file system" },
  EOVERFLOW: { code: "too-large", message: "the file is too large for that file system" },
  // No call on a file fails with this; it is our own.
  E2BIG: {
    code: "too-large",
    message: "its .gitignore is larger than 16 MiB; shorten it, or do without --gitignore",
  },
  EROFS: { code: "read-only", message: "the file system is mounted read-only" },
  EBUSY: { code: "busy", message: "it is in use by the system" },
  ETXTBSY: { code: "busy", message: "it is being executed" },
  ENOTEMPTY: {
    code: "not-empty",
    message: "the directory holds something that the plan does not know",
  },
  EEXIST: {
    code: "exists",
    message: "something else has appeared under that name; the next run will see",
  },
  EMLINK: { code: "too-many-links", message: "the file cannot have any more names there" },
  EXDEV: { code: "foreign-mount", message: "another file system is mounted there" },
  EMFILE: {
    code: "too-deep",
    message: "too many directories inside each other for the open-file limit",
  },
  ENFILE: { code: "too-deep", message: "the system has no file descriptors left" },
  ENODATA: { code: "changed", message: "an attribute has gone while it was looked at" },
  ESTALE: { code: "io", message: "the file server has lost it; the next run will see" },
};

/** Turns what a driver threw into the trouble of one path. Anything that is no `FileError` is a bug: thrown on. */
export function meaningOf(error: unknown): Meaning {
  const errno = errnoOf(error);
  if (errno === undefined) throw error;
  return meanings[errno] ?? { code: "io", message: `the system says ${errno}` };
}
