import { shownBytes } from "../base/byte-string.ts";
import type { DeleteLimit, GuardTrip } from "./guards.ts";
import type { Plan } from "./plan.ts";

/** What is known of a replica's root before anything is scanned. Identities are keys that are equal for one directory. */
export interface RootFacts {
  readonly location: string;
  readonly exists: boolean;
  /** The root, or its nearest directory that exists, first; then all above it. */
  readonly lineage: readonly string[];
  /** Where its file system is mounted, for people; `undefined` where that cannot be known. */
  readonly mountPoint: string | undefined;
  /** The same at the last good run; `undefined` where that is not known. */
  readonly knownMountPoint: string | undefined;
  /** What it was when the plan was made, where the plan is older than this look. */
  readonly planned?: PlannedRootFacts | undefined;
}

export interface PlannedRootFacts {
  readonly exists: boolean;
  /** Of the root, or of the nearest directory to it that existed. */
  readonly identity: string;
}

/** Checks that need no scan. Order of the result: the most telling first. */
export function checkRoots(
  source: RootFacts,
  target: RootFacts,
  sameMachine: boolean,
): GuardTrip[] {
  const trips: GuardTrip[] = [];
  if (!source.exists) {
    trips.push({
      guard: "missing-source",
      saw: `the source ${source.location} does not exist`,
      would: "everything in the target would be taken for deleted",
      advice: "Check the path, and whether its disk is mounted.",
    });
    return trips;
  }
  for (const root of [source, target]) {
    const { knownMountPoint, mountPoint, location, planned } = root;
    if (planned !== undefined && !isAsPlanned(root, planned)) {
      trips.push({
        guard: "identity",
        saw: `${location} is not the directory that the plan was made for`,
        would: "another directory would be used in its place",
        advice: "Mount what was mounted then, or make a new plan.",
      });
      continue;
    }
    if (knownMountPoint === undefined || mountPoint === undefined) continue;
    if (knownMountPoint.length <= mountPoint.length) continue;
    trips.push({
      guard: "identity",
      saw: `${location} was on the disk mounted at ${knownMountPoint} when this pair last ran; nothing is mounted there now`,
      would: "another directory would be used in its place",
      advice: "Mount the disk, or go on with --accept identity if it has moved for good.",
    });
  }
  if (sameMachine) trips.push(...checkOverlap(source, target));
  return trips;
}

/** A directory that was missing may have been made since, in the same place. */
function isAsPlanned({ exists, lineage }: RootFacts, planned: PlannedRootFacts): boolean {
  if (!planned.exists) return lineage.includes(planned.identity);
  return exists && lineage[0] === planned.identity;
}

function checkOverlap(source: RootFacts, target: RootFacts): GuardTrip[] {
  const isSame = target.exists && source.lineage[0] === target.lineage[0];
  if (isSame) {
    return [
      {
        guard: "same",
        saw: `${source.location} and ${target.location} are the same directory`,
        would: "the tree would be mirrored onto itself",
        advice: "Name another target.",
      },
    ];
  }
  const inSource = target.lineage.includes(source.lineage[0]!);
  const inTarget = target.exists && source.lineage.includes(target.lineage[0]!);
  if (!inSource && !inTarget) return [];
  return [
    {
      guard: "nested",
      saw: inSource
        ? `the target ${target.location} lies inside the source ${source.location}`
        : `the source ${source.location} lies inside the target ${target.location}`,
      would: inSource
        ? "the copy would be copied into itself"
        : "the source itself would be deleted from the target",
      advice:
        "Choose directories that do not hold one another, or leave the inner one out with --exclude and --accept nested.",
    },
  ];
}

/** What a plan is held against. */
export interface PlanLimits {
  readonly deleteLimit: DeleteLimit;
  /** Room at the target; `undefined` where it is not known or not scarce. */
  readonly freeBytes: number | undefined;
  readonly freeInodes: number | undefined;
  /** Content is shared within the file system and takes no room. */
  readonly reflink: boolean;
  /** What is replaced keeps its room. */
  readonly keepsVersions: boolean;
}

/** Checks on the plan, before the first change. */
export function checkPlan(
  plan: Plan,
  source: string,
  target: string,
  limits: PlanLimits,
): GuardTrip[] {
  return [
    ...checkNested(plan, source, target),
    ...checkEmptySource(plan, source, target),
    ...checkDeletes(plan, target, limits.deleteLimit),
    ...checkSpace(plan, target, limits),
    ...checkFolding(plan, target),
  ];
}

function checkNested(plan: Plan, source: string, target: string): GuardTrip[] {
  if (plan.concerns.nested.length === 0) return [];
  return [
    {
      guard: "nested",
      saw: `${source} and ${target} hold one another, through a mount: ${shownBytes(plan.concerns.nested[0]!)} is the root of the other one`,
      would: "one would be copied into itself, or deleted as part of the other",
      advice: "Leave that directory out with --exclude, or use --one-file-system.",
    },
  ];
}

function checkEmptySource(plan: Plan, source: string, target: string): GuardTrip[] {
  if (plan.checked > 0 || plan.skipped > 0 || plan.targetEntries === 0) return [];
  const deletes = `${count(plan.totals.deleted, "entry", "entries")} would be deleted`;
  return [
    {
      guard: "empty-source",
      saw: `the source ${source} is empty, and ${target} holds ${count(plan.targetEntries, "entry", "entries")}`,
      would: plan.totals.deleted === 0 ? "the target would count as up to date" : deletes,
      advice:
        "Check whether the source's disk is mounted. If it is meant to be empty, go on with --accept empty-source,deletes.",
    },
  ];
}

function checkDeletes(plan: Plan, target: string, limit: DeleteLimit): GuardTrip[] {
  const { deleted } = plan.totals;
  const share = plan.targetEntries === 0 ? 0 : (100 * deleted) / plan.targetEntries;
  const isOver =
    limit.type === "count"
      ? deleted > limit.count
      : deleted >= limit.atLeast && share > limit.percent;
  if (!isOver) return [];
  const allowed = limit.type === "count" ? String(limit.count) : `${limit.percent} %`;
  return [
    {
      guard: "deletes",
      saw: `${deleted} of ${plan.targetEntries} entries in ${target} are not in the source (${share.toFixed(share < 10 ? 1 : 0)} %; the limit is ${allowed})`,
      would: "they would be deleted",
      advice:
        "Look at them with --dry-run. If they may go, use --accept deletes or a higher --max-delete.",
    },
  ];
}

function checkSpace(
  plan: Plan,
  target: string,
  { freeBytes, freeInodes, reflink, keepsVersions }: PlanLimits,
): GuardTrip[] {
  const { bytes, inodes } = roomNeeded(plan, reflink, keepsVersions);
  const advice = "Free some space there, leave something out, or go on with --accept space.";
  if (freeBytes !== undefined && bytes > freeBytes) {
    const saw = `${target} has ${freeBytes} bytes free, and ${bytes} are needed`;
    return [
      {
        guard: "space",
        saw,
        would: "the target would be full before everything is in place",
        advice,
      },
    ];
  }
  if (freeInodes !== undefined && inodes > freeInodes) {
    const saw = `${target} has room for ${freeInodes} more files and directories, and ${inodes} are needed`;
    return [
      {
        guard: "space",
        saw,
        would: "the target would be full before everything is in place",
        advice,
      },
    ];
  }
  return [];
}

/** Room that the plan takes at its fullest moment: deletions come last, and a file is staged beside the one it replaces. */
export function roomNeeded(
  { phases }: Plan,
  reflink: boolean,
  keepsVersions: boolean,
): { bytes: number; inodes: number } {
  let bytes = 0;
  let inodes = phases.directories.length;
  let largest = 0;
  for (const action of [...phases.content, ...phases.replacements]) {
    if (
      action.type !== "remove-leftover" &&
      action.type !== "remove" &&
      (keepsVersions || action.expected === undefined)
    )
      inodes++;
    if ((action.type !== "put-file" && action.type !== "copy-file") || reflink) continue;
    const { entry, expected } = action;
    const needed = Math.min(entry.size, entry.blocks * 512);
    const freed =
      !keepsVersions && expected?.kind === "file" && expected.nlink === 1
        ? Math.min(expected.size, expected.blocks * 512)
        : 0;
    bytes += Math.max(0, needed - freed);
    largest = Math.max(largest, Math.min(needed, freed));
  }
  return { bytes: bytes + largest, inodes };
}

function checkFolding(plan: Plan, target: string): GuardTrip[] {
  const [first] = plan.concerns.folded;
  if (first === undefined) return [];
  return [
    {
      guard: "folding",
      saw: `${target} cannot tell "${shownBytes(first[0])}" from "${shownBytes(first[1])}"${plan.concerns.folded.length > 1 ? `, and ${plan.concerns.folded.length - 1} more such names` : ""}`,
      would: "one would overwrite the other",
      advice: "Rename one of each, or go on without the later ones with --accept folding.",
    },
  ];
}

function count(n: number, one: string, many: string): string {
  return `${n} ${n === 1 ? one : many}`;
}
