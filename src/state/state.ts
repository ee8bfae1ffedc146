/**
 * `state` is what outlives a run: locks, the history of runs, what each pair of replicas was known to hold, and saved
 * plans, in the user's state directory. Losing it costs comfort and speed, never correctness. It knows nothing of how a
 * run is done or a plan is written. This file is the contract that others see.
 */
import type { ByteString } from "../base/byte-string.ts";
import type { ChunkedFile, FileFacts } from "../core/chunk-list.ts";
import type { EntryKind } from "../core/entry.ts";
import type { RelPath } from "../core/path.ts";
import type { SnapshotChunk } from "../core/snapshot.ts";

/** Who holds a lock. */
export interface LockHolder {
  /** 0 where it is not known. */
  readonly pid: number;
  readonly host: string;
  /** ISO 8601, UTC. */
  readonly since: string;
  /** What it is doing, in words: `mirror /a → /b`. */
  readonly what: string;
}

/** A lock that is held until disposed of; a process that dies loses its locks at once. */
export interface Lock extends AsyncDisposable {
  readonly key: string;
}

/** One finished run of one source and one target. */
export interface RunRecord {
  readonly source: string;
  readonly target: string;
  /** ISO 8601, UTC. */
  readonly startedAt: string;
  readonly durationMs: number;
  readonly exitCode: number;
  /** The `summary` object of the run, as `--json` printed it. */
  readonly summary: Readonly<Record<string, unknown>>;
  /** `undefined` where a root was missing. */
  readonly sourceMount: string | undefined;
  readonly targetMount: string | undefined;
}

/** A run as it was recorded. */
export interface NumberedRun extends RunRecord {
  readonly number: number;
}

/** Where each replica of a pair was mounted when the pair last ran well. */
export interface KnownMounts {
  readonly source: string | undefined;
  readonly target: string | undefined;
}

/** What a run did, line by line: each an `action` or a `problem` object as `--json` prints it. */
export interface RunBody {
  readonly lines: readonly string[];
  /** How many more there were. */
  readonly dropped: number;
}

/** A run, and what is still known of what it did: `undefined` where that is not kept, or not any more. */
export interface RunEvents {
  readonly run: NumberedRun;
  readonly body: RunBody | undefined;
}

/** What tells one inode from every other, also from one that has its number later. */
export interface RememberedIdentity {
  readonly dev: number;
  readonly inoHigh: number;
  readonly inoLow: number;
  /** 0 where the file system does not say. */
  readonly birthSec: number;
  readonly birthNs: number;
}

/** What both replicas of a pair were known to hold at one path; times and identity are those of the source. */
export interface RememberedEntry extends RememberedIdentity {
  readonly kind: EntryKind;
  readonly size: number;
  readonly mtimeSec: number;
  readonly mtimeNs: number;
  readonly ctimeSec: number;
  readonly ctimeNs: number;
  readonly hash?: RememberedHash;
}

export type HashAlgorithm = "blake3" | "sha256" | "sha1" | "md5";

export interface RememberedHash {
  readonly algorithm: HashAlgorithm;
  /** The digest's bytes, not its hexadecimal form. */
  readonly digest: ByteString;
}

export interface RememberedPath {
  readonly path: RelPath;
  readonly entry: RememberedEntry;
}

/** {@link RememberedIdentity} as one key, for maps. */
export function rememberedKey(one: RememberedIdentity): string {
  return `${one.dev}:${one.inoHigh}:${one.inoLow}:${one.birthSec}:${one.birthNs}`;
}

/**
 * What the replicas of one pair were known to hold after the last run. Nothing is opened before it is asked. Trouble with
 * it is one notice of the store's, and then nothing is known: every question has the answer of an empty baseline.
 */
export interface BaselineReader {
  /** Whether there is one, even of an empty tree. */
  isKnown(): boolean;
  /**
   * Where these were, by {@link rememberedKey}; what is not remembered is left out. Of an inode with several names one is
   * found, the same each time.
   */
  findByIdentity(
    wanted: readonly RememberedIdentity[],
  ): Promise<ReadonlyMap<string, RememberedPath>>;
  /** All files of these sizes, in no particular order. */
  findBySize(sizes: ReadonlySet<number>): Promise<readonly RememberedPath[]>;
  /** One answer for each path, in the same order. The root is the path `""`. */
  lookup(paths: readonly RelPath[]): Promise<readonly (RememberedEntry | undefined)[]>;
}

export interface Baseline extends BaselineReader {
  /**
   * Begins to write down what the replicas hold now. `all` puts a new baseline in the place of the old one, `changes`
   * alters what is there. Until {@link Recorder.commit} nothing is seen by anyone, and the database is not held.
   */
  record(mode: "all" | "changes"): Recorder;
}

/**
 * Gathers what a baseline shall become. Rows of a scan come first in effect; `put`, `remove` and `move` are then applied
 * in the order of the calls. To be ended with either `commit` or `abandon`.
 */
export interface Recorder {
  /**
   * Rows of the source's scan, in path order from the root on; mode `all` only. What could not be read or was shut out is
   * left out. Copied at once, so that the chunk may be used again.
   */
  chunk(chunk: SnapshotChunk): void;
  /** What is a directory no longer loses what was below it. */
  put(path: RelPath, entry: RememberedEntry): void;
  /** Forgets a path with everything below it. */
  remove(path: RelPath): void;
  /** Takes a path with everything below it to another place, instead of whatever was there. */
  move(from: RelPath, to: RelPath): void;
  /** In one transaction. Trouble is the store's notice; then the baseline is the old one, whole. */
  commit(): Promise<void>;
  abandon(): void;
}

/**
 * What large files of one replica consist of, as they were when they were last looked into. Whether a file still is what it was
 * then (`isStill` in `core`) is for others to find out. The lists that were put longest ago go when there are too many.
 */
export interface ChunkMemory {
  /** All files of which something is known, those that were put last first. */
  files(): readonly RememberedFile[];
  /** What is known of these, in the same order. */
  lookup(paths: readonly RelPath[]): readonly (ChunkedFile | undefined)[];
  /** Follows what has been done to the replica, in that order, in a transaction of its own. */
  note(changes: readonly ChunkChange[]): void;
}

export interface RememberedFile {
  readonly path: RelPath;
  readonly facts: FileFacts;
}

/** What has become of files of which something may be known. */
export type ChunkChange =
  | { readonly type: "put"; readonly path: RelPath; readonly file: ChunkedFile }
  /** It is gone, or another one. */
  | { readonly type: "forget"; readonly path: RelPath }
  /** It has gone elsewhere, with everything below it, in the place of whatever was there. Its own ctime is another one, which nobody knows. */
  | { readonly type: "move"; readonly from: RelPath; readonly to: RelPath }
  /** Its content is the same, but its ctime is another one, and its mtime is this one, if it is said. */
  | { readonly type: "touch"; readonly path: RelPath; readonly mtime: Mtime | undefined };

export type Mtime = Pick<FileFacts, "mtimeSec" | "mtimeNs">;

/** A plan as it was saved. */
export interface SavedPlan {
  readonly id: string;
  /** ISO 8601, UTC. */
  readonly madeAt: string;
  readonly title: string;
  /** ISO 8601, UTC; `undefined` where it has not been applied. */
  readonly appliedAt: string | undefined;
}

/** What is found under an id, or the beginning of one. An id that is given in full is never ambiguous. */
export type FoundPlan =
  | { readonly type: "found"; readonly plan: SavedPlan; readonly body: Uint8Array }
  | { readonly type: "none" }
  | { readonly type: "ambiguous"; readonly ids: readonly string[] };

export interface StateStore extends AsyncDisposable {
  /** Takes the lock, or says who has it. Never waits. */
  lock(key: string, what: string): Promise<Lock | LockHolder>;
  /** Mount points seen by the last good run of the pair; `undefined` where there was none. */
  knownMounts(source: string, target: string): KnownMounts | undefined;
  /**
   * Records a finished run and returns its number, which only grows; 0 where there is no history. The body is kept for
   * the last 50 runs that have one.
   */
  recordRun(run: RunRecord, body?: RunBody): number;
  /** The last runs, newest first. */
  listRuns(limit: number): readonly NumberedRun[];
  /** One run; `undefined` where there is none of that number. */
  listEvents(run: number): RunEvents | undefined;
  /** The baseline of a pair, by the roots' real paths. */
  openBaseline(source: string, target: string): Baseline;
  /** What files of a replica consist of, by its root's real path. */
  openChunks(replica: string): ChunkMemory;
  /**
   * Saves a plan under an id of its own. Plans older than 30 days go, and the oldest beyond 100. `false` where the id is taken
   * or nothing can be saved.
   */
  savePlan(id: string, title: string, body: Uint8Array): boolean;
  loadPlan(idOrPrefix: string): FoundPlan;
  /** `true` for one caller only, whoever else tries at the same time; `false` where it was applied already, or is gone. */
  markPlanApplied(id: string): boolean;
  /** The last plans, newest first. */
  listPlans(limit: number): readonly SavedPlan[];
}

/** Whether {@link StateStore.lock} gave the lock. */
export function isLock(value: Lock | LockHolder): value is Lock {
  return Symbol.asyncDispose in value;
}
