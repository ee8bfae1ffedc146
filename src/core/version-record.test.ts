import { expect, test } from "vitest";

import type { ByteString } from "../base/byte-string.ts";
import type { RelPath } from "./path.ts";
import type { VersionRecord } from "./version-record.ts";
import { decodeRecord, encodeRecord } from "./version-record.ts";

const path = (text: string): RelPath => text as RelPath;
const record: VersionRecord = {
  source: "/s",
  moves: [
    { from: path("a/b"), to: path("c"), other: "none" },
    { from: path("d"), to: path("e"), other: "kept" },
    { from: path("f"), to: path("g\n"), other: "swapped" },
  ],
  absent: new Set([path("new"), path("not \u00ff UTF-8"), path("\u00c3\u00a9")]),
  metadata: new Map([
    [
      path(""),
      {
        mode: 0o755,
        uid: 0,
        gid: 4_000_000_000,
        mtimeSec: -5,
        mtimeNs: 999_999_999,
        xattrs: undefined,
      },
    ],
    [
      path("x"),
      {
        mode: 0o7777,
        uid: 1,
        gid: 2,
        mtimeSec: 1_600_000_000,
        mtimeNs: 1,
        xattrs: [["user.n" as ByteString, "\u0000\u00ff" as ByteString]],
      },
    ],
  ]),
};

test("what was written is read", () => {
  const text = encodeRecord({ run: "r", source: "/s" }, record);
  expect(decodeRecord(text)).toEqual(record);
  expect(text.split("\n")[0]).toBe('{"run":"r","source":"/s"}');
});

test("a record that was cut short says what is left of it", () => {
  const text = encodeRecord({ source: "/s" }, record);
  const lines = text.split("\n");
  const cut = [...lines.slice(0, 5), lines[5]!.slice(0, 4)].join("\n");
  expect(decodeRecord(cut)).toEqual({
    ...record,
    absent: new Set([path("new")]),
    metadata: new Map(),
  });
});

test.each([
  "",
  "null",
  "[]",
  '{"absent":"../up"}',
  '{"absent":"/top"}',
  '{"absent":{"hex":"2e2e"}}',
  '{"absent":{"hex":"zz"}}',
  '{"absent":7}',
  '{"metadata":"x"}',
  '{"metadata":"x","mode":"9","uid":0,"gid":0,"mtime":[0,0]}',
  '{"metadata":"x","mode":"0644","uid":-1,"gid":0,"mtime":[0,0]}',
  '{"metadata":"x","mode":"0644","uid":0,"gid":0,"mtime":[0,1000000000]}',
  '{"metadata":"x","mode":"0644","uid":0,"gid":0}',
  '{"moved":"a","to":"b","other":"eaten"}',
  '{"moved":"a","to":"../b","other":"none"}',
])("%j says nothing", (line) => {
  const nothing = { moves: [], absent: new Set(), metadata: new Map() };
  expect(decodeRecord(`{}\n${line}\n`)).toEqual(nothing);
});
