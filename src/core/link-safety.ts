import type { ByteString } from "../base/byte-string.ts";
import type { RelPath } from "./path.ts";
import { depthOf, parentPath } from "./path.ts";

/**
 * Whether a symbolic link points out of its tree, judged by its text alone: an absolute target does, an empty one does, and
 * a relative one does as soon as `..` climbs above the top. What the names on the way are on disk plays no part.
 */
export function isUnsafeLink(link: RelPath, linkTarget: ByteString): boolean {
  if (linkTarget === "" || linkTarget.startsWith("/")) return true;
  let depth = depthOf(parentPath(link));
  for (const name of linkTarget.split("/")) {
    if (name === "..") depth--;
    else if (name !== "" && name !== ".") depth++;
    if (depth < 0) return true;
  }
  return false;
}
