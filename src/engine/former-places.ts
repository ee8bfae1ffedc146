import type { FileEntry } from "../core/entry.ts";
import type { Appeared, Vanished } from "../core/move-pool.ts";
import type { MtimeRule } from "../core/mtime.ts";
import { mtimesApart } from "../core/mtime.ts";
import type { RelPath } from "../core/path.ts";
import type { TreeCensus, TreeDirectory } from "../core/tree-census.ts";
import type { BaselineReader, RememberedEntry, RememberedIdentity } from "../state/state.ts";
import { rememberedKey } from "../state/state.ts";

/** Where directories of the source stood when the pair last ran, by what is remembered of their inodes. */
export async function formerDirectories(
  memory: BaselineReader | undefined,
  appeared: readonly TreeCensus[],
): Promise<ReadonlyMap<TreeDirectory, RelPath>> {
  const out = new Map<TreeDirectory, RelPath>();
  if (memory === undefined) return out;
  const all = appeared.flatMap(({ directories }) => directories);
  const identities = all.map(({ chunk, row }) => ({
    dev: chunk.dev[row]!,
    inoHigh: chunk.inoHigh[row]!,
    inoLow: chunk.inoLow[row]!,
    birthSec: chunk.birthSec[row]!,
    birthNs: chunk.birthNs[row]!,
  }));
  const found = await memory.findByIdentity(identities.filter(isTelling));
  for (const [i, directory] of all.entries()) {
    const known = found.get(rememberedKey(identities[i]!));
    if (known?.entry.kind === "directory") out.set(directory, known.path);
  }
  return out;
}

/** A file of the source that is known by another name. */
export interface FormerFile {
  readonly path: RelPath;
  readonly entry: RememberedEntry;
}

export async function formerFiles(
  memory: BaselineReader | undefined,
  appeared: readonly Appeared[],
): Promise<ReadonlyMap<Appeared, FormerFile>> {
  const out = new Map<Appeared, FormerFile>();
  if (memory === undefined || appeared.length === 0) return out;
  const telling = appeared.filter(({ entry }) => isTelling(entry));
  const found = await memory.findByIdentity(telling.map(({ entry }) => entry));
  for (const one of telling) {
    const known = found.get(rememberedKey(one.entry));
    if (known?.entry.kind === "file") out.set(one, known);
  }
  return out;
}

/** Without a time of birth, another file may have the number by now. */
function isTelling({ birthSec, birthNs }: RememberedIdentity): boolean {
  return birthSec !== 0 || birthNs !== 0;
}

/** Whether the target's file is the one that was left there, as far as size and time tell. */
export function isAsRemembered(
  { entry }: Vanished,
  remembered: RememberedEntry,
  rule: MtimeRule,
): boolean {
  return entry.size === remembered.size && mtimesApart(entry, remembered, rule) === 0;
}

/** Whether the source's file still has the content that is remembered. */
export function isUnedited(
  entry: Pick<FileEntry, "size" | "mtimeSec" | "mtimeNs">,
  remembered: RememberedEntry,
): boolean {
  return (
    entry.size === remembered.size &&
    entry.mtimeSec === remembered.mtimeSec &&
    entry.mtimeNs === remembered.mtimeNs
  );
}
