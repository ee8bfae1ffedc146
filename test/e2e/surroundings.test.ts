import { symlinkSync, writeFileSync } from "node:fs";

import { describe, expect, test } from "vitest";

import { compareWalks, fingerprint, judge, walk } from "../support/judge.ts";
import { mountMemory, unmount } from "../support/mounts.ts";
import type { Place } from "../support/place.ts";
import { newPlace, ORDINARY_USER } from "../support/place.ts";
import { DRIVERS, mirrorAndProve } from "../support/proof.ts";
import { tool } from "../support/python.ts";
import type { Result } from "../support/syncline.ts";
import { guardsOf, mirror, problemsOf, syncline } from "../support/syncline.ts";
import { files, makeTree, manyFiles } from "../support/trees.ts";

/** Runs Syncline from a shell that has first arranged its surroundings. */
async function inShell(place: Place, before: string, ...args: string[]): Promise<Result> {
  return syncline(place, args, { through: ["sh", "-c", before, "sh"], timeoutMs: 20_000 });
}

function plant(place: Place): void {
  makeTree(place.source, manyFiles(120, "x"));
}

const NO_BUG = /\bbug\b|^\s+at |\bworker thread failed/m;

test.each([
  ["standard input", "<&-"],
  ["standard output", ">&-"],
  ["standard error", "2>&-"],
  ["all three", "<&- >&- 2>&-"],
])("%s is closed", async (_what, redirection) => {
  using place = newPlace();
  plant(place);
  const line = ["mirror", place.source, place.target];
  const result = await inShell(place, `exec "$@" ${redirection}`, ...line);
  expect([result.code, judge(place.source, place.target)]).toEqual([0, []]);
});

test("objects that cannot be written are no success", async () => {
  using place = newPlace();
  plant(place);
  const line = ["mirror", "--json", place.source, place.target];
  const result = await inShell(place, 'exec "$@" >/dev/full', ...line);
  expect(result.code).not.toBe(0);
  expect(result.stderr).not.toMatch(NO_BUG);
});

test("the working directory is gone", async () => {
  using place = newPlace();
  plant(place);
  const leave = `mkdir gone; cd gone; rmdir ../gone; exec "$@"`;
  const absolute = await inShell(place, leave, "mirror", place.source, place.target);
  const relative = await inShell(place, leave, "mirror", ".", place.target);
  expect(`${absolute.stderr}${relative.stderr}`).not.toMatch(NO_BUG);
  expect([absolute.code, judge(place.source, place.target)]).toEqual([0, []]);
  expect([1, 2, 5]).toContain(relative.code);
});

test("no home, no language, no path: a mirror needs none of them", async () => {
  using place = newPlace();
  plant(place);
  const line = ["mirror", place.source, place.target];
  const result = await inShell(place, 'exec env -i "$@"', ...line);
  expect([result.code, judge(place.source, place.target)]).toEqual([0, []]);
});

test.each(["000", "027", "077", "177", "777"])("umask %s changes nothing", async (mask) => {
  using place = newPlace();
  plant(place);
  const result = await inShell(
    place,
    `umask ${mask}; exec "$@"`,
    "mirror",
    place.source,
    place.target,
  );
  expect([result.code, judge(place.source, place.target)]).toEqual([0, []]);
});

describe.each(DRIVERS)("$driver", ({ options, tolerance }) => {
  test("a path far longer than the system takes at once, with few descriptors and with enough", async () => {
    using place = newPlace();
    const deepen = `
import os, sys
os.mkdir(sys.argv[1]); os.chdir(sys.argv[1])
for n in range(400):
    os.mkdir("d" * 30); os.chdir("d" * 30)
open("bottom", "w").write("x")`;
    tool("python3", ["-c", deepen, place.source]);
    const line = ["mirror", "--json", place.source, place.target];
    const limit = 'ulimit -n 200; exec "$@"';
    const few = await syncline(place, line, { ...options, through: ["sh", "-c", limit, "sh"] });
    expect([few.code, new Set(problemsOf(few).map((text) => text.split(" ").at(-1)))]).toEqual([
      3,
      new Set(["too-deep"]),
    ]);
    const enough = await syncline(place, line, options);
    expect(enough.code).toBe(0);
    expect(compareWalks(walk(place.source), walk(place.target), tolerance)).toEqual([]);
  });
});

test("data behind the fourth gigabyte of a file with holes arrives where it was", async () => {
  using place = newPlace();
  const size = 2 ** 32 + 2 ** 20;
  const segments = [2 ** 31 - 5, 2 ** 32 - 5].map((at) => ({ at, length: 10, fill: 65 }));
  makeTree(place.source, [{ path: "large", kind: "file", size, segments }]);
  const result = await mirror(place, ["--accept", "space", place.source, place.target]);
  expect(result.code).toBe(0);
  expect(tool("cmp", [`${place.source}/large`, `${place.target}/large`])).toBe("");
});

test("Syncline's own directory at a root is neither copied nor deleted; elsewhere it is one like any other", async () => {
  using place = newPlace();
  makeTree(place.source, files({ ".syncline/a": "source's", "d/.syncline/b": "b", x: "x" }));
  makeTree(place.target, files({ ".syncline/versions": "target's" }));
  const result = await mirror(place, [place.source, place.target]);
  expect([result.code, walk(place.target).map(({ path }) => path)]).toEqual([
    0,
    ["", ".syncline", ".syncline/versions", "d", "d/.syncline", "d/.syncline/b", "x"],
  ]);
});

test("attributes that the target has no room for are problems; the content arrives all the same", async () => {
  using place = newPlace();
  using disk = newPlace("disk");
  makeTree(place.source, [
    { path: "f", kind: "file", content: "content", xattrs: { "user.large": "v".repeat(30_000) } },
    ...files({ g: "g" }),
  ]);
  const result = await mirror(place, [place.source, disk.target]);
  expect([result.code, problemsOf(result)]).toEqual([3, ["f no-space"]]);
  expect(tool("cat", [`${disk.target}/f`, `${disk.target}/g`])).toBe("contentg");
});

test("files whose size is a lie, as in /proc and /sys, are problems or arrive whole", async () => {
  using place = newPlace();
  const result = await mirror(place, ["/sys/kernel/mm/ksm", place.target], { timeoutMs: 30_000 });
  expect([0, 3]).toContain(result.code);
  const { code } = await mirror(place, ["/proc/sys/vm", place.path("proc")], { timeoutMs: 30_000 });
  expect([0, 3]).toContain(code);
});

test("the target's disk is not mounted: its mount point is not filled instead", async () => {
  using place = newPlace();
  plant(place);
  mountMemory(place.target, "size=8m");
  await mirrorAndProve(place);
  unmount(place.target);
  const away = await mirror(place, [place.source, place.target]);
  expect([away.code, guardsOf(away), walk(place.target).length]).toEqual([5, ["identity"], 1]);
  await mirrorAndProve(place, { args: ["--accept", "identity"] });
});

describe("links that somebody else has made in a place that all can write", () => {
  /** A link owned by another user, to something of ours. */
  function trap(place: Place, name: string, victim: string): string {
    makeTree(place.path("public"), [{ path: "", kind: "directory", mode: 0o777 }]);
    const link = `${place.path("public")}/${name}`;
    symlinkSync(place.path(victim), link);
    tool("chown", ["-h", String(ORDINARY_USER), link]);
    return link;
  }

  test("a log is not written through one", async () => {
    using place = newPlace();
    plant(place);
    writeFileSync(place.path("victim"), "mine");
    const log = trap(place, "log", "victim");
    const result = await syncline(place, ["mirror", "--log", log, place.source, place.target]);
    expect([result.code, tool("cat", [place.path("victim")])]).toEqual([2, "mine"]);
  });

  test("rules are not read through one, and nothing of them is shown", async () => {
    using place = newPlace();
    plant(place);
    writeFileSync(place.path("victim"), "[secret\n");
    const rules = trap(place, "rules", "victim");
    const line = ["mirror", "--filter-from", rules, place.source, place.target];
    const result = await syncline(place, line);
    expect([result.code, /link/.test(result.stderr)]).toEqual([2, true]);
    expect(result.stderr).not.toContain("secret");
  });

  test("state is not kept behind one", async () => {
    using place = newPlace();
    plant(place);
    makeTree(place.path("victim"), files({ "mine.txt": "mine" }));
    const state = trap(place, "state", "victim");
    const before = fingerprint(place.path("victim"));
    await syncline(place, ["mirror", "--state", state, place.source, place.target]);
    expect(fingerprint(place.path("victim")) === before).toBe(true);
  });
});
