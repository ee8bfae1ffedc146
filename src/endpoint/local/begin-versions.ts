import { rawBytes, bytesOfText } from "../../base/byte-string.ts";
import type { Name } from "../../core/path.ts";
import { formatStamp, parseStamp, recordName, versionsName } from "../../core/version-stamp.ts";
import type { Descriptor, FileDriver, HostPath, Stat } from "../../fs/driver.ts";
import { errnoOf, FileError } from "../../fs/file-error.ts";
import { newStat } from "../../fs/stat.ts";
import { ownDirectory, tempNames, tempRun } from "../../fs/temp-names.ts";
import type { Endpoint, VersionsOfRun } from "../endpoint.ts";
import { EntryProblem } from "../endpoint.ts";
import type { Self } from "./applier.ts";
import type { LocalHost } from "./host.ts";
import { aboutStore } from "./version-store.ts";

const ownMode = 0o700;

/**
 * Makes a directory for what a run replaces and deletes, named by the moment or, where a clock has been set back, by the
 * one after the last run: the order of names is the order of runs. `record` is given the name and becomes the file beside it.
 */
export async function beginVersions(
  { driver, self }: Pick<LocalHost, "driver" | "self">,
  root: HostPath,
  at: number,
  record: Parameters<Endpoint["beginVersions"]>[1],
): Promise<VersionsOfRun> {
  const open: Descriptor[] = [];
  const hold = (fd: Descriptor): Descriptor => {
    open.push(fd);
    return fd;
  };
  try {
    const top = hold(driver.openRoot(root));
    const stat = newStat();
    driver.statDescriptor(top, stat);
    const device = stat.dev;
    const own = hold(openOwn(driver, top, ownDirectory, self));
    const store = hold(openOwn(driver, own, versionsName as Name, self));
    driver.statDescriptor(store, stat);
    // A rename would fail with every path; it is said once, and before anything is done.
    if (stat.dev !== device) throw new FileError("EXDEV", "rename");
    const stamp = claim(driver, store, at);
    writeRecord(driver, store, recordName(stamp) as Name, await record(stamp));
    return { stamp };
  } catch (error) {
    const { code, message } = aboutStore(error);
    return { problem: { code, message } };
  } finally {
    for (const fd of open.toReversed()) driver.close(fd);
  }
}

/** Opens a directory of Syncline's own, made for its owner alone; the directory around it keeps its times. */
function openOwn(driver: FileDriver, dir: Descriptor, name: Name, self: Self): Descriptor {
  const stat = newStat();
  try {
    return openPrivate(driver, dir, name, self);
  } catch (error) {
    if (errnoOf(error) !== "ENOENT") throw error;
  }
  driver.statDescriptor(dir, stat);
  const closed = !self.isRoot && stat.uid === self.uid && (stat.mode & 0o300) !== 0o300;
  if (closed) driver.setMode(dir, stat.mode | 0o700);
  try {
    driver.makeDirectory(dir, name, ownMode);
  } finally {
    if (closed) driver.setMode(dir, stat.mode);
    keepTimes(driver, dir, stat);
  }
  return openPrivate(driver, dir, name, self);
}

/** That the root gets its own directory is no change of the tree. */
function keepTimes(driver: FileDriver, dir: Descriptor, { mtimeSec, mtimeNs }: Stat): void {
  try {
    driver.setTimes(dir, mtimeSec, mtimeNs);
  } catch (error) {
    // Somebody else's directory, in which one may write: the next run puts its times right, if it can.
    if (errnoOf(error) === undefined) throw error;
  }
}

function openPrivate(driver: FileDriver, dir: Descriptor, name: Name, self: Self): Descriptor {
  const fd = openReal(driver, dir, name);
  const stat = newStat();
  driver.statDescriptor(fd, stat);
  const isOpenToOthers = (stat.mode & 0o077) !== 0 && stat.uid === self.uid;
  if (isOpenToOthers) driver.setMode(fd, stat.mode & ~0o077);
  return fd;
}

function openReal(driver: FileDriver, dir: Descriptor, name: Name): Descriptor {
  try {
    return driver.openDirectory(dir, name);
  } catch (error) {
    if (errnoOf(error) !== "ENOTDIR" && errnoOf(error) !== "ELOOP") throw error;
    const message = `${name} is a link or a file there, and no directory`;
    throw new EntryProblem("target", "blocked", message);
  }
}

/** Two runs in one millisecond have two names. */
function claim(driver: FileDriver, store: Descriptor, at: number): string {
  const last = driver
    .list(store)
    .reduce((latest, name) => Math.max(latest, parseStamp(name)?.at ?? 0), 0);
  for (let next = Math.max(at, last + 1); ; next++) {
    const stamp = formatStamp(next);
    try {
      driver.makeDirectory(store, stamp as Name, ownMode);
      return stamp;
    } catch (error) {
      if (errnoOf(error) !== "EEXIST") throw error;
    }
  }
}

function writeRecord(driver: FileDriver, store: Descriptor, name: Name, text: string): void {
  const temp = tempNames(tempRun(Math.random))();
  const content = rawBytes(bytesOfText(text));
  const fd = driver.createFile(store, temp);
  try {
    driver.writeAt(fd, content, content.length, 0);
    driver.rename(store, temp, store, name, "replace");
  } catch (error) {
    driver.unlink(store, temp);
    throw error;
  } finally {
    driver.close(fd);
  }
}
