import { compare } from "../core/compare.ts";
import type { CompareRules } from "../core/compare.ts";
import type { HashAlgorithm } from "../core/content-hash.ts";
import type { CompareCounts, Difference } from "../core/difference.ts";
import type { Entry, EntryKind } from "../core/entry.ts";
import type { Filter } from "../core/filter.ts";
import type { MtimeRule } from "../core/mtime.ts";
import { mtimeRule } from "../core/mtime.ts";
import type { RelPath } from "../core/path.ts";
import { comparePaths, rootPath } from "../core/path.ts";
import type { LinkMode, Preserve } from "../core/preserve.ts";
import type { Problem, Side } from "../core/problem.ts";
import type { LinkPair } from "../core/unlike-links.ts";
import { unlikeLinks } from "../core/unlike-links.ts";
import type { Endpoint, ScanRequest } from "../endpoint/endpoint.ts";
import type { ContentChecker } from "./content-checks.ts";
import { newContentChecker } from "./content-checks.ts";
import type { SingleFile } from "./make-plan.ts";
import { readsAlong, renamed, tick } from "./make-plan.ts";
import type { RememberedHashes } from "./remembered-checks.ts";
import { newRememberedChecker } from "./remembered-checks.ts";
import type { LikenessRules } from "./scan-both.ts";
import { likenessOf, scanBoth } from "./scan-both.ts";
import type { VerifyDifference } from "./verify-events.ts";

/** What is compared, and how closely. */
export interface VerifySettings {
  readonly links: LinkMode;
  readonly filter: Filter;
  readonly ignoreFiles: boolean;
  readonly oneFileSystem: boolean;
  /** Nanoseconds; `undefined` means that of the coarser endpoint. */
  readonly modifyWindow: number | undefined;
  readonly hash: HashAlgorithm;
}

export interface VerifyInput {
  readonly source: Endpoint;
  readonly target: Endpoint;
  /** Both replicas are a file, in the directories that the endpoints are. */
  readonly single: SingleFile | undefined;
  readonly settings: VerifySettings;
  readonly preserve: Preserve;
  /** Set where content is to be held against hashes of an earlier day, too. */
  readonly remembered: RememberedHashes | undefined;
  /** Milliseconds since the epoch, from before the scan. */
  readonly startedAt: number;
}

/** All that a verification has found, in path order. */
export interface VerifyFindings extends CompareCounts {
  readonly found: readonly (VerifyDifference | Problem)[];
  readonly corrupt: number;
  readonly unremembered: number;
  readonly bytesCompared: number;
}

/** What has been told so far. */
interface Draft {
  readonly preserve: Preserve;
  readonly differences: Map<RelPath, VerifyDifference>;
  readonly problems: Problem[];
  readonly pairs: LinkPair[];
  readonly corrupt: Map<RelPath, readonly Side[]>;
  unremembered: number;
  bytes: number;
}

/**
 * Compares two replicas in everything that is to be kept, content included, and changes nothing. `onReading` is told when
 * the first content is read. Throws `SyncError` where a replica cannot be read at all.
 */
export async function verify(
  input: VerifyInput,
  onReading: () => void,
  signal: AbortSignal,
): Promise<VerifyFindings> {
  const draft: Draft = {
    preserve: input.preserve,
    differences: new Map(),
    problems: [],
    pairs: [],
    corrupt: new Map(),
    unremembered: 0,
    bytes: 0,
  };
  const checker = checkerOf(input, draft, signal);
  const { source, target, single } = input;
  const scans = scanBoth(
    {
      source,
      target,
      sourceScan: { type: "wanted", request: scanRequestOf(input, "source") },
      targetRequest: scanRequestOf(input, "target"),
      likeness: likenessFor(input),
    },
    signal,
  );
  const differences = compare(
    single === undefined ? scans.source : renamed(scans.source, single),
    scans.target,
    rulesOf(input),
  );
  try {
    for (;;) {
      const next = await differences.next();
      if (next.done === true) {
        await checker.finish();
        // Hashes are of each side by itself; bytes are compared once, on whichever side that is counted.
        if (!checker.hasHashed()) draft.bytes = source.progress().bytes + target.progress().bytes;
        return findingsOf(draft, next.value);
      }
      for (const difference of next.value) {
        if (difference.type !== "check") {
          note(draft, difference);
          continue;
        }
        if (draft.bytes === 0) onReading();
        draft.bytes += difference.size;
        const content = single && { content: single.sourceName };
        await checker.add(
          content === undefined ? difference : { ...check(difference), ...content },
        );
      }
    }
  } finally {
    // Ends both scans where something else than they has failed.
    await differences.return({ checked: 0, targetEntries: 0, skipped: 0 });
  }
}

/** The check as a plain object: its entries are getters. */
function check(
  difference: Extract<Difference, { type: "check" }>,
): Extract<Difference, { type: "check" }> {
  const { type, path, size, isLinked, source, target, aspects, around } = difference;
  return { type, path, size, isLinked, source, target, aspects, around };
}

function checkerOf(input: VerifyInput, draft: Draft, signal: AbortSignal): ContentChecker {
  const { source, target, settings, preserve, remembered } = input;
  const followLinks = settings.links === "follow";
  const settle = (difference: Exclude<Difference, { type: "check" }>): void =>
    note(draft, difference);
  if (remembered === undefined) {
    const options = { preserve, followLinks };
    return newContentChecker({ source, target, options, hash: settings.hash }, settle, signal);
  }
  const findings = {
    onCorrupt: (check: Extract<Difference, { type: "check" }>, sides: readonly Side[]): void => {
      draft.corrupt.set(check.path, sides);
    },
    onUnremembered: (): void => {
      draft.unremembered++;
    },
  };
  const algorithm = settings.hash;
  const mtimes = mtimesOf(input);
  return newRememberedChecker(
    { source, target, algorithm, followLinks, mtimes, remembered, findings },
    settle,
    signal,
  );
}

function note(draft: Draft, difference: Exclude<Difference, { type: "check" }>): void {
  switch (difference.type) {
    case "source-only":
    case "target-only": {
      const side = difference.type === "source-only" ? "source" : "target";
      const entry = "source" in difference ? difference.source : difference.target;
      add(draft, only(difference.path, side, entry.kind));
      return;
    }
    case "leftover":
      add(draft, only(difference.path, "target", difference.isDirectory ? "directory" : "file"));
      return;
    case "differs":
    case "linked": {
      const { path, source, target, aspects } = difference;
      if (source.kind !== "directory" && target.kind !== "directory" && isLinked(source, target))
        draft.pairs.push({ path, source, target });
      if (aspects.length > 0) {
        const kinds = { sourceKind: source.kind, targetKind: target.kind };
        add(draft, { path, only: undefined, ...kinds, aspects, corrupt: [] });
      }
      return;
    }
    case "frozen":
      draft.problems.push(difference.problem);
      return;
    // What the target cannot tell apart is missing there as well, and that is said. Trees within one another are fine
    // to look at, and what filters leave alone is left alone.
    case "folded":
    case "nested":
    case "kept":
      return;
    // Never told: verify holds no trees.
    case "source-tree":
    case "target-tree":
      return;
  }
}

function isLinked(source: Entry, target: Entry): boolean {
  return source.nlink > 1 || target.nlink > 1;
}

function only(path: RelPath, side: Side, kind: EntryKind): VerifyDifference {
  return {
    path,
    only: side,
    sourceKind: side === "source" ? kind : undefined,
    targetKind: side === "target" ? kind : undefined,
    aspects: [],
    corrupt: [],
  };
}

function add(draft: Draft, difference: VerifyDifference): void {
  draft.differences.set(difference.path, difference);
}

function findingsOf(draft: Draft, counts: CompareCounts): VerifyFindings {
  const { differences, problems, corrupt, unremembered, bytes } = draft;
  const both = (path: RelPath): VerifyDifference =>
    differences.get(path) ?? {
      path,
      only: undefined,
      sourceKind: "file",
      targetKind: "file",
      aspects: [],
      corrupt: [],
    };
  if (draft.preserve.hardlinks) {
    draft.pairs.sort((a, b) => comparePaths(a.path, b.path));
    const pairs = new Map(draft.pairs.map((pair) => [pair.path, pair]));
    for (const path of unlikeLinks(draft.pairs)) {
      const { source, target } = pairs.get(path)!;
      const known = both(path);
      const aspects = [...known.aspects, "links"] as const;
      add(draft, { ...known, sourceKind: source.kind, targetKind: target.kind, aspects });
    }
  }
  for (const [path, sides] of corrupt) add(draft, { ...both(path), corrupt: sides });
  const found = [...differences.values(), ...problems].sort((a, b) => comparePaths(a.path, b.path));
  return { ...counts, found, corrupt: corrupt.size, unremembered, bytesCompared: bytes };
}

function scanRequestOf(input: VerifyInput, side: Side): ScanRequest {
  const { source, target, settings, preserve, single, remembered } = input;
  const isSource = side === "source";
  const { filter, links, oneFileSystem, ignoreFiles } = settings;
  return {
    side,
    filter,
    links: isSource ? links : "keep",
    oneFileSystem,
    ignoreFiles: isSource && ignoreFiles,
    xattrs: preserve.xattrs,
    acls: preserve.acls,
    ...(single !== undefined && { only: isSource ? single.sourceName : single.targetName }),
    ...(single === undefined &&
      remembered === undefined &&
      readsAlong(settings) && { contentOf: isSource ? target : source }),
  };
}

function likenessFor(input: VerifyInput): LikenessRules | undefined {
  const { source, target, settings, preserve, single, remembered } = input;
  return likenessOf({
    source,
    target,
    preserve,
    mtimes: mtimesOf(input),
    ignoreFiles: settings.ignoreFiles,
    isSingle: single !== undefined,
    needsIdentities: remembered !== undefined,
  });
}

function rulesOf(input: VerifyInput): CompareRules {
  const { source, target, settings, preserve, single, startedAt } = input;
  const { symlinks, linkTimes } = target.capabilities;
  return {
    top: rootPath,
    holdsTrees: false,
    isSingle: single !== undefined,
    excludedGoes: false,
    targetPlace: undefined,
    sameMachine: source.machine === target.machine,
    sameness: {
      compare: "content",
      mtimes: mtimesOf(input),
      preserve,
      linkTimes,
      racySince: startedAt - Math.max(tick, source.capabilities.timeResolution / 1e6),
    },
    selection: {
      preserve,
      symlinks,
      filter: settings.filter,
      ignoreFiles: settings.ignoreFiles,
      // What is there is compared name by name; whether it could be stored is not asked.
      foldsCase: false,
    },
  };
}

function mtimesOf({ source, target, settings }: VerifyInput): MtimeRule {
  const resolutions = [source, target].map(({ capabilities }) => capabilities.timeResolution);
  return mtimeRule(resolutions, settings.modifyWindow);
}
