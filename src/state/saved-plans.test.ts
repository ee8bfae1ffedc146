import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { StateStore } from "./state.ts";
import { openState } from "./store.ts";

let dir = "";
let notices: string[] = [];
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "syncline-plans-"));
  notices = [];
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const open = (): Promise<StateStore> =>
  openState(dir, { onNotice: (message) => notices.push(message) });
const body = (text: string): Uint8Array => new TextEncoder().encode(text);
const sql = (text: string): void => {
  using database = new DatabaseSync(join(dir, "syncline.db"));
  database.exec(text);
};

test("a plan comes back as it was saved, small or large, after being opened again", async () => {
  const large = body("a line of a plan\n".repeat(50_000));
  {
    await using store = await open();
    expect([
      store.savePlan("small", "mirror /a → /b", body("x")),
      store.savePlan("large", "mirror /c → /d", large),
      store.savePlan("small", "another", body("y")),
    ]).toEqual([true, true, false]);
  }
  await using store = await open();
  const at = expect.stringMatching(/^20\d\d-\d\d-\d\dT.*Z$/);
  const small = { id: "small", madeAt: at, title: "mirror /a → /b", appliedAt: undefined };
  expect(store.loadPlan("small")).toEqual({ type: "found", plan: small, body: body("x") });
  const found = store.loadPlan("large");
  expect(found.type === "found" && Buffer.from(found.body).equals(large)).toBe(true);
  expect(store.listPlans(9)).toEqual([
    { id: "large", madeAt: at, title: "mirror /c → /d", appliedAt: undefined },
    small,
  ]);
  expect([store.listPlans(1).length, notices]).toEqual([1, []]);
});

test("a plan is found by the beginning of its id, unless several begin so", async () => {
  await using store = await open();
  for (const id of ["ab", "abc", "b%d", "b_e"]) store.savePlan(id, id, body(id));
  const found = (typed: string): unknown => {
    const one = store.loadPlan(typed);
    return one.type === "found" ? one.plan.id : one;
  };
  expect(["ab", "abc", "a", "b%", "b", "%", "_", "", "c"].map(found)).toEqual([
    "ab",
    "abc",
    { type: "ambiguous", ids: ["ab", "abc"] },
    "b%d",
    { type: "ambiguous", ids: ["b%d", "b_e"] },
    { type: "none" },
    { type: "none" },
    { type: "none" },
    { type: "none" },
  ]);
});

test("a plan is applied once, whoever asks", async () => {
  await using one = await open();
  await using other = await open();
  one.savePlan("p", "a plan", body("x"));
  expect([
    one.markPlanApplied("nobody's"),
    one.markPlanApplied("p"),
    other.markPlanApplied("p"),
    one.markPlanApplied("p"),
  ]).toEqual([false, true, false, false]);
  expect(other.listPlans(1)[0]?.appliedAt).toMatch(/^20\d\d-/);
});

test("plans of more than thirty days go, and the oldest of more than a hundred", async () => {
  await using store = await open();
  for (const id of ["old", "young"]) store.savePlan(id, id, body(id));
  const before = (days: number) => new Date(Date.now() - days * 86_400_000).toISOString();
  sql(`UPDATE plans SET made_at = '${before(31)}' WHERE id = 'old'`);
  sql(`UPDATE plans SET made_at = '${before(29)}' WHERE id = 'young'`);
  store.savePlan("new", "new", body("new"));
  expect(store.listPlans(999).map(({ id }) => id)).toEqual(["new", "young"]);
  for (let i = 0; i < 100; i++) store.savePlan(`plan${i}`, "one of many", body("x"));
  const ids = store.listPlans(999).map(({ id }) => id);
  expect([ids.length, ids[0], ids.at(-1), notices]).toEqual([100, "plan99", "plan0", []]);
});

test("a plan whose body is damaged is none, and a database that is costs a notice", async () => {
  {
    await using store = await open();
    store.savePlan("p", "a plan", body("x".repeat(9999)));
    sql("UPDATE plans SET body = zeroblob(50)");
    expect([store.loadPlan("p"), notices]).toEqual([{ type: "none" }, []]);
  }
  sql("PRAGMA user_version = 99");
  await using store = await open();
  expect([
    store.loadPlan("p"),
    store.savePlan("q", "q", body("q")),
    store.markPlanApplied("p"),
    store.listPlans(9),
    notices.length,
  ]).toEqual([{ type: "none" }, false, false, [], 1]);
});
