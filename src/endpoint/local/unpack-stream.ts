import { SyncError } from "../../base/errors.ts";
import { codecsHere } from "../../fs/squeeze.ts";
import type { PackHeader } from "../../wire/pack.ts";
import { readPackHeader } from "../../wire/pack.ts";
import type { ContentSource, Outcome, PackOptions, WantedFile } from "../endpoint.ts";
import { batchBuffers, encodeActions } from "../../core/action-batch.ts";
import type { ApplyWork } from "./apply-stream.ts";
import type { Basis } from "./basis.ts";
import type { EndedFile, UnpackJob, UnpackResult } from "./jobs.ts";
import type { PutFile } from "../../core/put-action.ts";
import { runUnpack } from "./unpack-job.ts";
import type { WorkerLease } from "./worker-pool.ts";

/** Up to this much is done in this thread: less work than starting another one. */
const smallFiles = 32;
const smallBytes = 256 * 1024;

/** Packs as they come, and the threads that they go to. */
interface Unpacking {
  readonly work: ApplyWork;
  readonly puts: readonly PutFile[];
  /** What the target has of them, by their numbers. */
  readonly bases: ReadonlyMap<number, Basis>;
  readonly source: ContentSource;
  readonly isSmall: boolean;
  readonly running: Promise<UnpackResult>[];
  /** Number of the next file that has not begun. */
  next: number;
  /** The thread that has a large file in hand, and its last job. */
  large: { readonly lease: WorkerLease; last: Promise<unknown> } | undefined;
  readonly unfinished: { readonly stale: PutFile[]; readonly cut: PutFile[] };
}

/** Files that have to be asked for again. */
export interface Unfinished {
  /** What the target was said to have of them it has not. */
  readonly stale: readonly PutFile[];
  /** They were cut off, and some of them is there now. */
  readonly cut: readonly PutFile[];
}

/** Files to be put, and what the target has of them, by their numbers. */
export interface Puts {
  readonly puts: readonly PutFile[];
  readonly bases: ReadonlyMap<number, Basis>;
}

/**
 * Puts files whose content comes from where this machine cannot reach. Outcomes come in the order of the files; returns which
 * have none, since they have to be asked for again.
 */
export async function* unpackStream(
  work: ApplyWork,
  { puts, bases }: Puts,
  source: ContentSource,
  signal: AbortSignal,
): AsyncGenerator<Outcome[], Unfinished> {
  const state: Unpacking = {
    work,
    puts,
    bases,
    source,
    isSmall: isSmall(puts),
    running: [],
    next: 0,
    large: undefined,
    unfinished: { stale: [], cut: [] },
  };
  const { running } = state;
  const most = work.host.threads + 1;
  try {
    for await (const pack of source.readFiles(wantedOf(state), packOptions(work), signal)) {
      await begin(state, pack);
      if (running.length >= most) yield outcomes(state, await running.shift()!);
    }
    while (running.length > 0) yield outcomes(state, await running.shift()!);
    if (state.large !== undefined) throw broken(source, "the content of a file breaks off");
    if (state.next < puts.length && !signal.aborted)
      throw broken(source, "not all files have come that were asked for");
  } finally {
    await Promise.allSettled(running);
    if (state.large !== undefined) await breakOff(state.large);
  }
  return state.unfinished;
}

function isSmall(puts: readonly PutFile[]): boolean {
  const bytes = puts.reduce((sum, { entry }) => sum + entry.size, 0);
  return puts.length <= smallFiles && bytes <= smallBytes;
}

/** What has come so far of a large file may be of use to another run. A thread that has failed has nothing in hand. */
async function breakOff({ lease, last }: NonNullable<Unpacking["large"]>): Promise<void> {
  try {
    const isWell = await last.then(
      () => true,
      () => false,
    );
    if (isWell) await lease.run({ type: "break-off" }, []);
  } finally {
    lease[Symbol.dispose]();
  }
}

function wantedOf({ puts, bases }: Unpacking): WantedFile[] {
  return puts.map(({ path, content = path, entry }, index) => {
    const basis = bases.get(index)?.map(({ list }) => list);
    return basis === undefined ? { path: content, entry } : { path: content, entry, basis };
  });
}

function packOptions({ options }: ApplyWork): PackOptions {
  const { followLinks, asPlanned = false, preserve } = options;
  const { xattrs, acls } = preserve;
  return { followLinks, asPlanned, xattrs, acls, compress: codecsHere()[0] === "zstd" };
}

/** Hands a pack to a thread. What a large file is in pieces of goes to one thread, piece by piece. */
async function begin(state: Unpacking, pack: Uint8Array): Promise<void> {
  const header = checked(state, pack);
  const { host } = state.work;
  const job = jobOf(state, pack, header);
  state.next = header.end;
  const isAlone = !header.continues && !header.isOpen;
  const result = !isAlone
    ? await beginLarge(state, job, header)
    : state.isSmall
      ? [runUnpack(host.driver, job, host.binding)]
      : [host.pool.run<UnpackResult>(job, transferable(job))];
  // Whoever waits for an earlier one still must not leave a rejection behind.
  result[0]!.catch(() => {});
  state.running.push(...result);
}

async function beginLarge(
  state: Unpacking,
  job: UnpackJob,
  { isOpen }: PackHeader,
): Promise<[Promise<UnpackResult>]> {
  state.large ??= { lease: await state.work.host.pool.lease(), last: Promise.resolve() };
  const { large } = state;
  const result = large.last.then(() => large.lease.run<UnpackResult>(job, transferable(job)));
  large.last = result;
  if (!isOpen) {
    const release = (): void => large.lease[Symbol.dispose]();
    result.then(release, release);
    state.large = undefined;
  }
  return [result];
}

/** Files come in the order in which they were asked for, each once, whoever sends them. */
function checked(state: Unpacking, pack: Uint8Array): PackHeader {
  const header = readPackHeader(pack);
  const isNext =
    header !== undefined &&
    header.first === state.next &&
    header.end <= state.puts.length &&
    header.continues === (state.large !== undefined);
  if (isNext) return header;
  throw broken(state.source, "content comes that nobody has asked for");
}

function jobOf(
  { work, puts, bases }: Unpacking,
  pack: Uint8Array,
  { first, end }: PackHeader,
): UnpackJob {
  const { target, options, timeResolution, counters, signals, host } = work;
  const own = new Map<number, Basis>();
  for (let index = first; index < end; index++) {
    const basis = bases.get(index);
    if (basis !== undefined) own.set(index - first, basis);
  }
  return {
    type: "unpack",
    target,
    options,
    self: host.self,
    timeResolution,
    batch: encodeActions(puts.slice(first, end)),
    pack,
    first,
    bases: own,
    tellsChunks: work.known !== undefined,
    signals,
    counters,
  };
}

function transferable({ batch, pack }: UnpackJob): ArrayBuffer[] {
  return [...batchBuffers(batch), pack.buffer as ArrayBuffer];
}

function outcomes(
  { puts, source, unfinished }: Unpacking,
  { ended, broken: why }: UnpackResult,
): Outcome[] {
  if (why !== undefined) throw broken(source, why);
  for (const { index, again } of ended)
    if (again !== undefined) unfinished[again].push(puts[index]!);
  return ended.filter(({ again }) => again === undefined).map((file) => outcomeOf(puts, file));
}

function outcomeOf(
  puts: readonly PutFile[],
  { index, bytes, shared, done, problem, chunks }: EndedFile,
): Outcome {
  const action = puts[index]!;
  return {
    action,
    done,
    bytes,
    shared,
    ...(problem !== undefined && { problem: { path: action.path, ...problem } }),
    ...(chunks !== undefined && { chunks }),
  };
}

/** What comes makes no sense. */
export function broken({ location }: ContentSource, message: string): SyncError {
  return new SyncError("ENDPOINT_PROTOCOL", `${location}: ${message}`, {
    hint: "Nothing of it was kept. If it happens again, its Syncline may be broken, or be none.",
  });
}
