import type { KnownFile } from "../../core/chunk-list.ts";
import { isStill } from "../../core/chunk-list.ts";
import type { RelPath } from "../../core/path.ts";
import { baseName, parentPath } from "../../core/path.ts";
import type { Action } from "../../core/plan.ts";
import { FILE } from "../../core/snapshot.ts";
import type { Directories } from "../../fs/directories.ts";
import { openDirectories } from "../../fs/directories.ts";
import type { Descriptor, FileDriver } from "../../fs/driver.ts";
import { errnoOf } from "../../fs/file-error.ts";
import { newStat } from "../../fs/stat.ts";
import type { ApplyWork } from "./apply-stream.ts";

/** Files of the target that others are made of, open, although their names may mean something else by now. */
export interface HeldFiles extends Disposable {
  readonly files: ReadonlyMap<RelPath, Descriptor>;
}

/** Descriptors held at once, of which a process has a thousand or so. What is not held may be gone when it is wanted. */
const mostHeld = 256;

/**
 * Opens what is to serve for other files, and is replaced by one of the same actions itself: a log that has moved on, two images
 * that have changed places. Which of them is put in place first is then all the same. What other phases do needs no such care:
 * moves are over, and whoever knew where a file was has followed them; removals come when all content is there. A file that a
 * move has replaced is gone, and so is one in a directory that had to go for a file: for those, content is sent.
 */
export function holdReplaced(work: ApplyWork, actions: readonly Action[]): HeldFiles {
  const { driver } = work.host;
  const files = new Map<RelPath, Descriptor>();
  const held: HeldFiles = {
    files,
    [Symbol.dispose]() {
      for (const fd of files.values()) driver.close(fd);
    },
  };
  const serving = servingOthers(work.known ?? new Map());
  const replaced = actions.flatMap(({ path }) => serving.get(path) ?? []);
  if (replaced.length === 0) return held;
  using dirs = openDirectories(driver, work.target, false);
  for (const file of replaced) {
    if (files.size === mostHeld) break;
    const fd = files.has(file.path) ? undefined : openKnown(driver, dirs, file);
    if (fd !== undefined) files.set(file.path, fd);
  }
  return held;
}

function servingOthers(known: NonNullable<ApplyWork["known"]>): ReadonlyMap<RelPath, KnownFile> {
  const serving = new Map<RelPath, KnownFile>();
  for (const [served, files] of known)
    for (const file of files) if (file.path !== served) serving.set(file.path, file);
  return serving;
}

/** Opens a file if it seems to be what is known of it. */
function openKnown(
  driver: FileDriver,
  dirs: Directories,
  { path, facts }: KnownFile,
): Descriptor | undefined {
  const fd = ifThere(() => dirs.openFile(path));
  if (fd === undefined) return undefined;
  const stat = newStat();
  ifThere(() => driver.statDescriptor(fd, stat));
  // Where nothing could be looked at, there is no inode.
  if (stat.kind === FILE && isStill(facts, stat)) return fd;
  driver.close(fd);
  return undefined;
}

/** Whether a file seems to be what is known of it. */
export function isAsKnown(
  driver: FileDriver,
  dirs: Directories,
  { path, facts }: KnownFile,
): boolean {
  const stat = newStat();
  ifThere(() => driver.stat(dirs.open(parentPath(path)), baseName(path), stat));
  // Where nothing could be looked at, there is no inode.
  return stat.kind === FILE && isStill(facts, stat);
}

/** What cannot be looked at is of no use, and no trouble. */
function ifThere<T>(look: () => T): T | undefined {
  try {
    return look();
  } catch (error) {
    if (errnoOf(error) === undefined) throw error;
    return undefined;
  }
}
