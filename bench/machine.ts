import { statfs } from "node:fs/promises";
import { availableParallelism, cpus, loadavg, release, totalmem } from "node:os";

// From Linux's include/uapi/linux/magic.h.
const FILE_SYSTEMS: Record<number, string> = {
  0x01021994: "tmpfs",
  0xef53: "ext4",
  0x9123683e: "btrfs",
  0x58465342: "xfs",
  0x2fc12fc1: "zfs",
};

// More than this many processes at work beside us, and medians begin to tell more about them.
const QUIET = 0.5;

/** What a figure means nothing without. */
export async function describeMachine(
  dir: string,
  facts: readonly (string | undefined)[],
): Promise<string> {
  const { type } = await statfs(dir);
  const memory = Math.round(totalmem() / 1e9);
  const lines = [
    `${availableParallelism()} cores of ${cpus()[0]?.model ?? "an unknown kind"}, ${memory} GB, Linux ${release()}`,
    `trees on ${FILE_SYSTEMS[type] ?? `a file system of type 0x${type.toString(16)}`} (${dir})`,
    `Node ${process.versions.node}`,
    ...facts.filter((fact) => fact !== undefined),
  ];
  return lines.map((line) => `- ${line}`).join("\n");
}

/** A sentence to put above figures that other work on this machine may have spoilt, or nothing. */
export function describeLoad(): string | undefined {
  const load = loadavg()[0] ?? 0;
  if (load <= QUIET) return undefined;
  return `The machine is not quiet: ${load.toFixed(1)} processes wanted a core during the last minute. Distrust the figures.`;
}
