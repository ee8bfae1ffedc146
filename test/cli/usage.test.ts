import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

import { afterEach, beforeEach, describe, expect, test } from "vitest";

import { main, runCli } from "../support/run-cli.ts";

const start = [process.execPath, main];

let dir = "";
beforeEach(() => {
  dir = mkdtempSync(path.join(tmpdir(), "syncline-usage-"));
  mkdirSync(path.join(dir, "a"));
  writeFileSync(path.join(dir, "a", "file"), "content");
  writeFileSync(path.join(dir, "bad-rules"), "# fine\nsecret[\n");
});
afterEach(() => rmSync(dir, { recursive: true }));

const seeHelp = "Run syncline --help to see what there is.";
const durations = "It is written like 200ms, 30s, 5m, 1d2h, 00d01h30m00s.";
const sizes = "It is written like 500, 10K, 1.5M, 2GiB.";

const mistakes: [line: string[], message: string, hint?: string][] = [
  [[], "no command was given", seeHelp],
  [["frob"], "unknown command 'frob'", seeHelp],
  [["mirror"], "missing required argument 'SOURCE'", seeHelp],
  [["mirror", "a"], "missing required argument 'TARGET'", seeHelp],
  [["mirror", "a", "b", "--frobnicate"], "unknown option '--frobnicate'", seeHelp],
  [["mirror", "--dryrun", "a", "b"], "unknown option '--dryrun'", "Did you mean --dry-run?"],
  [["mirror", "a", "b", "-z"], "unknown option '-z'", seeHelp],
  [
    ["mirror", "a", "b", "--hash", "crc32"],
    "option '--hash <ALGORITHM>' argument 'crc32' is invalid. Allowed choices are blake3, sha256, sha1, md5.",
    seeHelp,
  ],
  [["mirror", "a", "b", "--log"], "option '--log <FILE>' argument missing", seeHelp],
  [
    ["mirror", "a", "b", "--compare", "luck"],
    "option '--compare <HOW>' argument 'luck' is invalid. Allowed choices are size+mtime, content, size.",
    seeHelp,
  ],
  [["mirror", "a", "b", "--every", "5"], '--every: "5" is not a duration', durations],
  [["mirror", "a", "b", "--every", "-5m"], '--every: "-5m" is not a duration', durations],
  [["mirror", "a", "b", "--every", "0s"], "--every: the interval must be longer than 0"],
  [
    ["mirror", "a", "b", "--every", "99999999d"],
    "--every: the interval goes beyond the last date there is",
  ],
  [
    ["mirror", "a", "b", "--start-after", "99999999d"],
    "--start-after: the wait goes beyond the last date there is",
  ],
  [
    ["mirror", "a", "b", "--cron", "61 * * * *"],
    '--cron: "61 * * * *" is not a cron expression',
    'It has five fields, as in "30 2 * * *", or is a word such as @daily.',
  ],
  [["mirror", "a", "b", "--cron", "0 0 30 2 *"], '--cron: "0 0 30 2 *" is never due'],
  [
    ["mirror", "a", "b", "--every", "5m", "--cron", "@daily"],
    "--every and --cron exclude each other",
  ],
  [["mirror", "a", "b", "--start-after", "x"], '--start-after: "x" is not a duration', durations],
  [["mirror", "a", "b", "--max-size", "big"], '--max-size: "big" is not a size', sizes],
  [
    ["mirror", "a", "b", "--min-size", "2K", "--max-size", "1K"],
    "--min-size is larger than --max-size: no file would be left",
  ],
  [
    ["mirror", "a", "b", "--max-delete", "200%"],
    '--max-delete: "200%" is not a limit on deletions',
    "It is written like 100 or 25%.",
  ],
  [
    ["mirror", "a", "b", "--accept", "delete"],
    '--accept: there is no "delete"',
    "Did you mean deletes?",
  ],
  [
    ["mirror", "a", "b", "--preserve", "mode", "--no-preserve", "mode"],
    "mode is in both --preserve and --no-preserve",
  ],
  [
    ["mirror", "a", "b", "--no-delete", "--delete-excluded"],
    "--no-delete and --delete-excluded exclude each other",
  ],
  [["mirror", "a", "b", "-q", "-v"], "--quiet and --verbose exclude each other"],
  [["mirror", "a", "b", "--log-max-size", "1M"], "--log-max-size needs --log"],
  [["mirror", "a", "b", "--log", "."], "--log .: this is not a regular file"],
  [["mirror", "a", "b", "--log", "no/log"], "--log no/log: there is no such directory"],
  [["mirror", "a", "b", "--exclude", "x["], expect.stringMatching(/^--exclude x\[: /) as string],
  [
    ["mirror", "a", "b", "--filter-from", "bad-rules"],
    expect.stringMatching(/^bad-rules:2: (?!.*secret)/) as string,
  ],
  [["mirror", "a", "b", "--filter-from", "none"], "--filter-from none: there is no such file"],
  [["mirror", "", "b"], "a location is empty"],
  [["mirror", "a", "b", "./b/"], "./b/: this target is named twice"],
  [["mirror", "a", "-oProxyCommand=x:dir"], "unknown option '-oProxyCommand=x:dir'", seeHelp],
  [
    ["mirror", "a", "--", "-oProxyCommand=x:dir"],
    "-oProxyCommand=x:dir: this is not the name of a host",
    "A local path that holds a colon is written ./a:b or with its full path.",
  ],
  [
    ["mirror", "http://h/\u001b[2J", "b"],
    "http://h/\\x1b[2J: locations of the kind http:// are not known",
    "There are ssh://, sftp://, host:dir, and local paths.",
  ],
  [["mirror", "a", "h:b", "h:b/"], "h:b/: this target is named twice"],
  [["mirror", "a", "me@h:/b", "ssh://me@h/b"], "ssh://me@h/b: this target is named twice"],
  [
    ["mirror", "a", "h:b", "--bwlimit", "0"],
    '--bwlimit: "0" is not a rate',
    "It is written like 500K, 2M, 1.5M/s.",
  ],
  [["verify", "a", "h:b", "--timeout", "0"], "--timeout: the time must be longer than 0"],
  [
    ["mirror", "a", "h:b", "--retries", "-1"],
    '--retries: "-1" is not a number of retries',
    "It is written like 0, 3 or 10.",
  ],
  [["mirror", "a", "h:b", "--identity", ""], "--identity: the name of the file is empty"],
  [
    ["mirror", "a", "h:b", "--password-from", "secret"],
    "--password-from: this says not where the password is",
    "It is written like env:NAME, file:PATH or command:LINE.",
  ],
  [
    ["plan", "mirror", "a", "h:b", "--ssh-option", "ProxyJump"],
    '--ssh-option: "ProxyJump" is not a setting',
    "It is written like ProxyJump=gate.example or ConnectTimeout=5.",
  ],
  [
    ["mirror", "a", "h:b", "--remote-node", "-e"],
    "--remote-node: this is not the name of a program",
  ],
  [
    ["versions", "h:b"],
    "h:b: old copies on other hosts cannot be reached from here",
    "Run syncline on that host, or mount its directory here.",
  ],
  [
    ["restore", "h:b", ".", "--at", "1d"],
    "h:b: old copies on other hosts cannot be reached from here",
    "Run syncline on that host, or mount its directory here.",
  ],
  [["history", "--limit", "0"], '--limit: "0" is not a number of runs'],
  [["log"], "missing required argument 'RUN'", seeHelp],
  [["log", "first"], '"first" is not the number of a run', "syncline history lists them."],
  [["log", "7"], "there is no run 7 in the history", "syncline history lists the runs there are."],
];

describe("a mistake on the command line", () => {
  test.each(mistakes)("%j", async (line, message, hint) => {
    const { code, out, err } = await runCli(line, { cwd: dir });
    const [first = "", ...rest] = err.trimEnd().split("\n");
    expect({ code, out, message: first.replace(/^syncline: /, ""), rest }).toEqual({
      code: 2,
      out: "",
      message,
      rest: hint === undefined ? [] : [`  ${hint}`],
    });
    expect(readdirSync(dir).toSorted()).toEqual(["a", "bad-rules"]);
  });

  test("is an object for those who asked for objects", async () => {
    const { code, out, err } = await runCli(["mirror", "a", "--json"], { cwd: dir });
    expect({ code, event: JSON.parse(out) as unknown }).toEqual({
      code: 2,
      event: {
        type: "error",
        version: 1,
        target: null,
        code: "USAGE",
        message: "missing required argument 'TARGET'",
        hint: seeHelp,
      },
    });
    expect(err).toMatch(/^syncline: missing/);
  });
});

describe("locations", () => {
  test("that are not UTF-8 are refused, since their bytes do not reach us", () => {
    const said = spawnSync(
      "sh",
      ["-c", `exec "$0" "$1" mirror a "$(printf 'gro\\337')"`, ...start],
      {
        cwd: dir,
        encoding: "utf8",
      },
    );
    expect([said.status, said.stderr]).toEqual([
      2,
      "syncline: gro\ufffd: the name is not valid UTF-8, and cannot be given here\n" +
        "  Mirror the directory that holds it, or give it another name.\n",
    ]);
  });

  test("may hold U+FFFD like any other character", async () => {
    expect((await runCli(["mirror", "a", "b\ufffd"], { cwd: dir })).code).toBe(0);
    expect(readdirSync(path.join(dir, "b\ufffd"))).toEqual(["file"]);
  });

  test("may stand before and after options, and -- ends those", async () => {
    mkdirSync(path.join(dir, "-a"));
    const { code } = await runCli(["mirror", "--state", "s", "--", "-a", "-b"], { cwd: dir });
    expect(code).toBe(0);
    const second = await runCli(["mirror", "a", "--state", "s", "b", "-y"], { cwd: dir });
    expect(second.code).toBe(0);
    expect(readdirSync(dir).toSorted()).toEqual(["-a", "-b", "a", "b", "bad-rules", "s"]);
  });

  test("may hold a colon after a slash", async () => {
    expect((await runCli(["mirror", "a", "./b:c"], { cwd: dir })).code).toBe(0);
    expect(readdirSync(path.join(dir, "b:c"))).toEqual(["file"]);
  });
});
