import { mkdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";

import type { ByteString } from "../../src/base/byte-string.ts";
import {
  bytes,
  codeOf,
  hostPath,
  name,
  type OpenDriver,
  openPlace,
  put,
  statOf,
  withOpen,
} from "./driver-place.ts";

/** Extended attributes and ACLs; or their absence, as declared. */
export function describeXattrs(open: OpenDriver): void {
  describe("extended attributes", () => {
    test("are set, listed, read and removed, by name and by descriptor; or there are none", async () => {
      using place = await openPlace(open);
      const { driver, root } = place;
      const file = put(place, "file");
      const fd = driver.openFile(root, file);
      const [a, b] = [bytes("user.a"), bytes("user.b\xff/é".replace("é", "\xe9"))];
      const calls = [
        () => driver.setXattr(root, file, b, bytes("by name")),
        () => driver.setXattrOf(fd, a, bytes("by descriptor")),
        () => driver.getXattr(root, file, a),
        () => driver.getXattrOf(fd, b),
      ];
      expect(driver.listXattrs(root, file)).toEqual([]);
      const code = driver.features.xattrs ? "none" : "ENOTSUP";
      expect(calls.map(codeOf)).toEqual(calls.map(() => code));
      expect(driver.listXattrs(root, file)).toEqual(driver.features.xattrs ? [a, b] : []);
      expect(driver.listXattrsOf(fd)).toEqual(driver.features.xattrs ? [a, b] : []);
      if (driver.features.xattrs) {
        expect(driver.getXattr(root, file, a)).toBe("by descriptor");
        expect(driver.getXattrOf(fd, b)).toBe("by name");
      }
      expect(codeOf(() => driver.removeXattr(root, file, a))).toBe(code);
      expect(codeOf(() => driver.removeXattrOf(fd, b))).toBe(code);
      expect(driver.listXattrs(root, file)).toEqual([]);
      driver.close(fd);
    });

    const values: readonly (readonly [string, ByteString])[] = [
      ["empty", bytes("")],
      ["with NUL bytes", bytes("\0a\0\0b\0")],
      [
        "of every byte there is",
        Buffer.from(Array.from({ length: 256 }, (_, i) => i)).toString("latin1") as ByteString,
      ],
      ["longer than what is first offered", bytes("v".repeat(2000))],
    ];
    test.each(values)("a value %s comes back byte for byte", async (_, value) => {
      using place = await openPlace(open);
      const { driver, root } = place;
      const file = put(place, "file");
      const set = codeOf(() => driver.setXattr(root, file, bytes("user.value"), value));
      if (!driver.features.xattrs) return expect(set).toBe("ENOTSUP");
      expect([set, driver.getXattr(root, file, bytes("user.value"))]).toEqual(["none", value]);
    });

    test("many of them are listed whole and sorted", async () => {
      using place = await openPlace(open);
      const { driver, root } = place;
      const dir = name("dir");
      mkdirSync(join(place.path, dir));
      const attributes = Array.from({ length: 40 }, (_, i) =>
        bytes(`user.attribute-${(i * 17) % 40}`),
      );
      const set = attributes.map((attribute) =>
        codeOf(() => driver.setXattr(root, dir, attribute, bytes("x"))),
      );
      expect(new Set(set)).toEqual(new Set([driver.features.xattrs ? "none" : "ENOTSUP"]));
      expect(driver.listXattrs(root, dir)).toEqual(driver.features.xattrs ? attributes.sort() : []);
    });

    test("what is missing or impossible has its code", async () => {
      using place = await openPlace(open);
      const { driver, root } = place;
      const file = put(place, "file");
      const gap = (code: string): string => (driver.features.xattrs ? code : "ENOTSUP");
      expect(codeOf(() => driver.getXattr(root, file, bytes("user.none")))).toBe(gap("ENODATA"));
      expect(codeOf(() => driver.removeXattr(root, file, bytes("user.none")))).toBe(gap("ENODATA"));
      expect(codeOf(() => driver.setXattr(root, file, bytes("nonsense"), bytes("x")))).toBe(
        "ENOTSUP",
      );
      expect(
        codeOf(() => driver.setXattr(root, file, bytes("user.x"), bytes("x".repeat(70_000)))),
      ).toBe(gap("E2BIG"));
      expect(codeOf(() => driver.setXattr(root, file, bytes("user.a\0b"), bytes("x")))).toBe(
        gap("EINVAL"),
      );
      if (driver.features.xattrs)
        expect(codeOf(() => driver.listXattrs(root, name("missing")))).toBe("ENOENT");
    });

    test("a file system without any has none, which is no failure", async () => {
      using place = await openPlace(open);
      const proc = place.driver.openRoot(hostPath("/proc"));
      withOpen(place, proc, () => {
        expect(place.driver.listXattrs(proc, name("version"))).toEqual([]);
        expect(place.driver.listXattrsOf(proc)).toEqual([]);
      });
    });

    test("of a link are never those of its target", async () => {
      using place = await openPlace(open);
      const { driver, root, path } = place;
      const file = put(place, "file");
      symlinkSync("file", join(path, "link"));
      symlinkSync("nowhere", join(path, "dangling"));
      const set = (entry: string): string =>
        codeOf(() => driver.setXattr(root, name(entry), bytes("user.x"), bytes("x")));
      expect([set("file"), set("link")]).toEqual(
        driver.features.xattrs ? ["none", "EPERM"] : ["ENOTSUP", "ENOTSUP"],
      );
      expect(driver.listXattrs(root, name("link"))).toEqual([]);
      expect(driver.listXattrs(root, name("dangling"))).toEqual([]);
      expect(driver.listXattrs(root, file)).toEqual(driver.features.xattrs ? ["user.x"] : []);
    });

    test("an ACL is one of them, and takes effect", async () => {
      using place = await openPlace(open);
      const { driver, root } = place;
      const file = put(place, "file");
      driver.setModeAt(root, file, 0o600);
      const attribute = bytes("system.posix_acl_access");
      // user::rw- user:1234:r-- group::--- mask::r-- other::---
      const acl = aclBytes([
        [1, 6],
        [2, 4, 1234],
        [4, 0],
        [16, 4],
        [32, 0],
      ]);
      const code = codeOf(() => driver.setXattr(root, file, attribute, acl));
      if (!driver.features.xattrs) return expect(code).toBe("ENOTSUP");
      expect(code).toBe("none");
      expect(driver.listXattrs(root, file)).toEqual([attribute]);
      expect(driver.getXattr(root, file, attribute)).toBe(acl);
      expect(statOf(place, file).mode).toBe(0o640);
    });
  });
}

/** `struct posix_acl_xattr_entry`s behind a version: tag, permissions, id. */
function aclBytes(
  entries: readonly (readonly [tag: number, permissions: number, id?: number])[],
): ByteString {
  const out = Buffer.alloc(4 + entries.length * 8);
  out.writeUInt32LE(2, 0);
  for (const [i, [tag, permissions, id = 0xffffffff]] of entries.entries()) {
    out.writeUInt16LE(tag, 4 + i * 8);
    out.writeUInt16LE(permissions, 6 + i * 8);
    out.writeUInt32LE(id, 8 + i * 8);
  }
  return out.toString("latin1") as ByteString;
}
