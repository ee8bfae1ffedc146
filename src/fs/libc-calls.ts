/**
 * The C library's functions that the `libc` driver needs, as plain functions of numbers: addresses are numbers, too, which
 * was measured to be the fastest way through koffi. All but the few marked raw throw a `FileError` where they fail.
 */
import { existsSync, readdirSync } from "node:fs";
import type { LibraryHandle } from "koffi";

import { errnoName } from "./errno.ts";
import { FileError } from "./file-error.ts";
import { koffi } from "./koffi.ts";

type Call = (...values: number[]) => number;

// Result and parameters: i int, u unsigned, l long, size or offset, p address.
const signatures = {
  openat: "i ipiu",
  statx: "i ipiup",
  getdents64: "l ipl",
  readlinkat: "l ippl",
  mkdirat: "i ipu",
  mknodat: "i ipul",
  symlinkat: "i pip",
  linkat: "i ipipi",
  renameat: "i ipip",
  renameat2: "i ipipu",
  unlinkat: "i ipi",
  fchmod: "i iu",
  fchmodat: "i ipui",
  fchown: "i iuu",
  fchownat: "i ipuui",
  futimens: "i ip",
  utimensat: "i ippi",
  read: "l ipl",
  pread: "l ipll",
  pwrite: "l ipll",
  ftruncate: "i il",
  syncfs: "i i",
  fstatfs: "i ip",
  fsetxattr: "i ippli",
  lsetxattr: "i pppli",
  fremovexattr: "i ip",
  lremovexattr: "i pp",
} as const;

// Raw: -1 is an answer here, and `lastErrno` says which.
const rawSignatures = {
  close: "i i",
  ioctl: "i ill",
  copy_file_range: "l ipiplu",
  lseek: "l ili",
  fgetxattr: "l ippl",
  lgetxattr: "l pppl",
  flistxattr: "l ipl",
  llistxattr: "l ppl",
  listxattrat: "l ipupl",
  unshare: "i i",
  fchdir: "i i",
} as const;

// For C libraries older than the call (none has listxattrat, which Linux knows since 6.13): musl had no renameat2 until late, glibc no mknodat before 2.33.
const syscallNumbers: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  x64: {
    mknodat: 259,
    unshare: 272,
    syncfs: 306,
    getdents64: 217,
    renameat2: 316,
    copy_file_range: 326,
    statx: 332,
    listxattrat: 465,
  },
  arm64: {
    mknodat: 33,
    unshare: 97,
    syncfs: 267,
    getdents64: 61,
    renameat2: 276,
    copy_file_range: 285,
    statx: 291,
    listxattrat: 465,
  },
};

export type LibcCalls = Readonly<
  Record<keyof typeof signatures | keyof typeof rawSignatures, Call>
>;

/** Binds all calls. Throws where this platform or its C library lacks one. `library` is told only by tests. */
export function bindLibc(library: Pick<LibraryHandle, "func"> = loadLibc()): LibcCalls {
  if (process.platform !== "linux")
    throw new Error(`the libc driver does not run on ${process.platform}`);
  if (!(process.arch in syscallNumbers))
    throw new Error(`the libc driver does not run on ${process.arch}`);
  const calls: Record<string, Call> = {};
  for (const [name, signature] of Object.entries(signatures))
    calls[name] = checked(name, countOf(signature), bind(library, name, signature));
  for (const [name, signature] of Object.entries(rawSignatures))
    calls[name] = bind(library, name, signature);
  return calls as LibcCalls;
}

/** The name of the errno that the last call left. To be asked at once. */
export function lastErrno(): string {
  return errnoName(koffi.errno());
}

function checked(name: string, parameters: number, raw: Call): Call {
  const again = (...values: number[]): number => {
    for (;;) {
      const code = lastErrno();
      // A signal came first. Nothing has happened yet, so asking again is safe for every call bound here.
      if (code !== "EINTR") throw new FileError(code, name);
      const result = raw(...values);
      if (result >= 0) return result;
    }
  };
  // Spelt out: gathering arguments in an array and spreading them again costs a tenth of a system call.
  switch (parameters) {
    case 1:
      return (a: number) => {
        const result = raw(a);
        return result >= 0 ? result : again(a);
      };
    case 2:
      return (a: number, b: number) => {
        const result = raw(a, b);
        return result >= 0 ? result : again(a, b);
      };
    case 3:
      return (a: number, b: number, c: number) => {
        const result = raw(a, b, c);
        return result >= 0 ? result : again(a, b, c);
      };
    case 4:
      return (a: number, b: number, c: number, d: number) => {
        const result = raw(a, b, c, d);
        return result >= 0 ? result : again(a, b, c, d);
      };
    default:
      return (a: number, b: number, c: number, d: number, e: number) => {
        const result = raw(a, b, c, d, e);
        return result >= 0 ? result : again(a, b, c, d, e);
      };
  }
}

/** Parameters of a signature: five at most. */
function countOf(signature: string): number {
  return signature.split(" ")[1]!.length;
}

const types: Readonly<Record<string, string>> = {
  i: "int",
  u: "uint",
  l: "intptr_t",
  p: "intptr_t",
};

function bind(library: Pick<LibraryHandle, "func">, name: string, signature: string): Call {
  const [result, parameters] = signature.split(" ") as [string, string];
  try {
    return library.func(
      name,
      types[result]!,
      parameters.split("").map((letter) => types[letter]!),
    ) as Call;
  } catch (error) {
    const number = syscallNumbers[process.arch]?.[name];
    if (number === undefined) throw error;
    const syscall = library.func(
      "syscall",
      "intptr_t",
      Array.from({ length: parameters.length + 1 }, () => "intptr_t"),
    ) as Call;
    if (parameters.length === 5) {
      return (a: number, b: number, c: number, d: number, e: number) =>
        syscall(number, a, b, c, d, e);
    }
    return (...values) => syscall(number, ...values);
  }
}

function loadLibc(): LibraryHandle {
  // The running program's own symbols come first: they are there whatever the C library's file is called.
  const musl = existsSync("/lib")
    ? readdirSync("/lib").filter((file) => /^libc\.musl-.*\.so\.1$/.test(file))
    : [];
  let failure: unknown;
  for (const file of [null, "libc.so.6", ...musl.map((name) => `/lib/${name}`)]) {
    try {
      const library = koffi.load(file);
      library.func("openat", "int", []);
      return library;
    } catch (error) {
      failure = error;
    }
  }
  throw failure;
}
