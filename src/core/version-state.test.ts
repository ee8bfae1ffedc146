import { describe, expect, test } from "vitest";

import type { Entry, Finding } from "./entry.ts";
import type { RelPath } from "./path.ts";
import type { RecordedMove, VersionRecord } from "./version-record.ts";
import type { History, KeptRun } from "./version-state.ts";
import { treeBefore } from "./version-state.ts";

const metadata = {
  mtimeSec: 0,
  mtimeNs: 0,
  ctimeSec: 0,
  ctimeNs: 0,
  birthSec: 0,
  birthNs: 0,
  mode: 0o644,
  uid: 0,
  gid: 0,
  dev: 0,
  inoHigh: 0,
  inoLow: 0,
  nlink: 1,
  blocks: 0,
  xattrs: undefined,
};

/** A name that ends in a slash is a directory; a file is told by its size. */
function tree(text: string): Map<RelPath, Finding> {
  const out = new Map<RelPath, Finding>([
    ["" as RelPath, { kind: "directory", size: 0, closed: false, ...metadata }],
  ]);
  for (const word of text.split(" ").filter((part) => part !== "")) {
    const [name = "", size = "0"] = word.split(":");
    const entry: Entry = name.endsWith("/")
      ? { kind: "directory", size: 0, closed: false, ...metadata }
      : { kind: "file", size: Number(size), ...metadata };
    out.set(name.replace(/\/$/, "") as RelPath, entry);
  }
  return out;
}

interface Run {
  /** `a>b` is a rename; `a>>b` one that replaced; `a<>b` an exchange. */
  readonly moves?: string;
  readonly kept?: readonly string[];
  readonly absent?: string;
}

function moveOf(text: string): RecordedMove {
  const [from, to] = text.split(/<>|>>|>/) as [RelPath, RelPath];
  const other = text.includes("<>") ? "swapped" : text.includes(">>") ? "kept" : "none";
  return { from, to, other };
}

function historyOf(runs: readonly Run[], now: string): History {
  return {
    runs: runs.map(({ moves = "", kept = [""], absent = "" }, at): KeptRun => {
      const words = (text: string): string[] => text.split(" ").filter((part) => part !== "");
      const record: VersionRecord = {
        moves: words(moves).map(moveOf),
        absent: new Set(words(absent) as RelPath[]),
        metadata: new Map(),
      };
      return { stamp: `${at}`, at, layers: kept.map(tree), record };
    }),
    now: tree(now),
  };
}

function before(history: History, run: number, top = ""): string {
  return [...treeBefore(history, top as RelPath, run)]
    .filter(([path]) => path !== "")
    .map(([path, { finding }]) =>
      finding.kind === "directory" ? `${path}/` : `${path}:${(finding as Entry).size}`,
    )
    .join(" ");
}

describe("what stood there before the only run", () => {
  const cases: readonly (Run & { name: string; now: string; was: string })[] = [
    { name: "what has not changed", now: "a:1 d/ d/b:2", was: "a:1 d/ d/b:2" },
    { name: "what was replaced", kept: ["a:1"], now: "a:2", was: "a:1" },
    { name: "what was deleted", kept: ["d/ d/a:1"], now: "d/", was: "d/ d/a:1" },
    { name: "not what was made", absent: "a d", now: "a:1 b:2 d/ d/x:1", was: "b:2" },
    { name: "a deleted directory", kept: ["d/ d/a:1"], now: "", was: "d/ d/a:1" },
    {
      name: "a directory whose name a file has taken",
      kept: ["d/ d/a:1"],
      now: "d:7",
      was: "d/ d/a:1",
    },
    {
      name: "a file whose name a directory has taken",
      kept: ["d:7"],
      absent: "d/a",
      now: "d/ d/a:1",
      was: "d:7",
    },
    { name: "a file that was renamed", moves: "a>b", now: "b:1", was: "a:1" },
    {
      name: "a file that was renamed and edited",
      moves: "a>b",
      kept: ["b:1"],
      now: "b:2",
      was: "a:1",
    },
    {
      name: "a file onto which another was renamed",
      moves: "a>>b",
      kept: ["b:2"],
      now: "b:1",
      was: "a:1 b:2",
    },
    {
      name: "the same, and then it was edited",
      moves: "a>>b",
      kept: ["b:2", "b:1"],
      now: "b:3",
      was: "a:1 b:2",
    },
    { name: "two that changed places", moves: "a<>b", now: "a:2 b:1", was: "a:1 b:2" },
    { name: "a chain", moves: "b>c a>b", now: "b:1 c:2", was: "a:1 b:2" },
    {
      name: "a directory that was renamed, with changes below it",
      moves: "d>e",
      kept: ["e/ e/a:1 e/gone:3"],
      absent: "e/new",
      now: "e/ e/a:2 e/b:5 e/new:9",
      was: "d/ d/a:1 d/b:5 d/gone:3",
    },
    {
      name: "a new file under the old name of a renamed one",
      moves: "a>b",
      absent: "a",
      now: "a:9 b:1",
      was: "a:1",
    },
    { name: "a rename that did not come about", moves: "a>b", now: "a:1", was: "a:1" },
  ];

  test.each(cases)("$name", ({ now, was, ...run }) => {
    expect(before(historyOf([run], now), 0)).toBe(was);
  });
});

test("several runs are undone one after the other", () => {
  const history = historyOf(
    [
      { kept: ["a:1"], absent: "b" },
      { moves: "b>c", kept: ["d/ d/x:1"] },
      { kept: ["c:2"], absent: "d" },
    ],
    "a:2 c:3 d/ d/y:1",
  );
  expect([0, 1, 2, 3].map((run) => before(history, run))).toEqual([
    "a:1 d/ d/x:1",
    "a:2 b:2 d/ d/x:1",
    "a:2 c:2",
    "a:2 c:3 d/ d/y:1",
  ]);
  expect(before(history, 0, "d")).toBe("d/ d/x:1");
});
