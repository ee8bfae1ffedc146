import { bytesOfText } from "../../src/base/byte-string.ts";
import type { DirectoryEntry, Entry, FileEntry } from "../../src/core/entry.ts";
import type { RelPath } from "../../src/core/path.ts";
import type { Action, Phases, Plan, Totals } from "../../src/core/plan.ts";
import type { RunSummary } from "../../src/engine/events.ts";

/** Entries, actions and events as a run would make them, for tests of what is shown of a run. */

export function relPath(text: string): RelPath {
  return bytesOfText(text) as RelPath;
}

const metadata = {
  size: 0,
  mtimeSec: 1_700_000_000,
  mtimeNs: 0,
  ctimeSec: 1_700_000_000,
  ctimeNs: 0,
  birthSec: 1_600_000_000,
  birthNs: 0,
  mode: 0o644,
  uid: 1000,
  gid: 1000,
  dev: 1,
  inoHigh: 0,
  inoLow: 1,
  nlink: 1,
  blocks: 8,
  xattrs: undefined,
} as const;

function fileEntry(size: number): FileEntry {
  return { ...metadata, kind: "file", size };
}

export const directoryEntry: DirectoryEntry = { ...metadata, kind: "directory", closed: false };

export function create(path: string, size = 0): Action {
  return { type: "put-file", path: relPath(path), expected: undefined, entry: fileEntry(size) };
}
export function update(path: string, oldSize: number, size: number): Action {
  const expected = fileEntry(oldSize);
  return { type: "put-file", path: relPath(path), expected, entry: fileEntry(size) };
}
export function mkdir(path: string): Action {
  const entry = directoryEntry;
  return { type: "make-directory", path: relPath(path), expected: undefined, entry };
}
export function remove(path: string, size = 0): Action {
  return { type: "remove", path: relPath(path), expected: fileEntry(size) };
}
export function rmdir(path: string): Action {
  return { type: "remove", path: relPath(path), expected: directoryEntry };
}
export function chmod(path: string): Action {
  const entry = fileEntry(1);
  return { type: "set-metadata", path: relPath(path), expected: entry, entry, aspects: ["mode"] };
}
export function hardLink(path: string, from: string): Action {
  const entry = fileEntry(1);
  return { type: "link", path: relPath(path), from: relPath(from), expected: undefined, entry };
}

export function move(from: string, to: string, entry: Entry = fileEntry(1), bytes = 0): Action {
  const [at, was] = [relPath(to), relPath(from)];
  const carries = { entries: 1, bytes } as const;
  return { type: "move", path: at, from: was, expected: undefined, entry, carries };
}
export function swap(from: string, to: string): Action {
  const [expected, entry] = [fileEntry(1), fileEntry(1)];
  const carries = { entries: 2, bytes: 0 } as const;
  return { type: "exchange", path: relPath(to), from: relPath(from), expected, entry, carries };
}
export function copy(path: string, from: string, size: number): Action {
  const entry = fileEntry(size);
  const paths = { path: relPath(path), from: relPath(from) };
  return { type: "copy-file", ...paths, expected: undefined, entry, original: entry };
}

export const noTotals: Totals = {
  created: 0,
  updated: 0,
  moved: 0,
  copied: 0,
  deleted: 0,
  metadata: 0,
  bytes: 0,
  bytesAvoided: 0,
  deletedBytes: 0,
};

const noPhases: Phases = {
  moves: [],
  directories: [],
  content: [],
  links: [],
  metadata: [],
  removals: [],
  replacements: [],
  replacementLinks: [],
  finishing: [],
};

export function planOf(phases: Partial<Phases>, rest: Partial<Omit<Plan, "phases">> = {}): Plan {
  return {
    phases: { ...noPhases, ...phases },
    totals: noTotals,
    checked: 0,
    targetEntries: 0,
    skipped: 0,
    problems: [],
    concerns: { folded: [], nested: [] },
    ...rest,
  };
}

export function summaryOf(rest: Partial<RunSummary> = {}): RunSummary {
  return {
    source: "photos",
    target: "/mnt/nas",
    status: "done",
    dryRun: false,
    checked: 0,
    totals: noTotals,
    skipped: 0,
    problems: 0,
    bytesCopied: 0,
    bytesAvoided: 0,
    sent: 0,
    received: 0,
    durationMs: 0,
    ...rest,
  };
}
