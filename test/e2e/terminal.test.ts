import { existsSync } from "node:fs";

import { expect, test } from "vitest";

import { fingerprint, judge } from "../support/judge.ts";
import type { Place } from "../support/place.ts";
import { newPlace } from "../support/place.ts";
import { onTerminal, plainText } from "../support/terminal.ts";
import { RENAME, strace } from "../support/trace.ts";
import type { Running } from "../support/syncline.ts";
import { files, makeTree, manyFiles } from "../support/trees.ts";

const QUESTION = /Apply\?/;

function plant(place: Place): void {
  makeTree(place.source, files({ "new.txt": "new", "d/changed": "changed" }));
  makeTree(place.target, files({ "d/changed": "was", "gone.txt": "gone" }));
}

/** Answers the question as often as there are answers, and returns all that was shown. */
async function answer(running: Running, ...answers: string[]): Promise<string> {
  for (const [n, text] of answers.entries()) {
    await running.until(new RegExp(`(?:${QUESTION.source}[^]*?){${n + 1}}`));
    running.say(text);
  }
  const { stdout } = await running.done;
  return plainText(stdout);
}

test("the plan is shown and asked about: y carries it out", async () => {
  using place = newPlace();
  plant(place);
  const shown = await answer(onTerminal(place, ["mirror", place.source, place.target]), "y\n");
  expect(shown).toContain("exit code 0");
  expect(shown).toMatch(/1 .*gone\.txt|delete[^\n]*\b1\b|gone\.txt/);
  expect(judge(place.source, place.target)).toEqual([]);
});

test.each([
  ["n", "n\n"],
  ["no", "NO\n"],
  ["Enter alone, then n", "\n", "n\n"],
  ["something else, then n", "perhaps\n", "n\n"],
  ["the end of input", "\u0004"],
])("%s changes nothing", async (_what, ...answers) => {
  using place = newPlace();
  plant(place);
  const before = fingerprint(place.target);
  const running = onTerminal(place, ["mirror", place.source, place.target]);
  const shown = await answer(running, ...answers);
  expect(shown).toMatch(/exit code (0|130)/);
  expect(fingerprint(place.target) === before).toBe(true);
});

test("v shows every path, deletions among them, and asks again", async () => {
  using place = newPlace();
  plant(place);
  const running = onTerminal(place, ["mirror", place.source, place.target]);
  const shown = await answer(running, "v\n", "y\n");
  for (const path of ["new.txt", "d/changed", "gone.txt"]) expect(shown).toContain(path);
  expect(judge(place.source, place.target)).toEqual([]);
});

test("Ctrl-C at the question changes nothing and exits 130", async () => {
  using place = newPlace();
  plant(place);
  const before = fingerprint(place.target);
  const running = onTerminal(place, ["mirror", place.source, place.target]);
  const shown = await answer(running, "\u0003");
  expect(shown).toContain("exit code 130");
  expect(fingerprint(place.target) === before).toBe(true);
});

test("nothing is asked where there is nothing to do, with -y, or in a dry run", async () => {
  using place = newPlace();
  plant(place);
  const dry = await answer(onTerminal(place, ["mirror", "-n", place.source, place.target]));
  const yes = await answer(onTerminal(place, ["mirror", "-y", place.source, place.target]));
  const again = await answer(onTerminal(place, ["mirror", place.source, place.target]));
  for (const shown of [dry, yes, again]) {
    expect(shown).not.toMatch(QUESTION);
    expect(shown).toContain("exit code 0");
  }
});

test("what changed while the question stood open is not overwritten blindly", async () => {
  using place = newPlace();
  plant(place);
  const running = onTerminal(place, ["mirror", place.source, place.target]);
  await running.until(QUESTION);
  makeTree(place.target, files({ "new.txt": "somebody else's, in the meantime" }));
  const shown = await answer(running, "y\n");
  expect(shown).toMatch(/exit code 3/);
  expect(existsSync(`${place.target}/gone.txt`)).toBe(false);
});

test("names cannot command the terminal", async () => {
  using place = newPlace();
  makeTree(place.source, [
    { path: "clear\u001b[2J\u001b]0;title\u0007", kind: "file" },
    { path: "c1\u009b2J", kind: "file" },
    { path: "back\b\b\b\b", kind: "directory" },
  ]);
  const running = onTerminal(place, ["mirror", place.source, place.target]);
  await running.until(QUESTION);
  running.say("v\n");
  await running.until(/(?:Apply\?[^]*?){2}/);
  running.say("y\n");
  const { stdout } = await running.done;
  expect(stdout).not.toMatch(/\u001b\[2J|\u001b\]0|\u0007|\u0008|\u009b/);
});

test("a long run shows a window that is redrawn in place, and leaves a clean screen", async () => {
  using place = newPlace();
  makeTree(place.source, manyFiles(400, "x"));
  const running = onTerminal(
    place,
    ["mirror", "-y", place.source, place.target],
    strace(RENAME, "delay_enter=8000"),
  );
  await running.until(/\u001b\[\?2026h/);
  const { stdout } = await running.done;
  const shown = plainText(stdout);
  expect(shown).toMatch(/of 4\d\d files|files/);
  expect(shown).toMatch(/✓ .*exit code 0/s);
  // The cursor is given back as often as it is taken.
  const hides = stdout.lastIndexOf("\u001b[?25l");
  expect(stdout.lastIndexOf("\u001b[?25h")).toBeGreaterThan(hides);
  expect(judge(place.source, place.target)).toEqual([]);
});

test("--progress none and NO_COLOR are obeyed: no escape sequence is written", async () => {
  using place = newPlace();
  makeTree(place.source, manyFiles(300, "x"));
  const running = onTerminal(
    place,
    ["mirror", "-y", "--progress", "none", place.source, place.target],
    ["env", "NO_COLOR=1", ...strace(RENAME, "delay_enter=5000")],
  );
  const { stdout } = await running.done;
  expect(stdout).not.toContain("\u001b");
});

test("Ctrl-C during a run stops it cleanly and gives the terminal back", async () => {
  using place = newPlace();
  makeTree(place.source, manyFiles(900, "x"));
  const running = onTerminal(
    place,
    ["mirror", "-y", place.source, place.target],
    strace(RENAME, "delay_enter=10000"),
  );
  await running.until(/\u001b\[\?2026h/);
  running.say("\u0003");
  const { stdout } = await running.done;
  expect(stdout).toContain("exit code 130");
  expect(stdout.lastIndexOf("\u001b[?25h")).toBeGreaterThan(stdout.lastIndexOf("\u001b[?25l"));
});

test("with --every, quit typed on the terminal ends it", async () => {
  using place = newPlace();
  plant(place);
  const running = onTerminal(place, ["mirror", "-y", "--every", "1h", place.source, place.target]);
  await running.until(/next run/);
  running.say("quit\n");
  expect((await running.done).stdout).toContain("exit code 0");
});
