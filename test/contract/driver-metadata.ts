import { execFileSync } from "node:child_process";
import {
  chmodSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  utimesSync,
} from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";

import type { Stat } from "../../src/fs/driver.ts";
import {
  codeOf,
  isRoot,
  name,
  type OpenDriver,
  openPlace,
  type Place,
  put,
  statOf,
  statOfDescriptor,
  withOpen,
} from "./driver-place.ts";

/** Modes, owners, times. */
export function describeMetadata(open: OpenDriver): void {
  describe("mode", () => {
    test.each([0o0, 0o644, 0o4755, 0o2750, 0o1777, 0o7777])(
      "all twelve bits of %o are kept",
      async (mode) => {
        using place = await openPlace(open);
        const { driver, root, path } = place;
        const fd = driver.createFile(root, name("file"));
        withOpen(place, fd, () => driver.setMode(fd, mode));
        expect(statOf(place, name("file")).mode).toBe(mode);
        driver.setModeAt(root, name("file"), 0o600);
        expect(statOf(place, name("file")).mode).toBe(0o600);
        driver.makeDirectory(root, name("dir"), 0o700);
        driver.setModeAt(root, name("dir"), mode);
        expect(statOf(place, name("dir")).mode).toBe(mode);
        chmodSync(join(path, "dir"), 0o700);
      },
    );

    test("by name it never waits for a fifo and never goes through a link", async () => {
      using place = await openPlace(open);
      const { driver, root, path } = place;
      execFileSync("mkfifo", [join(path, "fifo")]);
      driver.setModeAt(root, name("fifo"), 0o604);
      expect(statOf(place, name("fifo")).mode).toBe(0o604);
      chmodSync(join(path, put(place, "file")), 0o640);
      symlinkSync("file", join(path, "link"));
      expect(codeOf(() => driver.setModeAt(root, name("link"), 0o777))).toBe("ENOTSUP");
      expect(statOf(place, name("file")).mode).toBe(0o640);
      expect(codeOf(() => driver.setModeAt(root, name("missing"), 0o777))).toBe("ENOENT");
    });
  });

  describe("owner", () => {
    test("is set on files, by descriptor and by name, by those who may", async () => {
      using place = await openPlace(open);
      const { driver, root } = place;
      const own = ownIds();
      const foreign = isRoot ? { uid: 70_001, gid: 4_000_000_000 } : { uid: 0, gid: 0 };
      const fd = driver.createFile(root, name("file"));
      const code = isRoot ? "none" : "EPERM";
      withOpen(place, fd, () => {
        driver.setOwner(fd, own.uid, own.gid);
        expect(codeOf(() => driver.setOwner(fd, foreign.uid, foreign.gid))).toBe(code);
        expect(statOfDescriptor(place, fd)).toMatchObject(isRoot ? foreign : own);
      });
      driver.setOwnerAt(root, name("file"), own.uid, own.gid);
      expect(statOf(place, name("file"))).toMatchObject(own);
      expect(codeOf(() => driver.setOwnerAt(root, name("file"), foreign.uid, foreign.gid))).toBe(
        code,
      );
      expect(codeOf(() => driver.setOwnerAt(root, name("missing"), own.uid, own.gid))).toBe(
        "ENOENT",
      );
    });

    test("of a link is the link's own", async () => {
      using place = await openPlace(open);
      const { driver, root, path } = place;
      const own = ownIds();
      put(place, "file");
      symlinkSync("file", join(path, "link"));
      symlinkSync("nowhere", join(path, "dangling"));
      driver.setOwnerAt(root, name("dangling"), own.uid, own.gid);
      const code = codeOf(() => driver.setOwnerAt(root, name("link"), isRoot ? 70_001 : 0, 70_001));
      expect(code).toBe(isRoot ? "none" : "EPERM");
      expect(statOf(place, name("link")).uid).toBe(isRoot ? 70_001 : own.uid);
      expect(statOf(place, name("file"))).toMatchObject(own);
    });
  });

  describe("times", () => {
    // 1901 to 2242: what ext4, xfs and btrfs all keep, on both sides of every sign and width there is.
    const seconds = fc.oneof(
      fc.integer({ min: -(2 ** 31) + 1, max: 2 ** 33 - 1 }),
      fc.constantFrom(-1, 0, 1, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1, 2 ** 32, 2 ** 33 - 1),
    );
    const nanoseconds = fc.oneof(
      fc.integer({ min: 0, max: 999_999_999 }),
      fc.constantFrom(0, 1, 999, 1000, 500_000_000, 999_999_000, 999_999_999),
    );

    test("come back as they were written, to the declared resolution", async () => {
      using place = await openPlace(open);
      const { driver, root } = place;
      const fd = driver.createFile(root, name("file"));
      driver.makeDirectory(root, name("dir"), 0o700);
      driver.makeSymlink(root, name("link"), name("nowhere"));
      const dir = driver.openDirectory(root, name("dir"));
      fc.assert(
        fc.property(seconds, nanoseconds, (sec, ns) => {
          const expected = rounded(place, { mtimeSec: sec, mtimeNs: ns });
          for (const held of [fd, dir]) {
            driver.setTimes(held, sec, ns);
            expect(rounded(place, statOfDescriptor(place, held))).toEqual(expected);
          }
          for (const entry of ["file", "dir", "link"]) {
            driver.setTimesAt(root, name(entry), sec, ns);
            expect(rounded(place, statOf(place, name(entry)))).toEqual(expected);
          }
        }),
        { numRuns: 500 },
      );
      driver.close(fd);
      driver.close(dir);
    });

    test("are whole seconds when whole seconds were written", async () => {
      using place = await openPlace(open);
      const { driver, root } = place;
      put(place, "file");
      for (const sec of [-1_000_000_001, -1, 0, 1_700_000_000, 5_000_000_000]) {
        driver.setTimesAt(root, name("file"), sec, 0);
        expect(statOf(place, name("file"))).toMatchObject({ mtimeSec: sec, mtimeNs: 0 });
      }
    });

    test("leave the access time alone", async () => {
      using place = await openPlace(open);
      const { driver, root, path } = place;
      put(place, "file");
      utimesSync(join(path, "file"), 1_234_567, 7);
      driver.setTimesAt(root, name("file"), 99, 5000);
      expect(statSync(join(path, "file")).atimeMs).toBe(1_234_567_000);
      const fd = driver.openFile(root, name("file"));
      withOpen(place, fd, () => driver.setTimes(fd, 100, 5000));
      expect(statSync(join(path, "file")).atimeMs).toBe(1_234_567_000);
      expect(statOf(place, name("file"))).toMatchObject({
        mtimeSec: 100,
        ctimeSec: changeTime(place, "file"),
      });
    });

    test("of a link are the link's own, and a fifo has some", async () => {
      using place = await openPlace(open);
      const { driver, root, path } = place;
      put(place, "file", "x");
      mkdirSync(join(path, "dir"));
      utimesSync(join(path, "file"), 5, 5);
      symlinkSync("file", join(path, "link"));
      execFileSync("mkfifo", [join(path, "fifo")]);
      for (const entry of ["link", "fifo"]) {
        driver.setTimesAt(root, name(entry), 1000, 2000);
        expect(rounded(place, statOf(place, name(entry)))).toEqual({
          mtimeSec: 1000,
          mtimeNs: 2000,
        });
      }
      expect(statOf(place, name("file"))).toMatchObject({ mtimeSec: 5, mtimeNs: 0 });
      expect(readFileSync(join(path, "link"), "utf8")).toBe("x");
      expect(codeOf(() => driver.setTimesAt(root, name("missing"), 0, 0))).toBe("ENOENT");
    });
  });
}

function ownIds(): { uid: number; gid: number } {
  return { uid: process.getuid!(), gid: process.getgid!() };
}

function changeTime(place: Place, file: string): number {
  return Math.floor(lstatSync(join(place.path, file)).ctimeMs / 1000);
}

function rounded(
  { driver }: Place,
  time: Pick<Stat, "mtimeSec" | "mtimeNs">,
): { mtimeSec: number; mtimeNs: number } {
  const { timeResolution } = driver.features;
  return { mtimeSec: time.mtimeSec, mtimeNs: time.mtimeNs - (time.mtimeNs % timeResolution) };
}
