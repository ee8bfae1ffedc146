import { readFileSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";

import { describe, expect, test } from "vitest";

import { walk } from "../support/judge.ts";
import { newPlace } from "../support/place.ts";
import { DRIVERS, leftovers } from "../support/proof.ts";
import { ofType, start, summaryOf, syncline } from "../support/syncline.ts";
import { RENAME, strace, tracing, tracedBy } from "../support/trace.ts";
import { files, makeTree, manyFiles } from "../support/trees.ts";
import { expectOldOrNew, expectRecovery, plant } from "./scene.ts";

describe.each(DRIVERS)("$driver", (driver) => {
  // Node renames too, when it keeps compiled code, and is not to be slowed down.
  const env = { ...driver.options.env, NODE_DISABLE_COMPILE_CACHE: "1" };
  const options = { ...driver.options, env };
  const line = (source: string, target: string) => [
    "mirror",
    "--json",
    "--max-delete",
    "100%",
    source,
    target,
  ];
  const slowly = strace(RENAME, "delay_enter=40000");

  test.each(["SIGINT", "SIGTERM"] as const)(
    "the first %s finishes the files in hand and stops: 130, valid, no temporary name",
    async (signal) => {
      using place = newPlace();
      plant(place, 0, driver.driver);
      await syncline(place, line(place.source, place.target), options);
      const old = walk(place.target);
      plant(place, 1, driver.driver);
      const now = walk(place.source);
      const running = start(place, line(place.source, place.target), {
        ...options,
        through: slowly,
      });
      await running.until(/"type":"plan"/);
      await delay(300);
      process.kill(tracedBy(running.child.pid), signal);
      const result = await running.done;
      expect([result.code, summaryOf(result)["exitCode"]]).toEqual([130, 130]);
      expectOldOrNew(place, old, now);
      expect(leftovers(walk(place.target))).toEqual([]);
      // Not all of it was done: it stopped, and did not just say so.
      const done = ofType(result, "action").filter(({ outcome }) => outcome === "done");
      expect(done.length).toBeLessThan(200);
      await expectRecovery(place, driver);
    },
  );

  test("the second signal stops at once, and the target stays valid", async () => {
    using place = newPlace();
    makeTree(place.source, manyFiles(600, "new"));
    makeTree(place.target, manyFiles(600, "old"));
    const [old, now] = [walk(place.target), walk(place.source)];
    const running = start(place, line(place.source, place.target), {
      ...options,
      through: strace(RENAME, "delay_enter=2000000"),
    });
    await running.until(/"type":"plan"/);
    await delay(200);
    const pid = tracedBy(running.child.pid);
    process.kill(pid, "SIGINT");
    await running.until(/stopping/);
    // Sooner it would be taken for an echo of the first.
    await delay(300);
    process.kill(pid, "SIGINT");
    const result = await running.done;
    expect(result.code).toBe(130);
    expectOldOrNew(place, old, now);
    await expectRecovery(place, driver);
  });

  test("a signal during the scan changes nothing", async () => {
    using place = newPlace();
    makeTree(place.source, manyFiles(5000, "new"));
    makeTree(place.target, files({ own: "to be deleted" }));
    const running = start(place, line(place.source, place.target), {
      ...options,
      through: strace("getdents64", "delay_enter=50000"),
    });
    await running.until(/mirroring/);
    await delay(1000);
    process.kill(tracedBy(running.child.pid), "SIGINT");
    const result = await running.done;
    expect([result.code, walk(place.target).map(({ path }) => path)]).toEqual([130, ["", "own"]]);
  });
});

test("what is new is flushed before anything is deleted", async () => {
  using place = newPlace();
  makeTree(place.source, files({ a: "a", "d/b": "b" }));
  makeTree(place.target, files({ "gone/x": "x", y: "y", a: "old" }));
  const trace = (name: string, ...args: string[]) => {
    const log = place.path(name);
    const through = tracing("syncfs,unlinkat,renameat,renameat2", log, "-s", "80");
    const all = ["mirror", "--max-delete", "100%", ...args, place.source, place.target];
    return syncline(place, all, { through }).then(() => readFileSync(log, "latin1").split("\n"));
  };
  const calls = await trace("flushed");
  const at = (pattern: RegExp) => calls.findIndex((call) => pattern.test(call));
  const order = [at(/renameat2?\(.*"b"/), at(/syncfs\(/), at(/unlinkat\(.*"y"/)];
  expect(order).not.toContain(-1);
  expect(order.toSorted((one, other) => one - other)).toEqual(order);
  makeTree(place.source, files({ new: "1" }));
  const unflushed = await trace("unflushed", "--no-flush");
  expect(unflushed.filter((call) => call.includes("syncfs"))).toEqual([]);
});
