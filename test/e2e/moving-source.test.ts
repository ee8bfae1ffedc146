import { readFileSync, statSync } from "node:fs";

import { describe, expect, test } from "vitest";

import { meddle } from "../support/background.ts";
import { fingerprint, judge, walk } from "../support/judge.ts";
import type { Place } from "../support/place.ts";
import { newPlace } from "../support/place.ts";
import { tool } from "../support/python.ts";
import { DRIVERS, leftovers, mirrorAndProve } from "../support/proof.ts";
import type { Options, Result } from "../support/syncline.ts";
import { mirror, ofType } from "../support/syncline.ts";
import type { TreeEntry } from "../support/trees.ts";
import { files, makeTree } from "../support/trees.ts";

const RUNS = 4;

/** The tree around what moves; it must arrive whatever happens beside it. */
const STILL: readonly TreeEntry[] = [
  ...files({ "a/before": "1", "m/beside": "2", "z/after": "3" }),
  { path: "m/file", kind: "file", size: 4_000_000, fill: 1 },
];

/** Mirrors several times while somebody meddles; each run ends by itself, with 0 or 3, and says why. */
async function runsMeanwhile(place: Place, options: Options): Promise<Result[]> {
  const results: Result[] = [];
  for (let n = 0; n < RUNS; n++) {
    const result = await mirror(place, ["--max-delete", "100%", place.source, place.target], {
      ...options,
      timeoutMs: 20_000,
    });
    results.push(result);
    expect([0, 3]).toContain(result.code);
    expect(result.code === 3).toBe(ofType(result, "problem").length > 0);
    expect(result.stderr).not.toMatch(/\bbug\b|\.js:\d+/);
    const seen = walk(place.target);
    expect(leftovers(seen)).toEqual([]);
    expect(
      seen.filter(({ path }) => /before|beside|after/.test(path)).map(({ size }) => size),
    ).toEqual([1, 1, 1]);
  }
  return results;
}

describe.each(DRIVERS)("$driver", ({ options, tolerance }) => {
  test("a file grows: what arrives is a beginning of it, or nothing does", async () => {
    using place = newPlace();
    makeTree(place.source, [...STILL, ...files({ "m/log": "" })]);
    {
      await using _writer = await meddle("grow", `${place.source}/m/log`);
      await runsMeanwhile(place, options);
    }
    const source = readFileSync(`${place.source}/m/log`);
    const stat = statSync(`${place.target}/m/log`, { throwIfNoEntry: false });
    if (stat !== undefined) {
      const copy = readFileSync(`${place.target}/m/log`);
      expect(source.subarray(0, copy.length).equals(copy)).toBe(true);
    }
    await mirrorAndProve(place, { options, tolerance });
  });

  test.each(["shrink", "rewrite", "vanish", "replace"] as const)(
    "a file changes while it is read: %s",
    async (what) => {
      using place = newPlace();
      makeTree(place.source, STILL);
      {
        await using _writer = await meddle(what, `${place.source}/m/file`);
        await runsMeanwhile(place, options);
      }
      // What was torn, if anything was, is not taken for whole once it lies still.
      await mirrorAndProve(place, { options, tolerance });
    },
  );

  test.each([
    ["a link to a secret", "symlink"],
    ["a fifo that nobody writes", "fifo"],
    ["a directory", "directory"],
  ] as const)("a file becomes %s and back", async (_, kind) => {
    using place = newPlace();
    makeTree(place.source, STILL);
    makeTree(place.path("outside"), [
      ...files({ secret: "SECRET".repeat(1000) }),
      kind === "symlink"
        ? { path: "other", kind, target: `${place.path("outside")}/secret` }
        : { path: "other", kind },
    ]);
    {
      await using _writer = await meddle(
        "flip",
        `${place.source}/m/file`,
        place.path("outside/other"),
      );
      for (let n = 0; n < 2; n++) {
        await runsMeanwhile(place, options);
        expect(statSync(`${place.target}/m/beside`).size).toBe(1);
        const sizes = walk(place.target).map(({ size }) => size);
        expect(sizes).not.toContain(6000);
        makeTree(place.source, [{ path: `m/more-${n}`, kind: "file", size: 2_000_000, fill: n }]);
      }
    }
    const tolerated = kind === "fifo" && options.env?.["SYNCLINE_FS"] === "portable";
    const file = walk(place.source).find(({ path }) => path === "m/file");
    if (!tolerated || file?.kind === "file") await mirrorAndProve(place, { options, tolerance });
  });

  test("a directory becomes a link to an outside one and back: nothing of that is read", async () => {
    using place = newPlace();
    const inner = (content: string) =>
      Object.fromEntries(Array.from({ length: 150 }, (_, n) => [`f${n}`, `${content} ${n}`]));
    makeTree(place.source, STILL);
    makeTree(`${place.source}/m/sub`, files(inner("public")));
    makeTree(place.path("outside/secret"), files({ ...inner("SECRET"), "only-here": "SECRET" }));
    makeTree(place.dir, [{ path: "outside/link", kind: "symlink", target: "secret" }]);
    const link = `${place.path("outside")}/link`;
    const before = fingerprint(place.path("outside/secret"));
    {
      await using _flipper = await meddle("flip", `${place.source}/m/sub`, link);
      for (let n = 0; n < 3; n++) {
        await runsMeanwhile(place, options);
        expect(readTree(place.target)).not.toContain("SECRET");
        // So that there is always something to be read.
        makeTree(place.source, [{ path: `m/more-${n}`, kind: "file", size: 900_000, fill: n }]);
        tool("rm", ["-rf", place.target]);
      }
    }
    expect(fingerprint(place.path("outside/secret")) === before).toBe(true);
    const sub = walk(place.source).find(({ path }) => path === "m/sub");
    expect(["directory", "symlink"]).toContain(sub?.kind);
    await mirrorAndProve(place, { options, tolerance });
    expect(judge(place.source, place.target, tolerance)).toEqual([]);
  });
});

/** All content of all regular files, as one text. */
function readTree(root: string): string {
  return walk(root)
    .filter(({ kind, size = 0 }) => kind === "file" && size < 100_000)
    .map(({ path }) => readFileSync(Buffer.from(`${root}/${path}`, "latin1"), "latin1"))
    .join("\n");
}
