import { existsSync, mkdirSync, readFileSync } from "node:fs";

import { tool } from "./python.ts";

/** Everything here needs root, as CI has; without it the tests fail and say so. */
export function demandRoot(): void {
  if (process.geteuid?.() !== 0)
    throw new Error("these tests mount, own and trace: run them as root");
}

/** Mounts a file system in memory. `options` are mount's own. */
export function mountMemory(dir: string, options: string): void {
  demandRoot();
  mkdirSync(dir, { recursive: true });
  tool("mount", ["-t", "tmpfs", "-o", options, "syncline-test", dir]);
}

/** Shows `from` at `dir` as well. */
export function mountBind(from: string, dir: string): void {
  demandRoot();
  mkdirSync(dir, { recursive: true });
  tool("mount", ["--bind", from, dir]);
}

/** Makes what is mounted at `dir` read-only, or writable again. */
export function remount(dir: string, options: string): void {
  tool("mount", ["-o", `remount,${options}`, dir]);
}

/** Mounts a new file system from an image beside `dir`. */
export function mountImage(dir: string, type: "ext4" | "btrfs" | "xfs", size: string): void {
  demandRoot();
  mkdirSync(dir, { recursive: true });
  const image = `${dir}.${type}`;
  tool("truncate", ["-s", size, image]);
  tool(`mkfs.${type}`, ["-q", image]);
  tool("mount", ["-o", "loop", image, dir]);
}

/**
 * Mounts an exFAT file system: no modes, owners, links or special files, times of whole seconds, names that fold case. It
 * is served by FUSE, because not every kernel has one of the FAT family.
 */
export function mountExfat(dir: string, size: string): void {
  demandRoot();
  mkdirSync(dir, { recursive: true });
  const image = `${dir}.exfat`;
  if (!existsSync(image)) {
    tool("truncate", ["-s", size, image]);
    tool("mkfs.exfat", [image]);
  }
  const device = tool("losetup", ["--find", "--show", image]).trim();
  tool("mount.exfat-fuse", [device, dir]);
  // Frees the device as soon as it is no longer mounted.
  tool("losetup", ["--detach", device]);
}

export function unmount(dir: string): void {
  tool("umount", ["--lazy", dir]);
}

/** Unmounts whatever is mounted below a directory, the innermost first. */
export function unmountBelow(dir: string): void {
  const points = readFileSync("/proc/self/mountinfo", "latin1")
    .split("\n")
    .map((line) => unescapeOctal(line.split(" ")[4] ?? ""))
    .filter((point) => point === dir || point.startsWith(`${dir}/`));
  for (const point of points.reverse()) unmount(point);
}

/** The kernel writes blanks in mount points as `\040`. */
function unescapeOctal(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_all, digits: string) =>
    String.fromCharCode(Number.parseInt(digits, 8)),
  );
}
