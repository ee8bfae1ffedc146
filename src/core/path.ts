import type { ByteString } from "../base/byte-string.ts";

declare const brand: unique symbol;

/** One component of a path: not empty, not `.` or `..`, without `/` and NUL. */
export type Name = ByteString & { readonly [brand]: "Name" };

/**
 * Path below a replica's root: names joined by `/`; `""` is the root itself. Paths order component by component,
 * as if `/` were the smallest byte: the order of a depth-first walk, which is the one order everywhere.
 */
export type RelPath = ByteString & { readonly [brand]: "RelPath" | "Name" };

export const rootPath: RelPath = "" as RelPath;

/** Checks one name that came from outside: a peer, a plan, a config, a directory listing. */
export function parseName(bytes: ByteString): Name | undefined {
  const valid =
    bytes !== "" &&
    bytes !== "." &&
    bytes !== ".." &&
    !bytes.includes("/") &&
    !bytes.includes("\0");
  return valid ? (bytes as Name) : undefined;
}

/** The one place where bytes from outside become a path: `undefined` where any component is not a name. */
export function parseRelPath(bytes: ByteString): RelPath | undefined {
  if (bytes === "") return rootPath;
  const valid = bytes.split("/").every((name) => parseName(name as ByteString) !== undefined);
  return valid ? (bytes as RelPath) : undefined;
}

export function joinPath(dir: RelPath, name: Name): RelPath {
  return (dir === "" ? name : `${dir}/${name}`) as RelPath;
}

/** The directory that holds the path; the root is its own parent. */
export function parentPath(path: RelPath): RelPath {
  return path.slice(0, Math.max(0, path.lastIndexOf("/"))) as RelPath;
}

/** The last component; `""` for the root. */
export function baseName(path: RelPath): Name {
  return path.slice(path.lastIndexOf("/") + 1) as Name;
}

/** Number of components: 0 for the root. */
export function depthOf(path: RelPath): number {
  return path === "" ? 0 : path.split("/").length;
}

/** Whether the path, or a directory that holds it, is one of `dirs`. The root is not looked for: it holds everything. */
export function isWithinAny(
  path: RelPath,
  dirs: { readonly size: number; has(dir: RelPath): boolean },
): boolean {
  if (dirs.size === 0) return false;
  for (let at = path; at !== ""; at = parentPath(at)) if (dirs.has(at)) return true;
  return false;
}

/** Orders two paths component by component: negative, zero or positive. */
export function comparePaths(a: RelPath, b: RelPath): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const x = a.charCodeAt(i);
    const y = b.charCodeAt(i);
    if (x !== y) return (x === 0x2f ? -1 : x) - (y === 0x2f ? -1 : y);
  }
  return a.length - b.length;
}
