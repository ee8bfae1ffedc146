import type { ChildProcessWithoutNullStreams } from "node:child_process";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout } from "node:timers/promises";

import { afterEach, beforeEach, describe, expect, test } from "vitest";

import { main } from "../support/run-cli.ts";

let dir = "";
beforeEach(() => {
  dir = mkdtempSync(path.join(tmpdir(), "syncline-terminal-"));
  mkdirSync(path.join(dir, "a"));
  writeFileSync(path.join(dir, "a", "new\u001b"), "content");
});
afterEach(() => rmSync(dir, { recursive: true }));

/** A command line on a terminal of its own: util-linux's `script` makes one, and passes on what is typed. */
class Terminal {
  readonly #child: ChildProcessWithoutNullStreams;
  #shown = "";
  readonly #closed: Promise<unknown[]>;

  constructor(line: readonly string[]) {
    const command = [process.execPath, main, "mirror", "--state", "state", ...line].join(" ");
    const env = { HOME: dir, TZ: "UTC", NO_COLOR: "1", TERM: "xterm", PATH: process.env["PATH"] };
    this.#child = spawn("script", ["-qefc", command, "/dev/null"], { cwd: dir, env });
    this.#child.stdout.setEncoding("utf8").on("data", (text: string) => (this.#shown += text));
    this.#closed = once(this.#child, "close");
  }

  async shows(text: string): Promise<void> {
    while (!this.#shown.includes(text)) await setTimeout(10);
  }

  type(text: string): void {
    this.#child.stdin.write(text);
  }

  async end(): Promise<{ code: unknown; shown: string }> {
    const [code] = await this.#closed;
    return { code, shown: this.#shown.replaceAll("\r\n", "\n") };
  }
}

const question = "Apply? [y]es, [n]o, [v]iew all: ";
const inTarget = () => readdirSync(dir).includes("b") && readdirSync(path.join(dir, "b"));

describe("on a terminal", () => {
  test("the plan is shown and confirmed", async () => {
    const terminal = new Terminal(["a", "b"]);
    await terminal.shows(question);
    expect(inTarget()).toBe(false);
    terminal.type("v\n");
    await terminal.shows("+ new\\x1b\r\n");
    terminal.type("y\n");
    const { code, shown } = await terminal.end();
    expect(code).toBe(0);
    expect(shown).toMatch(/Plan {2}a → b {3}mirror\n {2}\+ create +1 entry +7 B\n/);
    expect(shown).toContain("✓ a → b  1 checked · +1 ~0 →0 ⧉0 -0");
    expect(inTarget()).toEqual(["new\u001b"]);
  });

  test("a no changes nothing, and is no failure", async () => {
    const terminal = new Terminal(["a", "b"]);
    await terminal.shows(question);
    terminal.type("n\n");
    const { code, shown } = await terminal.end();
    expect([code, inTarget()]).toEqual([0, false]);
    expect(shown).toContain("■ a → b  nothing was changed");
  });

  test("Ctrl-C at the question changes nothing, and is an interruption", async () => {
    const terminal = new Terminal(["a", "b"]);
    await terminal.shows(question);
    terminal.type("\u0003");
    const { code } = await terminal.end();
    expect([code, inTarget()]).toEqual([130, false]);
  });

  test("each target is asked about in turn", async () => {
    const terminal = new Terminal(["a", "b", "c"]);
    await terminal.shows("Plan  a → b");
    await terminal.shows(question);
    terminal.type("n\n");
    await terminal.shows("Plan  a → c");
    terminal.type("y\n");
    const { code } = await terminal.end();
    expect([code, inTarget(), readdirSync(path.join(dir, "c"))]).toEqual([0, false, ["new\u001b"]]);
  });

  test.each([["--yes"], ["--dry-run"], ["--every 1h"]])(
    "nothing is asked with %s",
    async (option) => {
      const terminal = new Terminal([option, "a", "b"]);
      await terminal.shows("1 checked");
      if (option.startsWith("--every")) terminal.type("quit\n");
      const { code, shown } = await terminal.end();
      expect(code).toBe(0);
      expect(shown).not.toContain(question);
    },
  );

  test("whatever is drawn leaves scrollback alone, and the cursor comes back", async () => {
    for (let i = 0; i < 2000; i++) writeFileSync(path.join(dir, "a", `${i}`), "x".repeat(20_000));
    const terminal = new Terminal(["--yes", "a", "b"]);
    const { code, shown } = await terminal.end();
    expect(code).toBe(0);
    expect(shown.lastIndexOf("\u001b[?25h")).toBeGreaterThanOrEqual(
      shown.lastIndexOf("\u001b[?25l"),
    );
    expect(shown).not.toMatch(/\u001b\[[23]J/);
    expect(shown).toMatch(/✓ a → b {2}2001 checked/);
  });
});
