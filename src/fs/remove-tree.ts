import type { Name } from "../core/path.ts";
import { DIRECTORY } from "../core/snapshot.ts";
import type { Descriptor, FileDriver } from "./driver.ts";
import { errnoOf, FileError } from "./file-error.ts";
import { newStat } from "./stat.ts";

/** Whoever removes. */
interface Remover {
  readonly uid: number;
  readonly isRoot: boolean;
}

/** Removes what has that name, with everything below it; nothing is followed, and no other file system is entered. */
export function removeTree(driver: FileDriver, dir: Descriptor, name: Name, self: Remover): void {
  const stat = newStat();
  driver.stat(dir, name, stat);
  if (stat.kind !== DIRECTORY) {
    inWritable(driver, dir, self, () => driver.unlink(dir, name));
    return;
  }
  const fd = driver.openDirectory(dir, name);
  try {
    const { dev } = stat;
    driver.statDescriptor(dir, stat);
    if (stat.dev !== dev) throw new FileError("EXDEV", "unlink");
    for (const child of driver.list(fd)) removeTree(driver, fd, child, self);
  } finally {
    driver.close(fd);
  }
  inWritable(driver, dir, self, () => driver.removeDirectory(dir, name));
}

/** A directory of our own that may not be written to is about to go as well. */
function inWritable(driver: FileDriver, dir: Descriptor, self: Remover, work: () => void): void {
  try {
    work();
  } catch (error) {
    const stat = newStat();
    driver.statDescriptor(dir, stat);
    const isOurs = !self.isRoot && stat.uid === self.uid && (stat.mode & 0o300) !== 0o300;
    if (errnoOf(error) !== "EACCES" || !isOurs) throw error;
    driver.setMode(dir, stat.mode | 0o700);
    work();
  }
}
