/** Bounds of a batch, and how many are under way at once. */
export interface BatchBounds {
  readonly files: number;
  readonly bytes: number;
  readonly ahead: number;
}

/** The bounds that serve where an end is at hand, or those where every batch is a question to another host. */
export interface BoundsChoice {
  readonly near: BatchBounds;
  readonly far: BatchBounds;
}

export function boundsFor(
  { near, far }: BoundsChoice,
  ...ends: readonly { readonly capabilities: { readonly remote: boolean } }[]
): BatchBounds {
  return ends.some(({ capabilities }) => capabilities.remote) ? far : near;
}

/**
 * Files that have to be read, sent off many at a time: a call for each would cost more than most of them hold. Batches may end
 * in any order; the first that fails ends the whole.
 */
export interface Batches<T> {
  /** Resolves when there is room for more. Rejects with whatever a batch has failed with. */
  add(item: T, bytes: number): Promise<void>;
  finish(): Promise<void>;
}

export function newBatches<T>(
  bounds: BatchBounds,
  work: (batch: readonly T[]) => Promise<void>,
): Batches<T> {
  let batch: T[] = [];
  let bytes = 0;
  const running = new Set<Promise<void>>();
  let failure: { readonly error: unknown } | undefined;
  const send = (): void => {
    const done = work(batch)
      .catch((error: unknown) => {
        failure ??= { error };
      })
      .finally(() => running.delete(done));
    running.add(done);
    batch = [];
    bytes = 0;
  };
  return {
    async add(item, size) {
      batch.push(item);
      bytes += size;
      if (batch.length < bounds.files && bytes < bounds.bytes) return;
      send();
      while (running.size >= bounds.ahead) await Promise.race(running);
      if (failure !== undefined) throw failure.error;
    },
    async finish() {
      if (batch.length > 0) send();
      await Promise.all(running);
      if (failure !== undefined) throw failure.error;
    },
  };
}
