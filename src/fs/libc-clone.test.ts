import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";

import {
  isRoot,
  name,
  openPlace,
  put,
  statOf,
  withOpen,
} from "../../test/contract/driver-place.ts";
import { libcDriver } from "./libc-driver.ts";

const MiB = 2 ** 20;
const BTRFS = 0x9123683e;
let scratch: string;
let mountPoint: string | undefined;

beforeAll(() => {
  scratch = mkdtempSync(join(tmpdir(), "syncline-btrfs-"));
  mountPoint = mountBtrfs(scratch);
});

afterAll(() => {
  if (mountPoint !== undefined) execFileSync("umount", [mountPoint]);
  rmSync(scratch, { recursive: true, force: true });
});

test("a clone shares its blocks where the file system can, and is refused where it cannot", async () => {
  using place = await openPlace(async () => libcDriver(), mountPoint ?? scratch);
  const { driver, root, path } = place;
  const content = Buffer.alloc(8 * MiB, "not written a second time ");
  const from = driver.openFile(root, put(place, "from", content));
  const to = driver.createFile(root, name("to"));
  withOpen(place, from, () => {
    withOpen(place, to, () => {
      driver.flush(root);
      const before = driver.fileSystem(root);
      const cloned = driver.clone(from, to);
      driver.flush(root);
      const after = driver.fileSystem(root);
      if (before.type !== BTRFS) return expect(typeof cloned).toBe("boolean");
      expect(cloned).toBe(true);
      expect(before.freeBytes - after.freeBytes).toBeLessThan(MiB);
      expect(after.freeInodes).toBe(undefined);
      expect(statOf(place, name("to")).size).toBe(content.length);
      expect(readFileSync(join(path, "to")).equals(content)).toBe(true);
    });
  });
});

test("between two file systems there is no clone, and the caller is told to copy", async () => {
  using place = await openPlace(async () => libcDriver(), mountPoint ?? scratch);
  using other = await openPlace(async () => libcDriver(), "/dev/shm");
  const { driver, root } = place;
  const from = driver.openFile(root, put(place, "from", "content"));
  const to = driver.createFile(other.root, name("to"));
  expect(driver.clone(from, to)).toBe(false);
  driver.close(from);
  driver.close(to);
});

/** A small btrfs in a file, for root where loop devices are allowed; otherwise the temporary directory has to do. */
function mountBtrfs(dir: string): string | undefined {
  if (!isRoot) return undefined;
  const image = join(dir, "image");
  const point = join(dir, "mounted");
  writeFileSync(image, "");
  truncateSync(image, 128 * MiB);
  mkdirSync(point);
  try {
    execFileSync("mkfs.btrfs", ["-q", image], { stdio: "ignore" });
    execFileSync("mount", ["-o", "loop", image, point], { stdio: "ignore" });
    return point;
  } catch {
    return undefined;
  }
}
