import { setImmediate } from "node:timers/promises";

import type { ContentSource, Outcome } from "../endpoint.ts";
import { hasArrived } from "./already.ts";
import type { ApplyWork } from "./apply-stream.ts";
import type { Basis } from "./basis.ts";
import { bytesToRead, emptyBases, findBases } from "./find-bases.ts";
import type { HeldFiles } from "./hold-files.ts";
import { openApplier } from "./run-job.ts";
import type { PutFile } from "../../core/put-action.ts";
import type { Unfinished } from "./unpack-stream.ts";
import { broken, unpackStream } from "./unpack-stream.ts";

/** Of old files, read to find out what is in them: after as much, content is asked for. */
const mostToRead = 256 << 20;
const noBases: ReadonlyMap<number, Basis> = new Map();

/** How often files may be cut off on their way, and be asked for again: whoever means well never comes near. */
const mostTurns = 100;

/** Where files are put, and where their content comes from. */
export interface PutWork {
  readonly work: ApplyWork;
  readonly source: ContentSource;
  readonly signal: AbortSignal;
  /** What would not be there any more when its turn has come. */
  readonly held: HeldFiles;
}

/**
 * Puts files whose content comes from where this machine cannot reach, in their order, and only what the target has not: what it
 * has of the next files is found out while content of the ones before arrives.
 */
export async function* unpackPuts(
  by: PutWork,
  puts: readonly PutFile[],
  turn = 0,
): AsyncGenerator<Outcome[]> {
  const { work, source, signal } = by;
  if (work.options.again === true && turn === 0) {
    const { arrived, missing } = await findArrived(work, puts, signal);
    yield arrived.map((action) => ({ action, done: true, bytes: 0, shared: 0 }));
    if (missing.length > 0) yield* unpackPuts(by, missing, 1);
    return;
  }
  if (turn === mostTurns) throw broken(source, "files are cut off again and again");
  const groups = source.usesBasis ? groupsOf(puts) : [puts];
  const find = (group: readonly PutFile[] | undefined): Promise<ReadonlyMap<number, Basis>> => {
    const isWorthIt = group !== undefined && source.usesBasis && !signal.aborted;
    const bases = isWorthIt ? findUnlessAborted(by, group) : Promise.resolve(noBases);
    // Whoever waits for the group before still must not leave a rejection behind.
    bases.catch(() => {});
    return bases;
  };
  let next = find(groups[0]);
  for (const [i, group] of groups.entries()) {
    const bases = await next;
    if (signal.aborted) return;
    next = find(groups[i + 1]);
    const unfinished = yield* unpackStream(work, { puts: group, bases }, source, signal);
    yield* putAgain(by, unfinished, turn);
  }
}

/** Puts files whose first try came to nothing. What has been stale is asked for with nothing to be stale, and all of it comes. */
async function* putAgain(
  by: PutWork,
  { stale, cut }: Unfinished,
  turn: number,
): AsyncGenerator<Outcome[]> {
  const { work, source, signal } = by;
  const open = [...cut];
  if (stale.length > 0 && !signal.aborted) {
    const bases = source.usesBasis ? emptyBases(work, stale) : noBases;
    const again = yield* unpackStream(work, { puts: stale, bases }, source, signal);
    open.push(...again.cut);
  }
  if (open.length > 0) yield* unpackPuts(by, open, turn + 1);
}

/** Between looks at so many files, others get their turn. */
const looksAtOnce = 1024;

/** Parts those that stand in their place from those that do not, where somebody was cut off. */
async function findArrived(
  work: ApplyWork,
  puts: readonly PutFile[],
  signal: AbortSignal,
): Promise<{ readonly arrived: readonly PutFile[]; readonly missing: readonly PutFile[] }> {
  const arrived: PutFile[] = [];
  const missing: PutFile[] = [];
  using ctx = openApplier(work.host.driver, { ...work, self: work.host.self });
  for (const [i, put] of puts.entries()) {
    if (i % looksAtOnce === 0) await setImmediate();
    if (signal.aborted) break;
    (hasArrived(ctx, put) ? arrived : missing).push(put);
  }
  return { arrived, missing };
}

async function findUnlessAborted(
  { work, held, signal }: PutWork,
  group: readonly PutFile[],
): Promise<ReadonlyMap<number, Basis>> {
  try {
    return await findBases(work, group, held, signal);
  } catch (error) {
    if (signal.aborted) return noBases;
    throw error;
  }
}

function groupsOf(puts: readonly PutFile[]): PutFile[][] {
  const groups: PutFile[][] = [];
  let bytes = Infinity;
  for (const put of puts) {
    if (bytes >= mostToRead) {
      groups.push([]);
      bytes = 0;
    }
    groups.at(-1)!.push(put);
    bytes += bytesToRead(put);
  }
  return groups;
}
