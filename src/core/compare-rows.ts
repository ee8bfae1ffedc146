import type { Entry } from "./entry.ts";
import { sameXattrs } from "./entry.ts";
import type { MtimeRule } from "./mtime.ts";
import { mtimesApart } from "./mtime.ts";
import type { Aspect } from "./plan.ts";
import type { CompareMode, Preserve } from "./preserve.ts";
import type { SnapshotChunk } from "./snapshot.ts";
import {
  BLOCK_DEVICE,
  CHARACTER_DEVICE,
  FILE,
  HAS_EXTRA,
  newChunk,
  pushFinding,
  SAME_CONTENT,
  SYMLINK,
} from "./snapshot.ts";

/** When two entries are the same. */
export interface Sameness {
  readonly compare: CompareMode;
  readonly mtimes: MtimeRule;
  /** What is kept, and so has to be equal. */
  readonly preserve: Preserve;
  /** Times of symbolic links can be set at the target. */
  readonly linkTimes: boolean;
  /**
   * Milliseconds since the epoch: a source file changed at or after this moment may have changed again within one tick of
   * its clock, unseen, and is not believed to be equal before it was read. Times in the far future are no such case.
   */
  readonly racySince: number;
}

/** Milliseconds: no scan takes longer than this to come by a file that is being changed. */
const racyHorizon = 3_600_000;

/** Aspects as bits, so that a pair of rows is compared without making anything. */
const KIND = 1;
const CONTENT = 2;
const TIMES = 4;
const MODE = 8;
const OWNER = 16;
const GROUP = 32;
const XATTRS = 64;
const LINK_TARGET = 128;
const DEVICE = 256;
/** Not an aspect: the content has to be read. */
export const CHECK = 512;

const names: readonly (readonly [number, Aspect])[] = [
  [KIND, "kind"],
  [CONTENT, "content"],
  [LINK_TARGET, "link-target"],
  [DEVICE, "device"],
  [TIMES, "times"],
  [MODE, "mode"],
  [OWNER, "owner"],
  [GROUP, "group"],
  [XATTRS, "xattrs"],
];

export function aspectsOf(bits: number): Aspect[] {
  return names.filter(([bit]) => (bits & bit) !== 0).map(([, name]) => name);
}

/** Compares two rows of the same path: a set of bits, 0 where they are the same. Both are real entries. */
export function compareRows(
  s: SnapshotChunk,
  i: number,
  t: SnapshotChunk,
  k: number,
  same: Sameness,
): number {
  const kind = s.kind[i]!;
  if (kind !== t.kind[k]) return KIND;
  const apart = timesApart(s, i, t, k, same.mtimes);
  let bits = metadataBits(s, i, t, k, kind, same);
  if (same.preserve.times && apart !== 0 && (kind !== SYMLINK || same.linkTimes)) bits |= TIMES;
  switch (kind) {
    case FILE:
      return bits | fileBits(s, i, t, k, apart, same);
    case SYMLINK:
      return s.extras.get(i)?.linkTarget === t.extras.get(k)?.linkTarget
        ? bits
        : bits | LINK_TARGET;
    case BLOCK_DEVICE:
    case CHARACTER_DEVICE:
      return s.rdev[i] === t.rdev[k] ? bits : bits | DEVICE;
    default:
      return bits;
  }
}

function fileBits(
  s: SnapshotChunk,
  i: number,
  t: SnapshotChunk,
  k: number,
  apart: number,
  same: Sameness,
): number {
  if (s.size[i] !== t.size[k]) return CONTENT;
  // Nothing in nothing can differ, and no clock is needed to say so.
  if (s.size[i] === 0) return 0;
  switch (same.compare) {
    case "content":
      return isReadAlready(s, i, t, k, same.racySince) ? 0 : CHECK;
    case "size":
      return 0;
    case "size+mtime": {
      // Without times being kept, a target that is no older than the source was written after it.
      const changed = same.preserve.times ? apart !== 0 : apart > 0;
      if (changed) return CONTENT;
      return isRacy(s, i, same.racySince) ? CHECK : 0;
    }
  }
}

/**
 * Whether content that a scan has compared on its way is still what both rows are of: one of them was looked at after that.
 * A file that changed in between has another mtime than its twin, or one of this very moment.
 */
function isReadAlready(
  s: SnapshotChunk,
  i: number,
  t: SnapshotChunk,
  k: number,
  racySince: number,
): boolean {
  if (((s.flags[i]! | t.flags[k]!) & SAME_CONTENT) === 0) return false;
  const isExact = s.mtimeSec[i] === t.mtimeSec[k] && s.mtimeNs[i] === t.mtimeNs[k];
  return isExact && !isRacy(s, i, racySince);
}

function isRacy(s: SnapshotChunk, i: number, since: number): boolean {
  const changedAt = s.mtimeSec[i]! * 1000 + s.mtimeNs[i]! / 1e6;
  return changedAt >= since && changedAt < since + racyHorizon;
}

function metadataBits(
  s: SnapshotChunk,
  i: number,
  t: SnapshotChunk,
  k: number,
  kind: number,
  same: Sameness,
): number {
  const { preserve } = same;
  let bits = 0;
  if (
    preserve.mode &&
    kind !== SYMLINK &&
    (s.mode[i]! ^ t.mode[k]!) !== 0 &&
    modeDiffers(s, i, t, k)
  )
    bits |= MODE;
  if (preserve.owner && s.uid[i] !== t.uid[k]) bits |= OWNER;
  if (preserve.group && s.gid[i] !== t.gid[k]) bits |= GROUP;
  if (((s.flags[i]! | t.flags[k]!) & HAS_EXTRA) !== 0 && (preserve.xattrs || preserve.acls)) {
    if (!sameXattrs(s.extras.get(i)?.xattrs, t.extras.get(k)?.xattrs)) bits |= XATTRS;
  }
  return bits;
}

/** What is to be set on an entry whose content is right: everything that differs but the content. */
export function aspectsBetween(source: Entry, target: Entry, same: Sameness): Aspect[] {
  const [s, t] = [newChunk(1), newChunk(1)];
  pushFinding(s, 0, "", source);
  pushFinding(t, 0, "", target);
  return aspectsOf(compareRows(s, 0, t, 0, same) & ~(CONTENT | CHECK));
}

/** A set-id bit is not given to a file of another owner or group than the source's, and so is not missed there. */
function modeDiffers(s: SnapshotChunk, i: number, t: SnapshotChunk, k: number): boolean {
  let differing = s.mode[i]! ^ t.mode[k]!;
  if (s.uid[i] !== t.uid[k] && (t.mode[k]! & 0o4000) === 0) differing &= ~0o4000;
  if (s.gid[i] !== t.gid[k] && (t.mode[k]! & 0o2000) === 0) differing &= ~0o2000;
  return differing !== 0;
}

/** 0 where the mtimes count as equal; else positive where the source is newer, negative where it is older. */
function timesApart(
  s: SnapshotChunk,
  i: number,
  t: SnapshotChunk,
  k: number,
  rule: MtimeRule,
): number {
  const [mtimeSec, mtimeNs] = [s.mtimeSec[i]!, s.mtimeNs[i]!];
  if (mtimeSec === t.mtimeSec[k] && mtimeNs === t.mtimeNs[k]) return 0;
  const other = { mtimeSec: t.mtimeSec[k]!, mtimeNs: t.mtimeNs[k]! };
  return mtimesApart({ mtimeSec, mtimeNs }, other, rule);
}
