/** The thread that keeps large baselines: does what it is told, in order, with a connection of its own. */
import { enableCompileCache } from "node:module";
import { parentPort, workerData } from "node:worker_threads";
import type { DatabaseSync } from "node:sqlite";
import type { Draft } from "./baseline-draft.ts";
import { newDraft } from "./baseline-draft.ts";
import { answer } from "./baseline-rows.ts";
import { stateDatabase, untouchedDatabase } from "./database.ts";
import type { EntryRows } from "./entry-rows.ts";
import { newRows, pushEntry } from "./entry-rows.ts";
import type { RememberedPath } from "./state.ts";
import type { StateAnswer, StateOrder, StateThreadStart } from "./state-thread.ts";

const port = parentPort!;
const { path, untouched, compileCache } = workerData as StateThreadStart;
if (compileCache !== undefined) enableCompileCache(compileCache);

const drafts = new Map<number, Draft>();
let failed: string | undefined;
const database = untouched
  ? untouchedDatabase(path)
  : stateDatabase(path, (_message, reason) => (failed = reason));

port.on("message", (order: StateOrder) => {
  switch (order.type) {
    case "begin":
      drafts.set(order.draft, newDraft(order.pair, order.mode));
      return;
    case "rows":
      drafts.get(order.draft)?.rows(order.rows);
      return;
    case "changes":
      drafts.get(order.draft)?.changes(order.changes);
      return;
    case "abandon":
      drafts.delete(order.draft);
      return;
    case "ask":
      return reply(order.number, (open) => columnsOf(answer(open, order.pair, order.question)));
    case "commit": {
      const draft = drafts.get(order.draft);
      drafts.delete(order.draft);
      return reply(order.number, (open) => draft?.commit(open));
    }
    case "end":
      database[Symbol.dispose]();
      port.close();
  }
});

function reply(number: number, work: (open: DatabaseSync) => EntryRows | void): void {
  const found = database.attempt(undefined, work) ?? undefined;
  const columns = (found?.columns ?? []).map(({ buffer }) => buffer as ArrayBuffer);
  port.postMessage({ number, found, failed } satisfies StateAnswer, columns);
}

/** Columns cross as memory, which takes a fraction of what as many objects would. */
function columnsOf(found: readonly RememberedPath[]): EntryRows {
  const rows = newRows(Math.max(1, found.length));
  for (const { path: name, entry } of found) pushEntry(rows, name, entry);
  return rows;
}
