/** Hands on the disk, with nothing but `node:fs`. */
import {
  copyFileSync,
  linkSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";

import { setTimeOnDisk } from "./disk.ts";
import type { Hands } from "./movement.ts";
import { childPath } from "./tree.ts";

export function handsOnDisk(root: string): Hands {
  const at = (path: string): Buffer => Buffer.from(childPath(root, path), "latin1");
  // Two things that are done in one tick of the kernel's clock would have one time.
  let clock = 1_550_000_000_000_000_000n;
  const touch = (path: string): void => setTimeOnDisk(childPath(root, path), (clock += 1_000_000n));
  return {
    list: () => {
      const out: (readonly [string, string])[] = [];
      const visit = (path: string): void => {
        const entries = readdirSync(at(path), { withFileTypes: true, encoding: "latin1" });
        for (const entry of entries.toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
          const inner = childPath(path, entry.name);
          const kind = entry.isDirectory() ? "directory" : entry.isFile() ? "file" : "other";
          out.push([inner, kind]);
          if (kind === "directory") visit(inner);
        }
      };
      visit("");
      return out;
    },
    rename: (from, to) => renameSync(at(from), at(to)),
    copy: (from, to, keepsTime) => {
      copyFileSync(at(from), at(to));
      const { atime, mtime } = statSync(at(from));
      if (keepsTime) utimesSync(at(to), atime, mtime);
      else touch(to);
    },
    write: (path, content) => {
      writeFileSync(at(path), Buffer.from(content, "latin1"));
      touch(path);
    },
    remove: (path) => rmSync(at(path), { recursive: true }),
    makeDirectory: (path) => mkdirSync(at(path)),
    link: (from, to) => linkSync(at(from), at(to)),
  };
}
