import type { Name, RelPath } from "../core/path.ts";
import { baseName, parentPath } from "../core/path.ts";
import type { RememberedEntry } from "./state.ts";

/** Directories that are held as objects at a time, and their entries. */
const mostDirectories = 256;
const mostEntries = 100_000;

type Entries = Map<Name, RememberedEntry>;

/** The stored directories that are being changed, the last used of them in memory. */
export interface HeldDirectories {
  /** Puts an entry in its directory, or takes it out. Returns what was there. */
  set(path: RelPath, entry: RememberedEntry | undefined): RememberedEntry | undefined;
  /** Stops holding a directory and all below it; `keeps` says whether what has changed is written first. */
  letGo(dir: RelPath, keeps: boolean): void;
}

export function holdDirectories(
  read: (dir: RelPath) => Entries | undefined,
  write: (dir: RelPath, entries: Entries) => void,
): HeldDirectories {
  const held = new Map<RelPath, { readonly entries: Entries; isChanged: boolean }>();
  let entryCount = 0;

  const letGoOne = (dir: RelPath, keeps: boolean): void => {
    const one = held.get(dir)!;
    held.delete(dir);
    entryCount -= one.entries.size;
    if (keeps && one.isChanged) write(dir, one.entries);
  };
  const isTooMuch = (): boolean =>
    held.size > 1 && (held.size > mostDirectories || entryCount > mostEntries);

  return {
    set(path, entry) {
      const [dir, name] = [parentPath(path), baseName(path)];
      const one = held.get(dir) ?? { entries: read(dir) ?? new Map(), isChanged: false };
      const { entries } = one;
      if (held.delete(dir)) entryCount -= entries.size;
      // The one used last comes last.
      held.set(dir, one);
      const before = entries.get(name);
      if (entry !== undefined) entries.set(name, entry);
      else entries.delete(name);
      if (entry !== undefined || before !== undefined) one.isChanged = true;
      entryCount += entries.size;
      while (isTooMuch()) letGoOne(held.keys().next().value!, true);
      return before;
    },
    letGo(dir, keeps) {
      for (const one of held.keys()) if (isWithin(one, dir)) letGoOne(one, keeps);
    },
  };
}

function isWithin(path: RelPath, dir: RelPath): boolean {
  return dir === "" || path === dir || path.startsWith(`${dir}/`);
}
