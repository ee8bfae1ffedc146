import type { DatabaseSync } from "node:sqlite";
import type { Change } from "./baseline-edit.ts";
import { editBaseline } from "./baseline-edit.ts";
import type { Pair } from "./baseline-rows.ts";
import { baselineId } from "./baseline-rows.ts";
import { newBlobStore } from "./blob-store.ts";
import { inTransaction } from "./database.ts";
import type { ScanRows } from "./scan-rows.ts";
import { gatherDirectories } from "./scan-rows.ts";

/** Baselines that no run has renewed for so long belong to pairs that are no more. */
const keptMs = 400 * 24 * 3600 * 1000;

/** What a baseline shall become, gathered in whichever thread writes it. */
export interface Draft {
  rows(rows: ScanRows): void;
  changes(changes: readonly Change[]): void;
  /** In one transaction. Throws what SQLite throws; then nothing has changed. */
  commit(database: DatabaseSync): void;
}

export function newDraft(pair: Pair, mode: "all" | "changes"): Draft {
  const directories = newBlobStore();
  const gatherer = gatherDirectories((key, blob) => directories.add(key, blob));
  const changes: Change[] = [];
  return {
    rows: (rows) => gatherer.add(rows),
    changes(more) {
      for (const change of more) changes.push(change);
    },
    commit(database) {
      gatherer.end();
      const now = Date.now();
      inTransaction(database, () => {
        const id = renew(database, pair, new Date(now).toISOString());
        if (mode === "all") {
          database.prepare("DELETE FROM baseline_directories WHERE baseline = ?").run(id);
          const insert = database.prepare(
            "INSERT INTO baseline_directories (baseline, directory, entries) VALUES (?, ?, ?)",
          );
          for (const [key, blob] of directories) insert.run(id, key, blob);
        }
        if (changes.length > 0) editBaseline(database, id, changes);
        forget(database, new Date(now - keptMs).toISOString());
      });
    },
  };
}

function renew(database: DatabaseSync, pair: Pair, savedAt: string): number {
  const { source, target } = pair;
  database
    .prepare(
      `INSERT INTO baselines (source, target, saved_at) VALUES (?, ?, ?)
       ON CONFLICT (source, target) DO UPDATE SET saved_at = excluded.saved_at`,
    )
    .run(source, target, savedAt);
  return baselineId(database, pair)!;
}

function forget(database: DatabaseSync, before: string): void {
  database
    .prepare(
      `DELETE FROM baseline_directories
       WHERE baseline IN (SELECT id FROM baselines WHERE saved_at < ?)`,
    )
    .run(before);
  database.prepare("DELETE FROM baselines WHERE saved_at < ?").run(before);
}
