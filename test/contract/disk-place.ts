/** What all drivers of real files share in the endpoint's contract: a world that is a directory of this machine. */
import { linkSync, mkdirSync, rmSync, writeFileSync } from "node:fs";

import { makeOnDisk, newDirectory, seeDisk, setTimeOnDisk } from "../model/disk.ts";
import type { EndpointPlace } from "./endpoint-place.ts";
import { directoriesAbove, modelOf } from "./endpoint-place.ts";

/** How the world is changed and looked at from outside, and where it is. */
export interface DiskWorld
  extends Pick<EndpointPlace, "make" | "link" | "remove" | "rewrite" | "look">, Disposable {
  /** Of the directory that holds the roots. */
  readonly dir: string;
  /** Where a path of the world is on this machine. */
  readonly at: (path: string) => string;
}

export function newDiskWorld(): DiskWorld {
  const dir = newDirectory();
  const at = (path: string): string => `${dir.path}/${path}`;
  const bytesAt = (path: string): Buffer => Buffer.from(at(path), "latin1");
  return {
    dir: dir.path,
    at,
    make(path, made) {
      rmSync(bytesAt(path), { recursive: true, force: true });
      for (const above of directoriesAbove(path)) mkdirSync(bytesAt(above), { recursive: true });
      makeOnDisk(at(path), modelOf(made));
    },
    link: (path, from) => linkSync(bytesAt(from), bytesAt(path)),
    remove: (path) => rmSync(bytesAt(path), { recursive: true }),
    rewrite(path, content, mtime) {
      writeFileSync(bytesAt(path), content, "latin1");
      setTimeOnDisk(at(path), mtime);
    },
    look: (path) => seeDisk(at(path)),
    [Symbol.dispose]: () => dir[Symbol.dispose](),
  };
}
