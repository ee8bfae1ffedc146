import { describe, expect, test } from "vitest";

import { fakeClock } from "../../test/support/fake-clock.ts";
import { lookOf } from "./look.ts";
import type { Output } from "./output.ts";
import { plainProgress } from "./plain-progress.ts";
import { plainLine, windowLines } from "./progress-lines.ts";
import { trackProgress } from "./progress-track.ts";
import { openWindow } from "./progress-window.ts";
import type { ProgressView } from "./run-event.ts";
import { displayWidth } from "./width.ts";

const { glyphs } = lookOf({}, false);
const mebi = 1024 * 1024;
const second = 1000;

/** A run whose counters a test moves by hand. */
function fakeRun() {
  const view = {
    phase: "scan" as ProgressView["phase"],
    source: { entries: 0, files: 0, bytes: 0 },
    target: { entries: 0, files: 0, bytes: 0 },
    totalFiles: 0,
    totalBytes: 0,
  };
  const track = trackProgress(() => structuredClone(view), 0);
  const row = (at: number) => ({ source: "photos", target: "nas", state: track.look(at) });
  return {
    view,
    look: (at: number) => track.look(at),
    lines: (at: number, columns = 80) => windowLines(row(at), columns, glyphs),
    plain: (at: number) => plainLine(row(at), glyphs),
  };
}

/** A run that has scanned for ten seconds and is about to copy 100 files of 100 MiB in all. */
function copying() {
  const run = fakeRun();
  run.look(0);
  run.view.phase = "apply";
  run.view.totalFiles = 100;
  run.view.totalBytes = 100 * mebi;
  run.look(10 * second);
  return run;
}

describe("while scanning", () => {
  test("there is neither a share nor an end", () => {
    const run = fakeRun();
    run.look(0);
    run.view.source.entries = 128_403;
    run.view.target.entries = 96_110;
    const state = run.look(4 * second);
    expect([state.share, state.timeLeft]).toEqual([undefined, undefined]);
    expect(run.lines(4 * second)).toEqual([
      `photos → nas${" ".repeat(66)}4s`,
      "scan   source 128 403, target 96 110 entries   56 128/s",
    ]);
  });
});

describe("while copying", () => {
  test("files cost something besides their bytes", () => {
    const run = copying();
    run.view.target.files = 100;
    expect(run.look(11 * second).share).toBeCloseTo((100 * 65_536) / (100 * mebi + 100 * 65_536));
  });

  test("what was counted before does not count as copied", () => {
    const run = fakeRun();
    run.view.target.files = 7;
    run.view.target.bytes = 7 * mebi;
    run.look(0);
    run.view.phase = "apply";
    run.view.totalFiles = 10;
    run.view.totalBytes = 10 * mebi;
    expect(run.look(second)).toMatchObject({ files: 0, bytes: 0, share: 0 });
  });

  test("flushing in between does not start the count again", () => {
    const run = copying();
    run.view.target.bytes = 50 * mebi;
    run.look(12 * second);
    run.view.phase = "flush";
    run.look(13 * second);
    run.view.phase = "apply";
    expect(run.look(14 * second).bytes).toBe(50 * mebi);
  });

  test("the end is told from the last minute, in words", () => {
    const run = copying();
    for (let i = 1; i <= 10; i++) {
      run.view.target.bytes = i * mebi;
      run.view.target.files = i;
      run.look((10 + i) * second);
    }
    expect(run.look(20 * second).timeLeft).toBeCloseTo(90 * second, -2);
    expect(run.lines(20 * second, 100)).toEqual([
      `photos → nas${" ".repeat(85)}20s`,
      "copy   ██░░░░░░░░░░░░░░░░░░░░░░░ 10%   10.0 MiB of 100.0 MiB   1.0 MiB/s   about 90 s left",
      "       10 of 100 files",
    ]);
  });

  test("no end is guessed from a first glance, nor from next to nothing", () => {
    const run = copying();
    run.view.target.bytes = 10 * mebi;
    expect(run.look(11 * second).timeLeft).toBeUndefined();
    const slow = copying();
    slow.view.target.bytes = 500;
    expect(slow.look(15 * second).timeLeft).toBeUndefined();
  });

  test("standing still is said instead of an end that goes away", () => {
    const run = copying();
    run.view.target.bytes = mebi;
    run.look(12 * second);
    expect(run.look(52 * second)).toMatchObject({ stalled: 40 * second, timeLeft: undefined });
    expect(run.plain(52 * second)).toBe(
      "photos → nas  copy 0%, 1.0 MiB of 100.0 MiB, stalled 40s · 52s",
    );
  });

  test("what was long ago does not weigh on the speed", () => {
    const run = copying();
    run.view.target.bytes = 90 * mebi;
    run.look(11 * second);
    for (let at = 12; at <= 80; at++) {
      run.view.target.bytes += 0.1 * mebi;
      run.look(at * second);
    }
    expect(run.look(80 * second).bytesPerSecond).toBeCloseTo(0.1 * mebi, -3);
  });
});

test("no row is wider than the terminal", () => {
  const run = copying();
  for (const columns of [10, 20, 40, 79]) {
    for (const line of run.lines(20 * second, columns)) {
      expect(displayWidth(line)).toBeLessThanOrEqual(columns);
    }
  }
});

test("without a terminal there is a line when a run starts and one a minute", () => {
  const clock = fakeClock(0);
  const lines: string[] = [];
  const plain = plainProgress((text) => void lines.push(text), lookOf({}, false), clock);
  const run = fakeRun();
  const rows = () => [{ source: "photos", target: "nas", state: run.look(clock.monotonic()) }];
  plain.start({ source: "photos", target: "n\u001bas", dryRun: false });
  for (let i = 0; i < 1300; i++) {
    clock.pass(100);
    plain.tick(rows);
  }
  expect(lines).toHaveLength(3);
  expect(lines[0]).toBe("mirroring photos → n\\x1bas");
});

test("a dry run does not begin with what it will not do", () => {
  const lines: string[] = [];
  const plain = plainProgress((text) => void lines.push(text), lookOf({}, false), fakeClock(0));
  plain.start({ source: "photos", target: "nas", dryRun: true });
  expect(lines).toEqual(["would mirror photos → nas"]);
});

describe("the window", () => {
  function opened(frame: () => string[]) {
    const clock = fakeClock(0);
    const written: string[] = [];
    const output: Output = {
      isTerminal: true,
      columns: () => 40,
      rows: () => 24,
      write: (text) => void written.push(text),
      flush: () => Promise.resolve(),
    };
    const window = openWindow(output, clock, frame);
    return { clock, window, written, take: () => written.splice(0).join("") };
  }

  test("stays away from what is over in a moment", () => {
    const { clock, window, take } = opened(() => ["x"]);
    clock.pass(250);
    window.draw();
    window.pause();
    expect(take()).toBe("");
  });

  test("draws at most ten times a second", () => {
    const { clock, window, take } = opened(() => ["x"]);
    clock.pass(1000);
    take();
    for (let i = 0; i < 1000; i++) {
      clock.pass(1);
      window.draw();
    }
    expect(take().split("\u001b[?2026h").length - 1).toBeLessThanOrEqual(10);
  });

  test("each frame is one synchronized update over the last one, and scrollback is left alone", () => {
    const { clock, window, take } = opened(() => ["one", "two"]);
    clock.pass(300);
    window.draw();
    expect(take()).toBe("\u001b[?2026h\u001b[?25l\rone\u001b[K\ntwo\u001b[K\u001b[J\u001b[?2026l");
    clock.pass(100);
    window.draw();
    const second = take();
    expect(second).toBe(
      "\u001b[?2026h\u001b[?25l\r\u001b[1Aone\u001b[K\ntwo\u001b[K\u001b[J\u001b[?2026l",
    );
    expect(second).not.toMatch(/\u001b\[[23]J/);
  });

  test("messages scroll by above it", () => {
    const { clock, window, take, written } = opened(() => ["row"]);
    clock.pass(300);
    window.draw();
    take();
    window.above(() => written.push("message\n"));
    expect(take()).toBe("");
    clock.pass(100);
    window.draw();
    expect(take()).toBe(
      "\u001b[?2026h\r\u001b[J\u001b[?25hmessage\n\u001b[?25l\rrow\u001b[K\u001b[J\u001b[?2026l",
    );
  });

  test("leaves nothing behind, says what waited and gives the cursor back", () => {
    const { clock, window, take, written } = opened(() => ["one", "two"]);
    clock.pass(300);
    window.draw();
    take();
    window.above(() => written.push("message\n"));
    window.pause();
    expect(take()).toBe("\r\u001b[1A\u001b[J\u001b[?25hmessage\n");
    clock.pass(500);
    window.draw();
    expect(take()).toBe("");
    window.resume();
    window.draw();
    expect(take()).toContain("one");
  });

  test("goes away when there is nothing to show any more", () => {
    const rows = ["one", "two"];
    const { clock, window, take } = opened(() => [...rows]);
    clock.pass(300);
    window.draw();
    take();
    rows.length = 0;
    clock.pass(100);
    window.draw();
    expect(take()).toBe("\u001b[?2026h\u001b[?25h\r\u001b[1A\u001b[J\u001b[?2026l");
    clock.pass(100);
    window.draw();
    expect(take()).toBe("");
  });

  test("is never higher than the terminal", () => {
    const { clock, window, take } = opened(() => Array.from({ length: 99 }, () => "x"));
    clock.pass(300);
    window.draw();
    expect(take().split("\n")).toHaveLength(23);
  });
});
