import {
  chmodSync,
  existsSync,
  lchownSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { startStateProcess } from "../../test/support/state-process.ts";
import { refuseForeignLinks } from "./private-files.ts";
import { isLock, type RunRecord, type StateStore } from "./state.ts";
import { openState } from "./store.ts";

let dir = "";
let notices: string[] = [];
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "syncline-state-"));
  notices = [];
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const database = (): string => join(dir, "syncline.db");
const open = (): Promise<StateStore> =>
  openState(dir, { onNotice: (message) => notices.push(message) });

const run: RunRecord = {
  source: "/a",
  target: "/b",
  startedAt: "2026-01-02T03:04:05.678Z",
  durationMs: 12.5,
  exitCode: 0,
  summary: { type: "summary", created: 1, source: "/a \u{1F600}" },
  sourceMount: "/",
  targetMount: "/mnt",
};

describe("the directory", () => {
  test("is made with its parents, for its owner alone, and nothing is in it before it is needed", async () => {
    const deep = join(dir, "x", "y");
    await using store = await openState(deep);
    expect([store.knownMounts("/a", "/b"), store.listRuns(5), readdirSync(deep)]).toEqual([
      undefined,
      [],
      [],
    ]);
    expect([join(dir, "x"), deep].map((path) => statSync(path).mode & 0o777)).toEqual([
      0o700, 0o700,
    ]);
  });

  test("may be behind a link of one's own, but not be a file", async () => {
    mkdirSync(join(dir, "real"));
    symlinkSync("real", join(dir, "link"));
    await using store = await openState(join(dir, "link"));
    store.recordRun(run);
    expect(existsSync(join(dir, "real", "syncline.db"))).toBe(true);
    writeFileSync(join(dir, "file"), "");
    await expect(openState(join(dir, "file"))).rejects.toMatchObject({ code: "STATE" });
    await expect(openState(join(dir, "file", "below"))).rejects.toMatchObject({ code: "STATE" });
  });

  test("is not trusted behind somebody else's link, nor is the database", async () => {
    const [theirs, behind] = [join(dir, "theirs"), join(dir, "theirs", "state")];
    mkdirSync(join(dir, "real"));
    symlinkSync("real", theirs);
    symlinkSync("real/x", database());
    const isRoot = process.geteuid?.() === 0;
    if (isRoot) for (const link of [theirs, database()]) lchownSync(link, 54_321, 54_321);
    // Whoever runs this, the links are neither root's nor this user's.
    for (const path of [theirs, behind, database()]) {
      expect(() => refuseForeignLinks(path, 12_345)).toThrow(/is a symbolic link made by user/);
    }
    if (isRoot) {
      await expect(openState(behind)).rejects.toMatchObject({ code: "STATE" });
      await expect(open()).rejects.toMatchObject({ code: "STATE" });
    }
  });
});

describe("the history", () => {
  test("gives back what was recorded, newest first, and after being opened again", async () => {
    const second: RunRecord = {
      ...run,
      target: "/c",
      exitCode: 5,
      sourceMount: undefined,
      targetMount: undefined,
    };
    {
      await using store = await open();
      expect([store.recordRun(run), store.recordRun(second), store.recordRun(run)]).toEqual([
        1, 2, 3,
      ]);
    }
    await using store = await open();
    expect(store.listRuns(2)).toEqual([
      { number: 3, ...run },
      { number: 2, ...second },
    ]);
    expect([store.listRuns(9).length, store.listRuns(0).length, notices]).toEqual([3, 0, []]);
    expect(statSync(database()).mode & 0o777).toBe(0o600);
  });

  test.each([
    { name: "a run that was well", exitCodes: [0], mount: "/0" },
    { name: "a run with problems, and one with conflicts", exitCodes: [3, 7], mount: "/1" },
    {
      name: "no run that failed, was halted, locked or interrupted",
      exitCodes: [0, 1, 5, 6, 75, 130],
      mount: "/0",
    },
    { name: "nothing where no run was well", exitCodes: [1, 5], mount: undefined },
  ])("knows the mounts of $name", async ({ exitCodes, mount }) => {
    await using store = await open();
    exitCodes.forEach((exitCode, index) =>
      store.recordRun({ ...run, exitCode, targetMount: `/${index}` }),
    );
    store.recordRun({ ...run, target: "/other", targetMount: "/wrong" });
    expect(store.knownMounts("/a", "/b")?.target).toBe(mount);
  });

  test("is written by several processes at once, which make it at once too", async () => {
    await using stack = new AsyncDisposableStack();
    const crowd = await Promise.all(Array.from({ length: 6 }, () => startStateProcess(dir)));
    for (const one of crowd) stack.use(one);
    const order = { type: "record", run, count: 25 } as const;
    const answers = (await Promise.all(crowd.map((one) => one.tell(order)))) as {
      numbers: number[];
    }[];
    const numbers = answers.flatMap((answer) => answer.numbers).toSorted((a, b) => a - b);
    expect(numbers).toEqual(Array.from({ length: 150 }, (_, index) => index + 1));
    expect(answers.map((answer) => ({ ...answer, numbers: [] }))).toEqual(
      Array.from({ length: 6 }, () => ({ numbers: [], notices: [] })),
    );
  });

  test("loses nothing that was recorded when its process is killed", async () => {
    await using other = await startStateProcess(dir);
    await other.tell({ type: "record", run, count: 3 });
    await other.kill();
    await using store = await open();
    expect([store.recordRun(run), notices]).toEqual([4, []]);
  });
});

describe("a history that cannot be had costs one notice, and no lock", () => {
  const troubles: readonly { name: string; cause: () => Disposable | void; notice: RegExp }[] = [
    {
      name: "no database at all",
      cause: () => writeFileSync(database(), "this is a shopping list\n".repeat(100)),
      notice: /file is not a database/,
    },
    {
      name: "a database of something else",
      cause: () => {
        using made = new DatabaseSync(database());
        made.exec("CREATE TABLE t (x); PRAGMA user_version = 1");
      },
      notice: /no such table/,
    },
    {
      name: "a directory in its place",
      cause: () => mkdirSync(database()),
      notice: /unable to open/,
    },
    {
      name: "a newer schema",
      cause: () => {
        using made = new DatabaseSync(database());
        made.exec("PRAGMA user_version = 99");
      },
      notice: /a newer version of syncline/,
    },
    {
      name: "somebody who keeps it locked",
      cause: () => {
        const other = new DatabaseSync(database());
        other.exec("BEGIN EXCLUSIVE");
        return other;
      },
      notice: /database is locked/,
    },
  ];

  test.each(troubles)("$name", async ({ cause, notice }) => {
    using _trouble = cause() ?? undefined;
    await using store = await open();
    expect([store.recordRun(run), store.recordRun(run)]).toEqual([0, 0]);
    expect([store.knownMounts("/a", "/b"), store.listRuns(5)]).toEqual([undefined, []]);
    expect(notices).toEqual([expect.stringMatching(notice)]);
    const lock = await store.lock("a", "all the same");
    expect(isLock(lock)).toBe(true);
    if (isLock(lock)) await lock[Symbol.asyncDispose]();
  });

  test("files that may only be read", async () => {
    {
      await using store = await open();
      store.recordRun(run);
      const lock = await store.lock("a", "to make its directory");
      if (isLock(lock)) await lock[Symbol.asyncDispose]();
    }
    chmodSync(database(), 0o444);
    chmodSync(join(dir, "locks"), 0o555);
    chmodSync(dir, 0o555);
    await using other = await startStateProcess(dir, "nobody");
    expect(await other.tell({ type: "record", run, count: 2 })).toEqual({
      numbers: [0, 0],
      notices: [expect.stringContaining("there is no history of runs")],
    });
    expect(await other.tell({ type: "lock", key: "b" })).toEqual({ thrown: "STATE" });
    chmodSync(dir, 0o755);
    chmodSync(join(dir, "locks"), 0o755);
  });
});
