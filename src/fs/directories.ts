import type { ByteString } from "../base/byte-string.ts";
import type { Name, RelPath } from "../core/path.ts";
import { baseName, parentPath } from "../core/path.ts";

import type { Descriptor, FileDriver, HostPath } from "./driver.ts";
import { followLink } from "./follow-link.ts";

/** Directories below a root, held open along one path at a time: work in path order opens each directory once. */
export interface Directories extends Disposable {
  /** The directory at the path, reached component by component without following a link. Valid until the next call. */
  open(path: RelPath): Descriptor;
  /** Opens a file for reading, through links where the directories are reached through them. The caller closes it. */
  openFile(path: RelPath): Descriptor;
  /** Forgets what is open: paths may mean other directories now. */
  forget(): void;
  readonly root: Descriptor;
}

interface Step {
  readonly name: Name;
  readonly fd: Descriptor;
}

/** Opens a root for work below it. `followLinks` is for sources that were scanned through their links. */
export function openDirectories(
  driver: FileDriver,
  root: HostPath,
  followLinks: boolean,
): Directories {
  const top = driver.openRoot(root);
  const steps: Step[] = [];
  let current: RelPath | undefined;

  const shrink = (length: number): void => {
    while (steps.length > length) driver.close(steps.pop()!.fd);
  };
  /** Opens what is under the name, or what a link there leads to. */
  const reach = (dir: Descriptor, name: Name, call: "openDirectory" | "openFile"): Descriptor => {
    if (!followLinks) return driver[call](dir, name);
    const there = followLink(driver, dir, name);
    try {
      return driver[call](there.dir, there.name);
    } finally {
      driver.close(there.dir);
    }
  };

  const openDirectory = (path: RelPath): Descriptor => {
    if (path === current) return steps.at(-1)?.fd ?? top;
    const names = path === "" ? [] : (path.split("/") as ByteString[] as Name[]);
    let shared = 0;
    while (shared < names.length && steps[shared]?.name === names[shared]) shared++;
    shrink(shared);
    current = undefined;
    for (const name of names.slice(shared)) {
      steps.push({ name, fd: reach(steps.at(-1)?.fd ?? top, name, "openDirectory") });
    }
    current = path;
    return steps.at(-1)?.fd ?? top;
  };

  return {
    root: top,
    open: openDirectory,
    openFile: (path) => reach(openDirectory(parentPath(path)), baseName(path), "openFile"),
    forget() {
      shrink(0);
      current = undefined;
    },
    [Symbol.dispose]() {
      shrink(0);
      driver.close(top);
    },
  };
}
