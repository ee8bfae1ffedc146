import type { FileEntry, Finding } from "../core/entry.ts";
import type { Name, RelPath } from "../core/path.ts";
import { baseName, depthOf } from "../core/path.ts";
import type { Action } from "../core/plan.ts";
import type { SnapshotChunk } from "../core/snapshot.ts";
import { newChunk, pushFinding } from "../core/snapshot.ts";
import { layerName, versionsName } from "../core/version-stamp.ts";
import type { History, PastEntry } from "../core/version-state.ts";
import type { Endpoint, HashVerdict } from "../endpoint/endpoint.ts";
import type { LocalEndpoint } from "../endpoint/local/local-endpoint.ts";
import { ownDirectory } from "../fs/temp-names.ts";

/** Where the content of what is restored is, by the path that it shall have. */
export type Contents = ReadonlyMap<RelPath, Content>;

export interface Content {
  /** In the replica. */
  readonly path: RelPath;
  readonly stored: Finding;
}

/** Where in a replica an old entry is, and what it is there. */
export function contentOf({ runs }: History, { kept, path, stored }: PastEntry): Content {
  if (kept === undefined) return { path, stored };
  const layer = layerName(runs[kept.run]!.stamp, kept.layer) as Name;
  const there = `${ownDirectory}/${versionsName}/${layer}/${path}`;
  return { path: there as RelPath, stored };
}

/**
 * A replica as it was once, as the source of a run. Its files are read where they are now. With `isAtRest`, nothing that is
 * read is changed by the run, so it may be read in any order and shared; else each file is looked at again.
 */
export function pastSource(
  replica: LocalEndpoint,
  rows: ReadonlyMap<RelPath, Finding>,
  contents: Contents,
  isAtRest: boolean,
): Endpoint {
  const { location, capabilities } = replica;
  /** The same file, where it is now, as it is there. */
  const found = <T extends { readonly path: RelPath; readonly entry: FileEntry }>(file: T): T => {
    const there = contents.get(file.path);
    if (there === undefined) return file;
    const entry = there.stored.kind === "file" ? there.stored : file.entry;
    return { ...file, path: there.path, entry };
  };
  const endpoint: Endpoint = {
    ...replica,
    location,
    capabilities,
    // Old copies are told apart from what stands in the replica now, though both may be the same file.
    machine: "old copies",
    scan: () => chunksOf(rows),
    read(path, expected, ...how) {
      const file = found({ path, entry: expected });
      return replica.read(file.path, file.entry, ...how);
    },
    readFiles: (files, ...how) => replica.readFiles(files.map(found), ...how),
    async hash(requests, ...how) {
      const verdicts = await replica.hash(requests.map(found), ...how);
      return verdicts.map((verdict, i): HashVerdict => {
        const { path } = requests[i]!;
        return "digest" in verdict
          ? { path, digest: verdict.digest }
          : { path, problem: { ...verdict.problem, path } };
      });
    },
    [Symbol.asyncDispose]: async () => {},
  };
  if (isAtRest) return { ...endpoint, hostRoot: replica.hostRoot } as Endpoint;
  const { hostRoot: _, ...apart } = endpoint as LocalEndpoint;
  return apart;
}

/** The target of a restore: of what it holds, the run sees and changes only what is asked for. */
export function restoreTarget(
  target: LocalEndpoint,
  rows: ReadonlyMap<RelPath, Finding>,
  contents: Contents,
): Endpoint {
  const { hostRoot, capabilities } = target;
  const endpoint: LocalEndpoint = {
    ...target,
    hostRoot,
    capabilities,
    scan: () => chunksOf(rows),
    // What is compared is not under the same name in both.
    compareContent: () => undefined,
    apply: (actions, ...how) =>
      target.apply(
        actions.map((action) => fetched(action, contents)),
        ...how,
      ),
    [Symbol.asyncDispose]: async () => {},
  };
  return endpoint;
}

function fetched(action: Action, contents: Contents): Action {
  if (action.type !== "put-file") return action;
  return { ...action, content: contents.get(action.path)?.path ?? action.path };
}

async function* chunksOf(rows: ReadonlyMap<RelPath, Finding>): AsyncGenerator<SnapshotChunk> {
  let chunk = newChunk();
  for (const [path, finding] of rows) {
    if (chunk.count === chunk.depth.length) {
      yield chunk;
      chunk = newChunk();
    }
    pushFinding(chunk, depthOf(path), baseName(path), finding);
  }
  if (chunk.count > 0) yield chunk;
}
