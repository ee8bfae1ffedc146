import type { Entry } from "../core/entry.ts";
import type { RelPath } from "../core/path.ts";
import type { Action, Plan } from "../core/plan.ts";
import type { SnapshotChunk } from "../core/snapshot.ts";
import type { Outcome } from "../endpoint/endpoint.ts";
import type { HashedFile } from "./hash-copies.ts";
import type { Baseline, Recorder, RememberedEntry } from "../state/state.ts";

/**
 * Writes down what a pair of replicas holds, from outcomes and never from plans: the first time all that the source's scan
 * shows, later what has changed. Without a baseline nothing is done.
 */
export interface Remembrance {
  /** Lets a scan of the source pass, and looks at it on its way where everything is to be written down. */
  watch(chunks: AsyncIterable<SnapshotChunk>): AsyncIterable<SnapshotChunk>;
  note(outcome: Outcome): void;
  /** What a file has been found to hold. */
  noteHash(file: HashedFile): void;
  /** Whether anything is going to be remembered at all, and whether that is all that a scan shows. */
  readonly isWanted: boolean;
  readonly wantsAll: boolean;
  /** Makes it last. A run that could not do everything leaves out what it could not do. */
  commit(plan: Plan): Promise<void>;
  /** Forgets what was noted; does nothing after {@link Remembrance.commit}. */
  abandon(): void;
}

export function newRemembrance(baseline: Baseline | undefined): Remembrance {
  const wantsAll = baseline !== undefined && !baseline.isKnown();
  let isWatched = false;
  let recorder: Recorder | undefined;
  const begin = (): Recorder | undefined =>
    (recorder ??= baseline?.record(wantsAll ? "all" : "changes"));
  return {
    watch(chunks) {
      isWatched = true;
      return wantsAll ? watchChunks(chunks, begin) : chunks;
    },
    note({ action, done }) {
      // Changes alone make no baseline.
      if (baseline === undefined || (wantsAll && !isWatched)) return;
      if (!done) begin()?.remove(action.path);
      else if (!wantsAll) noteDone(action, begin);
    },
    isWanted: baseline !== undefined,
    wantsAll,
    noteHash({ path, entry, hash }) {
      if (baseline === undefined || (wantsAll && !isWatched)) return;
      begin()?.put(path, { ...remembered(entry), hash });
    },
    async commit({ problems }) {
      for (const { path } of wantsAll ? problems : []) recorder?.remove(path);
      const last = recorder;
      recorder = undefined;
      await last?.commit();
    },
    abandon() {
      recorder?.abandon();
      recorder = undefined;
    },
  };
}

async function* watchChunks(
  chunks: AsyncIterable<SnapshotChunk>,
  begin: () => Recorder | undefined,
): AsyncGenerator<SnapshotChunk> {
  const recorder = begin();
  for await (const chunk of chunks) {
    recorder?.chunk(chunk);
    yield chunk;
  }
}

function noteDone(action: Action, begin: () => Recorder | undefined): void {
  switch (action.type) {
    case "move":
      begin()?.move(action.from, action.path);
      return;
    case "exchange":
      swap(begin(), action.from, action.path);
      return;
    case "remove":
      begin()?.remove(action.path);
      return;
    case "remove-leftover":
      return;
    case "finish-directory":
      if (action.shown) begin()?.put(action.path, remembered(action.entry));
      return;
    default:
      begin()?.put(action.path, remembered(action.entry));
  }
}

/** No entry of a tree has this name. */
const aside = ".syncline-aside" as RelPath;

function swap(recorder: Recorder | undefined, one: RelPath, other: RelPath): void {
  recorder?.move(one, aside);
  recorder?.move(other, one);
  recorder?.move(aside, other);
}

function remembered(entry: Entry): RememberedEntry {
  const { kind, size, mtimeSec, mtimeNs, ctimeSec, ctimeNs } = entry;
  const { dev, inoHigh, inoLow, birthSec, birthNs } = entry;
  const times = { mtimeSec, mtimeNs, ctimeSec, ctimeNs };
  return { kind, size, ...times, dev, inoHigh, inoLow, birthSec, birthNs };
}
