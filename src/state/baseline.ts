import type { RelPath } from "../core/path.ts";
import type { Change } from "./baseline-edit.ts";
import { newDraft } from "./baseline-draft.ts";
import type { Pair, Question } from "./baseline-rows.ts";
import { answer, baselineId, isLarge } from "./baseline-rows.ts";
import type { StateDatabase } from "./database.ts";
import { reasonOf } from "./database.ts";
import type { ScanRows } from "./scan-rows.ts";
import { copyRows } from "./scan-rows.ts";
import type { Baseline, Recorder, RememberedPath } from "./state.ts";
import { rememberedKey } from "./state.ts";
import type { StateThread } from "./state-thread.ts";

/** Starting a thread costs 30 ms: as much as writing thousands of entries, or looking through a hundred thousand. */
export interface ThreadLimits {
  /** A recorder with more entries and changes than this writes them in the thread. */
  readonly entries: number;
  /** A baseline with more bytes than this is looked through in the thread. */
  readonly bytes: number;
}

export const usualLimits: ThreadLimits = { entries: 500, bytes: 8 * 1024 * 1024 };

/** As many changes as go to the thread at once. */
const batch = 512;

/** The baseline of a pair: in this thread where there is little of it, or in the thread that keeps large ones. */
export function openBaseline(
  pair: Pair,
  database: StateDatabase,
  thread: StateThread,
  limits: ThreadLimits,
): Baseline {
  const inThread = async <T>(fallback: T, work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (error) {
      database.giveUp(reasonOf(error));
      return fallback;
    }
  };
  const ask = async (question: Question): Promise<readonly RememberedPath[]> => {
    const count = question.type === "lookup" ? question.paths.length : Infinity;
    const isMuch =
      thread.isRunning() ||
      (count > limits.entries && database.read(false, (open) => isLarge(open, pair, limits.bytes)));
    if (!isMuch) return database.read([], (open) => answer(open, pair, question));
    return inThread([], () => thread.ask(pair, question));
  };
  return {
    isKnown: () => database.read(false, (open) => baselineId(open, pair) !== undefined),
    async findByIdentity(wanted) {
      if (wanted.length === 0) return new Map();
      const found = await ask({ type: "identity", wanted });
      return new Map(found.map((one) => [rememberedKey(one.entry), one]));
    },
    findBySize: (sizes) => ask({ type: "size", sizes }),
    async lookup(paths) {
      const found = await ask({ type: "lookup", paths });
      const byPath = new Map(found.map(({ path, entry }) => [path, entry]));
      return paths.map((path) => byPath.get(path));
    },
    record: (mode) => newRecorder(mode),
  };

  function newRecorder(mode: "all" | "changes"): Recorder {
    let rows: ScanRows[] = [];
    let changes: Change[] = [];
    let entries = 0;
    /** The draft's number in the thread, once there is one. */
    let draft: number | undefined;

    const hand = (): void => {
      draft ??= thread.begin(pair, mode);
      for (const one of rows) thread.rows(draft, one);
      if (changes.length > 0) thread.changes(draft, changes);
      [rows, changes] = [[], []];
    };
    const add = (change: Change): void => {
      changes.push(change);
      entries++;
      if (draft === undefined ? entries > limits.entries : changes.length >= batch) hand();
    };
    return {
      chunk(chunk) {
        if (mode !== "all")
          throw new Error("rows of a scan are a new baseline, not changes of one");
        rows.push(copyRows(chunk));
        entries += chunk.count;
        if (draft !== undefined || entries > limits.entries) hand();
      },
      put: (path, entry) => add({ type: "put", path, entry }),
      remove: (path: RelPath) => add({ type: "remove", path }),
      move: (from, to) => add({ type: "move", from, to }),
      async commit() {
        if (draft === undefined && thread.isRunning()) hand();
        if (draft !== undefined) {
          hand();
          const number = draft;
          return inThread(undefined, () => thread.commit(number));
        }
        const own = newDraft(pair, mode);
        for (const one of rows) own.rows(one);
        own.changes(changes);
        database.attempt(undefined, (open) => own.commit(open));
      },
      abandon() {
        [rows, changes] = [[], []];
        if (draft !== undefined) thread.abandon(draft);
      },
    };
  }
}
