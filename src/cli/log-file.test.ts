import { execFileSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

import { afterEach, beforeEach, describe, expect, test } from "vitest";

import { create, noTotals, summaryOf } from "../../test/support/recorded-events.ts";
import { fakeClock } from "../../test/support/fake-clock.ts";
import { SyncError } from "../base/errors.ts";
import { openLogFile } from "./log-file.ts";
import { logPrinter } from "./log-printer.ts";

let dir = "";
beforeEach(() => {
  dir = mkdtempSync(path.join(tmpdir(), "syncline-log-"));
});
afterEach(() => rmSync(dir, { recursive: true }));

const noComplaint = (message: string): never => {
  throw new Error(message);
};

describe("opening", () => {
  test("a new log is nobody else's business", () => {
    const name = path.join(dir, "log");
    openLogFile(name, 1000, noComplaint).close();
    expect(statSync(name).mode & 0o777).toBe(0o600);
  });

  test("what is there is kept", () => {
    const name = path.join(dir, "log");
    writeFileSync(name, "old\n");
    const log = openLogFile(name, 1000, noComplaint);
    log.write("new");
    log.close();
    expect(readFileSync(name, "utf8")).toBe("old\nnew\n");
  });

  const refused = [
    {
      name: "a link, even to a file of one's own",
      make: (name: string) => symlinkSync("elsewhere", name),
      reason: "this is a symbolic link; logs are not written through links",
    },
    { name: "a directory", make: mkdirSync, reason: "this is not a regular file" },
    {
      name: "a pipe without a reader",
      make: (name: string) => execFileSync("mkfifo", [name]),
      reason: "this is not a regular file",
    },
  ];
  test.each(refused)("refuses $name", ({ make, reason }) => {
    const name = path.join(dir, "log");
    make(name);
    expect(() => openLogFile(name, 1000, noComplaint)).toThrow(
      new SyncError("USAGE", `--log ${name}: ${reason}`),
    );
    expect(existsSync(path.join(dir, "elsewhere"))).toBe(false);
  });

  test("refuses a device, and a file in a directory that is not there", () => {
    expect(() => openLogFile("/dev/null", 1000, noComplaint)).toThrow("not a regular file");
    expect(() => openLogFile(path.join(dir, "no", "log"), 1000, noComplaint)).toThrow(
      "there is no such directory",
    );
  });
});

describe("a log that has grown to its size", () => {
  test("starts afresh, and five old ones are kept", () => {
    const name = path.join(dir, "log");
    const log = openLogFile(name, 10, noComplaint);
    for (let i = 0; i < 9; i++) {
      log.write(`line ${i}`);
      log.flush();
    }
    log.close();
    const kept = readdirSync(dir).map(
      (file) => `${file}: ${readFileSync(path.join(dir, file), "utf8")}`,
    );
    expect(kept.toSorted()).toEqual([
      "log.1: line 7\n",
      "log.2: line 6\n",
      "log.3: line 5\n",
      "log.4: line 4\n",
      "log.5: line 3\n",
      "log: line 8\n",
    ]);
  });

  test("that was full when it was opened is rotated by the first line", () => {
    const name = path.join(dir, "log");
    writeFileSync(name, "0123456789\n");
    const log = openLogFile(name, 10, noComplaint);
    log.write("new");
    log.close();
    expect([readFileSync(name, "utf8"), readFileSync(`${name}.1`, "utf8")]).toEqual([
      "new\n",
      "0123456789\n",
    ]);
  });
});

test("a log that can no longer be written is complained of once, and the work goes on", () => {
  const complaints: string[] = [];
  const name = path.join(dir, "log");
  const log = openLogFile(name, 5, (message) => complaints.push(message));
  log.write("first");
  log.flush();
  // Rotation fails: what would have to be replaced is a directory with something in it.
  mkdirSync(path.join(dir, "log.4"));
  mkdirSync(path.join(dir, "log.5", "x"), { recursive: true });
  for (let i = 0; i < 3; i++) {
    log.write("more");
    log.flush();
  }
  log.close();
  expect(complaints).toHaveLength(1);
  expect(readFileSync(name, "utf8")).toBe("first\n");
});

test("each line is an object of --json with its time, on disk as soon as a run has ended", () => {
  const name = path.join(dir, "log");
  const log = openLogFile(name, 10_000, noComplaint);
  const print = logPrinter(log, fakeClock(Date.parse("2026-11-20T10:00:00Z")));
  print({ type: "action", target: "b", action: create("\u001bx", 1), outcome: "done" });
  print({ type: "phase", target: "b", phase: "flush" });
  print({ type: "summary", target: "b", summary: summaryOf({ totals: noTotals }) });
  const lines = readFileSync(name, "utf8").trimEnd().split("\n");
  log.close();
  expect(lines[0]).toBe(
    '{"time":"2026-11-20T10:00:00.000Z","type":"action","target":"b","action":"create",' +
      '"path":"\\u001bx","kind":"file","size":1,"side":"target","outcome":"done"}',
  );
  expect(lines).toHaveLength(2);
  expect(JSON.parse(lines[1] ?? "")).toMatchObject({ type: "summary", exitCode: 0 });
});
