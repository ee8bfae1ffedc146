import * as fc from "fast-check";
import { describe, expect, test } from "vitest";

import {
  bytes,
  directory,
  excluded,
  file,
  problem,
  special,
  symlink,
} from "../../test/model/findings.ts";
import type { Finding, Metadata } from "./entry.ts";
import {
  capacityOf,
  CLOSED,
  copyRow,
  findingAt,
  HAS_EXTRA,
  kinds,
  nameAt,
  newChunk,
  pushFinding,
} from "./snapshot.ts";

const uint32 = fc.nat(0xffff_ffff);
const metadata: fc.Arbitrary<Metadata> = fc.record({
  size: fc.nat(Number.MAX_SAFE_INTEGER),
  mtimeSec: fc.integer({ min: -(2 ** 40), max: 2 ** 40 }),
  mtimeNs: fc.nat(999_999_999),
  ctimeSec: fc.integer({ min: -(2 ** 40), max: 2 ** 40 }),
  ctimeNs: fc.nat(999_999_999),
  birthSec: fc.integer({ min: -(2 ** 40), max: 2 ** 40 }),
  birthNs: fc.nat(999_999_999),
  mode: fc.nat(0o7777),
  uid: uint32,
  gid: uint32,
  dev: uint32,
  inoHigh: uint32,
  inoLow: uint32,
  nlink: uint32,
  blocks: fc.nat(Number.MAX_SAFE_INTEGER),
  xattrs: fc.constantFrom(undefined, [[bytes("user.a"), bytes("\u00ff\u0000")]] as const),
});

const findings: fc.Arbitrary<Finding> = fc.oneof(
  metadata.map((data): Finding => ({ kind: "file", ...data })),
  fc
    .record({ data: metadata, closed: fc.boolean() })
    .map(({ data, closed }): Finding => ({ kind: "directory", ...data, closed })),
  metadata.map((data): Finding => ({ kind: "symlink", ...data, linkTarget: bytes("to\u00ff") })),
  fc
    .record({
      data: metadata,
      kind: fc.constantFrom("fifo", "socket", "block-device", "character-device"),
      rdev: uint32,
    })
    .map(({ data, kind, rdev }): Finding => ({ kind, ...data, rdev })),
  fc.constantFrom<Finding>(
    problem("busy"),
    excluded,
    { kind: "leftover", isDirectory: false },
    { kind: "leftover", isDirectory: true },
  ),
);

const rows = fc.array(
  fc.record({
    depth: fc.nat(0xffff),
    name: fc
      .uint8Array({ maxLength: 300 })
      .map((raw) => bytes([...raw].map((byte) => String.fromCharCode(byte)).join(""))),
    finding: findings,
  }),
  { maxLength: 20 },
);

describe("what is pushed into a chunk", () => {
  test("is read out of it as it was", () => {
    fc.assert(
      fc.property(rows, (rows) => {
        const chunk = newChunk(rows.length);
        for (const { depth, name, finding } of rows) pushFinding(chunk, depth, name, finding);
        expect(chunk.count).toBe(rows.length);
        const read = rows.map((_, row) => ({
          depth: chunk.depth[row],
          name: nameAt(chunk, row),
          finding: findingAt(chunk, row),
        }));
        expect(read).toEqual(rows);
      }),
    );
  });

  test("takes the place of what memory that is used again held before", () => {
    fc.assert(
      fc.property(rows, (rows) => {
        const chunk = newChunk(rows.length, new ArrayBuffer(rows.length * 200));
        for (const column of Object.values(chunk)) {
          if (ArrayBuffer.isView(column)) new Uint8Array(column.buffer).fill(0xff);
        }
        for (const { depth, name, finding } of rows) pushFinding(chunk, depth, name, finding);
        expect(rows.map((_, row) => [nameAt(chunk, row), findingAt(chunk, row)])).toEqual(
          rows.map(({ name, finding }) => [name, finding]),
        );
      }),
    );
  });

  test("survives being copied, but for its name", () => {
    fc.assert(
      fc.property(rows, (rows) => {
        const chunk = newChunk(rows.length);
        for (const { depth, name, finding } of rows) pushFinding(chunk, depth, name, finding);
        const copy = newChunk(rows.length);
        const order = rows.map((_, row) => row).reverse();
        const copied = order.map((row) => copyRow(chunk, row, copy));
        expect(copied).toEqual(rows.map((_, row) => row));
        expect(copied.map((row) => [nameAt(copy, row), findingAt(copy, row)])).toEqual(
          order.map((row) => ["", rows[row]!.finding]),
        );
      }),
    );
  });
});

test("flags say what columns cannot", () => {
  const chunk = newChunk(6);
  const all: Finding[] = [
    file(),
    file({ xattrs: [] }),
    symlink(),
    directory({ closed: true }),
    special(),
    problem(),
  ];
  for (const finding of all) pushFinding(chunk, 1, "x", finding);
  expect([...chunk.flags]).toEqual([0, HAS_EXTRA, HAS_EXTRA, CLOSED, 0, HAS_EXTRA]);
  expect([...chunk.kind].map((kind) => kinds[kind])).toEqual(all.map(({ kind }) => kind));
});

test("a chunk has room for as many rows as were asked for", () => {
  expect([0, 1, 7, 2048].map((rows) => capacityOf(newChunk(rows)))).toEqual([0, 1, 7, 2048]);
});
