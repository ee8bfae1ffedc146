import { existsSync, writeFileSync } from "node:fs";

import { expect, test } from "vitest";

import { fingerprint } from "../support/judge.ts";
import type { Place } from "../support/place.ts";
import { newPlace } from "../support/place.ts";
import type { Result } from "../support/syncline.ts";
import { ofType, syncline } from "../support/syncline.ts";
import { files, makeTree } from "../support/trees.ts";

const BOTH = ["source", "target"];

const MISTAKES: readonly (readonly [what: string, ...line: string[]])[] = [
  ["no command"],
  ["an unknown command", "miror", ...BOTH],
  ["an option for a command", "--mirror", ...BOTH],
  ["no locations", "mirror"],
  ["no target", "mirror", "source"],
  ["an empty source", "mirror", "", "target"],
  ["an empty target", "mirror", "source", ""],
  ["a target twice", "mirror", "source", "target", "./target/"],
  ["an unknown option", "mirror", "--delete-everything", ...BOTH],
  ["an unknown short option", "mirror", "-Z", ...BOTH],
  ["an option cut short", "mirror", "--dry", ...BOTH],
  ["an option without its value", "mirror", ...BOTH, "--exclude"],
  ["a value for an option that has none", "mirror", "--json=yes", ...BOTH],
  ["a host that is an option", "mirror", "source", "ssh://-oProxyCommand=true/dir"],
  ["a password in an address", "mirror", "source", "ssh://me:secret@host/dir"],
  ["a module of rsync's", "mirror", "host::module", "target"],
  ["somebody else's home", "mirror", "source", "host:~other/dir"],
  ["a web location", "mirror", "source", "https://host/dir"],
  ["an unknown guard", "mirror", "--accept", "everything", ...BOTH],
  ["an empty list of guards", "mirror", "--accept", "", ...BOTH],
  ["an unknown way to compare", "mirror", "--compare", "size,mtime", ...BOTH],
  ["an unknown way with links", "mirror", "--links", "copy", ...BOTH],
  ["an unknown thing to keep", "mirror", "--preserve", "mode,flags", ...BOTH],
  ["the same to keep and not", "mirror", "--preserve", "mode", "--no-preserve", "mode", ...BOTH],
  ["an unknown kind of progress", "mirror", "--progress", "much", ...BOTH],
  ["an empty pattern", "mirror", "--exclude", "", ...BOTH],
  ["an open bracket in a pattern", "mirror", "--exclude", "[abc", ...BOTH],
  ["a pattern that ends with a backslash", "mirror", "--exclude", "abc\\", ...BOTH],
  ["rules that are not there", "mirror", "--filter-from", "nowhere", ...BOTH],
  ["rules that are a directory", "mirror", "--filter-from", "source", ...BOTH],
  ...["", "-1", "abc", "1.5", "101%", "-5%", "%", "1e3", "0x10"].map(
    (limit) =>
      [`a limit of ${JSON.stringify(limit)}`, "mirror", `--max-delete=${limit}`, ...BOTH] as const,
  ),
  ...["", "0", "0s", "-5m", "5", "five minutes", "1d1d", "1h30", "99999999d", "NaN"].map(
    (time) =>
      [`an interval of ${JSON.stringify(time)}`, "mirror", `--every=${time}`, ...BOTH] as const,
  ),
  ...["", "* * * *", "60 * * * *", "* * 31 2 *", "daily", "@never", "* * * * * * *"].map(
    (cron) => [`a cron of ${JSON.stringify(cron)}`, "mirror", "--cron", cron, ...BOTH] as const,
  ),
  ...["", "-1", "1X", "K", "1.2.3M", "ten", "1e400"].map(
    (size) =>
      [`a size of ${JSON.stringify(size)}`, "mirror", `--max-size=${size}`, ...BOTH] as const,
  ),
  ["sizes that leave nothing", "mirror", "--min-size", "2K", "--max-size", "1K", ...BOTH],
  ["two schedules", "mirror", "--every", "1h", "--cron", "@daily", ...BOTH],
  ["quiet and verbose", "mirror", "-q", "-v", ...BOTH],
  [
    "no deleting and deleting what is excluded",
    "mirror",
    "--no-delete",
    "--delete-excluded",
    ...BOTH,
  ],
  ["a log that is a directory", "mirror", "--log", "source", ...BOTH],
  ["an empty state directory", "mirror", "--state", "", ...BOTH],
  ["an empty log", "mirror", "--log", "", ...BOTH],
];

/** One clear line, perhaps a second with advice; nothing of the program's insides. */
function expectClear({ stdout, stderr }: Result): void {
  const lines = stderr.trimEnd().split("\n");
  expect(stdout).toBe("");
  expect(lines.length).toBeLessThanOrEqual(2);
  expect(lines[0]).toMatch(/^syncline: \S/);
  expect(stderr).not.toMatch(/^\s*at |\.js\b|undefined|\[object|\bbug\b|Error:/m);
}

async function expectRefused(
  place: Place,
  line: readonly string[],
  env: Record<string, string> = {},
): Promise<void> {
  makeTree(place.source, files({ a: "new" }));
  makeTree(place.target, files({ b: "old" }));
  const before = fingerprint(place.dir);
  const result = await syncline(place, line, { env, timeoutMs: 15_000 });
  expect(result.code).toBe(2);
  expectClear(result);
  expect(fingerprint(place.dir) === before).toBe(true);
}

test.concurrent.each(MISTAKES)("%s", async (_what, ...line) => {
  using place = newPlace();
  await expectRefused(place, line);
});

test("an unknown file driver", async () => {
  using place = newPlace();
  await expectRefused(place, ["mirror", ...BOTH], { SYNCLINE_FS: "fast" });
});

test("a pattern with a NUL byte", async () => {
  using place = newPlace();
  makeTree(place.dir, [{ path: "rules", kind: "file", content: "fine\na\u0000b\n" }]);
  await expectRefused(place, ["mirror", "--filter-from", "rules", ...BOTH]);
});

test("a fifo for rules does not hang", async () => {
  using place = newPlace();
  makeTree(place.dir, [{ path: "rules", kind: "fifo" }]);
  await expectRefused(place, ["mirror", "--filter-from", "rules", ...BOTH]);
});

test("with --json a mistake is also an object, the only one", async () => {
  using place = newPlace();
  const result = await syncline(place, ["mirror", "--json", "--every", "never", ...BOTH]);
  expect([result.code, ofType(result, "error").length, result.stdout.split("\n").length]).toEqual([
    2, 1, 2,
  ]);
  expect(ofType(result, "error")[0]).toMatchObject({ code: "USAGE", version: 1 });
});

test("names that look like options or hosts can be given all the same", async () => {
  using place = newPlace();
  makeTree(place.dir, [...files({ "-n/a": "a", "host:dir/b": "b" })]);
  const dashed = await syncline(place, ["mirror", "-y", "--", "-n", "--json"]);
  const colon = await syncline(place, ["mirror", "-y", "./host:dir", `${place.dir}/me@host:copy`]);
  expect([dashed.code, colon.code]).toEqual([0, 0]);
  expect([existsSync(place.path("--json/a")), existsSync(place.path("me@host:copy/b"))]).toEqual([
    true,
    true,
  ]);
});

test("control characters in what was typed do not reach the terminal", async () => {
  using place = newPlace();
  const typed = "no\u001b[31msuch\u0007\u009b2J\r\nplace";
  for (const line of [
    ["mirror", typed, "target"],
    ["mirror", `--${typed}`, ...BOTH],
    ["mirror", "--exclude", `[${typed}`, ...BOTH],
    ["mirror", "--state", `/dev/null/${typed}`, ...BOTH],
    [typed],
  ]) {
    const result = await syncline(place, line);
    expect(result.code).not.toBe(0);
    expect(
      /[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/.exec(result.stderr + result.stdout),
    ).toBeNull();
  }
});

test("help and version go to standard output and exit 0; --help lists every option of the contract", async () => {
  using place = newPlace();
  const help = await syncline(place, ["mirror", "--help"]);
  const version = await syncline(place, ["--version"]);
  expect([help.code, help.stderr, version.code]).toEqual([0, "", 0]);
  expect(version.stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  for (const option of [
    "--yes",
    "--dry-run",
    "--no-delete",
    "--max-delete",
    "--accept",
    "--compare",
    "--modify-window",
    "--preserve",
    "--no-preserve",
    "--links",
    "--exclude",
    "--include",
    "--filter-from",
    "--gitignore",
    "--delete-excluded",
    "--max-size",
    "--min-size",
    "--one-file-system",
    "--every",
    "--cron",
    "--start-after",
    "--log",
    "--log-max-size",
    "--json",
    "--quiet",
    "--verbose",
    "--progress",
    "--no-flush",
    "--state",
    "--no-state",
  ]) {
    expect(help.stdout).toContain(option);
  }
  writeFileSync(place.path("done"), "");
});

test("a source that is neither directory nor file", async () => {
  using place = newPlace();
  makeTree(place.dir, [{ path: "source", kind: "fifo" }, ...files({ "target/b": "b" })]);
  const before = fingerprint(place.target);
  const result = await syncline(place, ["mirror", ...BOTH], { timeoutMs: 10_000 });
  expect([1, 2, 3, 5]).toContain(result.code);
  expect(result.stderr).not.toMatch(/\bbug\b/);
  expect(fingerprint(place.target) === before).toBe(true);
});

test("output that nobody reads ends the run as one that failed or was done, without a trace", async () => {
  using place = newPlace();
  makeTree(
    place.source,
    files(Object.fromEntries(Array.from({ length: 3000 }, (_, n) => [`f${n}`, ""]))),
  );
  const result = await syncline(place, ["mirror", "-v", ...BOTH], {
    through: ["sh", "-c", '"$@" | head -n 1', "sh"],
  });
  expect(result.stderr).not.toMatch(/EPIPE|\bbug\b|^\s+at /m);
});
