import type { Name, RelPath } from "../../core/path.ts";
import { baseName, joinPath, parentPath, rootPath } from "../../core/path.ts";
import { DIRECTORY } from "../../core/snapshot.ts";
import { layerName, versionsName } from "../../core/version-stamp.ts";
import type { Directories } from "../../fs/directories.ts";
import { openDirectories } from "../../fs/directories.ts";
import type { FileDriver, HostPath } from "../../fs/driver.ts";
import { errnoOf } from "../../fs/file-error.ts";
import { newStat } from "../../fs/stat.ts";
import { ownDirectory } from "../../fs/temp-names.ts";
import type { VersionsOfRun } from "../endpoint.ts";
import { EntryProblem } from "../endpoint.ts";
import type { Place, Self } from "./applier.ts";
import { asEntryProblem } from "./applier.ts";

/** A run's part of the version store, as one thread fills it. */
export interface VersionStore extends Disposable {
  /** A free name for what stands at a path, in a directory of the store that mirrors the one it is in. */
  spotFor(path: RelPath): Place;
  /** The store's own directory for one that goes. */
  directoryFor(path: RelPath): Place["dir"];
  /** Forgets what is open: paths of the replica may mean other directories now. */
  forget(): void;
}

/** Says of any trouble with the store what it means: the old copy could not be kept, and so nothing was done. */
export function inStore<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw aboutStore(error);
  }
}

export function aboutStore(error: unknown): EntryProblem {
  const { code, message } = asEntryProblem("target", error);
  const text = `its old copy cannot be kept in ${ownDirectory}/${versionsName}, so nothing was done: ${message}`;
  return new EntryProblem("target", code, text);
}

/** More often than that no path is kept in one run. */
const mostLayers = 1000;
const workMode = 0o700;

/**
 * Opens what a run keeps old copies in: trees that mirror the replica, reached by descriptor and never through a link. What
 * has no room in the first of them, because another thing was kept under that name or under one on the way, goes into the
 * next.
 */
export function openVersionStore(
  driver: FileDriver,
  root: HostPath,
  run: VersionsOfRun,
  self: Self,
): VersionStore {
  const stat = newStat();
  let opened: { readonly store: Directories; readonly originals: Directories } | undefined;
  const directories = (): NonNullable<typeof opened> =>
    (opened ??= {
      store: openDirectories(driver, root, false),
      originals: openDirectories(driver, root, false),
    });
  const home = joinPath(ownDirectory, versionsName as Name);

  const makeIn = (layer: RelPath, path: RelPath): Place["dir"] => {
    const { store } = directories();
    const there = path === rootPath ? layer : (`${layer}/${path}` as RelPath);
    try {
      return store.open(there);
    } catch (error) {
      if (errnoOf(error) !== "ENOENT") throw error;
    }
    const parent = path === rootPath ? store.open(home) : makeIn(layer, parentPath(path));
    try {
      driver.makeDirectory(parent, baseName(there), workMode);
    } catch (error) {
      // Another thread has been faster.
      if (errnoOf(error) !== "EEXIST") throw error;
      return store.open(there);
    }
    const made = store.open(there);
    if (path !== rootPath) likeOriginal(path, made);
    return made;
  };

  /** Who could not look into the original directory must not look into its old copies. Whoever fills it, has to. */
  const likeOriginal = (path: RelPath, made: Place["dir"]): void => {
    try {
      driver.stat(directories().originals.open(parentPath(path)), baseName(path), stat);
      if (stat.kind !== DIRECTORY) return;
      const { mode, uid, gid } = stat;
      if (self.isRoot && (uid !== self.uid || gid !== self.gid)) driver.setOwner(made, uid, gid);
      driver.setMode(made, mode | workMode);
    } catch (error) {
      // It stays for its owner alone.
      if (errnoOf(error) === undefined) throw error;
    }
  };

  const stands = (dir: Place["dir"], name: Name): boolean => {
    try {
      driver.stat(dir, name, stat);
      return true;
    } catch (error) {
      if (errnoOf(error) === "ENOENT") return false;
      throw error;
    }
  };

  const inLayers = <T>(attempt: (layer: RelPath) => T | undefined): T => {
    if ("problem" in run) {
      const { code, message } = run.problem;
      throw new EntryProblem("target", code, message);
    }
    for (let layer = 1; layer <= mostLayers; layer++) {
      try {
        const found = attempt(joinPath(home, layerName(run.stamp, layer) as Name));
        if (found !== undefined) return found;
      } catch (error) {
        // Something that is no directory was kept under a name on the way. A link that stands for the store itself was not.
        const isTaken = errnoOf(error) === "ENOTDIR" || errnoOf(error) === "ELOOP";
        if (!isTaken || !isStore()) throw error;
      }
    }
    throw new EntryProblem("target", "blocked", "it was kept too often in this run");
  };
  const isStore = (): boolean => {
    try {
      directories().store.open(home);
      return true;
    } catch (error) {
      if (errnoOf(error) === undefined) throw error;
      return false;
    }
  };

  return {
    spotFor: (path) =>
      inStore(() =>
        inLayers((layer) => {
          const dir = makeIn(layer, parentPath(path));
          const name = baseName(path);
          return stands(dir, name) ? undefined : { dir, name };
        }),
      ),
    directoryFor: (path) => inStore(() => inLayers((layer) => makeIn(layer, path))),
    forget: () => opened?.originals.forget(),
    [Symbol.dispose]() {
      opened?.store[Symbol.dispose]();
      opened?.originals[Symbol.dispose]();
    },
  };
}
