import { setTimeout as delay } from "node:timers/promises";

import { describe, expect, test } from "vitest";

import { walk } from "../support/judge.ts";
import { newPlace } from "../support/place.ts";
import { DRIVERS } from "../support/proof.ts";
import { start, syncline } from "../support/syncline.ts";
import { strace } from "../support/trace.ts";
import { expectOldOrNew, expectRecovery, plant } from "./scene.ts";

const KILLS = 15;

/** Calls that change something, as each driver makes them, and at which of them to kill: threads count their own. */
const CALLS: Readonly<Record<"libc" | "portable", readonly (readonly [string, number[]])[]>> = {
  libc: [
    ["renameat", [1, 2, 9, 30]],
    ["renameat2", [1, 5]],
    ["mkdirat", [1, 5]],
    ["unlinkat", [1, 9]],
    ["symlinkat", [1, 7]],
    ["linkat", [1, 1]],
    ["mknodat", [1, 7]],
    ["ftruncate", [1]],
    ["copy_file_range,pwrite64", [1, 30]],
    ["fchmod", [1, 12]],
    ["utimensat", [1, 30]],
    ["fsetxattr,lsetxattr,setxattr", [1, 2]],
    ["syncfs", [1]],
    ["openat", [3, 60]],
  ],
  portable: [
    ["rename", [1, 2, 9, 40]],
    ["mkdir", [5, 8]],
    ["unlink,rmdir", [1, 9]],
    ["symlink", [1, 7]],
    ["link", [1, 1]],
    ["write,pwrite64", [3, 30]],
    ["fchmod,chmod", [1, 12]],
    ["utimensat", [1, 30]],
    ["open,openat", [90, 120]],
  ],
};

describe.each(DRIVERS)("$driver", (driver) => {
  const { options } = driver;

  test(`kill -9 at ${KILLS} random moments: every name is old or new, and the next run ends it`, async () => {
    using place = newPlace();
    plant(place, 0, driver.driver);
    const line = ["mirror", "--max-delete", "100%", place.source, place.target];
    await syncline(place, line, options);
    const began = performance.now();
    plant(place, 1, driver.driver);
    await syncline(place, line, options);
    const usual = performance.now() - began;
    let killed = 0;
    for (let n = 2; n < 2 + KILLS; n++) {
      const old = walk(place.target);
      plant(place, n, driver.driver);
      const now = walk(place.source);
      const running = start(place, line, options);
      // The beginning is only Node's; what is done to the target is in the second half.
      await delay(usual * 0.2 + Math.random() * usual * 0.7);
      running.child.kill("SIGKILL");
      if ((await running.done).signal !== null) killed++;
      expectOldOrNew(place, old, now);
      // Some kills strike what another one left.
      if (n % 3 !== 0) await expectRecovery(place, driver);
    }
    await expectRecovery(place, driver);
    expect(killed).toBeGreaterThan(0);
  });

  test.each(CALLS[driver.driver])("kill -9 at %s", async (calls, moments) => {
    using place = newPlace();
    plant(place, 0, driver.driver);
    const line = ["mirror", "--max-delete", "100%", place.source, place.target];
    const first = await syncline(place, line, options);
    expect(first.code).toBe(0);
    let killed = 0;
    for (const [n, when] of moments.entries()) {
      const old = walk(place.target);
      plant(place, n + 1, driver.driver);
      const now = walk(place.source);
      const through = strace(calls, `signal=KILL:when=${when}`);
      const result = await start(place, line, { ...options, through }).done;
      if (result.code !== 0) killed++;
      expectOldOrNew(place, old, now);
      await expectRecovery(place, driver);
    }
    expect(killed).toBeGreaterThan(0);
  });
});
