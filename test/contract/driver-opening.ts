import { execFileSync } from "node:child_process";
import {
  mkdirSync,
  readdirSync,
  readlinkSync,
  renameSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";

import { CHARACTER_DEVICE, DIRECTORY, FIFO, FILE, SYMLINK } from "../../src/core/snapshot.ts";
import {
  bytes,
  codeOf,
  hostPath,
  name,
  notOpen,
  type OpenDriver,
  openPlace,
  put,
  statOf,
  statOfDescriptor,
  withOpen,
} from "./driver-place.ts";

/** Opening, closing, listing, looking. */
export function describeOpening(open: OpenDriver): void {
  describe("opening", () => {
    test("a root is a directory by an absolute path, and a link to one will do", async () => {
      using place = await openPlace(open);
      const { driver, path } = place;
      mkdirSync(join(path, "dir"));
      symlinkSync("dir", join(path, "link"));
      put(place, "file");
      put(place, "dir/inside");
      const root = driver.openRoot(hostPath(join(path, "link")));
      expect(withOpen(place, root, (fd) => driver.list(fd))).toEqual(["inside"]);
      expect(codeOf(() => driver.openRoot(hostPath(join(path, "missing"))))).toBe("ENOENT");
      expect(codeOf(() => driver.openRoot(hostPath(join(path, "file"))))).toBe("ENOTDIR");
      expect(codeOf(() => driver.openRoot(hostPath(`${path}\0etc`)))).toBe("EINVAL");
    });

    test("a directory below is opened by its name, and nothing else is", async () => {
      using place = await openPlace(open);
      const { driver, root, path } = place;
      mkdirSync(join(path, "dir"));
      symlinkSync("dir", join(path, "link"));
      put(place, "file");
      put(place, "dir/inside");
      const dir = driver.openDirectory(root, name("dir"));
      expect(withOpen(place, dir, (fd) => driver.list(fd))).toEqual(["inside"]);
      expect(codeOf(() => driver.openDirectory(root, name("link")))).toMatch(/^(ELOOP|ENOTDIR)$/);
      expect(codeOf(() => driver.openDirectory(root, name("file")))).toBe("ENOTDIR");
      expect(codeOf(() => driver.openDirectory(root, name("missing")))).toBe("ENOENT");
    });

    test("a file is opened for reading, but never through a link", async () => {
      using place = await openPlace(open);
      const { driver, root, path } = place;
      put(place, "file", "content");
      symlinkSync("file", join(path, "link"));
      symlinkSync("nowhere", join(path, "dangling"));
      const buffer = new Uint8Array(100);
      const read = withOpen(place, driver.openFile(root, name("file")), (fd) =>
        driver.read(fd, buffer, 100),
      );
      expect(Buffer.from(buffer.subarray(0, read)).toString()).toBe("content");
      expect(codeOf(() => driver.openFile(root, name("link")))).toBe("ELOOP");
      expect(codeOf(() => driver.openFile(root, name("dangling")))).toBe("ELOOP");
      expect(codeOf(() => driver.openFile(root, name("missing")))).toBe("ENOENT");
    });

    test("opening a fifo does not wait for anyone to write to it", async () => {
      using place = await openPlace(open);
      execFileSync("mkfifo", [join(place.path, "fifo")]);
      const fd = place.driver.openFile(place.root, name("fifo"));
      expect(withOpen(place, fd, () => statOfDescriptor(place, fd).kind)).toBe(FIFO);
    });

    test("a file is created empty, private and open for both, and only where nothing is", async () => {
      using place = await openPlace(open);
      const { driver, root, path } = place;
      mkdirSync(join(path, "dir"));
      symlinkSync("nowhere", join(path, "dangling"));
      const fd = driver.createFile(root, name("new"));
      const back = new Uint8Array(4);
      withOpen(place, fd, () => {
        driver.writeAt(fd, Buffer.from("ab"), 2, 0);
        expect(driver.readAt(fd, back, 4, 0)).toBe(2);
      });
      expect(statOf(place, name("new"))).toMatchObject({ kind: FILE, size: 2, mode: 0o600 });
      for (const taken of ["new", "dir", "dangling"]) {
        expect(codeOf(() => driver.createFile(root, name(taken)))).toBe("EEXIST");
      }
      expect(readdirSync(path).sort()).toEqual(["dangling", "dir", "new"]);
    });

    test("what is no open descriptor is refused", async () => {
      using place = await openPlace(open);
      const { driver } = place;
      expect(codeOf(() => driver.close(notOpen))).toBe("EBADF");
      expect(codeOf(() => statOfDescriptor(place, notOpen))).toBe("EBADF");
      expect(codeOf(() => driver.list(notOpen))).not.toBe("none");
    });

    test("a held directory that was exchanged for a link is still itself, or is refused", async () => {
      using place = await openPlace(open);
      const { driver, root, path } = place;
      mkdirSync(join(path, "held"));
      mkdirSync(join(path, "victim"));
      const held = driver.openDirectory(root, name("held"));
      withOpen(place, held, () => {
        renameSync(join(path, "held"), join(path, "moved"));
        symlinkSync("victim", join(path, "held"));
        const code = codeOf(() => driver.makeDirectory(held, name("made"), 0o755));
        expect(readdirSync(join(path, "victim"))).toEqual([]);
        expect([code, readdirSync(join(path, "moved"))]).toEqual(
          code === "none" ? ["none", ["made"]] : ["ESTALE", []],
        );
      });
    });
  });

  describe("names", () => {
    test.each(["", ".", "..", "a/b", "/etc/passwd", "a\0b"])(
      "%j is refused as a name by every call",
      async (text) => {
        using place = await openPlace(open);
        const { driver, root } = place;
        const bad = name(text);
        const good = put(place, "good");
        const calls: (() => unknown)[] = [
          () => driver.openDirectory(root, bad),
          () => driver.openFile(root, bad),
          () => driver.createFile(root, bad),
          () => statOf(place, bad),
          () => driver.readLink(root, bad),
          () => driver.makeDirectory(root, bad, 0o755),
          () => driver.makeSymlink(root, bad, bytes("x")),
          () => driver.makeLink(root, bad, root, good),
          () => driver.makeLink(root, good, root, bad),
          () => driver.rename(root, bad, root, good, "replace"),
          () => driver.rename(root, good, root, bad, "replace"),
          () => driver.unlink(root, bad),
          () => driver.removeDirectory(root, bad),
          () => driver.setModeAt(root, bad, 0o644),
          () => driver.setOwnerAt(root, bad, 0, 0),
          () => driver.setTimesAt(root, bad, 0, 0),
          ...(driver.features.nodes ? [() => driver.makeNode(root, bad, "fifo", 0o644, 0)] : []),
          ...(driver.features.xattrs ? [() => driver.listXattrs(root, bad)] : []),
        ];
        expect(calls.map(codeOf)).toEqual(calls.map(() => "EINVAL"));
        expect(readdirSync(place.path)).toEqual(["good"]);
      },
    );

    const hostile = [
      "new\nline",
      "\xff\xfe\x80",
      "-rf",
      "--",
      "a;b",
      "^^^",
      "*",
      " ",
      "\x01\x1b[31m",
      "…".repeat(85),
      "x".repeat(255),
    ];
    test.each(hostile)("%j is a name like any other", async (text) => {
      using place = await openPlace(open);
      const { driver, root } = place;
      const odd = name(
        Buffer.from(text, text.startsWith("…") ? "utf8" : "latin1").toString("latin1"),
      );
      driver.close(driver.createFile(root, odd));
      expect(driver.list(root)).toEqual([odd]);
      expect(statOf(place, odd).kind).toBe(FILE);
      driver.rename(root, odd, root, name("plain"), "replace");
      driver.makeSymlink(root, odd, odd);
      expect(driver.readLink(root, odd)).toBe(odd);
      driver.unlink(root, odd);
      driver.makeDirectory(root, odd, 0o755);
      driver.close(driver.openDirectory(root, odd));
      driver.removeDirectory(root, odd);
      expect(driver.list(root)).toEqual(["plain"]);
    });

    test.each([256, 4096, 70_000])("a name of %i bytes is too long", async (length) => {
      using place = await openPlace(open);
      const { driver, root } = place;
      const long = name("x".repeat(length));
      expect(codeOf(() => driver.createFile(root, long))).toBe("ENAMETOOLONG");
      expect(codeOf(() => statOf(place, long))).toBe("ENAMETOOLONG");
      expect(codeOf(() => driver.makeDirectory(root, long, 0o755))).toBe("ENAMETOOLONG");
    });
  });

  describe("listing", () => {
    test("thousands of names come sorted by bytes, each once, as often as asked", async () => {
      using place = await openPlace(open);
      const { driver, root } = place;
      const names = Array.from(
        { length: 5000 },
        (_, i) => `${(i * 7919) % 5000}-${"n".repeat(i % 90)}`,
      );
      for (const file of names) put(place, file);
      driver.close(driver.createFile(root, name("\xe9")));
      driver.close(driver.createFile(root, name("\x7f")));
      const sorted = [...names, "\xe9", "\x7f"].sort();
      expect(driver.list(root)).toEqual(sorted);
      expect(driver.list(root)).toEqual(sorted);
      driver.unlink(root, name("\xe9"));
      expect(driver.list(root)).toEqual(sorted.filter((file) => file !== "\xe9"));
    });

    test("an empty directory has no names, and what is no directory cannot be listed", async () => {
      using place = await openPlace(open);
      const { driver, root } = place;
      expect(driver.list(root)).toEqual([]);
      const file = driver.openFile(root, put(place, "file"));
      expect(withOpen(place, file, () => codeOf(() => driver.list(file)))).toBe("ENOTDIR");
    });
  });

  describe("stat", () => {
    test("tells the kinds apart and follows nothing", async () => {
      using place = await openPlace(open);
      const { driver, root, path } = place;
      mkdirSync(join(path, "dir"), { mode: 0o750 });
      put(place, "file", "12345");
      symlinkSync("file", join(path, "link"));
      execFileSync("mkfifo", ["-m", "640", join(path, "fifo")]);
      expect(statOf(place, name("dir"))).toMatchObject({
        kind: DIRECTORY,
        size: 0,
        mode: 0o750,
        rdev: 0,
      });
      expect(statOf(place, name("file"))).toMatchObject({ kind: FILE, size: 5, nlink: 1, rdev: 0 });
      expect(statOf(place, name("link"))).toMatchObject({ kind: SYMLINK, size: 0, mode: 0o777 });
      expect(statOf(place, name("fifo"))).toMatchObject({
        kind: FIFO,
        size: 0,
        mode: 0o640,
        rdev: 0,
      });
      expect(statOfDescriptor(place, root)).toMatchObject({ kind: DIRECTORY, size: 0 });
      expect(codeOf(() => statOf(place, name("missing")))).toBe("ENOENT");
      const file = driver.openFile(root, name("file"));
      expect(withOpen(place, file, () => codeOf(() => statOf(place, name("x"), file)))).toBe(
        "ENOTDIR",
      );
    });

    test("gives the same by name and by descriptor, and the identity that the system gives", async () => {
      using place = await openPlace(open);
      const { driver, root, path } = place;
      writeFileSync(join(path, "file"), "x".repeat(10_000));
      const byName = statOf(place, name("file"));
      const fd = driver.openFile(root, name("file"));
      expect(withOpen(place, fd, () => statOfDescriptor(place, fd))).toEqual(byName);
      const [inode, uid, gid, blocks, seconds] = execFileSync("stat", [
        "-c",
        "%i %u %g %b %Y",
        join(path, "file"),
      ])
        .toString()
        .split(" ")
        .map(Number);
      expect(byName.inoHigh * 2 ** 32 + byName.inoLow).toBe(inode);
      expect(byName).toMatchObject({ uid, gid, blocks, mtimeSec: seconds });
      expect(byName.dev).toBe(statOfDescriptor(place, root).dev);
    });

    test("packs device numbers as makedev does", async () => {
      using place = await openPlace(open);
      const dev = place.driver.openRoot(hostPath("/dev"));
      withOpen(place, dev, () => {
        expect(statOf(place, name("null"), dev)).toMatchObject({
          kind: CHARACTER_DEVICE,
          rdev: (1 << 8) | 3,
          size: 0,
        });
      });
    });

    test("a link's target comes back byte for byte", async () => {
      using place = await openPlace(open);
      const { driver, root, path } = place;
      const odd = bytes("../\xff\n-x/…".replace("…", "\x80"));
      driver.makeSymlink(root, name("odd"), odd);
      driver.makeSymlink(root, name("long"), bytes("x/".repeat(2047)));
      expect(driver.readLink(root, name("odd"))).toBe(odd);
      expect(readlinkSync(join(path, "odd"), "latin1")).toBe(odd);
      expect(driver.readLink(root, name("long"))).toBe("x/".repeat(2047));
      expect(codeOf(() => driver.readLink(root, put(place, "file")))).toBe("EINVAL");
      expect(codeOf(() => driver.readLink(root, name("missing")))).toBe("ENOENT");
      expect(codeOf(() => driver.makeSymlink(root, name("nul"), bytes("a\0b")))).toBe("EINVAL");
    });
  });
}
