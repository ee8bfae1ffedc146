import { chmodSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { describe, expect, test } from "vitest";

import { newDirectory } from "../../test/model/disk.ts";
import { bytesOfText } from "../base/byte-string.ts";
import { noFilter } from "../core/filter.ts";
import { nameAt, newChunk, SAME_CONTENT } from "../core/snapshot.ts";
import type { HostPath } from "./driver.ts";
import { libcDriver } from "./libc-driver.ts";
import { portableDriver } from "./portable-driver.ts";
import type { Reading } from "./twin.ts";
import { walk } from "./walk.ts";

const drivers = [libcDriver(), portableDriver()] as const;
const always: Reading = { onBytes: () => {}, goesOn: () => true };

function host(dir: string): HostPath {
  return bytesOfText(dir) as string as HostPath;
}

/** Names of the files whose content a walk found to be the same, in one of the halves. */
function sameNames(
  driver: (typeof drivers)[number],
  [root, twinRoot]: readonly [root: string, twinRoot: string],
  half: 0 | 1,
  reading: Reading = always,
): string[] {
  const out: string[] = [];
  const request = {
    filter: noFilter,
    links: "keep",
    oneFileSystem: false,
    ignoreFiles: false,
    attributes: { xattrs: false, acls: false, isRoot: false },
    leftovers: false,
    twin: { root: host(twinRoot), half },
  } as const;
  walk(driver, host(root), request, {
    take: () => newChunk(4096),
    give(chunk) {
      for (let row = 0; row < chunk.count; row++)
        if ((chunk.flags[row]! & SAME_CONTENT) !== 0) out.push(nameAt(chunk, row));
      return true;
    },
    reading,
  });
  return out;
}

function plant(root: string, contents: Readonly<Record<string, string>>): void {
  for (const [name, content] of Object.entries(contents)) {
    const at = `${root}/${name}`;
    mkdirSync(at.slice(0, at.lastIndexOf("/")), { recursive: true });
    writeFileSync(at, content);
  }
}

describe.each(drivers)("with the $name driver", (driver) => {
  test("two walks find all that is the same, each a part of its own", () => {
    using dir = newDirectory();
    const [a, b] = [`${dir.path}/a`, `${dir.path}/b`];
    const long = "0123456789".repeat(100_000);
    const contents: Record<string, string> = {};
    for (let n = 0; n < 40; n++) contents[`d${n}/same${n}`] = `content ${n}`;
    for (let n = 0; n < 600; n++) contents[`crowd/in${n}`] = `${n}`;
    plant(a, { ...contents, "x/long": long, "x/empty": "", "x/differs": "a", "x/longer": "aa" });
    plant(b, { ...contents, "x/long": long, "x/empty": "", "x/differs": "b", "x/longer": "aaa" });
    const ours = sameNames(driver, [a, b], 0);
    const theirs = sameNames(driver, [b, a], 1);
    const names = Object.keys(contents).map((path) => path.split("/")[1]!);
    expect([...ours, ...theirs].toSorted()).toEqual([...names, "long"].toSorted());
    // Neither does next to nothing.
    expect(Math.min(ours.length, theirs.length)).toBeGreaterThan(200);
  });

  test("what cannot be compared is not said to be the same, and stops nothing", () => {
    using dir = newDirectory();
    const [a, b] = [`${dir.path}/a`, `${dir.path}/b`];
    const contents = { "d/gone": "x", "d/link": "x", "d/dir": "x", "d/fine": "x", "e/f": "x" };
    plant(a, contents);
    plant(b, contents);
    rmSync(`${b}/d/gone`);
    rmSync(`${b}/d/link`);
    symlinkSync("fine", `${b}/d/link`);
    rmSync(`${b}/d/dir`);
    mkdirSync(`${b}/d/dir`);
    rmSync(`${b}/e`, { recursive: true });
    symlinkSync("d", `${b}/e`);
    const both = [...sameNames(driver, [a, b], 0), ...sameNames(driver, [a, b], 1)];
    expect(both).toEqual(["fine"]);
    chmodSync(b, 0o700);
    expect(sameNames(driver, [a, `${dir.path}/missing`], 0)).toEqual([]);
  });

  test("nothing is read any more when that is asked for", () => {
    using dir = newDirectory();
    const [a, b] = [`${dir.path}/a`, `${dir.path}/b`];
    plant(a, { "d/f": "x" });
    plant(b, { "d/f": "x" });
    let bytes = 0;
    const reading = { onBytes: (more: number) => (bytes += more), goesOn: () => false };
    for (const half of [0, 1] as const)
      expect(sameNames(driver, [a, b], half, reading)).toEqual([]);
    expect(bytes).toBe(0);
  });
});
