import { mkdirSync, readdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";

import { newDirectory } from "../../test/model/disk.ts";
import type { ByteString } from "../base/byte-string.ts";
import { noFilter } from "../core/filter.ts";
import type { Name } from "../core/path.ts";
import type { SnapshotChunk } from "../core/snapshot.ts";
import { CLOSED, findingAt, nameAt, newChunk, PASSED_OVER } from "../core/snapshot.ts";
import type { FileDriver, HostPath } from "./driver.ts";
import { FileError } from "./file-error.ts";
import { libcDriver } from "./libc-driver.ts";
import { portableDriver } from "./portable-driver.ts";
import type { WalkRequest } from "./walk.ts";
import { walk } from "./walk.ts";

const request: WalkRequest = {
  filter: noFilter,
  links: "keep",
  oneFileSystem: false,
  ignoreFiles: false,
  attributes: { xattrs: true, acls: true, isRoot: process.geteuid?.() === 0 },
  leftovers: true,
};

/** A driver over another one: it knows what is open, fails where it is told to, and does things in between. */
interface WatchedDriver {
  readonly driver: FileDriver;
  /** By descriptor: the name that it was opened by. */
  readonly open: ReadonlyMap<number, string>;
}

type Call = "stat" | "openDirectory" | "list" | "readLink" | "openFile" | "listXattrs";

function watched(
  inner: FileDriver,
  interfere: (call: Call, name: string) => void = () => {},
): WatchedDriver {
  const open = new Map<number, string>();
  const opened = <T extends number>(fd: T, name: string): T => {
    open.set(fd, name);
    return fd;
  };
  return {
    open,
    driver: {
      ...inner,
      openRoot: (root) => opened(inner.openRoot(root), ""),
      openDirectory(dir, name) {
        interfere("openDirectory", name);
        return opened(inner.openDirectory(dir, name), name);
      },
      openFile(dir, name) {
        interfere("openFile", name);
        return opened(inner.openFile(dir, name), name);
      },
      close(fd) {
        open.delete(fd);
        inner.close(fd);
      },
      list(fd) {
        interfere("list", open.get(fd) ?? "");
        return inner.list(fd);
      },
      stat(dir, name, out) {
        interfere("stat", name);
        inner.stat(dir, name, out);
      },
      readLink(dir, name) {
        interfere("readLink", name);
        return inner.readLink(dir, name);
      },
      listXattrs(dir, name) {
        interfere("listXattrs", name);
        return inner.listXattrs(dir, name);
      },
    },
  };
}

interface Walked {
  readonly rows: Record<string, string>;
  readonly chunks: readonly number[];
}

/** Walks and says what was found, by path. */
function walked(
  driver: FileDriver,
  root: string,
  over: Partial<WalkRequest> = {},
  {
    chunkRows = 100,
    most = Infinity,
  }: { readonly chunkRows?: number; readonly most?: number } = {},
): Walked {
  const rows: Record<string, string> = {};
  const chunks: number[] = [];
  const above: string[] = [];
  const read = (chunk: SnapshotChunk): void => {
    for (let row = 0; row < chunk.count; row++) {
      const depth = chunk.depth[row]!;
      const path = [...above.slice(1, depth), nameAt(chunk, row)].join("/");
      above[depth] = nameAt(chunk, row);
      const finding = findingAt(chunk, row);
      const flags = chunk.flags[row]!;
      rows[path] = [
        finding.kind === "problem" ? `problem ${finding.code}` : finding.kind,
        ...((flags & CLOSED) === 0 ? [] : ["closed"]),
        ...((flags & PASSED_OVER) === 0 ? [] : ["passed over"]),
      ].join(", ");
    }
  };
  walk(
    driver,
    root as ByteString as HostPath,
    { ...request, ...over },
    {
      take: () => newChunk(chunkRows),
      give(chunk) {
        chunks.push(chunk.count);
        read(chunk);
        return chunks.length < most;
      },
    },
  );
  return { rows, chunks };
}

const tree = (root: string, files: readonly string[]): void => {
  for (const file of files) {
    mkdirSync(join(root, file, ".."), { recursive: true });
    writeFileSync(join(root, file), file);
  }
};

const fails = (call: Call, name: string, errno: string) => (at: Call, named: string) => {
  if (at === call && named === name) throw new FileError(errno, call);
};

describe.each([
  ["libc", () => libcDriver()],
  ["portable", () => portableDriver()],
] as const)("a walk with the %s driver", (_name, driverOf) => {
  const driver = driverOf();

  test.each<[call: Call, name: string, errno: string, code: string]>([
    ["stat", "b", "EIO", "io"],
    ["stat", "b", "ENOENT", "vanished"],
    ["openDirectory", "b", "EACCES", "unreadable"],
    ["openDirectory", "b", "EMFILE", "too-deep"],
    ["openDirectory", "b", "ELOOP", "changed"],
    ["list", "b", "EIO", "io"],
    ["openFile", ".gitignore", "EACCES", "unreadable"],
  ])("makes a problem of %s failing for %j with %s, and goes on", (call, name, errno, code) => {
    using dir = newDirectory();
    tree(dir.path, ["a/x", "b/.gitignore", "b/c/x", "d"]);
    const { driver: faulty, open } = watched(driver, fails(call, name, errno));
    const { rows } = walked(faulty, dir.path, { ignoreFiles: true });
    expect(rows).toEqual({
      "": "directory",
      a: "directory",
      "a/x": "file",
      b: `problem ${code}`,
      d: "file",
    });
    expect(open.size).toBe(0);
  });

  test("makes problems of links and files whose secrets stay hidden", () => {
    using dir = newDirectory();
    tree(dir.path, ["f", "g"]);
    symlinkSync("f", join(dir.path, "l"));
    const link = watched(driver, fails("readLink", "l", "EACCES"));
    expect(walked(link.driver, dir.path).rows).toMatchObject({
      l: "problem unreadable",
      g: "file",
    });
    const xattrs = watched(driver, fails("listXattrs", "f", "EPERM"));
    const expected = driver.features.xattrs ? "problem not-permitted" : "file";
    expect(walked(xattrs.driver, dir.path).rows).toMatchObject({ f: expected, g: "file" });
  });

  test("fails for the root alone, and closes it", () => {
    using dir = newDirectory();
    tree(dir.path, ["a"]);
    const { driver: faulty, open } = watched(driver, fails("list", "", "EIO"));
    expect(() => walked(faulty, dir.path)).toThrow(new FileError("EIO", "list"));
    expect(() => walked(faulty, join(dir.path, "a"))).toThrow(FileError);
    expect(() => walked(faulty, join(dir.path, "missing"))).toThrow(FileError);
    expect(open.size).toBe(0);
  });

  test("lets bugs through, and closes everything", () => {
    using dir = newDirectory();
    tree(dir.path, ["a/b/c"]);
    const bug = new TypeError("a bug");
    const { driver: faulty, open } = watched(driver, (call, name) => {
      if (call === "stat" && name === "c") throw bug;
    });
    expect(() => walked(faulty, dir.path)).toThrow(bug);
    expect(open.size).toBe(0);
  });

  test("follows no link that takes a directory's name in the middle", () => {
    using dir = newDirectory();
    using outside = newDirectory();
    tree(dir.path, ["a/x", "b"]);
    tree(outside.path, ["secret"]);
    const { driver: raced, open } = watched(driver, (call, name) => {
      if (call !== "openDirectory" || name !== "a") return;
      renameSync(join(dir.path, "a"), join(dir.path, "was-a"));
      symlinkSync(outside.path, join(dir.path, "a"));
    });
    const { rows } = walked(raced, dir.path);
    expect(rows).toEqual({ "": "directory", a: "problem changed", b: "file" });
    expect(open.size).toBe(0);
  });

  test("says what was listed, even if it is moved away while it is walked", () => {
    using dir = newDirectory();
    tree(dir.path, ["a/x", "a/y", "b"]);
    const { driver: raced } = watched(driver, (call, name) => {
      if (call === "stat" && name === "x") renameSync(join(dir.path, "a"), join(dir.path, "c"));
    });
    expect(walked(raced, dir.path).rows).toEqual({
      "": "directory",
      a: "directory",
      "a/x": "file",
      "a/y": "file",
      b: "file",
    });
  });

  test("takes what has gone since it was listed for no deletion", () => {
    using dir = newDirectory();
    tree(dir.path, ["a/x", "a/y"]);
    const { driver: raced } = watched(driver, (call, name) => {
      if (call === "stat" && name === "x") rmSync(join(dir.path, "a/x"));
    });
    expect(walked(raced, dir.path).rows).toMatchObject({
      "a/x": "problem vanished",
      "a/y": "file",
    });
  });

  test("does not cross mounts where it is not to", () => {
    using dir = newDirectory();
    tree(dir.path, ["m/x", "f"]);
    const inner = driver;
    const foreign: FileDriver = {
      ...inner,
      stat(fd, name, out) {
        inner.stat(fd, name, out);
        if (name === "m") out.dev++;
      },
    };
    const crossing = { "": "directory", f: "file", m: "directory", "m/x": "file" };
    expect(walked(foreign, dir.path).rows).toEqual(crossing);
    expect(walked(foreign, dir.path, { oneFileSystem: true }).rows).toEqual({
      "": "directory",
      f: "file",
      m: "directory, closed",
    });
  });

  test("passes over links that are not wanted, and says that no rule did it", () => {
    using dir = newDirectory();
    tree(dir.path, ["f"]);
    symlinkSync("f", join(dir.path, "in"));
    symlinkSync("..", join(dir.path, "out"));
    expect(walked(driver, dir.path, { links: "skip" }).rows).toMatchObject({
      in: "excluded, passed over",
      out: "excluded, passed over",
    });
    expect(walked(driver, dir.path, { links: "safe" }).rows).toMatchObject({
      in: "symlink",
      out: "excluded, passed over",
    });
    const rules = [{ pattern: "out" as ByteString, origin: "test" }];
    expect(
      walked(driver, dir.path, { links: "safe", filter: { ...noFilter, rules } }).rows,
    ).toMatchObject({
      out: "excluded",
    });
  });

  test("fills chunks to the last row, wherever a directory begins", () => {
    using dir = newDirectory();
    const files = Array.from({ length: 30 }, (_, n) => `d${n % 5}/e${n % 3}/f${n}`);
    tree(dir.path, files);
    const whole = walked(driver, dir.path);
    expect(whole.chunks).toEqual([1 + 5 + 15 + 30]);
    for (const chunkRows of [1, 2, 7, 17, 50, 51, 52]) {
      const { rows, chunks } = walked(driver, dir.path, {}, { chunkRows });
      expect(rows).toEqual(whole.rows);
      expect(chunks.slice(0, -1).every((count) => count === chunkRows)).toBe(true);
      expect(chunks.at(-1)).toBeGreaterThan(0);
    }
  });

  test("stops when nobody wants more, or after as many rows as were asked for", () => {
    using dir = newDirectory();
    tree(
      dir.path,
      Array.from({ length: 30 }, (_, n) => `d${n % 5}/f${n}`),
    );
    const { driver: counted, open } = watched(driver);
    expect(walked(counted, dir.path, {}, { chunkRows: 4, most: 2 }).chunks).toEqual([4, 4]);
    expect(open.size).toBe(0);
    const limited = walked(counted, dir.path, { rowLimit: 10 });
    expect(limited.chunks).toEqual([11]);
    expect(open.size).toBe(0);
  });

  test("looks at one name only, and at nothing where it is not there", () => {
    using dir = newDirectory();
    tree(dir.path, ["a", "b/x"]);
    const only = (name: string): Walked["rows"] =>
      walked(driver, dir.path, { only: name as Name }).rows;
    expect(only("a")).toEqual({ "": "directory", a: "file" });
    expect(only("b")).toEqual({ "": "directory", b: "directory", "b/x": "file" });
    expect(only("c")).toEqual({ "": "directory" });
    const { driver: faulty } = watched(driver, fails("stat", "a", "EACCES"));
    expect(walked(faulty, dir.path, { only: "a" as Name }).rows).toEqual({
      "": "directory",
      a: "problem unreadable",
    });
  });

  test("reads no ignore file that is none", () => {
    using dir = newDirectory();
    tree(dir.path, ["rules", "d/x", "e/.gitignore/x"]);
    writeFileSync(join(dir.path, "rules"), "x\n");
    symlinkSync("../rules", join(dir.path, "d/.gitignore"));
    const { rows } = walked(driver, dir.path, { ignoreFiles: true });
    expect(rows).toMatchObject({ "d/x": "file", "e/.gitignore/x": "file" });
  });

  test("leaves nothing behind", () => {
    using dir = newDirectory();
    tree(dir.path, ["a/x", ".syncline~abc123~0", ".syncline/x", "a/.syncline~abc123~1"]);
    const before = readdirSync(dir.path, { recursive: true });
    expect(walked(driver, dir.path).rows).toMatchObject({
      ".syncline~abc123~0": "leftover",
      "a/.syncline~abc123~1": "leftover",
    });
    expect(Object.keys(walked(driver, dir.path, { leftovers: false }).rows)).toEqual([
      "",
      "a",
      "a/x",
    ]);
    expect(readdirSync(dir.path, { recursive: true })).toEqual(before);
  });
});
