import * as fc from "fast-check";
import { createHash } from "node:crypto";
import { expect, test } from "vitest";

import type { ByteString } from "../base/byte-string.ts";
import type { DirectoryEntry, FileEntry } from "../core/entry.ts";
import { copyRows } from "../core/copy-rows.ts";
import { preserveAll } from "../core/preserve.ts";
import type { SnapshotChunk } from "../core/snapshot.ts";
import { findingAt, nameAt, newChunk, pushFinding } from "../core/snapshot.ts";
import type { ContentHasher } from "./content-hasher.ts";
import type { Run } from "./row-runs.ts";
import { RunCutter } from "./row-runs.ts";
import { RunMatcher } from "./run-matcher.ts";

/** A row of a listing, in brief. */
interface Row {
  readonly name: string;
  readonly isDirectory: boolean;
  readonly size: number;
  readonly nlink: number;
}

const spec = { preserve: preserveAll, timeResolution: 1 };

function newHasher(): ContentHasher {
  let hash = createHash("sha256");
  return {
    begin: () => {
      hash = createHash("sha256");
    },
    update: (bytes) => void hash.update(bytes),
    digest: () => hash.digest(),
  };
}

/** Rows of one flat directory and of directories in it, in order: what is alike on both sides is alike row by row. */
const rowsOfTree = fc.uniqueArray(
  fc.record({
    name: fc.stringMatching(/^[a-z]{1,4}$/),
    isDirectory: fc.boolean(),
    size: fc.nat({ max: 3 }),
    nlink: fc.constantFrom(1, 1, 1, 1, 2),
  }),
  { selector: ({ name }) => name, maxLength: 300 },
);

function entryOf({ isDirectory, size, nlink }: Row, inode: number): DirectoryEntry | FileEntry {
  const times = { mtimeSec: size, mtimeNs: 5, ctimeSec: 1, ctimeNs: 2, birthSec: 3, birthNs: 4 };
  const rest = { mode: 0o644, uid: 1, gid: 2, dev: 9, inoHigh: 0, inoLow: inode, blocks: 0 };
  const common = { ...times, ...rest, nlink, xattrs: undefined };
  return isDirectory
    ? { kind: "directory", closed: false, ...common, size: 0 }
    : { kind: "file", ...common, size };
}

/** The listing in chunks of that many rows, the root first. */
function listing(rows: readonly Row[], chunkRows: number): SnapshotChunk[] {
  const sorted = rows.toSorted((a, b) => (a.name < b.name ? -1 : 1));
  const all = [{ name: "", isDirectory: true, size: 0, nlink: 2 }, ...sorted];
  const chunks: SnapshotChunk[] = [];
  for (let from = 0; from < all.length; from += chunkRows) {
    const chunk = newChunk(chunkRows);
    for (const [i, row] of all.slice(from, from + chunkRows).entries())
      pushFinding(chunk, row.name === "" ? 0 : 1, row.name, entryOf(row, from + i + 1));
    chunks.push(chunk);
  }
  return chunks;
}

function runsOf(chunks: readonly SnapshotChunk[]): Run[] {
  const cutter = new RunCutter(spec, newHasher());
  return [...chunks.flatMap((chunk) => cutter.take(chunk)), ...cutter.finish()];
}

/** What both sides have to agree on. */
type Look = readonly [name: string, kind: string, size: number, mtimeSec: number, nlink: number];

function look(chunk: SnapshotChunk, from: number = 0, to: number = chunk.count): Look[] {
  return Array.from({ length: to - from }, (_, i) => {
    const { kind, size, mtimeSec, nlink } = findingAt(chunk, from + i) as FileEntry;
    return [nameAt(chunk, from + i), kind, size, mtimeSec, kind === "file" ? nlink : 1];
  });
}

const same = ({ store, from, to }: Run): Look[] => look(store, from, to);

test("a listing in which equal runs are only named is the same listing", () => {
  fc.assert(
    fc.property(
      rowsOfTree,
      rowsOfTree,
      fc.integer({ min: 1, max: 70 }),
      fc.integer({ min: 1, max: 9 }),
      (one, other, chunkRows, batch) => {
        // Half of the rows are those of the other side.
        const theirs = [...one.slice(0, one.length / 2), ...other].filter(
          ({ name }, i, all) => all.findIndex((row) => row.name === name) === i,
        );
        const ours = runsOf(listing(one, 64));
        const told = runsOf(listing(theirs, chunkRows));
        const matcher = new RunMatcher();
        let offered = 0;
        const seen: unknown[] = [];
        let passed = -1;
        for (const run of told) {
          for (;;) {
            const decision = matcher.decide(run.to - run.from, run.digest);
            if (decision.type === "unknown") {
              const more = ours.slice(offered, (offered += batch));
              if (more.length === 0) matcher.end();
              matcher.add(more.map(({ from, to, digest }) => ({ rows: to - from, digest })));
              continue;
            }
            if (decision.type === "same") {
              expect(decision.number).toBeGreaterThan(passed);
              passed = decision.number;
            }
            seen.push(...same(decision.type === "same" ? ours[decision.number]! : run));
            break;
          }
        }
        const whole = listing(theirs, 400)[0]!;
        expect(seen).toEqual(look(whole));
      },
    ),
    { numRuns: 200 },
  );
});

test("of equal listings only the root, and names among several, are told", () => {
  fc.assert(
    fc.property(rowsOfTree, fc.integer({ min: 1, max: 70 }), (rows, chunkRows) => {
      const [ours, theirs] = [runsOf(listing(rows, 400)), runsOf(listing(rows, chunkRows))];
      expect(theirs.map(({ digest }) => digest)).toEqual(ours.map(({ digest }) => digest));
      for (const { store, from, to, digest } of theirs) {
        const isTold = look(store, from, to).some(
          ([name, , , , nlink]) => name === "" || nlink === 2,
        );
        expect(digest === undefined).toBe(isTold);
      }
    }),
    { numRuns: 200 },
  );
});

test("one more row changes the runs around it, and no others", () => {
  const rows = Array.from({ length: 3000 }, (_, n): Row => {
    const name = `f${n.toString(36).padStart(4, "0")}`;
    return { name, isDirectory: false, size: n % 7, nlink: 1 };
  });
  const before = new Set(runsOf(listing(rows, 400)).map(({ digest }) => digest));
  const more = { name: "f0100x", isDirectory: false, size: 1, nlink: 1 };
  const after = runsOf(listing([...rows, more], 400));
  expect(after.length).toBeGreaterThan(40);
  expect(after.filter(({ digest }) => !before.has(digest)).length).toBeLessThanOrEqual(2);
});

test("a difference in anything that is compared is a difference of runs", () => {
  const chunk = newChunk(2);
  pushFinding(chunk, 1, "a", entryOf({ name: "a", isDirectory: false, size: 1, nlink: 1 }, 1));
  const digestOf = (change: (copy: SnapshotChunk) => void): unknown => {
    const copy = newChunk(2);
    copyRows(chunk, { start: 0, end: 1 }, copy);
    change(copy);
    return runsOf([copy])[0]!.digest;
  };
  const plain = digestOf(() => {});
  const columns = ["size", "mtimeSec", "mtimeNs", "mode", "uid", "gid", "kind", "depth"] as const;
  for (const column of columns)
    expect([column, digestOf((copy) => (copy[column][0]! += 1)) === plain]).toEqual([
      column,
      false,
    ]);
  for (const column of ["inoLow", "dev", "ctimeNs", "birthSec", "blocks"] as const)
    expect([column, digestOf((copy) => (copy[column][0]! += 1)) === plain]).toEqual([column, true]);
});

test("a run of the other side is named once, and what was passed never", () => {
  const matcher = new RunMatcher();
  const [a, b] = ["a".repeat(16), "b".repeat(16)] as ByteString[];
  matcher.add([
    { rows: 5, digest: a },
    { rows: 5, digest: b },
  ]);
  matcher.end();
  expect([b, b, a].map((digest) => matcher.decide(5, digest))).toEqual([
    { type: "same", number: 1 },
    { type: "different" },
    { type: "different" },
  ]);
});
