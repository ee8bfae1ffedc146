import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { startStateProcess } from "../../test/support/state-process.ts";
import { SyncError } from "../base/errors.ts";
import { takeLock } from "./lock-file.ts";
import { isLock, type Lock, type LockHolder } from "./state.ts";
import { openState } from "./store.ts";

let dir = "";
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "syncline-lock-"));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const locks = (): string => join(dir, "locks");

async function takeHere(key = "a"): Promise<Lock> {
  const result = await takeLock(locks(), key, "held here");
  if (!isLock(result)) throw new Error(`held by ${result.pid}`);
  return result;
}

function noteFile(): string {
  const name = readdirSync(locks()).find((file) => file.endsWith(".json"));
  return join(locks(), name ?? "no note");
}

describe("within one process", () => {
  test("the second taker learns who has it, and other keys are free", async () => {
    await using held = await takeHere();
    await using _other = await takeHere("b");
    expect(held.key).toBe("a");
    expect(await takeLock(locks(), "a", "again")).toEqual({
      pid: process.pid,
      host: hostname(),
      since: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/) as string,
      what: "held here",
    });
  });

  test("asking who has it does not take it away", async () => {
    await using _held = await takeHere();
    await takeLock(locks(), "a", "again");
    await takeLock(locks(), "a", "and again");
    await using other = await startStateProcess(dir);
    expect(await other.tell({ type: "lock", key: "a" })).toMatchObject({
      holder: { pid: process.pid },
    });
  });

  test("a lock given back is free, and giving it back twice does not free the next one", async () => {
    const first = await takeHere();
    await first[Symbol.asyncDispose]();
    await using _second = await takeHere();
    await first[Symbol.asyncDispose]();
    expect(isLock(await takeLock(locks(), "a", "again"))).toBe(false);
  });

  test.each([
    { name: "the empty key", key: "", other: "=" },
    { name: "a path", key: "../../a/b", other: "../../a/B" },
    { name: "a dot", key: ".", other: ".." },
    { name: "a long key", key: "k".repeat(5000), other: `${"k".repeat(4999)}j` },
    { name: "half a character", key: "a\uD800", other: "a\uD801" },
  ])("$name is a key of its own, within the directory", async ({ key, other }) => {
    await using _held = await takeHere(key);
    await using _other = await takeHere(other);
    expect(isLock(await takeLock(locks(), key, "again"))).toBe(false);
    expect([readdirSync(dir), readdirSync(locks()).length]).toEqual([["locks"], 4]);
  });

  test("nothing that is left behind can be read by others", async () => {
    await using _held = await takeHere();
    const modes = readdirSync(locks()).map((name) => statSync(join(locks(), name)).mode & 0o777);
    expect([statSync(locks()).mode & 0o777, ...modes]).toEqual([0o700, 0o600, 0o600]);
  });
});

describe("between processes", () => {
  test("the second learns who has it, until the first gives it back", async () => {
    await using first = await startStateProcess(dir);
    await using second = await startStateProcess(dir);
    expect(await first.tell({ type: "lock", key: "a" })).toEqual({ held: true });
    expect(await second.tell({ type: "lock", key: "a" })).toMatchObject({
      holder: { pid: first.pid, host: hostname(), what: "held by a fixture" },
    });
    await first.tell({ type: "release" });
    expect(await second.tell({ type: "lock", key: "a" })).toEqual({ held: true });
  });

  test("a process that is killed has no lock, and its note means nothing", async () => {
    await using first = await startStateProcess(dir);
    await first.tell({ type: "lock", key: "a" });
    await first.kill();
    await using _held = await takeHere();
    expect(await takeLock(locks(), "a", "again")).toMatchObject({
      pid: process.pid,
      what: "held here",
    });
  });

  test("a lock is free although its note names a process that is there", async () => {
    await using first = await startStateProcess(dir);
    await using bystander = await startStateProcess(dir);
    await first.tell({ type: "lock", key: "a" });
    await first.kill();
    const holder: LockHolder = {
      pid: bystander.pid,
      host: hostname(),
      since: "then",
      what: "reused",
    };
    writeFileSync(noteFile(), JSON.stringify(holder));
    await using held = await takeHere();
    expect(held.key).toBe("a");
  });

  test("of ten that want it at once exactly one gets it, and the others know which", async () => {
    await using stack = new AsyncDisposableStack();
    const crowd = await Promise.all(Array.from({ length: 10 }, () => startStateProcess(dir)));
    for (const one of crowd) stack.use(one);
    const answers = await Promise.all(crowd.map((one) => one.tell({ type: "lock", key: "a" })));
    const winner = answers.findIndex((answer) => (answer as { held?: boolean }).held === true);
    const expected = crowd.map((_, index) =>
      index === winner
        ? { held: true }
        : { holder: expect.objectContaining({ pid: crowd[winner]?.pid }) as unknown },
    );
    expect(answers).toEqual(expected);
  });
});

describe("what stands in the way is said, once the lock cannot be had", () => {
  test.each([
    { name: "a note that is no JSON", note: "{" },
    { name: "a note that lacks something", note: '{"pid":1}' },
    {
      name: "a note of a process that died",
      note: '{"pid":4194304,"host":"H","since":"then","what":"w"}',
    },
  ])("a held lock with $name is held all the same", async ({ note }) => {
    await using _held = await takeHere();
    writeFileSync(noteFile(), note.replace('"H"', JSON.stringify(hostname())));
    expect(isLock(await takeLock(locks(), "a", "again"))).toBe(false);
  });

  test("a lock file that cannot be one ends the run", async () => {
    const store = await openState(dir);
    const held = await store.lock("a", "to learn the name");
    const name = readdirSync(locks()).find((file) => file.endsWith(".lock"));
    if (isLock(held)) await held[Symbol.asyncDispose]();
    rmSync(join(locks(), name!));
    mkdirSync(join(locks(), name!));
    await expect(store.lock("a", "again")).rejects.toThrow(SyncError);
  });

  test("a directory that may not be written ends the run", async () => {
    writeFileSync(join(dir, "locks"), "");
    await expect(takeLock(locks(), "a", "here")).rejects.toMatchObject({ code: "STATE" });
  });
});
