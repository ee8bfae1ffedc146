import { expect, test } from "vitest";

import type { ByteString } from "../base/byte-string.ts";
import type { FileEntry, Xattrs } from "./entry.ts";
import { takePowers, withPowersOf } from "./powers.ts";
import { findingAt, newChunk, pushFinding } from "./snapshot.ts";

const caps: Xattrs = [["security.capability" as ByteString, "x" as ByteString]];
const note: Xattrs = [["user.note" as ByteString, "y" as ByteString]];

function file(mode: number, xattrs?: Xattrs): FileEntry {
  const zero = { size: 0, mtimeSec: 0, mtimeNs: 0, ctimeSec: 0, ctimeNs: 0, birthSec: 0 };
  const rest = { birthNs: 0, uid: 0, gid: 0, dev: 0, inoHigh: 0, inoLow: 0, nlink: 1, blocks: 0 };
  return { kind: "file", ...zero, ...rest, mode, xattrs };
}

test.each<[string, FileEntry, FileEntry, FileEntry]>([
  ["what was not planned", file(0o6755, [...caps, ...note]), file(0o644), file(0o755, note)],
  ["one bit of two", file(0o6755), file(0o4644), file(0o4755)],
  ["nothing of what was planned", file(0o6755, caps), file(0o6644, caps), file(0o6755, caps)],
  ["nothing where there is none", file(0o1755, note), file(0o644), file(0o1755, note)],
])("a file that was planned without powers loses %s", (_name, now, planned, wanted) => {
  expect(withPowersOf(now, planned)).toEqual(wanted);
});

test("rows of files lose them, and others do not", () => {
  const rows = newChunk(4);
  const directory = { ...file(0o2755), kind: "directory", closed: false } as const;
  pushFinding(rows, 0, "", directory);
  for (const one of [file(0o4755), file(0o755, [...caps, ...note]), file(0o644)])
    pushFinding(rows, 1, "a", one);
  const shared = rows.extras.get(2);
  expect(takePowers(rows)).toBe(true);
  const found = [0, 1, 2, 3].map((row) => findingAt(rows, row));
  expect(found).toEqual([directory, file(0o755), file(0o755, note), file(0o644)]);
  expect(shared?.xattrs).toHaveLength(2);
  expect(takePowers(rows)).toBe(false);
});
