import type { BigIntStats } from "node:fs";
import {
  accessSync,
  constants,
  lstatSync,
  opendirSync,
  readFileSync,
  realpathSync,
  statSync,
} from "node:fs";
import { basename, dirname, join } from "node:path";

import { SyncError } from "../../base/errors.ts";
import { bytesOfText } from "../../base/byte-string.ts";
import type { FileDriver, FileSystemInfo, HostPath } from "../../fs/driver.ts";
import { FileError } from "../../fs/file-error.ts";
import { meaningOf } from "../../fs/problems.ts";
import { newStat } from "../../fs/stat.ts";
import type { RootIdentity } from "../../core/root-identity.ts";
import type { RootInfo } from "../endpoint.ts";
import { fuseDisk } from "./capabilities.ts";

/** What looking at a root's place gives beyond {@link RootInfo}. */
export interface RootPlace {
  readonly info: RootInfo;
  readonly fileSystem: FileSystemInfo;
  readonly foldsCase: boolean;
}

/** Looks at the root that an absolute path names; a link at its end is followed. */
export function inspectRoot(driver: FileDriver, path: string): RootPlace {
  const missing: string[] = [];
  let existing = path;
  let stat = statOf(existing);
  while (stat === undefined && dirname(existing) !== existing) {
    missing.unshift(basename(existing));
    existing = dirname(existing);
    stat = statOf(existing);
  }
  const realPath = realpathSync(existing);
  const isDirectory = stat?.isDirectory() ?? false;
  if (missing.length > 0 && !isDirectory) {
    throw new SyncError("ROOT_NOT_DIRECTORY", `${path}: ${existing} is not a directory`);
  }
  const directory = isDirectory ? realPath : dirname(realPath);
  const { fileSystem, identity } = lookInside(driver, directory);
  const info: RootInfo = {
    kind: missing.length > 0 && isLink(path) ? "dangling" : kindOf(stat, missing, realPath),
    identity,
    lineage: lineageOf(realPath),
    missing,
    mountPoint: mountPointOf(directory),
    device: statSync(directory).dev,
    freeBytes: fileSystem.freeBytes,
    freeInodes: fileSystem.freeInodes,
    realPath: join(realPath, ...missing),
  };
  return { info, fileSystem, foldsCase: info.kind === "directory" && foldsCaseIn(realPath) };
}

function kindOf(
  stat: BigIntStats | undefined,
  missing: readonly string[],
  realPath: string,
): RootInfo["kind"] {
  if (stat === undefined || missing.length > 0) return "missing";
  if (stat.isFile()) return "file";
  if (!stat.isDirectory()) return "other";
  try {
    accessSync(realPath, constants.R_OK | constants.X_OK);
    return "directory";
  } catch {
    return "unreadable";
  }
}

function statOf(path: string): BigIntStats | undefined {
  try {
    return statSync(path, { bigint: true });
  } catch (error) {
    const { code = "EIO" } = error as NodeJS.ErrnoException;
    if (code === "ENOTDIR" || code === "ENOENT") return undefined;
    const { message } = meaningOf(new FileError(code, "stat"));
    const hint = "Look at the permissions of the directories above it.";
    throw new SyncError("ROOT_UNREADABLE", `${path}: ${message}`, { cause: error, hint });
  }
}

function isLink(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() ?? false;
}

/** Identities of the path and of all directories above it. */
function lineageOf(realPath: string): string[] {
  const out: string[] = [];
  for (let at = realPath; ; at = dirname(at)) {
    const { dev, ino } = statSync(at, { bigint: true });
    out.push(`${dev}:${ino}`);
    if (dirname(at) === at) return out;
  }
}

function mountPointOf(directory: string): string {
  const { dev } = statSync(directory);
  let at = directory;
  while (dirname(at) !== at && statSync(dirname(at)).dev === dev) at = dirname(at);
  return at;
}

const fuse = 0x65735546;

/** Whether the mount that holds the directory is FUSE's for a block device. */
function isOnFuseDisk(directory: string): boolean {
  // A line: id parent device root MOUNT options … - TYPE source options
  const lines = readFileSync("/proc/self/mountinfo", "utf8").trimEnd().split("\n");
  const mounts = lines.map((line) => {
    const [before = "", after = ""] = line.split(" - ");
    return { point: before.split(" ")[4] ?? "", type: after.split(" ")[0] };
  });
  const around = mounts.filter(({ point }) =>
    `${directory}/`.startsWith(point === "/" ? "/" : `${point}/`),
  );
  return around.toSorted((a, b) => a.point.length - b.point.length).at(-1)?.type === "fuseblk";
}

interface Inside {
  readonly fileSystem: FileSystemInfo;
  readonly identity: RootIdentity;
}

function lookInside(driver: FileDriver, directory: string): Inside {
  try {
    const fd = driver.openRoot(bytesOfText(directory) as string as HostPath);
    try {
      const stat = newStat();
      driver.statDescriptor(fd, stat);
      const { dev, inoHigh, inoLow } = stat;
      const fileSystem = driver.fileSystem(fd);
      const type = fileSystem.type === fuse && isOnFuseDisk(directory) ? fuseDisk : fileSystem.type;
      return { fileSystem: { ...fileSystem, type }, identity: { dev, inoHigh, inoLow } };
    } finally {
      driver.close(fd);
    }
  } catch (error) {
    if (!(error instanceof FileError)) throw error;
    // Whatever is wrong with the directory, those who read it next will say so.
    const fileSystem = { freeBytes: Infinity, freeInodes: undefined, type: 0 };
    return { fileSystem, identity: { dev: -1, inoHigh: -1, inoLow: -1 } };
  }
}

const namesToTry = 16;

/** Whether some name in the directory is found under another case, too: then all are. Looks, and writes nothing. */
function foldsCaseIn(directory: string): boolean {
  try {
    using entries = opendirSync(directory);
    for (let i = 0; i < namesToTry; i++) {
      const name = entries.readSync()?.name;
      if (name === undefined) return false;
      const swapped = swapCase(name);
      if (swapped === name) continue;
      const a = lstatSync(join(directory, name), { bigint: true });
      const b = lstatSync(join(directory, swapped), { bigint: true, throwIfNoEntry: false });
      return b !== undefined && a.ino === b.ino && a.dev === b.dev && a.nlink === 1n;
    }
  } catch {
    // Whatever is wrong with the directory, those who read it next will say so.
  }
  return false;
}

function swapCase(name: string): string {
  const upper = name.toUpperCase();
  return upper === name ? name.toLowerCase() : upper;
}
