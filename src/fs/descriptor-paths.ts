import { closeSync, existsSync, fstatSync, statSync } from "node:fs";

import type { ByteString } from "../base/byte-string.ts";
import type { Name } from "../core/path.ts";
import type { Descriptor } from "./driver.ts";
import { FileError } from "./file-error.ts";
import { requireName } from "./file-name.ts";

/** How the portable driver names what a descriptor holds: `node:fs` knows paths only. */
export interface DescriptorPaths {
  /** Whether a path leads through the descriptor itself, so that nothing above it can be exchanged for a link. */
  readonly throughDescriptor: boolean;
  /** Path of an open directory or file. */
  of(fd: Descriptor): Buffer;
  /** Path of a name in an open directory. */
  in(dir: Descriptor, name: Name): Buffer;
  /** Takes note of what was opened at a path, below `dir` or, without it, at the root. Closes it where it must not be used. */
  opened(fd: number, path: Buffer, dir?: Descriptor): Descriptor;
  closed(fd: Descriptor): void;
}

export function descriptorPaths(): DescriptorPaths {
  return existsSync("/proc/self/fd") ? procPaths() : trackedPaths();
}

/** Linux: `/proc/self/fd/N` leads to what descriptor N holds, wherever that has been moved to. */
function procPaths(): DescriptorPaths {
  const of = (fd: Descriptor): Buffer => Buffer.from(`/proc/self/fd/${fd}`);
  return {
    throughDescriptor: true,
    of,
    in: (dir, name) => below(of(dir), name),
    opened: (fd) => fd as Descriptor,
    closed: () => undefined,
  };
}

interface Tracked {
  readonly path: Buffer;
  readonly dev: bigint;
  readonly ino: bigint;
}

/**
 * Elsewhere: the absolute path at which each descriptor was opened. Every use checks first that the path still leads
 * to what the descriptor holds, and fails with ESTALE otherwise.
 *
 * RACE: between that check and the use, someone who may write to a directory above can put a link in its place. The system
 * calls that would close this window (`openat` and its kin) are out of `node:fs`'s reach.
 */
export function trackedPaths(): DescriptorPaths {
  const tracked = new Map<Descriptor, Tracked>();

  function of(fd: Descriptor): Buffer {
    const held = tracked.get(fd);
    if (held === undefined) throw new FileError("EBADF", "path");
    const found = statSync(held.path, { bigint: true, throwIfNoEntry: false });
    if (found?.ino !== held.ino || found.dev !== held.dev) throw new FileError("ESTALE", "path");
    return held.path;
  }

  return {
    throughDescriptor: false,
    of,
    in: (dir, name) => below(of(dir), name),
    opened(number, path, dir) {
      const fd = number as Descriptor;
      const { dev, ino } = fstatSync(fd, { bigint: true });
      tracked.set(fd, { path, dev, ino });
      try {
        if (dir !== undefined) of(dir);
        of(fd);
        return fd;
      } catch (error) {
        tracked.delete(fd);
        closeSync(fd);
        throw error;
      }
    },
    closed(fd) {
      tracked.delete(fd);
    },
  };
}

function below(dir: Buffer, name: Name): Buffer {
  requireName(name);
  return Buffer.concat([dir, Buffer.from("/"), pathBytes(name)]);
}

/** A byte string as `node:fs` takes it. A NUL would end it early, so it is refused. */
export function pathBytes(text: ByteString): Buffer {
  if (text.includes("\0")) throw new FileError("EINVAL", "path");
  return Buffer.from(text, "latin1");
}
