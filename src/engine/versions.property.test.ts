/** The laws of old copies, over trees in memory: whatever runs did, each earlier state can be put together again. */
import * as fc from "fast-check";
import { expect, test } from "vitest";

import { everyKind, trees } from "../../test/model/arbitrary.ts";
import { plantModel, seeMemory } from "../../test/model/memory.ts";
import { runMirror } from "../../test/model/runs.ts";
import type { Fact, RawFact } from "../../test/model/tree.ts";
import { childPath, isAtOrBelow, modeText, withGroups, xattrText } from "../../test/model/tree.ts";
import { byteString } from "../base/byte-string.ts";
import type { Entry, Finding } from "../core/entry.ts";
import { identityKey } from "../core/entry.ts";
import type { RelPath } from "../core/path.ts";
import { decodeRecord } from "../core/version-record.ts";
import { parseStamp } from "../core/version-stamp.ts";
import type { History, KeptRun, PastEntry } from "../core/version-state.ts";
import { treeBefore } from "../core/version-state.ts";
import { openMemory } from "../endpoint/memory/memory-endpoint.ts";
import type { MemoryNode } from "../endpoint/memory/memory-node.ts";
import { entryOf } from "../endpoint/memory/memory-node.ts";
import { existing, uproot } from "../endpoint/memory/memory-tree.ts";
import type { MemoryWorld } from "../endpoint/memory/memory-world.ts";
import { newWorld } from "../endpoint/memory/memory-world.ts";

const own = ".syncline";
const keeping = { versions: { keep: "trash", age: 1 } } as const;

/** What the target is, without Syncline's own directory. */
function seeTarget(world: MemoryWorld): Fact[] {
  const seen = seeMemory(world, "t").filter(({ path }) => !isAtOrBelow(path, own));
  const groups = Map.groupBy(
    seen.filter(({ group }) => group !== ""),
    ({ group }) => group,
  );
  // One name of a file may be in the tree, and another one among the old copies.
  return seen.map((fact) => {
    const names = groups.get(fact.group) ?? [];
    return { ...fact, group: names.length > 1 ? names[0]!.path : "" };
  });
}

function read(node: MemoryNode, leaves: string | undefined): Map<RelPath, Finding> {
  const out = new Map<RelPath, Finding>();
  const visit = (path: RelPath, at: MemoryNode): void => {
    out.set(path, entryOf(at, { xattrs: true, acls: true }));
    if (at.kind !== "directory") return;
    for (const { name, node: child } of at.names.values()) {
      if (path !== "" || name !== leaves) visit(childPath(path, name), child);
    }
  };
  visit("" as RelPath, node);
  return out;
}

/** All that the target keeps and has, as a restore loads it. */
function historyOf(world: MemoryWorld): History {
  const store = existing(world, `t/${own}/versions` as RelPath);
  if (store.kind !== "directory") throw new Error("no directory");
  const names = [...store.names.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  const runs = new Map<number, KeptRun>();
  for (const { name, node } of names) {
    const at = parseStamp(name)?.at;
    if (at === undefined) continue;
    const record = existing(world, `t/${own}/versions/${name.split("~")[0]}.jsonl` as RelPath);
    const text = record.kind === "file" ? new TextDecoder().decode(record.content) : "";
    const layers = [...(runs.get(at)?.layers ?? []), read(node, undefined)];
    runs.set(at, { stamp: name.split("~")[0]!, at, layers, record: decodeRecord(text) });
  }
  return { runs: [...runs.values()], now: read(existing(world, "t" as RelPath), own) };
}

/** Where the content of an old entry is in the world. */
function contentOf(world: MemoryWorld, { runs }: History, { kept, path }: PastEntry): string {
  const at =
    kept === undefined
      ? `t/${path}`
      : `t/${own}/versions/${runs[kept.run]!.stamp}${kept.layer === 1 ? "" : `~${kept.layer}`}/${path}`;
  const node = existing(world, at as RelPath);
  return node.kind === "file" ? byteString(node.content) : "";
}

/** The state before a run, in the words in which trees are compared. */
function factsBefore(world: MemoryWorld, history: History, run: number): Fact[] {
  const tree = treeBefore(history, "" as RelPath, run);
  const facts = [...tree].map(([path, past]): RawFact => {
    const entry = past.finding as Entry;
    const what =
      entry.kind === "symlink"
        ? entry.linkTarget
        : entry.kind === "file"
          ? contentOf(world, history, past)
          : entry.kind === "directory"
            ? ""
            : String(entry.rdev);
    return {
      path,
      kind: entry.kind,
      what,
      mode: modeText(entry.kind, entry.mode),
      owner: `${entry.uid}:${entry.gid}`,
      mtime: (BigInt(entry.mtimeSec) * 1_000_000_000n + BigInt(entry.mtimeNs)).toString(),
      xattrs: xattrText(entry.xattrs ?? []),
      identity: identityKey(entry),
    };
  });
  return withGroups(facts);
}

const several = (kinds: typeof everyKind) => fc.array(trees(kinds), { minLength: 2, maxLength: 5 });

const cases = [
  { name: "each state that runs have replaced can be put together again", kinds: everyKind },
  // What the other names of a renamed file were like, if it got other metadata as well, is not known for certain.
  { name: "renames included", kinds: { ...everyKind, hardlinks: false }, moves: true },
];

test.each(cases)("$name", async ({ kinds, moves = false }) => {
  await fc.assert(
    fc.asyncProperty(several(kinds), async (sources) => {
      const world = newWorld();
      plantModel(world, "t", { ...sources[0]!, children: new Map() });
      const [from, to] = [openMemory(world, "/s"), openMemory(world, "/t")];
      const states: Fact[][] = [];
      let runs = 0;
      for (const source of sources) {
        plantModel(world, "s", source);
        const before = seeTarget(world);
        const { problems } = await runMirror(from, to, { settings: { ...keeping, moves } });
        expect(problems).toEqual([]);
        uproot(world, "s" as RelPath);
        const store = historyOfOrNone(world);
        // A run that had nothing to do kept nothing.
        if (store === runs) continue;
        runs = store;
        states.push(before);
      }
      if (runs === 0) return;
      const history = historyOf(world);
      for (const [run, state] of states.entries()) {
        expect(factsBefore(world, history, run)).toEqual(state);
      }
      expect(factsBefore(world, history, states.length)).toEqual(seeTarget(world));
    }),
    { numRuns: 300 },
  );
});

function historyOfOrNone(world: MemoryWorld): number {
  try {
    return historyOf(world).runs.length;
  } catch {
    return 0;
  }
}
