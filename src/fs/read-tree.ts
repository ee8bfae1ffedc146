import type { Finding } from "../core/entry.ts";
import { noFilter } from "../core/filter.ts";
import type { Name, RelPath } from "../core/path.ts";
import { joinPath, rootPath } from "../core/path.ts";
import type { SnapshotChunk } from "../core/snapshot.ts";
import { findingAt, nameAt, newChunk } from "../core/snapshot.ts";
import type { Descriptor, FileDriver, HostPath } from "./driver.ts";
import { walk } from "./walk.ts";

/** What to read of a directory that is held open. */
export interface TreeToRead {
  readonly fd: Descriptor;
  /** Where it is, for systems that have no path through a descriptor. */
  readonly path: HostPath;
  /** Whoever may see all attributes. */
  readonly isRoot: boolean;
  /** The one name in it to look at. */
  readonly only?: Name;
}

/**
 * Everything below a directory, by path and in path order, the directory itself under `""`. It is all in memory at once,
 * which is for trees of differences and for what somebody has named, and not for replicas.
 */
export function readTree(
  driver: FileDriver,
  { fd, path, isRoot, only }: TreeToRead,
): Map<RelPath, Finding> {
  const out = new Map<RelPath, Finding>();
  const above: RelPath[] = [];
  const take = (): SnapshotChunk => newChunk();
  const give = (chunk: SnapshotChunk): boolean => {
    for (let row = 0; row < chunk.count; row++) {
      const depth = chunk.depth[row]!;
      const at = depth === 0 ? rootPath : joinPath(above[depth - 1]!, nameAt(chunk, row));
      above[depth] = at;
      out.set(at, findingAt(chunk, row));
    }
    return true;
  };
  const there = process.platform === "linux" ? (`/proc/self/fd/${fd}` as HostPath) : path;
  const request = {
    filter: noFilter,
    links: "keep",
    oneFileSystem: false,
    ignoreFiles: false,
    attributes: { xattrs: true, acls: true, isRoot },
    leftovers: false,
    ...(only !== undefined && { only }),
  } as const;
  walk(driver, there, request, { take, give });
  return out;
}
