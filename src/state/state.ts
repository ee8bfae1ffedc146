/**
 * `state` is what outlives a run: locks and the history of runs, in the user's state directory. Losing it costs comfort,
 * never correctness. It knows nothing of trees or of how a run is done. This file is the contract that others see.
 */

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

export interface StateStore extends AsyncDisposable {
  /** Takes the lock, or says who has it. Never waits. */
  lock(key: string, what: string): Promise<Lock | LockHolder>;
  /** Mount points seen by the last good run of the pair; `undefined` where there was none. */
  knownMounts(source: string, target: string): KnownMounts | undefined;
  /** Records a finished run and returns its number, which only grows; 0 where there is no history. */
  recordRun(run: RunRecord): number;
  /** The last runs, newest first. */
  listRuns(limit: number): readonly NumberedRun[];
}

/** Whether {@link StateStore.lock} gave the lock. */
export function isLock(value: Lock | LockHolder): value is Lock {
  return Symbol.asyncDispose in value;
}
