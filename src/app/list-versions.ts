import type { Entry, Finding } from "../core/entry.ts";
import type { RelPath } from "../core/path.ts";
import { comparePaths, rootPath } from "../core/path.ts";
import type { History } from "../core/version-state.ts";
import { stateBefore } from "../core/version-state.ts";
import { openLocalHost } from "../endpoint/local/host.ts";
import { historyOf, openReplica, pathInReplica } from "./kept-history.ts";
import { openKeptFiles } from "../endpoint/local/version-files.ts";

export interface VersionsRequest {
  readonly replica: string;
  /** As typed; everything where it is not said. */
  readonly path: string | undefined;
  readonly driver: "libc" | "portable" | undefined;
}

/** One old copy. */
export interface KeptVersion {
  readonly path: RelPath;
  readonly entry: Entry;
  /** The run that kept it: its name, and when it began, in milliseconds since the epoch. */
  readonly run: string;
  readonly at: number;
  /** Where that run had the new from. */
  readonly source: string | undefined;
  /** Why it went. */
  readonly reason: "replaced" | "deleted";
}

/** The old copies of a replica, by path, the oldest first. Throws `SyncError` where there is no replica. */
export async function listVersions(request: VersionsRequest): Promise<KeptVersion[]> {
  await using host = await openLocalHost(request.driver);
  const { endpoint, root } = await openReplica(request.replica, host);
  await using _endpoint = endpoint;
  const top = request.path === undefined ? rootPath : pathInReplica(request.path, root);
  using files = openKeptFiles(host, endpoint.hostRoot, request.replica);
  if (files === undefined) return [];
  const history = historyOf(
    host,
    endpoint.hostRoot,
    top,
    files.runs.map((run) => files.load(run)),
  );
  const out: KeptVersion[] = [];
  for (const [run, { layers }] of history.runs.entries()) {
    for (const layer of layers) {
      for (const [path, finding] of layer) {
        const isAsked = top === rootPath || path === top || path.startsWith(`${top}/`);
        if (isAsked && path !== rootPath) out.push(...versionOf(history, run, path, finding));
      }
    }
  }
  return out.sort((a, b) => comparePaths(a.path, b.path) || a.at - b.at);
}

function versionOf(history: History, run: number, path: RelPath, finding: Finding): KeptVersion[] {
  if (!("mtimeSec" in finding)) return [];
  const later = stateBefore(history, path, run + 1);
  // A directory that is still one is there for what was kept below it.
  if (finding.kind === "directory" && later?.finding.kind === "directory") return [];
  const { stamp, at, record } = history.runs[run]!;
  const reason = later === undefined ? "deleted" : "replaced";
  return [{ path, entry: finding, run: stamp, at, source: record.source, reason }];
}
