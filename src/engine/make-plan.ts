import { compare } from "../core/compare.ts";
import type { CompareRules } from "../core/compare.ts";
import type { RootIdentity } from "../core/root-identity.ts";
import type { Filter } from "../core/filter.ts";
import { noFilter } from "../core/filter.ts";
import type { HashAlgorithm } from "../core/content-hash.ts";
import type { MirrorPlanner } from "../core/mirror-plan.ts";
import { newMirrorPlanner } from "../core/mirror-plan.ts";
import { mtimeRule } from "../core/mtime.ts";
import type { Plan } from "../core/plan.ts";
import type { CompareMode, LinkMode, Preserve } from "../core/preserve.ts";
import type { Difference } from "../core/difference.ts";
import type { Name, RelPath } from "../core/path.ts";
import { rootPath } from "../core/path.ts";
import type { SnapshotChunk } from "../core/snapshot.ts";
import { findingAt, newChunk, pushFinding } from "../core/snapshot.ts";
import type { BaselineReader } from "../state/state.ts";
import type { Endpoint, ScanRequest } from "../endpoint/endpoint.ts";
import type { ContentChecker } from "./content-checks.ts";
import { newContentChecker } from "./content-checks.ts";
import type { MoveFinder } from "./find-moves.ts";
import { newMoveFinder } from "./find-moves.ts";
import type { Remembrance } from "./remember.ts";
import type { LikenessRules, SourceScan } from "./scan-both.ts";
import { likenessOf, scanBoth } from "./scan-both.ts";

/** What a one-way run is asked to do, over all its targets. */
export interface MirrorSettings {
  readonly delete: boolean;
  readonly deleteExcluded: boolean;
  readonly compare: CompareMode;
  /** Nanoseconds; `undefined` means that of the coarser endpoint. */
  readonly modifyWindow: number | undefined;
  readonly links: LinkMode;
  readonly filter: Filter;
  readonly ignoreFiles: boolean;
  readonly oneFileSystem: boolean;
  /** Look for what was renamed, moved or copied. */
  readonly moves: boolean;
  /** By which content is compared where it is not compared byte by byte. */
  readonly hash: HashAlgorithm;
}

/** Milliseconds within which a file may change twice and keep its mtime, on a clock of full resolution. */
export const tick = 20;

export function scanRequestOf(
  settings: MirrorSettings,
  preserve: Preserve,
  side: "source" | "target",
): ScanRequest {
  const { filter, links, oneFileSystem, ignoreFiles, deleteExcluded } = settings;
  const isSource = side === "source";
  return {
    side,
    filter: isSource || !deleteExcluded ? filter : noFilter,
    links: isSource ? links : "keep",
    oneFileSystem,
    ignoreFiles: isSource && ignoreFiles,
    xattrs: preserve.xattrs,
    acls: preserve.acls,
  };
}

/** What decides how trees are read. */
type ScanSettings = Pick<MirrorSettings, "links" | "oneFileSystem">;

/**
 * Whether scans shall compare content on their way: it has to be read anyway, and by the same paths. A scan knows nothing of
 * mount points in the other tree, so where they are not to be crossed, it stays out of there.
 */
export function readsAlong({ links, oneFileSystem }: ScanSettings): boolean {
  return links !== "follow" && !oneFileSystem;
}

/** A run of one file: its name in the root of either replica. */
export interface SingleFile {
  readonly sourceName: Name;
  readonly targetName: Name;
}

export interface PlanInput {
  readonly single: SingleFile | undefined;
  readonly source: Endpoint;
  readonly sourceScan: SourceScan;
  /** Looks at the source's rows on their way. */
  readonly remembrance?: Pick<Remembrance, "watch" | "wantsAll">;
  readonly target: Endpoint;
  readonly targetExists: boolean;
  /** The nearest directory to the target that exists. */
  readonly targetPlace: RootIdentity;
  readonly settings: MirrorSettings;
  readonly preserve: Preserve;
  /** Milliseconds since the epoch, from before the scan. */
  readonly startedAt: number;
  /** What is remembered of the pair, if anything is. */
  readonly memory: BaselineReader | undefined;
}

/**
 * Scans the target, and the source if that has not begun, compares them as both stream, and makes the plan. Changes nothing. `onReading` is told
 * when content has to be read for it.
 */
export async function makePlan(
  input: PlanInput,
  onReading: () => void,
  signal: AbortSignal,
): Promise<Plan> {
  const { source, target, settings, preserve, single } = input;
  const planner = newMirrorPlanner({
    delete: settings.delete && single === undefined,
    hardlinks: preserve.hardlinks,
    foldsCase: target.capabilities.foldsCase,
    ...(single !== undefined && { content: single.sourceName }),
  });
  const rules = compareRulesOf(input);
  const options = { preserve, followLinks: settings.links === "follow" };
  const { hash } = settings;
  const content = { source, target, options, hash };
  const checker = newContentChecker(content, (settled) => finder.add(settled), signal);
  const request = scanRequestOf(settings, preserve, "target");
  const finder = looksForMoves(input)
    ? newMoveFinder({
        source,
        target,
        options,
        rules,
        hash,
        memory: input.memory,
        rescan: () => target.scan(request, signal),
        planner,
        signal,
      })
    : noFinder(planner);
  const only =
    single === undefined
      ? settings.compare === "content" && readsAlong(settings) && { contentOf: source }
      : { only: single.targetName };
  const scans = scanBoth(
    {
      source,
      target,
      sourceScan: input.sourceScan,
      targetRequest: input.targetExists ? { ...request, ...only } : undefined,
      likeness: likenessFor(input, rules),
    },
    signal,
  );
  const watched = input.remembrance?.watch(scans.source) ?? scans.source;
  const chunks = single === undefined ? watched : renamed(watched, single);
  const differences = compare(chunks, scans.target, rules);
  let isReading = false;
  try {
    for (;;) {
      const next = await differences.next();
      if (next.done === true) {
        await checker.finish();
        await finder.finish();
        return planner.finish(next.value);
      }
      for (const difference of next.value) {
        if (difference.type === "check" && !isReading) {
          isReading = true;
          onReading();
        }
        if (difference.type !== "check") finder.add(difference);
        else if (single === undefined) await checker.add(difference);
        else await checker.add(elsewhere(difference, single.sourceName));
      }
    }
  } finally {
    // Ends both scans where something else than they has failed.
    await differences.return({ checked: 0, targetEntries: 0, skipped: 0 });
  }
}

/** The same check, of content that has another name in the source. */
function elsewhere(
  {
    type,
    path,
    size,
    isLinked,
    source,
    target,
    aspects,
    around,
  }: Extract<Difference, { type: "check" }>,
  content: RelPath,
): Parameters<ContentChecker["add"]>[0] {
  return { type, path, size, isLinked, source, target, aspects, around, content };
}

/** Gives the one file the name that it shall have at the target, so that the two are compared. */
export async function* renamed(
  chunks: AsyncIterable<SnapshotChunk>,
  { targetName }: SingleFile,
): AsyncGenerator<SnapshotChunk> {
  for await (const chunk of chunks) {
    const copy = newChunk(chunk.count);
    for (let row = 0; row < chunk.count; row++) {
      const depth = chunk.depth[row]!;
      pushFinding(copy, depth, depth === 0 ? "" : targetName, findingAt(chunk, row));
    }
    yield copy;
  }
}

/**
 * Nothing has moved in a target that is empty, that keeps all it has, or that is one file. Where times are compared but not
 * kept, what has moved would look too old to be believed, for ever.
 */
function looksForMoves({ settings, single, targetExists, preserve }: PlanInput): boolean {
  const canMove = settings.moves && settings.delete && single === undefined && targetExists;
  return canMove && (preserve.times || settings.compare !== "size+mtime");
}

/** Every difference is what it seems. */
function noFinder(planner: MirrorPlanner): MoveFinder {
  return { add: (difference) => planner.add(difference), finish: async () => {} };
}

function likenessFor(
  { source, target, settings, preserve, single, remembrance }: PlanInput,
  { sameness }: CompareRules,
): LikenessRules | undefined {
  return likenessOf({
    source,
    target,
    preserve,
    mtimes: sameness.mtimes,
    ignoreFiles: settings.ignoreFiles,
    isSingle: single !== undefined,
    needsIdentities: remembrance?.wantsAll ?? false,
  });
}

/** What is ignored in a directory depends on those around it, so it can only be looked at where it stands. */
function holdsTrees(input: PlanInput): boolean {
  return looksForMoves(input) && !input.settings.ignoreFiles;
}

function compareRulesOf(input: PlanInput): CompareRules {
  const { source, target, settings, preserve, startedAt, single, targetExists, targetPlace } =
    input;
  const resolutions = [source, target].map(({ capabilities }) => capabilities.timeResolution);
  const { symlinks, foldsCase, linkTimes } = target.capabilities;
  return {
    top: rootPath,
    holdsTrees: holdsTrees(input),
    isSingle: single !== undefined,
    excludedGoes: settings.deleteExcluded,
    targetPlace: targetExists ? undefined : targetPlace,
    sameMachine: source.machine === target.machine,
    sameness: {
      compare: settings.compare,
      mtimes: mtimeRule(resolutions, settings.modifyWindow),
      preserve,
      linkTimes,
      racySince: startedAt - Math.max(tick, source.capabilities.timeResolution / 1e6),
    },
    selection: {
      preserve,
      symlinks,
      filter: settings.filter,
      ignoreFiles: settings.ignoreFiles && !settings.deleteExcluded,
      foldsCase,
    },
  };
}
