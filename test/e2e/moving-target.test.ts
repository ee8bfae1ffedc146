import { existsSync, readdirSync, rmSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";

import { describe, expect, test } from "vitest";

import { meddle } from "../support/background.ts";
import { fingerprint, walk } from "../support/judge.ts";
import type { Place } from "../support/place.ts";
import { newPlace } from "../support/place.ts";
import { DRIVERS, leftovers, mirrorAndProve } from "../support/proof.ts";
import { tool } from "../support/python.ts";
import { mirror, problemsOf, start } from "../support/syncline.ts";
import { strace } from "../support/trace.ts";
import type { TreeEntry } from "../support/trees.ts";
import { files, makeTree } from "../support/trees.ts";

const RUNS = 8;

/** What the source says of one run: names come, change, turn into other kinds and go. */
function generation(n: number): TreeEntry[] {
  const names = Array.from({ length: 120 }, (_, i) => i);
  return names.flatMap((i): TreeEntry[] => {
    const path = `top/sub/f${i}`;
    const kind = (i + n) % 6;
    if (kind === 0) return [];
    if (kind === 1) return [{ path, kind: "directory", mode: 0o700 + (n % 8) }];
    if (kind === 2) return [{ path, kind: "symlink", target: `t${n}` }];
    return [{ path, kind: "file", content: `generation ${n} of ${i}`, mode: 0o600 + (n % 64) }];
  });
}

/** A directory beside the replica with the same names in it, which no run may touch. */
function plantCanaries(place: Place): string {
  const outside = place.path("outside/canary");
  makeTree(outside, [
    ...generation(0),
    ...files(Object.fromEntries(Array.from({ length: 120 }, (_, i) => [`f${i}`, "canary"]))),
    ...files({ "sub/f3": "canary", "only-here": "canary" }),
  ]);
  makeTree(place.path("outside"), [{ path: "link", kind: "symlink", target: outside }]);
  return outside;
}

describe.each(DRIVERS)("$driver", ({ options, tolerance }) => {
  test.each(["top/sub", "top"])(
    "the target's %s becomes a link to an outside directory and back: nothing out there is touched",
    async (component) => {
      using place = newPlace();
      const outside = plantCanaries(place);
      makeTree(place.source, generation(1));
      await mirrorAndProve(place, { options, tolerance });
      const before = fingerprint(outside);
      {
        await using _flipper = await meddle(
          "flip",
          `${place.target}/${component}`,
          place.path("outside/link"),
          outside,
        );
        for (let n = 2; n < 2 + RUNS; n++) {
          tool("rm", ["-rf", place.source]);
          makeTree(place.source, generation(n));
          const line = ["--max-delete", "100%", place.source, place.target];
          const result = await mirror(place, line, { ...options, timeoutMs: 20_000 });
          expect([0, 3]).toContain(result.code);
          expect(result.stderr).not.toMatch(/\bbug\b|\.js:\d+/);
          expect(fingerprint(outside) === before).toBe(true);
        }
      }
      await mirrorAndProve(place, { args: ["--max-delete", "100%"], options, tolerance });
      expect(fingerprint(outside) === before).toBe(true);
      expect(leftovers(walk(place.target))).toEqual([]);
    },
  );

  test("a link that stands in the target where the source has a directory is replaced, not followed", async () => {
    using place = newPlace();
    const outside = plantCanaries(place);
    makeTree(place.source, generation(1));
    makeTree(place.target, [
      { path: "top", kind: "directory" },
      { path: "top/sub", kind: "symlink", target: outside },
    ]);
    const before = fingerprint(outside);
    await mirrorAndProve(place, { options, tolerance });
    expect(fingerprint(outside) === before).toBe(true);
  });

  test("what stands at the target's own temporary names is never written through", async () => {
    using place = newPlace();
    const outside = plantCanaries(place);
    makeTree(place.source, generation(1));
    makeTree(place.target, [
      { path: "top", kind: "directory" },
      { path: "top/.syncline~aaaaaaaaaa~0", kind: "symlink", target: `${outside}/f3` },
      { path: "top/.syncline~bbbbbbbbbb~1", kind: "file", content: "left over" },
      { path: ".syncline~cccccccccc~2", kind: "directory" },
    ]);
    const before = fingerprint(outside);
    await mirrorAndProve(place, { options, tolerance });
    expect(fingerprint(outside) === before).toBe(true);
    expect(leftovers(walk(place.target))).toEqual([]);
  });

  test("a directory by a temporary name that holds something is nobody's to remove: it is kept, and said", async () => {
    using place = newPlace();
    makeTree(place.source, files({ a: "a" }));
    makeTree(place.target, files({ ".syncline~cccccccccc~2/inner": "somebody's" }));
    const result = await mirror(place, [place.source, place.target], options);
    expect([result.code, problemsOf(result)]).toEqual([3, [".syncline~cccccccccc~2 not-empty"]]);
    expect(tool("cat", [`${place.target}/.syncline~cccccccccc~2/inner`])).toBe("somebody's");
    expect(tool("cat", [`${place.target}/a`])).toBe("a");
  });

  test("a directory that somebody puts in a link's place at the last moment is not hidden away", async () => {
    using place = newPlace();
    makeTree(place.source, files({ "d/new": "new" }));
    makeTree(place.target, [{ path: "d", kind: "symlink", target: "elsewhere" }]);
    const running = start(place, ["mirror", "--json", "-y", place.source, place.target], {
      ...options,
      // The look at what stands there is over, and the name is about to change hands.
      through: strace("renameat2,unlink,unlinkat", "delay_enter=400000"),
    });
    const temporary = () => readdirSync(place.target).some((name) => name.startsWith(".syncline~"));
    while (!existsSync(place.target) || !temporary()) await delay(5);
    rmSync(`${place.target}/d`);
    makeTree(place.target, files({ "d/precious": "somebody's" }));
    const result = await running.done;
    expect([0, 3]).toContain(result.code);
    expect(leftovers(walk(place.target))).toEqual([]);
    expect(tool("cat", [`${place.target}/d/precious`])).toBe("somebody's");
  });
});
