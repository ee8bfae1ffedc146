import { bytesOfText } from "../base/byte-string.ts";
import type { Name } from "../core/path.ts";

const prefix = ".syncline~";
const pattern = /^\.syncline~[0-9a-z]{6,16}~[0-9a-z]{1,12}$/;

/** The directory at a replica's root that is Syncline's own; never synchronised. */
export const ownDirectory: Name = bytesOfText(".syncline") as Name;

/** Whether a name is one that a run gives to what is not in place yet: after a kill, such names are left over. */
export function isTempName(name: Name): boolean {
  return name.startsWith(prefix) && pattern.test(name);
}

/**
 * The name under which something waits while another entry takes its place. It is no temporary name: what a killed run
 * leaves there is whole, and the next run finds it like anything else that has moved.
 */
export function parkedName(name: Name): Name {
  return bytesOfText(`.syncline-parked${name.slice(prefix.length - 1)}`) as Name;
}

/** Makes names that no other thread or run makes: `run` tells them apart. */
export function tempNames(run: string): () => Name {
  let next = 0;
  return () => bytesOfText(`${prefix}${run}~${(next++).toString(36)}`) as Name;
}

/**
 * Temporary names for what is long in coming, so that a later run finds what has come of it. They follow from a digest of
 * its path, and say nothing about it. The first one that is free is taken.
 */
export function partNames(digest: Uint8Array): readonly Name[] {
  const { buffer, byteOffset, byteLength } = digest;
  const number = new DataView(buffer, byteOffset, byteLength).getBigUint64(0);
  const run = number.toString(36).padStart(13, "0");
  return ["part0", "part1", "part2"].map((part) => bytesOfText(`${prefix}${run}~${part}`) as Name);
}

/** Whether a name is one of {@link partNames}. */
export function isPartName(name: Name): boolean {
  return isTempName(name) && /~part[0-2]$/.test(name);
}

/** A word for {@link tempNames}, different for every caller: from randomness handed in, 0 to 1 exclusive. */
export function tempRun(random: () => number): string {
  const part = (): string =>
    Math.floor(random() * 36 ** 5)
      .toString(36)
      .padStart(5, "0");
  return part() + part();
}
