import { dirname } from "node:path";

import { baseNameOfText } from "./text-path.ts";
import { SyncError } from "../base/errors.ts";
import type { Location } from "../core/location.ts";
import type { Preserve, PreserveKey } from "../core/preserve.ts";
import type { Endpoint, RootInfo, ScanRequest } from "../endpoint/endpoint.ts";
import type { SingleFile } from "../engine/make-plan.ts";
import { readsAlong, scanRequestOf } from "../engine/make-plan.ts";
import type { Opener } from "./open-endpoint.ts";
import { effectivePreserve } from "./preserve.ts";
import type { Located } from "./replica-key.ts";
import type { MirrorRequest } from "./request.ts";

/** A source: a directory, or the directory around a single file. */
export interface SourcePlace extends Located {
  readonly endpoint: Endpoint;
  /** Name of the one file that is the whole source. */
  readonly file: SingleFile["sourceName"] | undefined;
}

/** A target as it was found, before anything is decided. */
export interface TargetPlace extends Located {
  readonly location: string;
  readonly endpoint: Endpoint;
  readonly preserve: Preserve;
  /** Asked to be kept by name, and not to be had. */
  readonly refused: readonly PreserveKey[];
  readonly single: SingleFile | undefined;
}

/** What stands in the way of one target, which is no trouble of the others. */
export interface LostPlace {
  readonly location: string;
  readonly error: SyncError;
}

export async function lookAtSource(where: Location, opener: Opener): Promise<SourcePlace> {
  const endpoint = await opener.open(where);
  const root = await endpoint.root();
  if (root.kind === "other") {
    const message = `${where.typed}: it is neither a directory nor a file`;
    throw new SyncError("ROOT_NOT_DIRECTORY", message);
  }
  if (root.kind !== "file") return { where, endpoint, root, file: undefined };
  const around = await opener.openAt(where, dirname(root.realPath));
  return {
    where,
    endpoint: around,
    root: await around.root(),
    file: baseNameOfText(root.realPath),
  };
}

/** Looks at one target; what is wrong with it is returned, not thrown. */
export async function lookAtTarget(
  where: Location,
  source: SourcePlace,
  { preserve: wishes }: Pick<MirrorRequest, "preserve">,
  opener: Opener,
): Promise<TargetPlace | LostPlace> {
  const location = where.typed;
  try {
    const { endpoint, root, single } = await openPlace(where, source, opener);
    const { capabilities } = endpoint;
    const { preserve, refused } = effectivePreserve(
      wishes,
      source.endpoint.capabilities,
      capabilities,
    );
    return { where, location, endpoint, root, preserve, refused, single };
  } catch (error) {
    // What is wrong with the request is wrong with all of it.
    if (!(error instanceof SyncError) || error.code === "USAGE") throw error;
    return { location, error };
  }
}

async function openPlace(
  where: Location,
  source: SourcePlace,
  opener: Opener,
): Promise<Pick<TargetPlace, "endpoint" | "root" | "single">> {
  const location = where.typed;
  const endpoint = await opener.open(where, source.where);
  const root = await endpoint.root();
  if (source.file === undefined) {
    if (root.kind === "directory" || root.kind === "missing" || root.kind === "unreadable") {
      return { endpoint, root, single: undefined };
    }
    if (root.kind === "dangling") throw danglingLink(location);
    throw new SyncError("ROOT_NOT_DIRECTORY", `${location}: it is not a directory`, {
      hint: "Name a directory as the target, or a path where none exists yet.",
    });
  }
  if (root.kind === "dangling") throw danglingLink(location);
  if (root.kind === "other") {
    throw new SyncError("ROOT_NOT_DIRECTORY", `${location}: it is neither a directory nor a file`);
  }
  // A file goes into a directory that exists, and to any other path under that path's own name.
  const place =
    root.kind === "directory"
      ? { endpoint, root, targetName: source.file }
      : await openAround(where, root, source, opener);
  const { targetName } = place;
  const isSame = isSameDirectory(place, source) && targetName === source.file;
  if (isSame && place.root.missing.length === 0) {
    throw new SyncError("GUARD", `${location}: it is the source itself`, {
      hint: "Name another target.",
    });
  }
  return { ...place, single: { sourceName: source.file, targetName } };
}

/** The directory around a file that is, or shall be, at that root. */
async function openAround(
  where: Location,
  { realPath }: RootInfo,
  { where: from }: SourcePlace,
  opener: Opener,
): Promise<
  Pick<TargetPlace, "endpoint" | "root"> & { readonly targetName: SingleFile["targetName"] }
> {
  const endpoint = await opener.openAt(where, dirname(realPath), from);
  return { endpoint, root: await endpoint.root(), targetName: baseNameOfText(realPath) };
}

function danglingLink(location: string): SyncError {
  return new SyncError("ROOT_MISSING", `${location}: it is a link to nothing`, {
    hint: "Mount or make what it points to, or name another target.",
  });
}

/** What can be told of two places wherever they are. */
type Known = Pick<TargetPlace, "endpoint" | "root">;

/** Whether two places that exist, or the nearest directories to them that do, are one. */
export function isSameDirectory(a: Known, b: Known): boolean {
  return a.endpoint.machine === b.endpoint.machine && a.root.lineage[0] === b.root.lineage[0];
}

/** Whether two targets are one directory, or one would lie inside the other. */
export function overlaps(a: TargetPlace, b: TargetPlace | LostPlace): boolean {
  if (!("root" in b) || a.endpoint.machine !== b.endpoint.machine) return false;
  return isWithinRoot(a.root, b.root) || isWithinRoot(b.root, a.root);
}

/** A root that does not exist yet is known by where it would be. */
function isWithinRoot(inner: RootInfo, outer: RootInfo): boolean {
  if (outer.missing.length === 0) return inner.lineage.includes(outer.lineage[0]!);
  return (
    inner.lineage[0] === outer.lineage[0] &&
    outer.missing.every((name, i) => inner.missing[i] === name)
  );
}

export function isThere({ kind }: RootInfo): boolean {
  return kind !== "missing" && kind !== "dangling";
}

/** One scan of the source for all targets: attributes are read if any of them keeps them. */
export function sourceScanOf(
  request: MirrorRequest,
  source: SourcePlace,
  targets: readonly TargetPlace[],
): ScanRequest {
  const [first] = targets;
  const wanted = scanRequestOf(request, first!.preserve, "source");
  return {
    ...wanted,
    xattrs: targets.some(({ preserve }) => preserve.xattrs),
    acls: targets.some(({ preserve }) => preserve.acls),
    ...(source.file !== undefined && { only: source.file }),
    // With several targets, each has its own scan read what it can.
    ...(targets.length === 1 &&
      source.file === undefined &&
      isThere(first!.root) &&
      request.compare === "content" &&
      readsAlong(request) && { contentOf: first!.endpoint }),
  };
}
