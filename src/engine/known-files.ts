import type { KnownFile } from "../core/chunk-list.ts";
import { deltaBytes, isStill, mostBasisChunks } from "../core/chunk-list.ts";
import type { SampledFile } from "../core/choose-bases.ts";
import { chooseBases } from "../core/choose-bases.ts";
import type { RelPath } from "../core/path.ts";
import type { Action } from "../core/plan.ts";
import type { PutFile } from "../core/put-action.ts";
import { isPut } from "../core/put-action.ts";
import { indexNamesakes } from "../core/similar-names.ts";
import type { ApplyOptions, Endpoint } from "../endpoint/endpoint.ts";
import type { ChunkMemory, RememberedFile } from "../state/state.ts";

/** Where files come from, and what is remembered of where they go. */
export interface KnownWork {
  readonly memory: ChunkMemory | undefined;
  readonly source: Endpoint;
  readonly followLinks: boolean;
}

/**
 * Files for which others than the one that they replace are looked for: the largest. And how much is looked at for that: a chunk
 * of what is remembered for so many bytes that are to be sent, and as much for each file as for so many chunks.
 */
const mostWanted = 1024;
const bytesALook = 16;
const looksAFile = 256;
/** Bytes of an average chunk. */
const usualChunk = 60 * 1024;
/** Files whose lists are in memory at once while they are looked at. */
const together = 32;

/**
 * What is remembered of files of the target that may have some of what actions put there: of the file that is replaced, and of others
 * that share chunks with a sample of the new one or, where that is no sign, have a name like its. Nothing where nothing is
 * remembered at all.
 */
export async function knownFiles(
  work: KnownWork,
  actions: readonly Action[],
  signal: AbortSignal,
): Promise<Pick<ApplyOptions, "known">> {
  const { memory } = work;
  if (memory === undefined) return {};
  const puts = actions.filter(isPut).filter(({ entry }) => entry.size >= deltaBytes);
  const files = puts.length === 0 ? [] : memory.files();
  if (files.length === 0) return { known: new Map() };
  const paths = new Map<RelPath, readonly RelPath[]>();
  for (const { path } of replaced(puts, files)) paths.set(path, [path]);
  if (work.source.usesBasis) {
    for (const [path, others] of await othersFor({ ...work, memory }, puts, files, signal))
      paths.set(path, [...(paths.get(path) ?? []), ...others]);
  }
  return { known: withLists(memory, paths) };
}

/** Files that are replaced and, as far as the plan knows, are still what is remembered of them. */
function replaced(puts: readonly PutFile[], files: readonly RememberedFile[]): readonly PutFile[] {
  const facts = new Map(files.map((file) => [file.path, file.facts]));
  return puts.filter(({ path, expected }) => {
    const known = facts.get(path);
    return known !== undefined && expected?.kind === "file" && isStill(known, expected);
  });
}

async function othersFor(
  work: KnownWork & { readonly memory: ChunkMemory },
  puts: readonly PutFile[],
  files: readonly RememberedFile[],
  signal: AbortSignal,
): Promise<ReadonlyMap<RelPath, readonly RelPath[]>> {
  const wanted = puts.toSorted((a, b) => b.entry.size - a.entry.size).slice(0, mostWanted);
  const sampled = await samplesOf(work, wanted, signal);
  const choice = chooseBases(sampled);
  for (const some of slices(worthLookingAt(files, wanted), together)) {
    for (const [i, file] of work.memory.lookup(some).entries())
      if (file !== undefined) choice.look(some[i]!, file.list);
  }
  const others = new Map<RelPath, readonly RelPath[]>();
  for (const [i, { path }] of sampled.entries()) others.set(path, choice.chosen(i));
  addNamesakes(others, wanted, files);
  return others;
}

/** Where nothing is told of a file, nothing is shared with it. */
async function samplesOf(
  { source, followLinks }: KnownWork,
  wanted: readonly PutFile[],
  signal: AbortSignal,
): Promise<SampledFile[]> {
  const requests = wanted.map(({ path, content = path, entry }) => ({ path: content, entry }));
  const options = { side: "source", followLinks, extent: "quick" } as const;
  const samples = await untilAborted(source.chunks(requests, options, signal), signal);
  return wanted.flatMap(({ path, entry: { size } }, i) => {
    const sample = samples?.[i];
    return sample === undefined ? [] : [{ path, size, sample }];
  });
}

/** A run that is to stop needs no more of this, but goes on to say what it has come to. */
async function untilAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T | undefined> {
  try {
    return await work;
  } catch (error) {
    if (signal.aborted) return undefined;
    throw error;
  }
}

/** As many of the files, those that were put last, as there is enough to be sent for. */
function worthLookingAt(
  files: readonly RememberedFile[],
  wanted: readonly PutFile[],
): readonly RelPath[] {
  let looks = wanted.reduce((sum, { entry }) => sum + entry.size, 0) / bytesALook;
  const end = files.findIndex(({ facts }) => {
    looks -= looksAFile + facts.size / usualChunk;
    return looks < 0;
  });
  return files.slice(0, end === -1 ? files.length : end).map(({ path }) => path);
}

/** For a file that replaces none, one with a name like its: a sample of either may just miss what both have. */
function addNamesakes(
  others: Map<RelPath, readonly RelPath[]>,
  wanted: readonly PutFile[],
  files: readonly RememberedFile[],
): void {
  const index = indexNamesakes(files.map(({ path, facts }) => ({ path, size: facts.size })));
  for (const { path, entry, expected } of wanted) {
    const isNew = expected?.kind !== "file" || expected.size < deltaBytes;
    const namesake = isNew ? index.find({ path, size: entry.size })?.path : undefined;
    const known = others.get(path) ?? [];
    if (namesake !== undefined && !known.includes(namesake)) others.set(path, [...known, namesake]);
  }
}

/**
 * Puts lists to paths: each file once, whatever it may serve. Those of files that are replaced come with no limit, since
 * they are as good as sure to be used; of others as many chunks as one basis may have.
 */
function withLists(
  memory: ChunkMemory,
  paths: ReadonlyMap<RelPath, readonly RelPath[]>,
): ReadonlyMap<RelPath, readonly KnownFile[]> {
  const all = new Set([...paths.values()].flat());
  const found = new Map<RelPath, KnownFile>();
  let room = mostBasisChunks;
  for (const some of slices([...all], together)) {
    for (const [i, file] of memory.lookup(some).entries()) {
      const path = some[i]!;
      const isReplaced = paths.get(path)?.[0] === path;
      if (file === undefined || (!isReplaced && room < file.list.sizes.length)) continue;
      if (!isReplaced) room -= file.list.sizes.length;
      found.set(path, { path, ...file });
    }
  }
  return new Map(
    Array.from(paths, ([path, some]) => [path, some.flatMap((one) => found.get(one) ?? [])]),
  );
}

function* slices<T>(items: readonly T[], length: number): Generator<readonly T[]> {
  for (let from = 0; from < items.length; from += length) yield items.slice(from, from + length);
}
