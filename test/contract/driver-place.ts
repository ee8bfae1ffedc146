/** What the driver's contract suites share: a directory of their own on the disk, and the driver that is looked at. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import type { ByteString } from "../../src/base/byte-string.ts";
import type { Name } from "../../src/core/path.ts";
import type { Descriptor, FileDriver, HostPath, Stat } from "../../src/fs/driver.ts";
import { errnoOf } from "../../src/fs/file-error.ts";
import { newStat } from "../../src/fs/stat.ts";

export type OpenDriver = () => Promise<FileDriver>;

export interface Place extends Disposable {
  readonly driver: FileDriver;
  /** The directory's path and a descriptor of it. */
  readonly path: string;
  readonly root: Descriptor;
}

export async function openPlace(open: OpenDriver, parent: string = tmpdir()): Promise<Place> {
  const driver = await open();
  const path = mkdtempSync(join(parent, "syncline-driver-"));
  const root = driver.openRoot(hostPath(path));
  return {
    driver,
    path,
    root,
    [Symbol.dispose]() {
      driver.close(root);
      rmSync(path, { recursive: true, force: true });
    },
  };
}

export const isRoot: boolean = process.getuid?.() === 0;

/** Bytes written as a string with one character each. */
export const name = (bytes: string): Name => bytes as Name;
export const bytes = (text: string): ByteString => text as ByteString;
export const hostPath = (path: string): HostPath => path as HostPath;

/**
 * A number that no descriptor has. Not one that was just closed: another thread of the process may have been given that
 * number since.
 */
export const notOpen: Descriptor = 900_000 as Descriptor;

/** The errno that a call fails with, or "none". What is not a `FileError` passes through. */
export function codeOf(call: () => unknown): string {
  try {
    call();
    return "none";
  } catch (error) {
    const code = errnoOf(error);
    if (code === undefined) throw error;
    return code;
  }
}

export function statOf({ driver, root }: Place, file: Name, dir: Descriptor = root): Stat {
  const out = newStat();
  driver.stat(dir, file, out);
  return out;
}

export function statOfDescriptor({ driver }: Place, fd: Descriptor): Stat {
  const out = newStat();
  driver.statDescriptor(fd, out);
  return out;
}

/** Writes a file beside the driver, so that what it reads is not what it wrote. */
export function put(place: Place, file: string, content: string | Uint8Array = ""): Name {
  writeFileSync(join(place.path, file), content);
  return name(file);
}

/** Runs `use` with an open descriptor and closes it. */
export function withOpen<T>(place: Place, fd: Descriptor, use: (fd: Descriptor) => T): T {
  try {
    return use(fd);
  } finally {
    place.driver.close(fd);
  }
}
