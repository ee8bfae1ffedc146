import { describe, expect, test } from "vitest";

import { SyncError } from "../../src/base/errors.ts";
import type { Finding } from "../../src/core/entry.ts";
import { identityKey } from "../../src/core/entry.ts";
import { noFilter } from "../../src/core/filter.ts";
import type { Name } from "../../src/core/path.ts";
import { comparePaths } from "../../src/core/path.ts";
import { HAS_EXTRA, nameAt, SAME_CONTENT } from "../../src/core/snapshot.ts";
import type { Endpoint } from "../../src/endpoint/endpoint.ts";
import { modeText } from "../model/tree.ts";
import type { OpenPlace } from "./endpoint-place.ts";
import {
  bytes,
  early,
  entryAt,
  late,
  never,
  oldTime,
  plainRequest,
  rowsOf,
  saidTime,
  tellsApart,
} from "./endpoint-place.ts";

/** What a finding says, for reading. */
function said(finding: Finding): string {
  switch (finding.kind) {
    case "problem":
      return `problem ${finding.code}`;
    case "symlink":
      return `symlink ${finding.linkTarget}`;
    case "leftover":
      return finding.isDirectory ? "leftover directory" : "leftover";
    case "file":
      return `file ${finding.size}`;
    default:
      return finding.kind;
  }
}

async function scanned(
  endpoint: Endpoint,
  over?: Parameters<typeof rowsOf>[1],
): Promise<Record<string, string>> {
  const rows = await rowsOf(endpoint, over);
  return Object.fromEntries(rows.map(([path, finding]) => [path, said(finding)]));
}

const excludes = (...patterns: string[]) => ({
  ...noFilter,
  rules: patterns.map((pattern) => ({ pattern: bytes(pattern), origin: "test" })),
});

/** Scanning: order, completeness, and what stands for what takes no part. */
export function describeScan(open: OpenPlace): void {
  describe("a scan", () => {
    test("gives every entry once, in the order of paths, the root first", async () => {
      await using place = await open();
      const names = [
        "a",
        "a.b",
        "a-b",
        "a/x",
        "a/b/c",
        "a b",
        "\u00ff",
        "\u0001",
        "Z",
        "new\nline",
      ];
      for (const name of names.filter((name) => name !== "a"))
        place.make(`source/${name}`, { kind: "file", content: name });
      const rows = await rowsOf(place.open("source"));
      const paths = rows.map(([path]) => path);
      expect(paths[0]).toBe("");
      expect(paths).toEqual(paths.toSorted(comparePaths));
      expect(paths).toEqual(place.look("source").map(({ path }) => path));
    });

    test("gives of every entry what there is to know", async () => {
      await using place = await open();
      place.make("source/file", { kind: "file", content: "12345", mode: 0o640, mtime: early });
      place.make("source/link", { kind: "symlink", linkTarget: "to/\u00ff", mtime: late });
      const source = place.open("source");
      await source.root();
      place.make("source/dir", { kind: "directory", mode: 0o2750, mtime: oldTime(source) });
      place.make("source/set-id", { kind: "file", mode: 0o6711 });
      place.link("source/twin", "source/file");
      const rows = new Map(await rowsOf(source));
      for (const fact of place.look("source")) {
        const finding = rows.get(fact.path as never)!;
        if (!("mtimeSec" in finding)) throw new Error(`${fact.path} is no entry`);
        const time = BigInt(finding.mtimeSec) * 1_000_000_000n + BigInt(finding.mtimeNs);
        expect({
          kind: finding.kind,
          mode: modeText(finding.kind, finding.mode),
          owner: `${finding.uid}:${finding.gid}`,
          mtime: saidTime(source, String(time)),
        }).toEqual({
          kind: fact.kind,
          mode: fact.mode,
          owner: fact.owner,
          mtime: saidTime(source, fact.mtime),
        });
      }
      const nlink = tellsApart(source) ? 2 : 1;
      expect(rows.get("file" as never)).toMatchObject({ size: 5, nlink });
      expect(rows.get("link" as never)).toMatchObject({ size: 0, linkTarget: "to/\u00ff" });
      expect(rows.get("dir" as never)).toMatchObject({ size: 0, closed: false });
      const [file, twin] = ["file", "twin"].map((name) => rows.get(name as never));
      expect(identityKey(file as never)).toBe(identityKey(twin as never));
      const other = identityKey(rows.get("set-id" as never) as never);
      if (tellsApart(source)) expect(identityKey(file as never)).not.toBe(other);
      else expect(other).toBe("0:0:0");
    });

    test("gives special files where the driver knows them", async () => {
      await using place = await open();
      const target = place.open("source");
      place.make("source/dir", { kind: "directory" });
      place.make("source/fifo", { kind: "fifo" });
      place.make("source/socket", { kind: "socket" });
      expect(await scanned(target)).toEqual({
        "": "directory",
        dir: "directory",
        fifo: "fifo",
        socket: "socket",
      });
    });

    test("gives large trees whole", async () => {
      await using place = await open();
      for (let n = 0; n < 2500; n++) place.make(`source/d${n % 7}/f${n}`, { kind: "file" });
      const source = place.open("source");
      const rows = await rowsOf(source);
      expect(rows.map(([path]) => path)).toEqual(place.look("source").map(({ path }) => path));
      expect(rows.length).toBe(2508);
    });

    test("puts a problem where a directory cannot be read, and goes on behind it", async () => {
      await using place = await open();
      for (const path of ["a/x", "b/x", "b/c/x", "d/b"])
        place.make(`source/${path}`, { kind: "file" });
      place.spoil("b");
      expect(await scanned(place.open("source"))).toEqual({
        "": "directory",
        a: "directory",
        "a/x": "file 0",
        b: "problem unreadable",
        d: "directory",
        "d/b": "file 0",
      });
    });

    test("puts a row where a rule excludes something, and does not enter it", async () => {
      await using place = await open();
      for (const path of ["a/x", "b/x", "b/keep", "c/a/x", "c/b"])
        place.make(`source/${path}`, { kind: "file" });
      const filter = excludes("/a", "b/", "x", "!keep");
      expect(await scanned(place.open("source"), { filter })).toEqual({
        "": "directory",
        a: "excluded",
        b: "excluded",
        c: "directory",
        "c/a": "directory",
        "c/a/x": "excluded",
        "c/b": "file 0",
      });
    });

    test("honours ignore files where it is asked to, and hands their text on", async () => {
      await using place = await open();
      place.make("source/.gitignore", { kind: "file", content: "*.o\n/b\n" });
      place.make("source/a.o", { kind: "file" });
      place.make("source/b", { kind: "file" });
      place.make("source/d/.gitignore", { kind: "file", content: "!a.o\nc\n" });
      for (const name of ["a.o", "b", "c", "b.o"]) place.make(`source/d/${name}`, { kind: "file" });
      place.make("source/e/.gitignore", { kind: "directory" });
      place.make("source/e/c", { kind: "file" });
      const source = place.open("source");
      expect(await scanned(source, { side: "source", ignoreFiles: true })).toEqual({
        "": "directory",
        ".gitignore": "file 7",
        "a.o": "excluded",
        b: "excluded",
        d: "directory",
        "d/.gitignore": "file 7",
        "d/a.o": "file 0",
        "d/b": "file 0",
        "d/b.o": "excluded",
        "d/c": "excluded",
        e: "directory",
        "e/.gitignore": "directory",
        "e/c": "file 0",
      });
      const texts: [string, string | undefined][] = [];
      const request = { ...plainRequest, side: "source", ignoreFiles: true } as const;
      for await (const chunk of source.scan(request, never)) {
        for (let row = 0; row < chunk.count; row++) {
          if ((chunk.flags[row]! & HAS_EXTRA) === 0) continue;
          texts.push([nameAt(chunk, row), chunk.extras.get(row)?.ignoreRules]);
        }
      }
      expect(texts).toEqual([
        ["", "*.o\n/b\n"],
        ["d", "!a.o\nc\n"],
      ]);
    });

    test("shows what killed runs left to a target, and to a source nothing of it", async () => {
      await using place = await open();
      place.make("source/d/.syncline~abc123~0", { kind: "file" });
      place.make("source/.syncline~abc123~1/x", { kind: "file" });
      place.make("source/.syncline/x", { kind: "file" });
      place.make("source/d/.syncline/x", { kind: "file" });
      const inner = { "d/.syncline": "directory", "d/.syncline/x": "file 0" };
      const source = place.open("source");
      expect(await scanned(source, { side: "target" })).toEqual({
        "": "directory",
        ".syncline~abc123~1": "leftover directory",
        d: "directory",
        ...inner,
        "d/.syncline~abc123~0": "leftover",
      });
      expect(await scanned(source, { side: "source" })).toEqual({
        "": "directory",
        d: "directory",
        ...inner,
      });
    });

    test("looks at one name only where it is asked to", async () => {
      await using place = await open();
      for (const path of ["a", "b", "c/b"]) place.make(`source/${path}`, { kind: "file" });
      const source = place.open("source");
      expect(await scanned(source, { only: "b" as Name })).toEqual({
        "": "directory",
        b: "file 0",
      });
      expect(await scanned(source, { only: "z" as Name })).toEqual({ "": "directory" });
    });
  });

  describe("links in a scan", () => {
    const tree = async (): Promise<Awaited<ReturnType<OpenPlace>>> => {
      const place = await open();
      place.make("source/d/file", { kind: "file", content: "123" });
      place.make("source/d/up", { kind: "symlink", linkTarget: "../top" });
      place.make("source/out", { kind: "symlink", linkTarget: "../elsewhere" });
      place.make("source/to-dir", { kind: "symlink", linkTarget: "d" });
      place.make("source/top", { kind: "file", content: "1" });
      place.make("elsewhere/inside", { kind: "file", content: "12" });
      return place;
    };
    const rest = { "": "directory", d: "directory", "d/file": "file 3", top: "file 1" };

    test("are kept, or left out, or left out where they lead out of the tree", async () => {
      await using place = await tree();
      const source = place.open("source");
      const inner = { "d/up": "symlink ../top", "to-dir": "symlink d" };
      expect(await scanned(source, { links: "keep" })).toEqual({
        ...rest,
        ...inner,
        out: "symlink ../elsewhere",
      });
      expect(await scanned(source, { links: "safe" })).toEqual({
        ...rest,
        ...inner,
        out: "excluded",
      });
      expect(await scanned(source, { links: "skip" })).toEqual({
        ...rest,
        "d/up": "excluded",
        "to-dir": "excluded",
        out: "excluded",
      });
    });

    test("are followed to what they lead to, wherever that is", async () => {
      await using place = await tree();
      expect(await scanned(place.open("source"), { links: "follow" })).toEqual({
        ...rest,
        "d/up": "file 1",
        out: "directory",
        "out/inside": "file 2",
        "to-dir": "directory",
        "to-dir/file": "file 3",
        "to-dir/up": "file 1",
      });
    });

    test("are problems where they lead nowhere, or back to where they are", async () => {
      await using place = await open();
      place.make("source/d/back", { kind: "symlink", linkTarget: ".." });
      place.make("source/gone", { kind: "symlink", linkTarget: "nowhere" });
      place.make("source/self", { kind: "symlink", linkTarget: "self" });
      expect(await scanned(place.open("source"), { links: "follow" })).toEqual({
        "": "directory",
        d: "directory",
        "d/back": "problem blocked",
        gone: "problem vanished",
        self: "problem changed",
      });
    });

    test("are filtered by their own names and the kind of what they lead to", async () => {
      await using place = await tree();
      const filter = excludes("to-dir/", "up/", "file");
      expect(await scanned(place.open("source"), { links: "follow", filter })).toEqual({
        "": "directory",
        d: "directory",
        "d/file": "excluded",
        "d/up": "file 1",
        out: "directory",
        "out/inside": "file 2",
        "to-dir": "excluded",
        top: "file 1",
      });
    });
  });

  describe("a scan that cannot go on", () => {
    test("fails where the root is missing, or is no directory", async () => {
      await using place = await open();
      place.make("file", { kind: "file" });
      for (const root of ["missing", "file"]) {
        const error: unknown = await rowsOf(place.open(root)).catch((error: unknown) => error);
        expect(error).toBeInstanceOf(SyncError);
        expect((error as SyncError).code).toBe("ROOT_UNREADABLE");
      }
    });

    test("ends when its reader leaves, and when the signal aborts", async () => {
      await using place = await open();
      for (let n = 0; n < 5000; n++) place.make(`source/d${n % 7}/f${n}`, { kind: "file" });
      const source = place.open("source");
      for await (const chunk of source.scan(plainRequest, never)) {
        expect(chunk.count).toBeGreaterThan(0);
        break;
      }
      const abort = new AbortController();
      const reading = (async () => {
        for await (const _chunk of source.scan(plainRequest, abort.signal)) abort.abort();
      })();
      await expect(reading).rejects.toThrow(expect.objectContaining({ name: "AbortError" }));
    });
  });

  describe("progress", () => {
    test("counts entries, and never goes back", async () => {
      await using place = await open();
      for (let n = 0; n < 3000; n++) place.make(`source/d${n % 7}/f${n}`, { kind: "file" });
      const source = place.open("source");
      expect(source.progress()).toEqual({ entries: 0, files: 0, bytes: 0 });
      for (const round of [1, 2]) {
        let before = source.progress().entries;
        for await (const _chunk of source.scan(plainRequest, never)) {
          const { entries } = source.progress();
          expect(entries).toBeGreaterThanOrEqual(before);
          before = entries;
        }
        expect(source.progress().entries).toBe(round * 3008);
      }
    });
  });

  describe("comparing content on the way", () => {
    test("flags nothing but files of equal content, and each in one of the scans only", async () => {
      await using place = await open();
      const isEqual = (name: string): boolean => !name.endsWith("7");
      for (let n = 0; n < 700; n++) {
        const at = `d${n % 13}/f${n}`;
        place.make(`source/${at}`, { kind: "file", content: `content ${n}` });
        const content = isEqual(at) ? `content ${n}` : `CONTENT ${n}`;
        place.make(`target/${at}`, { kind: "file", content });
      }
      const [source, target] = [place.open("source"), place.open("target")];
      const flagged = async (side: "source" | "target"): Promise<string[]> => {
        const [own, contentOf] = side === "source" ? [source, target] : [target, source];
        const out: string[] = [];
        for await (const chunk of own.scan({ ...plainRequest, side, contentOf }, never)) {
          for (let row = 0; row < chunk.count; row++)
            if ((chunk.flags[row]! & SAME_CONTENT) !== 0) out.push(nameAt(chunk, row));
        }
        return out;
      };
      const names = [...(await flagged("source")), ...(await flagged("target"))];
      expect(names.filter((name) => !isEqual(name))).toEqual([]);
      expect(new Set(names).size).toBe(names.length);
      // All or, where the other replica is not at hand, none.
      expect([0, 630]).toContain(names.length);
    });
  });

  test("a scan of the target finds what a scan of the same tree as source finds", async () => {
    await using place = await open();
    for (const path of ["a/x", "b"]) place.make(`source/${path}`, { kind: "file" });
    const source = place.open("source");
    /** Nobody asks when an entry of a target was made. */
    const withoutBirth = (rows: Awaited<ReturnType<typeof rowsOf>>): unknown =>
      rows.map(([path, finding]) => [path, { ...finding, birthSec: 0, birthNs: 0 }]);
    const asSource = await rowsOf(source, { side: "source" });
    expect(withoutBirth(asSource)).toEqual(withoutBirth(await rowsOf(source)));
    expect(await entryAt(source, "b")).toMatchObject({ kind: "file" });
  });
}
