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
import { setTimeout } from "node:timers/promises";

import { afterEach, beforeEach, describe, expect, test } from "vitest";

import type { CliOptions, RunningCli } from "../support/run-cli.ts";
import { runCli, startCli } from "../support/run-cli.ts";

let dir = "";
beforeEach(() => {
  dir = mkdtempSync(path.join(tmpdir(), "syncline-cli-"));
  mkdirSync(path.join(dir, "a", "sub"), { recursive: true });
  writeFileSync(path.join(dir, "a", "one"), "1");
  writeFileSync(path.join(dir, "a", "sub", "two\n"), "22");
  symlinkSync("one", path.join(dir, "a", "link"));
});
afterEach(() => rmSync(dir, { recursive: true }));

const mirror = (line: readonly string[], options: CliOptions = {}) =>
  runCli(["mirror", "--state", "state", ...line], { cwd: dir, ...options });
const start = (line: readonly string[]) =>
  startCli(["mirror", "--state", "state", ...line], { cwd: dir });

/** Text with what differs from run to run taken out. */
function settled(text: string): string {
  return text.replaceAll(/\d+\.\d\ds/g, "TIME").replaceAll(/at \d{4}-\S+ \S+/g, "at WHEN");
}

function objects(text: string): Record<string, unknown>[] {
  return text
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

async function until(
  running: RunningCli,
  isReady: (said: { out: string; err: string }) => boolean,
) {
  while (!isReady(running.said())) await setTimeout(10);
}

const runsIn = ({ out }: { out: string }) => out.split("✓").length - 1;

describe("text", () => {
  test("a start on standard error, the result on standard output", async () => {
    const { code, out, err } = await mirror(["a", "b"]);
    expect({ code, out: settled(out), err }).toEqual({
      code: 0,
      out: "✓ a → b  4 checked · +4 ~0 →0 ⧉0 -0 · 3 B sent, 0 B not sent · TIME\n",
      err: "mirroring a → b\n",
    });
  });

  test("a dry run lists what the real run then does, line by line, and touches nothing", async () => {
    await mirror(["a", "b"]);
    rmSync(path.join(dir, "state"), { recursive: true });
    writeFileSync(path.join(dir, "a", "one"), "changed");
    rmSync(path.join(dir, "a", "link"));
    mkdirSync(path.join(dir, "a", "new"));
    for (let i = 0; i < 300; i++) writeFileSync(path.join(dir, "a", "new", `${i}`), `new ${i}`);
    const planned = await mirror(["-n", "a", "b"]);
    expect(existsSync(path.join(dir, "state"))).toBe(false);
    expect(readdirSync(path.join(dir, "b")).toSorted()).toEqual(["link", "one", "sub"]);
    const done = await mirror(["-v", "a", "b"]);
    const actions = (out: string) => out.split("\n").slice(0, -2);
    expect(actions(planned.out)).toEqual(actions(done.out));
    expect(actions(planned.out)).toHaveLength(304);
    expect(planned.err).toBe("would mirror a → b\n");
    expect(planned.out).toContain("dry run, nothing was changed");
  });

  test("without a home goes on without locks and history", async () => {
    const line = ["mirror", "a", "b"];
    const { code, err } = await runCli(line, { cwd: dir, variables: { HOME: "" } });
    expect([code, err]).toEqual([
      0,
      "note: there is no place to keep state: neither XDG_STATE_HOME nor HOME is set; " +
        "going on without locks and history\nmirroring a → b\n",
    ]);
    const past = await runCli(["history"], { cwd: dir, variables: { HOME: "" } });
    expect([past.code, past.out]).toEqual([1, ""]);
    expect(past.err).toMatch(
      /^syncline: there is no place to keep state: .*\n {2}Name a directory/,
    );
  });

  test("quiet says nothing where all is well", async () => {
    expect(await mirror(["-q", "a", "b"])).toEqual({ code: 0, out: "", err: "" });
  });

  test("a guard says what it saw and how to go on", async () => {
    const { code, out, err } = await mirror(["none", "b"]);
    expect(code).toBe(5);
    expect(out).toMatch(/^■ none → b {2}halted by a guard/);
    expect(err).toContain('■ b: halted by the guard "missing-source"');
  });

  test("ASCII, and no colour, where that is wished", async () => {
    const plain = await mirror(["a", "b"], { variables: { LC_ALL: "C" } });
    expect(plain.out).toMatch(/^ok a -> b {2}4 checked/);
    const coloured = await mirror(["a", "b"], { variables: { FORCE_COLOR: "1" } });
    expect(coloured.out).toMatch(/^\u001b\[32m✓/);
    const both = await mirror(["a", "b"], { variables: { FORCE_COLOR: "1", NO_COLOR: "1" } });
    expect(both.out).toMatch(/^✓/);
  });
});

describe("--json", () => {
  test("objects on standard output end in the summary; text for people is on standard error", async () => {
    const { code, out, err } = await mirror(["--json", "a", "b"]);
    const said = objects(out);
    expect(said.map(({ type }) => type)).toEqual([
      "start",
      "plan",
      ...Array.from({ length: said.length - 3 }, () => "action"),
      "summary",
    ]);
    expect(said.filter(({ action }) => action === "create").map(({ path }) => path)).toEqual([
      "link",
      "one",
      "sub/two\n",
    ]);
    expect({ code, summary: said.at(-1) }).toMatchObject({
      code: 0,
      summary: { source: "a", target: "b", checked: 4, created: 4, exitCode: 0, bytesCopied: 3 },
    });
    expect(settled(err)).toBe(
      "mirroring a → b\n✓ a → b  4 checked · +4 ~0 →0 ⧉0 -0 · 3 B sent, 0 B not sent · TIME\n",
    );
  });

  test("each target has its summary, and one that fails stops no other", async () => {
    writeFileSync(path.join(dir, "file"), "");
    const { code, out } = await mirror(["--json", "a", "file", "b"]);
    const said = objects(out);
    const ends = said.filter(({ type }) => type === "summary");
    expect(ends.map(({ target, exitCode }) => [target, exitCode])).toEqual([
      ["file", 1],
      ["b", 0],
    ]);
    expect(code).toBe(1);
    expect(said.find(({ type }) => type === "error")).toMatchObject({ target: "file" });
  });

  test("quiet leaves how it ended", async () => {
    const { out, err } = await mirror(["--json", "-q", "a", "b"]);
    expect(objects(out).map(({ type }) => type)).toEqual(["summary"]);
    expect(err).toBe("");
  });
});

describe("--filter-from", () => {
  test("reads standard input, in its place among the other patterns", async () => {
    const line = ["--exclude", "one", "--filter-from", "-", "--include", "link", "a", "b"];
    expect((await mirror(line, { input: "# all of them\n*\n" })).code).toBe(0);
    expect(readdirSync(path.join(dir, "b"))).toEqual(["link"]);
  });
});

describe("--log", () => {
  test("records every run, for its owner only", async () => {
    await mirror(["--log", "log", "a", "b"]);
    await mirror(["--log", "log", "a", "b"]);
    const log = objects(readFileSync(path.join(dir, "log"), "utf8"));
    expect(log.filter(({ type }) => type === "summary")).toHaveLength(2);
    expect(log.every(({ time }) => typeof time === "string")).toBe(true);
    expect(statSync(path.join(dir, "log")).mode & 0o777).toBe(0o600);
  });

  test("is not written through a link, and nothing is touched then", async () => {
    symlinkSync("elsewhere", path.join(dir, "log"));
    expect((await mirror(["--log", "log", "a", "b"])).code).toBe(2);
    expect(readdirSync(dir).toSorted()).toEqual(["a", "log"]);
  });
});

describe("--every", () => {
  test("repeats until the word quit, and ends as the last run did", async () => {
    const running = start(["--every", "50ms", "a", "b"]);
    await until(running, (said) => runsIn(said) >= 3);
    running.child.stdin.write("go on\nquit\n");
    const { code, err } = await running.result;
    expect(code).toBe(0);
    expect(settled(err)).toMatch(/^mirroring a → b\n(next run at WHEN\n)?mirroring a → b\n/);
  });

  test("goes on when its input ends, until a signal", async () => {
    const running = start(["--every", "50ms", "a", "b"]);
    running.child.stdin.end();
    await until(running, (said) => runsIn(said) >= 3);
    running.child.kill("SIGTERM");
    expect((await running.result).code).toBe(130);
  });

  test("a signal while waiting ends it at once", async () => {
    const running = start(["--every", "1h", "a", "b"]);
    await until(running, ({ err }) => err.includes("next run at"));
    running.child.kill("SIGINT");
    expect((await running.result).code).toBe(130);
  });

  test("a run that fails is reported, and the next one still happens", async () => {
    const running = start(["--every", "50ms", "--json", "none", "b"]);
    await until(running, ({ out }) => out.split('"summary"').length > 2);
    mkdirSync(path.join(dir, "none"));
    writeFileSync(path.join(dir, "none", "file"), "");
    await until(running, ({ out }) => out.includes('"exitCode":0'));
    running.child.stdin.write("quit\n");
    const { code, out } = await running.result;
    const codes = objects(out).flatMap(({ exitCode }) =>
      exitCode === undefined ? [] : [exitCode],
    );
    expect([code, codes[0], codes[1], codes.at(-1)]).toEqual([0, 5, 5, 0]);
  });

  test("the first run may be put off", async () => {
    const began = performance.now();
    expect((await mirror(["--start-after", "300ms", "a", "b"])).code).toBe(0);
    expect(performance.now() - began).toBeGreaterThan(300);
  });
});

test("--cron waits for its time", async () => {
  const running = start(["--cron", "* * * * * *", "a", "b"]);
  await until(running, (said) => runsIn(said) >= 2);
  running.child.stdin.write("quit\n");
  expect((await running.result).code).toBe(0);
});

test("a reader that goes away does not stop the work", async () => {
  const running = start(["-v", "a", "b"]);
  running.child.stdout.destroy();
  expect((await running.result).code).toBe(0);
  expect(readdirSync(path.join(dir, "b")).toSorted()).toEqual(["link", "one", "sub"]);
});

test("history lists what was done, and takes no notice of dry runs", async () => {
  await mirror(["a", "b"]);
  await mirror(["-n", "a", "b"]);
  await mirror(["--no-state", "a", "b"]);
  const { code, out } = await runCli(["history", "--json", "--state", "state"], { cwd: dir });
  const real = (name: string) => path.join(dir, name);
  expect({ code, runs: objects(out) }).toMatchObject({
    code: 0,
    runs: [{ type: "run", run: 1, source: real("a"), target: real("b"), exitCode: 0 }],
  });
  const text = await runCli(["history", "--state", "state"], { cwd: dir });
  expect(text.out).toMatch(/^ {4}1 {2}\d{4}-\d\d-\d\d \d\d:\d\d:\d\d {2}done .*a → .*b\n$/);
});

test("history of nothing makes nothing", async () => {
  const { code, out } = await runCli(["history", "--state", "none"], { cwd: dir });
  expect({ code, out, made: existsSync(path.join(dir, "none")) }).toEqual({
    code: 0,
    out: "",
    made: false,
  });
});
