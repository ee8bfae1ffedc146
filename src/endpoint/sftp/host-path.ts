import type { ByteString } from "../../base/byte-string.ts";
import type { RelPath } from "../../core/path.ts";

/** A path from the server's root, with `.` and `..` worked out by its text, as everywhere where a path is typed. */
export function absolutePath(home: ByteString, typed: ByteString): ByteString {
  const names: string[] = [];
  for (const name of (typed.startsWith("/") ? typed : `${home}/${typed}`).split("/")) {
    if (name === "..") names.pop();
    else if (name !== "" && name !== ".") names.push(name);
  }
  return `/${names.join("/")}` as ByteString;
}

/** The path below a root that has an absolute path. */
export function below(root: ByteString, path: RelPath | ByteString): ByteString {
  if (path === "") return root;
  return (root === "/" ? `/${path}` : `${root}/${path}`) as ByteString;
}

/** The directory that holds it; `/` is its own. */
export function parentOf(path: ByteString): ByteString {
  return (path.slice(0, path.lastIndexOf("/")) || "/") as ByteString;
}

export function lastName(path: ByteString): ByteString {
  return path.slice(path.lastIndexOf("/") + 1) as ByteString;
}
