import { lstatSync, mkdirSync, readdirSync, readFileSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";

import {
  BLOCK_DEVICE,
  CHARACTER_DEVICE,
  DIRECTORY,
  FIFO,
  FILE,
  SOCKET,
  SYMLINK,
} from "../../src/core/snapshot.ts";
import type { NodeKind } from "../../src/fs/driver.ts";
import {
  bytes,
  codeOf,
  isRoot,
  name,
  type OpenDriver,
  openPlace,
  put,
  statOf,
  withOpen,
} from "./driver-place.ts";

/** Making, linking, renaming, removing. */
export function describeNames(open: OpenDriver): void {
  describe("making", () => {
    test("directories, with the mode asked for, where nothing is", async () => {
      using place = await openPlace(open);
      const { driver, root, path } = place;
      driver.makeDirectory(root, name("dir"), 0o700);
      expect(statOf(place, name("dir"))).toMatchObject({ kind: DIRECTORY, mode: 0o700 });
      symlinkSync("nowhere", join(path, "link"));
      expect(codeOf(() => driver.makeDirectory(root, name("dir"), 0o700))).toBe("EEXIST");
      expect(codeOf(() => driver.makeDirectory(root, name("link"), 0o700))).toBe("EEXIST");
      expect(readdirSync(path)).toEqual(["dir", "link"]);
    });

    test("links, where nothing is", async () => {
      using place = await openPlace(open);
      const { driver, root } = place;
      driver.makeSymlink(root, name("link"), bytes("/etc/passwd"));
      expect(statOf(place, name("link")).kind).toBe(SYMLINK);
      expect(codeOf(() => driver.makeSymlink(root, name("link"), bytes("other")))).toBe("EEXIST");
      expect(driver.readLink(root, name("link"))).toBe("/etc/passwd");
    });

    test("fifos and sockets, where the driver can", async () => {
      using place = await openPlace(open);
      const { driver, root } = place;
      const make = (kind: NodeKind): string =>
        codeOf(() => driver.makeNode(root, name(kind), kind, 0o600, 0));
      const code = driver.features.nodes ? "none" : "ENOTSUP";
      expect([make("fifo"), make("socket")]).toEqual([code, code]);
      if (!driver.features.nodes) return expect(driver.list(root)).toEqual([]);
      expect(statOf(place, name("fifo"))).toMatchObject({ kind: FIFO, mode: 0o600, rdev: 0 });
      expect(statOf(place, name("socket"))).toMatchObject({ kind: SOCKET, mode: 0o600, rdev: 0 });
      expect(make("fifo")).toBe("EEXIST");
    });

    // Major and minor numbers as `makedev` packs them: small ones, and the largest that Linux has.
    test.each([
      ["character-device", CHARACTER_DEVICE, (1 << 8) | 3],
      ["block-device", BLOCK_DEVICE, 0xffffffff],
    ] as const)("a %s with its number, for those who may", async (kind, rowKind, rdev) => {
      using place = await openPlace(open);
      const { driver, root } = place;
      const code = codeOf(() => driver.makeNode(root, name("device"), kind, 0o600, rdev));
      if (!driver.features.nodes) return expect(code).toBe("ENOTSUP");
      if (!isRoot) return expect(code).toBe("EPERM");
      expect(statOf(place, name("device"))).toMatchObject({ kind: rowKind, mode: 0o600, rdev });
    });

    test("a second name for a file, and for a link itself", async () => {
      using place = await openPlace(open);
      const { driver, root, path } = place;
      mkdirSync(join(path, "dir"));
      put(place, "file", "x");
      symlinkSync("file", join(path, "link"));
      const dir = driver.openDirectory(root, name("dir"));
      withOpen(place, dir, () => {
        driver.makeLink(root, name("file"), dir, name("second"));
        driver.makeLink(root, name("link"), dir, name("second link"));
        expect(codeOf(() => driver.makeLink(root, name("file"), dir, name("second")))).toBe(
          "EEXIST",
        );
        expect(codeOf(() => driver.makeLink(root, name("file"), dir, name("second link")))).toBe(
          "EEXIST",
        );
        expect(codeOf(() => driver.makeLink(root, name("missing"), dir, name("third")))).toBe(
          "ENOENT",
        );
        expect(codeOf(() => driver.makeLink(root, name("dir"), dir, name("third")))).toBe("EPERM");
        expect(statOf(place, name("second"), dir)).toMatchObject({ kind: FILE, nlink: 2 });
        expect(statOf(place, name("second link"), dir)).toMatchObject({ kind: SYMLINK, nlink: 2 });
      });
    });
  });

  describe("renaming", () => {
    test("replaces what is there, in another directory too", async () => {
      using place = await openPlace(open);
      const { driver, root, path } = place;
      mkdirSync(join(path, "dir"));
      put(place, "file", "new");
      put(place, "dir/taken", "old");
      const dir = driver.openDirectory(root, name("dir"));
      withOpen(place, dir, () => driver.rename(root, name("file"), dir, name("taken"), "replace"));
      expect(readFileSync(join(path, "dir/taken"), "utf8")).toBe("new");
      expect(readdirSync(path)).toEqual(["dir"]);
      expect(codeOf(() => driver.rename(root, name("missing"), root, name("x"), "replace"))).toBe(
        "ENOENT",
      );
      put(place, "file");
      expect(codeOf(() => driver.rename(root, name("file"), root, name("dir"), "replace"))).toBe(
        "EISDIR",
      );
      expect(codeOf(() => driver.rename(root, name("dir"), root, name("file"), "replace"))).toBe(
        "ENOTDIR",
      );
      mkdirSync(join(path, "other"));
      expect(codeOf(() => driver.rename(root, name("other"), root, name("dir"), "replace"))).toBe(
        "ENOTEMPTY",
      );
    });

    test("moves a link, not what it points to, and replaces a link, not its target", async () => {
      using place = await openPlace(open);
      const { driver, root, path } = place;
      put(place, "precious", "kept");
      put(place, "file", "new");
      symlinkSync("precious", join(path, "link"));
      driver.rename(root, name("link"), root, name("moved"), "replace");
      expect(driver.readLink(root, name("moved"))).toBe("precious");
      driver.rename(root, name("file"), root, name("moved"), "replace");
      expect(lstatSync(join(path, "moved")).isFile()).toBe(true);
      expect(readFileSync(join(path, "precious"), "utf8")).toBe("kept");
    });

    test("overwrites nothing where that is asked for: it refuses, or the driver cannot promise it", async () => {
      using place = await openPlace(open);
      const { driver, root, path } = place;
      put(place, "a", "a");
      put(place, "b", "b");
      symlinkSync("nowhere", join(path, "dangling"));
      const rename = (to: string): string =>
        codeOf(() => driver.rename(root, name("a"), root, name(to), "no-replace"));
      const refusal = driver.features.renameFlags ? "EEXIST" : "EINVAL";
      expect([rename("b"), rename("dangling"), rename("a")]).toEqual([refusal, refusal, refusal]);
      expect(rename("free")).toBe(driver.features.renameFlags ? "none" : "EINVAL");
      expect(readFileSync(join(path, "b"), "utf8")).toBe("b");
      expect(readdirSync(path)).toEqual(
        [driver.features.renameFlags ? "free" : "a", "b", "dangling"].sort(),
      );
    });

    test("exchanges two names at once, where the driver can", async () => {
      using place = await openPlace(open);
      const { driver, root, path } = place;
      put(place, "file", "content");
      mkdirSync(join(path, "dir"));
      const code = codeOf(() => driver.rename(root, name("file"), root, name("dir"), "exchange"));
      expect(code).toBe(driver.features.renameFlags ? "none" : "EINVAL");
      expect(statOf(place, name("dir")).kind).toBe(driver.features.renameFlags ? FILE : DIRECTORY);
      expect(statOf(place, name("file")).kind).toBe(driver.features.renameFlags ? DIRECTORY : FILE);
      const missing = codeOf(() =>
        driver.rename(root, name("dir"), root, name("missing"), "exchange"),
      );
      expect(missing).toBe(driver.features.renameFlags ? "ENOENT" : "EINVAL");
    });

    test("between two names of one file does nothing", async () => {
      using place = await openPlace(open);
      const { driver, root } = place;
      driver.makeLink(root, put(place, "a"), root, name("b"));
      driver.rename(root, name("a"), root, name("b"), "replace");
      expect(driver.list(root)).toEqual(["a", "b"]);
    });
  });

  describe("removing", () => {
    test("unlink takes a name and never what a link points to", async () => {
      using place = await openPlace(open);
      const { driver, root, path } = place;
      put(place, "file", "kept");
      mkdirSync(join(path, "dir"));
      symlinkSync("file", join(path, "link"));
      symlinkSync("dir", join(path, "directory link"));
      driver.unlink(root, name("link"));
      driver.unlink(root, name("directory link"));
      expect(readdirSync(path)).toEqual(["dir", "file"]);
      expect(codeOf(() => driver.unlink(root, name("dir")))).toMatch(/^(EISDIR|EPERM)$/);
      expect(codeOf(() => driver.unlink(root, name("missing")))).toBe("ENOENT");
      driver.unlink(root, name("file"));
      expect(readdirSync(path)).toEqual(["dir"]);
    });

    test("a directory is removed when it is empty, and never through a link", async () => {
      using place = await openPlace(open);
      const { driver, root, path } = place;
      mkdirSync(join(path, "dir"));
      symlinkSync("dir", join(path, "link"));
      put(place, "dir/file");
      expect(codeOf(() => driver.removeDirectory(root, name("dir")))).toBe("ENOTEMPTY");
      expect(codeOf(() => driver.removeDirectory(root, name("link")))).toBe("ENOTDIR");
      expect(codeOf(() => driver.removeDirectory(root, name("missing")))).toBe("ENOENT");
      const dir = driver.openDirectory(root, name("dir"));
      withOpen(place, dir, () => driver.unlink(dir, name("file")));
      driver.removeDirectory(root, name("dir"));
      expect(readdirSync(path)).toEqual(["link"]);
    });
  });
}
