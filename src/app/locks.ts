import { SyncError } from "../base/errors.ts";
import type { Endpoint } from "../endpoint/endpoint.ts";
import { machineId } from "../fs/boot-id.ts";
import type { Lock, LockHolder, StateStore } from "../state/state.ts";
import { isLock } from "../state/state.ts";
import type { Located } from "./replica-key.ts";
import { hostKey, replicaKey } from "./replica-key.ts";

/** The locks of one run. A target is locked by what it is, so that another name for it finds the same lock. */
export interface Locks extends AsyncDisposable {
  /** Locks a target; returns whoever holds it already. */
  take(place: LockedPlace, what: string): Promise<LockHolder | undefined>;
}

export interface LockedPlace extends Located {
  readonly endpoint: Pick<Endpoint, "machine">;
}

/** What whoever comes second is told. */
export function inUse(location: string, { pid, host, since, what }: LockHolder): SyncError {
  const message = `${location} is in use by process ${pid} on ${host} since ${since} (${what})`;
  return new SyncError("LOCKED", message, { hint: "Wait for it to end, or stop it." });
}

/**
 * Without a store there are no locks, and where the state directory cannot hold any, none are taken: that is said, and the
 * run goes on, since a lock is comfort and every action checks what it finds.
 */
export function newLocks(
  store: StateStore | undefined,
  onNotice: (message: string) => void,
): Locks {
  const held: Lock[] = [];
  const tryLock = async (
    from: StateStore,
    key: string,
    what: string,
  ): Promise<Lock | LockHolder | undefined> => {
    try {
      return await from.lock(key, what);
    } catch (error) {
      if (!(error instanceof SyncError)) throw error;
      onNotice(`${error.message}; going on without a lock`);
      return undefined;
    }
  };
  return {
    async take(place, what) {
      if (store === undefined) return undefined;
      for (const key of keysOf(place)) {
        const taken = await tryLock(store, key, what);
        if (taken === undefined) return undefined;
        if (!isLock(taken)) return taken;
        held.push(taken);
      }
      return undefined;
    },
    async [Symbol.asyncDispose]() {
      for (const lock of held.toReversed()) await lock[Symbol.asyncDispose]();
    },
  };
}

/**
 * By place always, since a missing root has nothing else; by identity as well where there is one. A host that turns out to be
 * this machine has this machine's identities.
 */
function keysOf(place: LockedPlace): string[] {
  const { root, endpoint, where } = place;
  const byPath = `target:path:${replicaKey(place)}`;
  if (root.missing.length > 0) return [byPath];
  const machine = endpoint.machine === machineId() ? "" : `${hostKey(where)} `;
  return [byPath, `target:identity:${machine}${root.lineage[0]}`];
}
