import type { FileMeter } from "../../core/changed-file.ts";
import { attempts, mayBecome, meterOf } from "../../core/changed-file.ts";
import type { ChunkedFile } from "../../core/chunk-list.ts";
import type { FileEntry } from "../../core/entry.ts";
import { baseName } from "../../core/path.ts";
import { sizeBytes } from "../../core/content-hash.ts";
import type { PutFile } from "../../core/put-action.ts";
import type { Hasher } from "../../fs/hasher.ts";
import type { PackRecord } from "../../wire/pack.ts";
import { WireError } from "../../wire/wire-error.ts";
import { EntryProblem } from "../endpoint.ts";
import { hasArrived } from "./already.ts";
import type { Applier } from "./applier.ts";
import { asEntryProblem } from "./applier.ts";
import type { Basis, OpenBasis } from "./basis.ts";
import { openBasis, StaleBasis } from "./basis.ts";
import { discard } from "./commit.ts";
import { copyChunks } from "./copy-chunks.ts";
import type { ChunkGatherer } from "./gather-chunks.ts";
import type { EndedFile } from "./jobs.ts";
import { beginPart, keptBytes, partBytes } from "./parts.ts";
import type { StagedFile } from "./put-file.ts";
import { beginFile, finishFile } from "./put-file.ts";
import { writeSparsely } from "./write-sparsely.ts";

type Of<T extends PackRecord["type"]> = Extract<PackRecord, { type: T }>;

export interface UnpackHashers {
  /** Of packs, and of chunks while a pack is gone through. */
  readonly pack: Hasher;
  /** Of a file as a whole, over as many packs as it takes. */
  readonly file: Hasher;
}

/** A file that arrives in pieces. */
export interface Incoming {
  readonly index: number;
  readonly action: PutFile;
  /** What it shall be: as planned, or what it has become. */
  entry: FileEntry;
  readonly hashers: UnpackHashers;
  /** What the source knows of that the target has. */
  readonly basis: Basis | undefined;
  /** Opened when it is first needed. */
  opened: OpenBasis | undefined;
  /** Where it is wanted: what the file consists of, as far as it has come. */
  readonly gatherer: ChunkGatherer | undefined;
  /** The basis was not what it was said to be. */
  isStale: boolean;
  /** `undefined` once something is wrong: the rest passes by. */
  staged: StagedFile | undefined;
  position: number;
  restarts: number;
  /** What passes by is counted, too. */
  readonly meter: FileMeter;
  problem: EntryProblem | undefined;
}

/** Puts a small file in its place. */
export function putWhole(ctx: Applier, action: PutFile, { index, data }: Of<"whole">): EndedFile {
  const { entry } = action;
  let staged: StagedFile | undefined;
  try {
    if (data.length !== entry.size) throw notAsAnnounced();
    staged = beginFile(ctx, action);
    if (data.length > 0) ctx.driver.writeAt(staged.fd, data, data.length, 0);
    ctx.copy.onBytes(data.length);
    return ended(index, data.length, finishFile(ctx, action, staged, entry));
  } catch (error) {
    if (staged !== undefined) discard(ctx, staged.place.dir, staged.temp, true);
    return refused(ctx, { index, action }, asEntryProblem("target", error));
  } finally {
    if (staged !== undefined) ctx.driver.close(staged.fd);
  }
}

/** Begins a file that arrives in pieces. */
export function beginIncoming(
  ctx: Applier,
  action: PutFile,
  { index, entry }: Of<"begin">,
  { hashers, basis, gatherer }: Pick<Incoming, "hashers" | "basis" | "gatherer">,
): Incoming {
  const incoming: Incoming = {
    index,
    action,
    entry: action.entry,
    hashers,
    basis,
    opened: undefined,
    gatherer,
    isStale: false,
    staged: undefined,
    position: 0,
    restarts: 0,
    meter: meterOf(action.entry),
    problem: undefined,
  };
  attempt(ctx, incoming, () => {
    incoming.entry = entryNow(ctx, action, entry);
    incoming.staged = beginPart(ctx, action, hashers.file);
  });
  hashers.file.begin();
  return incoming;
}

/** Takes the next record of a file. Returns what has become of it when it is complete. */
export function take(
  ctx: Applier,
  incoming: Incoming,
  record: Of<"data" | "hole" | "chunks" | "restart" | "end">,
): EndedFile | undefined {
  if (record.type === "end") return complete(ctx, incoming, record);
  const bytes = record.type === "data" ? record.data.length : 0;
  if (!incoming.meter.count(bytes)) throw new WireError("the content of a file does not end");
  const { file: hasher } = incoming.hashers;
  attempt(ctx, incoming, (staged) => {
    switch (record.type) {
      case "data":
        takeData(ctx, incoming, staged, record.data);
        return;
      case "hole":
        advance(incoming, record.length);
        incoming.gatherer?.hole(record.length);
        hasher.update(sizeBytes(record.length));
        return;
      case "restart":
        if (++incoming.restarts >= attempts) throw notAsAnnounced();
        ctx.driver.truncate(staged.fd, 0);
        incoming.position = 0;
        incoming.gatherer?.restart();
        incoming.entry = entryNow(ctx, incoming.action, record.entry);
        hasher.begin();
        return;
      case "chunks":
        takeChunks(ctx, incoming, staged, record);
        return;
    }
  });
  return undefined;
}

/** What the file shall be: as planned, or what it has become, as far as that may go. */
function entryNow(ctx: Applier, { entry }: PutFile, now: FileEntry | undefined): FileEntry {
  if (now === undefined) return entry;
  if (!mayBecome(now, entry, ctx.options)) throw notAsAnnounced();
  return now;
}

/** Content as it is; where there is a basis, a chunk, which is known by its digest from there on. */
function takeData(ctx: Applier, incoming: Incoming, staged: StagedFile, data: Uint8Array): void {
  const { hashers, basis, gatherer } = incoming;
  write(ctx, incoming, staged, data);
  if (basis === undefined) {
    hashers.file.update(data);
    return;
  }
  hashers.pack.begin();
  hashers.pack.update(data);
  const digest = hashers.pack.digest();
  hashers.file.update(digest);
  gatherer?.data(data.length, digest);
}

/** Copies what the target has already. */
function takeChunks(
  ctx: Applier,
  incoming: Incoming,
  staged: StagedFile,
  { first, count }: Of<"chunks">,
): void {
  const { basis, hashers } = incoming;
  if (basis === undefined) throw notAsAnnounced();
  // Other directories than the file's own, which stays open for as long as the file comes.
  const opened = (incoming.opened ??= openBasis(ctx.driver, ctx.linkTargets, basis));
  if (first + count > opened.list.sizes.length) throw notAsAnnounced();
  incoming.gatherer?.known(opened.list, { first, count });
  const sink = {
    driver: ctx.driver,
    write: (chunk: Uint8Array) => write(ctx, incoming, staged, chunk),
    hasher: hashers.file,
    chunkHasher: hashers.pack,
  };
  copyChunks(opened, { first, count }, sink);
}

/** Writes what comes next. Chunks do not tell of holes that are smaller than they: of a file that has some, zeros are left out. */
function write(ctx: Applier, incoming: Incoming, { fd }: StagedFile, data: Uint8Array): void {
  const { entry, basis } = incoming;
  const position = advance(incoming, data.length);
  const isSparse = basis !== undefined && entry.blocks * 512 < entry.size;
  if (isSparse) writeSparsely(ctx.driver, fd, data, position);
  else ctx.driver.writeAt(fd, data, data.length, position);
  ctx.copy.onBytes(data.length);
}

/** Where the next bytes go. No more is taken than was announced, however much there is. */
function advance(incoming: Incoming, length: number): number {
  const { position } = incoming;
  if (position + length > incoming.entry.size) throw notAsAnnounced();
  incoming.position += length;
  return position;
}

function complete(ctx: Applier, incoming: Incoming, { size, digest }: Of<"end">): EndedFile {
  const { index, action, entry, hashers } = incoming;
  const result = attempt(ctx, incoming, (staged) => {
    const isWhole = size === incoming.position && size === entry.size;
    if (!isWhole || !isSame(digest, hashers.file.digest())) {
      // Chunks that only seem to be those of the source: nobody has seen any, but it can be helped.
      throw incoming.opened === undefined ? notAsAnnounced() : new StaleBasis("it is another one");
    }
    // What ends with a hole has been written up to there only.
    ctx.driver.truncate(staged.fd, size);
    const trouble = finishFile(ctx, action, staged, entry);
    const chunks = chunksOf(ctx, incoming, staged);
    const end = { ...ended(index, size, trouble), ...(chunks !== undefined && { chunks }) };
    ctx.driver.close(staged.fd);
    incoming.staged = undefined;
    discardParts(ctx, incoming, staged);
    return end;
  });
  letGoBasis(incoming);
  if (result !== undefined) return result;
  const failure = refused(ctx, incoming, incoming.problem!);
  return incoming.isStale ? { ...failure, again: "stale" } : failure;
}

/** What the file in its place consists of. */
function chunksOf(
  { driver, stat }: Applier,
  { gatherer }: Incoming,
  { fd }: StagedFile,
): ChunkedFile | undefined {
  const list = gatherer?.list();
  if (list === undefined) return undefined;
  driver.statDescriptor(fd, stat);
  const { size, mtimeSec, mtimeNs, ctimeSec, ctimeNs, dev, inoHigh, inoLow } = stat;
  const facts = { size, mtimeSec, mtimeNs, ctimeSec, ctimeNs, dev, inoHigh, inoLow };
  return { facts, list };
}

/** What earlier runs could not finish has served. */
function discardParts(ctx: Applier, { basis = [] }: Incoming, { place }: StagedFile): void {
  for (const { path, partSize } of basis)
    if (partSize !== undefined) discard(ctx, place.dir, baseName(path), false);
}

function letGoBasis(incoming: Incoming): void {
  incoming.opened?.[Symbol.dispose]();
  incoming.opened = undefined;
}

/** The source has said that there will be no (more) content. */
export function refuseIncoming(
  ctx: Applier,
  incoming: Incoming | undefined,
  { index, code, message }: Of<"problem">,
): EndedFile {
  if (incoming !== undefined) abandon(ctx, incoming);
  return failed(index, incoming?.problem ?? new EntryProblem("source", code, message));
}

/** Lets go of a file that will not be complete. */
export function abandon(ctx: Applier, incoming: Incoming): void {
  const { staged } = incoming;
  incoming.staged = undefined;
  letGoBasis(incoming);
  if (staged === undefined) return;
  ctx.driver.close(staged.fd);
  discard(ctx, staged.place.dir, staged.temp, true);
}

/** Lets go of a file whose rest does not come, and leaves what has come to the next run: under a name that it knows. */
export function keepPart(ctx: Applier, incoming: Incoming): void {
  const { staged, position, action, basis = [] } = incoming;
  const isMore = basis.every(({ partSize = 0 }) => partSize <= position);
  if (staged === undefined || position < keptBytes || action.entry.size < partBytes || !isMore) {
    abandon(ctx, incoming);
    return;
  }
  incoming.staged = undefined;
  discardParts(ctx, incoming, staged);
  letGoBasis(incoming);
  ctx.driver.close(staged.fd);
}

/** What has come of a file is kept, and the rest is to be asked for. What has failed before has failed. */
export function cutOff(ctx: Applier, incoming: Incoming): EndedFile {
  const { index, problem } = incoming;
  keepPart(ctx, incoming);
  if (problem !== undefined) return failed(index, problem);
  return { ...failed(index, notAsAnnounced()), again: "cut" };
}

/** Does something with a file that is still well. What goes wrong is kept until its end has arrived. */
function attempt<T>(
  ctx: Applier,
  incoming: Incoming,
  work: (staged: StagedFile) => T,
): T | undefined {
  if (incoming.problem !== undefined) return undefined;
  try {
    return work(incoming.staged!);
  } catch (error) {
    incoming.isStale = error instanceof StaleBasis;
    incoming.problem = incoming.isStale ? notAsAnnounced() : asEntryProblem("target", error);
    abandon(ctx, incoming);
    return undefined;
  }
}

function isSame(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}

function notAsAnnounced(): EntryProblem {
  const message = "what arrived is not what was announced; the next run will try again";
  return new EntryProblem("source", "changed", message);
}

function ended(index: number, bytes: number, trouble: EntryProblem | undefined): EndedFile {
  const problem = trouble === undefined ? undefined : said(trouble);
  const file = { index, bytes, shared: 0, done: true };
  return problem === undefined ? file : { ...file, problem };
}

/** A file that cannot be put in place, since it is there already: whoever was cut off has got that far meanwhile. */
function refused(
  ctx: Applier,
  { index, action }: Pick<Incoming, "index" | "action">,
  trouble: EntryProblem,
): EndedFile {
  const isThere = ctx.options.again === true && hasArrived(ctx, action);
  return isThere ? ended(index, 0, undefined) : failed(index, trouble);
}

function failed(index: number, trouble: EntryProblem): EndedFile {
  return { index, bytes: 0, shared: 0, done: false, problem: said(trouble) };
}

function said({ side, code, message }: EntryProblem): NonNullable<EndedFile["problem"]> {
  return { side, code, message };
}
