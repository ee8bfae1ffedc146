import { SyncError } from "../base/errors.ts";
import type { RememberedHashes } from "../engine/remembered-checks.ts";
import type { Recorder } from "../state/state.ts";

/** What is remembered of one pair, for as long as it is looked at. */
export interface PairMemory extends RememberedHashes, AsyncDisposable {
  /** Keeps what was to be remembered; without it, nothing is. */
  keep(): Promise<void>;
}

/** Keeps nothing and knows nothing: what there is without a state. */
const noMemory: PairMemory = {
  lookup: async (paths) => paths.map(() => undefined),
  remember: () => {},
  keep: async () => {},
  [Symbol.asyncDispose]: async () => {},
};

/**
 * Opens what is remembered of the pair of roots, real paths both. A state that cannot be used is said, and nothing is
 * remembered.
 */
export async function openPairMemory(
  stateDir: string | undefined,
  [source, target]: readonly [source: string, target: string],
  onNotice: (message: string) => void,
): Promise<PairMemory> {
  if (stateDir === undefined) return noMemory;
  const { openState } = await import("../state/store.ts");
  try {
    const store = await openState(stateDir, { onNotice });
    const baseline = store.openBaseline(source, target);
    let recorder: Recorder | undefined;
    return {
      lookup: (paths) => baseline.lookup(paths),
      remember(path, entry, hash) {
        recorder ??= baseline.record("changes");
        recorder.put(path, { ...entry, hash });
      },
      async keep() {
        await recorder?.commit();
        recorder = undefined;
      },
      async [Symbol.asyncDispose]() {
        recorder?.abandon();
        await store[Symbol.asyncDispose]();
      },
    };
  } catch (error) {
    if (!(error instanceof SyncError)) throw error;
    onNotice(`${error.message}; nothing is remembered`);
    return noMemory;
  }
}
