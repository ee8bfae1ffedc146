import { setTimeout as delay } from "node:timers/promises";

import { describe, expect, test } from "vitest";

import type { Seen } from "../support/judge.ts";
import { judge, walk } from "../support/judge.ts";
import { judgeReplica, saveReplica, stampsIn } from "../support/kept.ts";
import { newPlace } from "../support/place.ts";
import { DRIVERS, outcome } from "../support/proof.ts";
import { tool } from "../support/python.ts";
import { mirror, start, syncline } from "../support/syncline.ts";
import { strace } from "../support/trace.ts";
import { plant } from "./scene.ts";

const own = ".syncline/versions/";

/** What holds an old content: files by what is in them, links by where they lead. */
function contents(seen: readonly Seen[]): Set<string> {
  return new Set(
    seen
      .filter(({ kind }) => kind !== "directory" && kind !== "fifo")
      .map(({ kind, sha256, target }) => `${kind} ${sha256 ?? target}`),
  );
}

/** Every old content stands at its name or is kept, whatever the moment. */
function expectNothingLost(before: readonly Seen[], after: readonly Seen[]): void {
  // Temporary names are nobody's content: what an earlier kill left is cleared, and not kept.
  const isOwn = ({ path }: Seen): boolean => /^\.syncline(\/|$)|(^|\/)\.syncline~/.test(path);
  const here = new Map(after.filter((seen) => !isOwn(seen)).map((seen) => [seen.path, seen]));
  const kept = contents(after.filter(({ path }) => path.startsWith(own)));
  const lost = before
    .filter((seen) => !isOwn(seen) && seen.kind !== "directory" && seen.kind !== "fifo")
    .filter((seen) => {
      const { kind, sha256, target, path } = seen;
      const now = here.get(path);
      const stands = now?.kind === kind && now.sha256 === sha256 && now.target === target;
      return !stands && !kept.has(`${kind} ${sha256 ?? target}`);
    });
  expect(lost.map(({ path }) => path)).toEqual([]);
}

const RENAMES = { libc: "renameat,renameat2", portable: "rename" } as const;
const LINKS = { libc: "linkat", portable: "link" } as const;

describe.each(DRIVERS)("$driver", ({ driver, options, tolerance }) => {
  const keeping = ["--versions", "trash", "--max-delete", "100%"];

  test("kill -9 at any moment loses no old content, and each state before can still be had", async () => {
    using place = newPlace();
    const line = ["mirror", ...keeping, place.source, place.target];
    const moments: readonly (readonly [string, number])[] = [
      [RENAMES[driver], 3],
      [RENAMES[driver], 20],
      [RENAMES[driver], 60],
      [LINKS[driver], 2],
      [LINKS[driver], 15],
      [driver === "libc" ? "mkdirat" : "mkdir", driver === "libc" ? 4 : 10],
      [driver === "libc" ? "unlinkat" : "unlink,rmdir", 2],
    ];
    plant(place, 0, driver);
    expect((await syncline(place, line, options)).code).toBe(0);
    let killed = 0;
    for (const [n, [calls, when]] of moments.entries()) {
      const before = walk(place.target);
      saveReplica(place.target, place.path("saved"));
      const stampsBefore = stampsIn(place.target);
      plant(place, n + 1, driver);
      const through = strace(calls, `signal=KILL:when=${when}`);
      const result = await start(place, line, { ...options, through }).done;
      if (result.code !== 0) killed++;
      expectNothingLost(before, walk(place.target));
      // The next run ends it, and what was there before both can be put together from what both have kept.
      const again = await mirror(place, [...keeping, place.source, place.target], options);
      expect(outcome(again)).toEqual({ code: 0, problems: [], stderr: "" });
      expect(judgeReplica(place.source, place.target, tolerance)).toEqual([]);
      const stamp = stampsIn(place.target)[stampsBefore.length];
      if (stamp !== undefined) {
        const then = place.path("then");
        const args = ["restore", "--json", place.target, ".", "--at", stamp, "--to", then];
        expect(outcome(await syncline(place, args, options))).toEqual({
          code: 0,
          problems: [],
          stderr: "",
        });
        expect(judge(place.path("saved"), then, tolerance)).toEqual([]);
        tool("rm", ["-rf", then]);
      }
      tool("rm", ["-rf", place.path("saved")]);
    }
    expect(killed).toBeGreaterThan(3);
  });

  test("the same at random moments", async () => {
    using place = newPlace();
    const line = ["mirror", ...keeping, place.source, place.target];
    plant(place, 0, driver);
    const began = performance.now();
    await syncline(place, line, options);
    const usual = performance.now() - began;
    let killed = 0;
    for (let n = 1; n <= 10; n++) {
      const before = walk(place.target);
      plant(place, n, driver);
      const running = start(place, line, options);
      await delay(usual * 0.3 + Math.random() * usual * 0.7);
      running.child.kill("SIGKILL");
      if ((await running.done).signal !== null) killed++;
      expectNothingLost(before, walk(place.target));
    }
    expect((await syncline(place, line, options)).code).toBe(0);
    expect(judgeReplica(place.source, place.target, tolerance)).toEqual([]);
    expect(killed).toBeGreaterThan(0);
  });
});
