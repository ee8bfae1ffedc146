/** Trees made on the disk, and looked at there with nothing but `node:fs`. */
import { spawnSync } from "node:child_process";
import type { BigIntStats } from "node:fs";
import {
  existsSync,
  linkSync,
  lstatSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import type { ByteString } from "../../src/base/byte-string.ts";
import { rawBytes } from "../../src/base/byte-string.ts";
import type { Name } from "../../src/core/path.ts";
import type { Descriptor, HostPath } from "../../src/fs/driver.ts";
import { libcDriver } from "../../src/fs/libc-driver.ts";
import type { Fact, ModelNode, RawFact } from "./tree.ts";
import { childPath, modeText, withGroups } from "./tree.ts";

/** A new directory, in memory where that is, which goes away with all it holds. */
export function newDirectory(): Disposable & { readonly path: string } {
  const base = existsSync("/dev/shm") ? "/dev/shm" : tmpdir();
  const path = mkdtempSync(join(base, "syncline-model-"));
  return {
    path,
    [Symbol.dispose]() {
      if (process.geteuid?.() !== 0) spawnSync("chmod", ["-R", "u+rwx", path]);
      rmSync(path, { recursive: true, force: true });
    },
  };
}

/** Makes an entry, and what is in it, at a path that nothing has taken. Only root can make other owners and devices. */
export function makeOnDisk(at: string, root: ModelNode): void {
  const driver = libcDriver();
  const groups = new Map<number, string>();
  const parent = driver.openRoot(at.slice(0, at.lastIndexOf("/")) as ByteString as HostPath);
  const make = (dir: Descriptor, name: Name, path: string, node: ModelNode): void => {
    const group = node.kind === "file" ? node.group : undefined;
    if (group !== undefined && groups.has(group)) {
      linkSync(bytesOf(groups.get(group)!), bytesOf(path));
      return;
    }
    if (group !== undefined) groups.set(group, path);
    makeNode(dir, name, node, (below) => {
      if (node.kind !== "directory") return;
      for (const [inner, child] of node.children) make(below, inner, `${path}/${inner}`, child);
    });
  };
  try {
    make(parent, at.slice(at.lastIndexOf("/") + 1) as Name, at, root);
  } finally {
    driver.close(parent);
  }
}

function makeNode(
  dir: Descriptor,
  name: Name,
  node: ModelNode,
  fill: (below: Descriptor) => void,
): void {
  const driver = libcDriver();
  const { mode, uid, gid } = node;
  const time = splitTime(node.mtime);
  if (node.kind === "file" || node.kind === "directory") {
    if (node.kind === "directory") driver.makeDirectory(dir, name, 0o700);
    const fd =
      node.kind === "file" ? driver.createFile(dir, name) : driver.openDirectory(dir, name);
    if (node.kind === "file") driver.writeAt(fd, rawBytes(node.content), node.content.length, 0);
    fill(fd);
    driver.setOwner(fd, uid, gid);
    driver.setMode(fd, mode);
    driver.setTimes(fd, ...time);
    driver.close(fd);
    return;
  }
  if (node.kind === "symlink") driver.makeSymlink(dir, name, node.linkTarget);
  else driver.makeNode(dir, name, node.kind, 0o600, node.rdev);
  driver.setOwnerAt(dir, name, uid, gid);
  if (node.kind !== "symlink") driver.setModeAt(dir, name, mode);
  driver.setTimesAt(dir, name, ...time);
}

function splitTime(mtime: bigint): readonly [sec: number, ns: number] {
  const ns = ((mtime % 1_000_000_000n) + 1_000_000_000n) % 1_000_000_000n;
  return [Number((mtime - ns) / 1_000_000_000n), Number(ns)];
}

/** Sets the mtime of an entry, to the nanosecond, which `node:fs` cannot. */
export function setTimeOnDisk(at: string, mtime: bigint): void {
  const driver = libcDriver();
  const dir = driver.openRoot(at.slice(0, at.lastIndexOf("/")) as ByteString as HostPath);
  try {
    driver.setTimesAt(dir, at.slice(at.lastIndexOf("/") + 1) as Name, ...splitTime(mtime));
  } finally {
    driver.close(dir);
  }
}

/** Every entry at and below a path, in order. Attributes are not looked at: `node:fs` knows none. */
export function seeDisk(at: string): Fact[] {
  const out: RawFact[] = [];
  const visit = (path: string, host: Buffer): void => {
    const stats = lstatSync(host, { bigint: true });
    const kind = kindOf(stats);
    out.push({
      path,
      kind,
      what: whatOf(kind, host, stats),
      mode: modeText(kind, Number(stats.mode) & 0o7777),
      owner: `${stats.uid}:${stats.gid}`,
      mtime: stats.mtimeNs.toString(),
      xattrs: "[]",
      identity: `${stats.dev}:${stats.ino}`,
    });
    if (kind !== "directory") return;
    for (const name of readdirSync(host, { encoding: "latin1" }).sort())
      visit(childPath(path, name), Buffer.concat([host, Buffer.from(`/${name}`, "latin1")]));
  };
  visit("", bytesOf(at));
  return withGroups(out);
}

function kindOf(stats: BigIntStats): string {
  if (stats.isFile()) return "file";
  if (stats.isDirectory()) return "directory";
  if (stats.isSymbolicLink()) return "symlink";
  if (stats.isFIFO()) return "fifo";
  if (stats.isSocket()) return "socket";
  return stats.isBlockDevice() ? "block-device" : "character-device";
}

function whatOf(kind: string, host: Buffer, { rdev }: BigIntStats): string {
  switch (kind) {
    case "file":
      return readFileSync(host, "latin1");
    case "directory":
      return "";
    case "symlink":
      return readlinkSync(host, "latin1");
    default:
      return kind.endsWith("device") ? String(rdev) : "0";
  }
}

function bytesOf(path: string): Buffer {
  return Buffer.from(path, "latin1");
}
