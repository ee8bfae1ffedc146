import * as fc from "fast-check";
import { expect, test } from "vitest";
import type { ByteString } from "../base/byte-string.ts";
import type { Name } from "../core/path.ts";
import { decodeRows, encodeRows, openRows } from "./directory-codec.ts";
import { rowsOf, storedKinds } from "./entry-rows.ts";
import type { RememberedEntry, RememberedHash } from "./state.ts";

const bytes = (min: number, max: number): fc.Arbitrary<ByteString> =>
  fc
    .uint8Array({ minLength: min, maxLength: max })
    .map((raw) => Buffer.from(raw).toString("latin1") as ByteString);
const u32 = fc.integer({ min: 0, max: 2 ** 32 - 1 });
const seconds = fc.oneof(
  fc.integer({ min: -(2 ** 40), max: 2 ** 40 }),
  fc.constantFrom(0, 255, 256, 65_535, 65_536, 2 ** 32 - 1, 2 ** 32),
);
const nanoseconds = fc.integer({ min: 0, max: 999_999_999 });
const hash: fc.Arbitrary<RememberedHash> = fc.record({
  algorithm: fc.constantFrom("blake3", "sha256", "sha1", "md5"),
  digest: bytes(16, 32),
});
const entry: fc.Arbitrary<RememberedEntry> = fc
  .record({
    kind: fc.constantFrom(...storedKinds),
    size: fc.maxSafeNat(),
    mtimeSec: seconds,
    mtimeNs: nanoseconds,
    ctimeSec: seconds,
    ctimeNs: nanoseconds,
    dev: u32,
    inoHigh: fc.oneof(fc.constant(0), u32),
    inoLow: u32,
    birthSec: seconds,
    birthNs: nanoseconds,
  })
  .chain((one) =>
    fc.option(hash, { nil: undefined }).map((it) => (it ? { ...one, hash: it } : one)),
  );
const name = fc.oneof(
  { weight: 9, arbitrary: bytes(1, 12) },
  bytes(256, 300),
) as fc.Arbitrary<Name>;
const root = fc.option(
  entry.map((one) => ["" as Name, one] as const),
  { nil: undefined },
);
const directory = fc
  .tuple(root, fc.array(fc.tuple(name, entry), { maxLength: 20 }))
  .map(([first, rest]) => new Map([...(first ? [first] : []), ...rest]))
  .filter((entries) => entries.size > 0);

const stored = (entries: ReadonlyMap<Name, RememberedEntry>): Uint8Array =>
  encodeRows(rowsOf(entries)).slice();
const decoded = (blob: Uint8Array): Map<Name, RememberedEntry> | undefined => {
  const rows = openRows(blob);
  return rows === undefined ? undefined : decodeRows(rows);
};

test("what is stored comes back, sorted by name", () => {
  fc.assert(
    fc.property(directory, (entries) => {
      const sorted = [...entries].toSorted(([a], [b]) => (a < b ? -1 : 1));
      expect([...(decoded(stored(entries)) ?? [])]).toEqual(sorted);
    }),
  );
});

test("a stored form that any bit of is wrong, that is cut short or added to, is not known", () => {
  fc.assert(
    fc.property(directory, fc.nat(), fc.nat({ max: 7 }), (entries, place, bit) => {
      const blob = stored(entries);
      const wrong = blob.slice();
      wrong[place % blob.length]! ^= 1 << bit;
      expect(decoded(wrong)).toBeUndefined();
      expect(decoded(blob.subarray(0, place % blob.length))).toBeUndefined();
      expect(decoded(Buffer.concat([blob, Uint8Array.of(place & 255)]))).toBeUndefined();
    }),
  );
});

test("nor are bytes that never were a directory, though their checksum is right", () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ minLength: 12, maxLength: 80 }),
      fc.constantFrom(0, 1, 2, 1000, 2 ** 32 - 1),
      fc.nat({ max: 13 }),
      (raw, count, columns) => {
        const view = new DataView(raw.buffer);
        view.setUint8(4, 1);
        view.setUint8(5, columns);
        view.setUint32(8, count, true);
        view.setUint32(0, process.getBuiltinModule("node:zlib").crc32(raw.subarray(4)), true);
        const rows = openRows(raw);
        // What happens to be well-formed has no more entries than there are bytes to name them.
        if (rows !== undefined) expect(rows.count).toBeLessThanOrEqual(raw.length + 1);
        expect(() => decoded(raw)).not.toThrow();
      },
    ),
  );
});

test("a usual directory takes about fifty bytes an entry", () => {
  const usual = new Map(
    Array.from({ length: 17 }, (_, i) => [
      `file-${i}.txt` as Name,
      {
        kind: "file" as const,
        size: 1000 + i * 7919,
        mtimeSec: 1_700_000_000 + i,
        mtimeNs: 123_456_789 + i,
        ctimeSec: 1_700_000_001 + i,
        ctimeNs: 987_654_321 - i,
        dev: 65_025,
        inoHigh: 0,
        inoLow: 7_000_000 + i,
        birthSec: 1_699_999_999 + i,
        birthNs: 111_111_111 + i,
      },
    ]),
  );
  expect(stored(usual).length / usual.size).toBeLessThan(55);
});
