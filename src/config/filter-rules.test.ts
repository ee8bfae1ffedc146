import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { Readable } from "node:stream";

import { afterAll, describe, expect, test } from "vitest";

import type { FilterArgument } from "./filter-rules.ts";
import { readFilterRules, ruleOfOption } from "./filter-rules.ts";

const dir = mkdtempSync(path.join(tmpdir(), "syncline-filters-"));
afterAll(() => rmSync(dir, { recursive: true }));

function fileOf(name: string, content: string | Buffer): string {
  const file = path.join(dir, name);
  writeFileSync(file, content);
  return file;
}

const read = (filters: readonly FilterArgument[], stdin = "") =>
  readFilterRules(filters, () => Readable.from([Buffer.from(stdin)]));

describe("readFilterRules", () => {
  test("keeps the order of options and of lines, and says where each rule stands", async () => {
    const file = fileOf("rules", "# comment\n*.o\r\n\n!keep.o\n");
    expect(
      await read([
        { type: "exclude", pattern: "a" },
        { type: "file", name: file },
        { type: "include", pattern: "b" },
      ]),
    ).toEqual([
      { pattern: "a", origin: "--exclude" },
      { pattern: "*.o", origin: `${file}:2` },
      { pattern: "!keep.o", origin: `${file}:4` },
      { pattern: "!b", origin: "--include" },
    ]);
  });

  test("reads standard input for a dash", async () => {
    expect(await read([{ type: "file", name: "-" }], "x\ny")).toEqual([
      { pattern: "x", origin: "-:1" },
      { pattern: "y", origin: "-:2" },
    ]);
  });

  test("takes bytes as they are", async () => {
    const file = fileOf("bytes", Buffer.from("gro\xdf\n", "latin1"));
    expect(await read([{ type: "file", name: file }])).toEqual([
      { pattern: "gro\xdf", origin: `${file}:1` },
    ]);
    expect(ruleOfOption("exclude", "groß").pattern).toBe("gro\xc3\x9f");
  });

  test("a bad line is named by its place, without its text", async () => {
    const file = fileOf("bad", "fine\nsecret[\n");
    await expect(read([{ type: "file", name: file }])).rejects.toThrow(
      expect.objectContaining({
        code: "USAGE",
        message: expect.stringMatching(new RegExp(`^${file}:2: (?!.*secret)`)) as string,
      }),
    );
  });

  test("refuses what is no regular file", async () => {
    const pipe = path.join(dir, "pipe");
    execFileSync("mkfifo", [pipe]);
    for (const name of [dir, pipe, "/dev/zero"]) {
      await expect(read([{ type: "file", name }])).rejects.toThrow("not a regular file");
    }
    await expect(read([{ type: "file", name: `${dir}/none` }])).rejects.toThrow("no such file");
  });
});

describe("ruleOfOption", () => {
  test("a pattern on the command line is never a comment", () => {
    expect(ruleOfOption("exclude", "#recycle").pattern).toBe("\\#recycle");
    expect(ruleOfOption("include", "#recycle").pattern).toBe("!#recycle");
  });

  test.each(["", "  ", "a[", "a\\", "a\0b"])("%j is refused", (pattern) => {
    expect(() => ruleOfOption("exclude", pattern)).toThrow(/^--exclude/);
  });

  test("an include is not negated twice", () => {
    expect(() => ruleOfOption("include", "!a")).toThrow(
      "--include !a: the pattern stands without !",
    );
  });
});
