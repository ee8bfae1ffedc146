import { rawBytes } from "../../base/byte-string.ts";
import type { FileEntry } from "../../core/entry.ts";
import type { Name, RelPath } from "../../core/path.ts";
import { FILE } from "../../core/snapshot.ts";
import type { Descriptor, FileDriver } from "../../fs/driver.ts";
import { errnoOf } from "../../fs/file-error.ts";
import type { Hasher } from "../../fs/hasher.ts";
import { newStat } from "../../fs/stat.ts";
import { partNames } from "../../fs/temp-names.ts";
import type { Applier } from "./applier.ts";
import type { StagedFile } from "./put-file.ts";
import { beginFile } from "./put-file.ts";

/** A file from this size on is staged under a name by which it is found again. */
export const partBytes: number = 1 << 20;
/** As much of it has to have arrived to be kept: less than a pack, so that each one brings it further. */
export const keptBytes: number = 1 << 19;

/** Begins a file that may be a while coming. However its run ends, the next one knows what this was to be. */
export function beginPart(
  ctx: Applier,
  action: { readonly path: RelPath; readonly entry: FileEntry },
  hasher: Hasher,
): StagedFile {
  if (action.entry.size < partBytes) return beginFile(ctx, action);
  for (const name of namesOf(action.path, hasher)) {
    try {
      return beginFile(ctx, action, name);
    } catch (error) {
      if (errnoOf(error) !== "EEXIST") throw error;
    }
  }
  return beginFile(ctx, action);
}

export interface Part {
  readonly name: Name;
  readonly entry: FileEntry;
}

/** What earlier runs have left of the file at the path; `dir` is the directory around it. */
export function findParts(
  driver: FileDriver,
  dir: Descriptor,
  path: RelPath,
  hasher: Hasher,
): Part[] {
  const parts: Part[] = [];
  for (const name of namesOf(path, hasher)) {
    const stat = newStat();
    try {
      driver.stat(dir, name, stat);
    } catch (error) {
      if (errnoOf(error) !== "ENOENT") throw error;
      continue;
    }
    if (stat.kind === FILE && stat.size >= keptBytes)
      parts.push({ name, entry: { ...stat, kind: "file", xattrs: undefined } });
  }
  return parts;
}

function namesOf(path: RelPath, hasher: Hasher): readonly Name[] {
  hasher.begin();
  hasher.update(rawBytes(path));
  return partNames(hasher.digest());
}
