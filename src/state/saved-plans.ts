import type { DatabaseSync, SQLOutputValue } from "node:sqlite";
import { inTransaction } from "./database.ts";
import { pack, unpack } from "./packed.ts";
import type { FoundPlan, SavedPlan } from "./state.ts";

const keptPlans = 100;
const keptMs = 30 * 24 * 3600 * 1000;
const columns = "id, made_at, title, applied_at";

/** `false` where the id is taken. */
export function insertPlan(
  database: DatabaseSync,
  plan: { readonly id: string; readonly title: string; readonly body: Uint8Array },
): boolean {
  const now = Date.now();
  const { encoding, body } = pack(plan.body);
  return inTransaction(database, () => {
    const { changes } = database
      .prepare(
        "INSERT OR IGNORE INTO plans (id, made_at, title, encoding, body) VALUES (?, ?, ?, ?, ?)",
      )
      .run(plan.id, new Date(now).toISOString(), plan.title, encoding, body);
    if (Number(changes) === 0) return false;
    database
      .prepare("DELETE FROM plans WHERE made_at < ? AND id <> ?")
      .run(new Date(now - keptMs).toISOString(), plan.id);
    // By rowid, which is the order in which they were saved, whatever the clock said.
    database
      .prepare(
        `DELETE FROM plans
         WHERE rowid <= (SELECT rowid FROM plans ORDER BY rowid DESC LIMIT 1 OFFSET ?)`,
      )
      .run(keptPlans);
    return true;
  });
}

/** By its id, or by a beginning that only one id has. A body that is damaged is as good as none. */
export function findPlan(database: DatabaseSync, idOrPrefix: string): FoundPlan {
  // Compared piece by piece, since the characters that LIKE and GLOB give a meaning may be typed as well.
  const ids = database
    .prepare("SELECT id FROM plans WHERE substr(id, 1, length(?1)) = ?1 ORDER BY id")
    .all(idOrPrefix)
    .map((row) => String(row["id"]));
  const id = ids.includes(idOrPrefix) ? idOrPrefix : ids[0];
  if (id === undefined || idOrPrefix === "") return { type: "none" };
  if (id !== idOrPrefix && ids.length > 1) return { type: "ambiguous", ids };
  const row = database.prepare(`SELECT ${columns}, encoding, body FROM plans WHERE id = ?`).get(id);
  const body = unpack(row?.["encoding"], row?.["body"]);
  if (row === undefined || body === undefined) return { type: "none" };
  return { type: "found", plan: planOf(row), body };
}

/** `true` where it had not been applied before. */
export function applyPlanOnce(database: DatabaseSync, id: string): boolean {
  const { changes } = database
    .prepare("UPDATE plans SET applied_at = ? WHERE id = ? AND applied_at IS NULL")
    .run(new Date().toISOString(), id);
  return Number(changes) > 0;
}

export function selectPlans(database: DatabaseSync, limit: number): readonly SavedPlan[] {
  return database
    .prepare(`SELECT ${columns} FROM plans ORDER BY rowid DESC LIMIT ?`)
    .all(Math.max(0, limit))
    .map(planOf);
}

function planOf(row: Readonly<Record<string, SQLOutputValue>>): SavedPlan {
  const appliedAt = row["applied_at"];
  return {
    id: String(row["id"]),
    madeAt: String(row["made_at"]),
    title: String(row["title"]),
    appliedAt: typeof appliedAt === "string" ? appliedAt : undefined,
  };
}
