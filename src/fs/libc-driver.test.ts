import { once } from "node:events";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import koffi, { type LibraryHandle } from "koffi";
import { describe, expect, test } from "vitest";

import { describeDriver } from "../../test/contract/driver.ts";
import { bytes, name, openPlace, put } from "../../test/contract/driver-place.ts";
import type { WorkerReport } from "../../test/fixtures/driver-worker.ts";
import { bindLibc } from "./libc-calls.ts";
import { createLibcDriver, libcDriver } from "./libc-driver.ts";

describeDriver("libc", async () => libcDriver());

// An older C library, in which all that came late is missing.
const missing = new Set([
  "statx",
  "renameat2",
  "getdents64",
  "mknodat",
  "copy_file_range",
  "syncfs",
  "unshare",
]);
const libc = koffi.load(null);
const olderLibc: Pick<LibraryHandle, "func"> = {
  func(...values: unknown[]) {
    if (missing.has(String(values[0]))) throw new Error("Cannot find function");
    return (libc.func as (...values: unknown[]) => ReturnType<LibraryHandle["func"]>)(...values);
  },
};
describeDriver("libc, with bare system calls,", async () => createLibcDriver(bindLibc(olderLibc)));

describe("the libc driver in a worker thread", () => {
  test("reads attributes of the right directory and moves nobody else's working directory", async () => {
    using place = await openPlace(async () => libcDriver());
    const { driver, path } = place;
    for (const dir of ["a", "b", "c"]) {
      mkdirSync(join(path, dir));
      const fd = driver.openDirectory(place.root, name(dir));
      driver.setXattr(
        fd,
        (put(place, `${dir}/file`), name("file")),
        bytes(`user.${dir}`),
        bytes(dir),
      );
      driver.close(fd);
    }
    const url = new URL("../../test/fixtures/driver-worker.ts", import.meta.url);
    const [report] = (await once(new Worker(url, { workerData: { path } }), "message")) as [
      WorkerReport,
    ];
    expect(report.seen).toEqual([
      ["user.a"],
      ["user.b"],
      ["user.a"],
      ["user.a"],
      ["user.c"],
      ["c"],
    ]);
    expect(report.processDuring).toBe(process.cwd());
    expect(report.after).toBe(process.cwd());
    // Where the system refuses a thread its own directory, the driver goes another way to the same result.
    expect([join(path, "c"), process.cwd()]).toContain(report.during);
  });
});
