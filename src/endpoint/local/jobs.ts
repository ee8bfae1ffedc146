/**
 * The work of a local endpoint that may be done in any thread, as data in and data out: the same functions run in workers
 * and, where there is little to do, in the main thread. What crosses threads is defined here and nowhere else.
 */
import type { ChunkedFile, ChunkList } from "../../core/chunk-list.ts";
import type { HashAlgorithm } from "../../core/content-hash.ts";
import type { RelPath } from "../../core/path.ts";
import type { ProblemCode, Side } from "../../core/problem.ts";
import type { SnapshotChunk } from "../../core/snapshot.ts";
import type { HostPath } from "../../fs/driver.ts";
import type { HashBinding } from "../../fs/hasher.ts";
import type { NativeParts } from "../../fs/native-parts.ts";
import type { WalkRequest } from "../../fs/walk.ts";
import type { ApplyOptions, ChunkOptions, PackOptions } from "../endpoint.ts";
import type { Basis } from "./basis.ts";
import type { ActionBatch } from "../../core/action-batch.ts";
import type { Self } from "./applier.ts";

/** Counters that one thread adds to and any thread reads: entries, files, bytes. */
export type Counters = Float64Array<SharedArrayBuffer>;
export const countedEntries = 0;
export const countedFiles = 1;
export const countedBytes = 2;

export function newCounters(): Counters {
  return new Float64Array(new SharedArrayBuffer(3 * 8));
}

/** Says between threads when to stop, how many chunks may be under way, and which of their slots are in use. */
export type Signals = Int32Array<SharedArrayBuffer>;
export const stopFlag = 0;
export const credits = 1;
/** The first of as many as there are slots: 1 for one that is in use. */
export const firstSlot = 2;

export function newSignals(chunksAhead: number): Signals {
  const signals = new Int32Array(new SharedArrayBuffer((firstSlot + chunksAhead) * 4));
  signals[credits] = chunksAhead;
  return signals;
}

export interface ScanJob {
  readonly type: "scan";
  readonly root: HostPath;
  readonly request: WalkRequest;
  /** Memory for chunks, used again when the reader has gone on: one for every credit. */
  readonly slots: readonly SharedArrayBuffer[];
  readonly signals: Signals;
  readonly counters: Counters;
}

/** Content of files to be compared, side by side: columns, and paths joined by NUL. */
export interface ContentJob {
  readonly type: "content";
  readonly source: HostPath;
  readonly target: HostPath;
  readonly followLinks: boolean;
  readonly paths: string;
  /** Where the source has them, if not at the same paths. */
  readonly contents: string | undefined;
  readonly sizes: Float64Array<ArrayBuffer>;
  readonly signals: Signals;
  readonly counters: Counters;
}

/** Files to be hashed, as columns: the rows of `files` have whole paths for names. */
export interface HashJob {
  readonly type: "hash";
  readonly root: HostPath;
  readonly followLinks: boolean;
  readonly side: Side;
  readonly algorithm: HashAlgorithm;
  readonly files: SnapshotChunk;
  /** By row: the full hash and not the quick one. */
  readonly full: Uint8Array<ArrayBuffer>;
  /** Nanoseconds to which times can be told apart, where a file is known by nothing else. */
  readonly timeResolution: number;
  readonly signals: Signals;
  readonly counters: Counters;
}

/** Files to be cut into chunks, as columns: the rows of `files` have whole paths for names. */
export interface ChunkJob extends ChunkOptions {
  readonly type: "chunks";
  readonly root: HostPath;
  readonly files: SnapshotChunk;
  readonly signals: Signals;
  readonly counters: Counters;
}

export interface ApplyJob {
  readonly type: "apply";
  readonly target: HostPath;
  /** Where content comes from; `undefined` where no action needs any. */
  readonly source: HostPath | undefined;
  readonly options: ApplyOptions;
  readonly self: Self;
  readonly timeResolution: number;
  readonly batch: ActionBatch;
  readonly signals: Signals;
  readonly counters: Counters;
}

/** Files to be read into one pack; or one file, into the next pack of several. */
export interface PackJob {
  readonly type: "pack";
  readonly root: HostPath;
  /** Rows have whole paths for names. */
  readonly files: SnapshotChunk;
  /** By row, of files of which the other side has something; a job that goes on in a file has it already. */
  readonly bases: ReadonlyMap<number, ChunkList>;
  /** Number of the first of them. */
  readonly first: number;
  readonly options: PackOptions & { readonly isRoot: boolean };
  /** How hard zstd tries; `undefined` where nothing is to be compressed. */
  readonly level: number | undefined;
  /** A large file is read in a series of jobs in one thread, each giving one pack; `drop` ends it early and gives none. */
  readonly series: "begin" | "go-on" | "drop" | undefined;
  readonly counters: Counters;
}

export interface PackResult {
  readonly type: "pack";
  readonly pack: Uint8Array;
  readonly isOpen: boolean;
}

/** One pack to be unpacked: `batch` has a row for each file that begins, or fails, in it. */
export interface UnpackJob extends Omit<ApplyJob, "type" | "source"> {
  readonly type: "unpack";
  readonly pack: Uint8Array;
  /** Number of the first row. */
  readonly first: number;
  /** By row: what the source has been told that the target has. */
  readonly bases: ReadonlyMap<number, Basis>;
  /** What files consist of that have come with a basis is to be told. */
  readonly tellsChunks: boolean;
}

/** Nothing more will come of the file that the last pack has ended inside of. */
export interface BreakOffJob {
  readonly type: "break-off";
}

/** What became of files that have ended in a pack. */
export interface UnpackResult {
  readonly type: "unpack";
  readonly ended: readonly EndedFile[];
  /** The pack is none: it cannot have been made by anybody who means well. */
  readonly broken: string | undefined;
}

export interface EndedFile {
  readonly index: number;
  readonly bytes: number;
  readonly shared: number;
  readonly done: boolean;
  readonly problem?: Omit<RowProblem, "row">;
  /**
   * It is not done with: the target did not have what it was taken to have, and all of it has to be sent; or it was cut off,
   * and what has come so far is something to begin with.
   */
  readonly again?: "stale" | "cut";
  readonly chunks?: ChunkedFile;
}

/** Makes a file system durable: minutes, on a slow disk. */
export interface FlushJob {
  readonly type: "flush";
  readonly root: HostPath;
}

export type Job =
  | ScanJob
  | ContentJob
  | HashJob
  | ChunkJob
  | ApplyJob
  | PackJob
  | UnpackJob
  | BreakOffJob
  | FlushJob;

/** Trouble with the action or file in that row. */
export interface RowProblem {
  readonly row: number;
  readonly side: Side;
  readonly code: ProblemCode;
  readonly message: string;
}

/** By row: whether the contents are equal. Rows at or after `done` were not looked at. */
export interface ContentResult {
  readonly type: "content";
  readonly done: number;
  readonly equal: Uint8Array<ArrayBuffer>;
  readonly problems: readonly RowProblem[];
}

/** Digests one after the other, by row. Rows at or after `done` were not looked at. */
export interface HashResult {
  readonly type: "hash";
  readonly done: number;
  readonly digests: Uint8Array<ArrayBuffer>;
  readonly problems: readonly RowProblem[];
}

/** By row: how many chunks a file has, or -1; and the chunks of all of them. */
export interface ChunkResult extends ChunkList {
  readonly type: "chunks";
  readonly counts: Int32Array<ArrayBuffer>;
}

/** By row: bytes written and shared. Rows at or after `done` were not begun. */
export interface ApplyResult {
  readonly type: "apply";
  readonly done: number;
  readonly bytes: Float64Array<ArrayBuffer>;
  readonly shared: Float64Array<ArrayBuffer>;
  /** Rows with a problem; in `partly` where the action was carried out all the same. */
  readonly problems: readonly (RowProblem & { readonly partly: boolean })[];
}

export interface ScanResult {
  readonly type: "scan";
}

export interface FlushResult {
  readonly type: "flush";
}

export type JobResult =
  | FlushResult
  | ScanResult
  | ContentResult
  | HashResult
  | ChunkResult
  | ApplyResult
  | PackResult
  | UnpackResult;

/** What a worker is told when it starts. */
export interface WorkerStart {
  readonly force: "libc" | "portable" | undefined;
  readonly binding: HashBinding | undefined;
  readonly natives: NativeParts | undefined;
  /** Where the process keeps compiled code; threads have to be told. */
  readonly compileCache: string | undefined;
}

/** From the main thread to a worker: one at a time. */
export interface WorkerTask {
  readonly job: Job;
}

/** From a worker to the main thread. */
export type WorkerMessage =
  /** Native parts are loaded: from here on the thread can be ended without ending the process. */
  | { readonly type: "up" }
  /** A slot has been filled. `names` where the slot had too little room for them. */
  | {
      readonly type: "chunk";
      readonly slot: number;
      readonly count: number;
      readonly extras: SnapshotChunk["extras"];
      readonly names: Uint8Array | undefined;
    }
  | { readonly type: "result"; readonly result: JobResult }
  | { readonly type: "failed"; readonly error: WorkerFailure };

/** What ended a job as a whole. */
export interface WorkerFailure {
  /** The errno's name where the root could not be read. */
  readonly errno: string | undefined;
  readonly message: string;
  readonly stack: string | undefined;
}

export function splitPaths(paths: string): RelPath[] {
  return paths === "" ? [] : (paths.split("\0") as RelPath[]);
}
