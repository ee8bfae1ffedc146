import { expect } from "vitest";

import type { Seen } from "../support/judge.ts";
import { judge, walk } from "../support/judge.ts";
import type { Place } from "../support/place.ts";
import type { DriverCase } from "../support/proof.ts";
import { leftovers, outcome } from "../support/proof.ts";
import { tool } from "../support/python.ts";
import { mirror } from "../support/syncline.ts";
import { makeTree, type TreeEntry } from "../support/trees.ts";

/** Names of a generation: between two of them, everything is made, changed, replaced, relabelled or removed. */
function generation(n: number): TreeEntry[] {
  const every = (count: number) => Array.from({ length: count }, (_, i) => i);
  const path = (i: number) => `d${i % 5}/e${i % 3}/f${i}`;
  return [
    ...every(160).flatMap((i): TreeEntry[] => {
      const kind = (i + n) % 8;
      const mode = 0o600 + ((i + n) % 64);
      if (kind === 0) return [];
      if (kind === 1) return [{ path: path(i), kind: "symlink", target: `target ${n}` }];
      if (kind === 2) return [{ path: path(i), kind: "fifo" }];
      if (kind === 3) return [{ path: `${path(i)}/inner`, kind: "file", content: `${i} in ${n}` }];
      return [
        { path: path(i), kind: "file", content: `${i} of ${n}\n`.repeat(1 + (i % 99)), mode },
      ];
    }),
    ...every(2).map((i): TreeEntry => ({
      path: `large/${i}`,
      kind: "file",
      size: 1_500_000 + i,
      fill: 10 * n + i,
    })),
    { path: "links/a", kind: "file", content: `linked in ${n}` },
    ...(n % 2 === 0
      ? ([{ path: "links/b", kind: "link", target: "links/a" }] as const)
      : ([{ path: "links/b", kind: "file", content: `alone in ${n}` }] as const)),
    { path: "attributes", kind: "file", xattrs: { "user.n": `${n}` }, acls: [`u:${n + 1}:r`] },
    { path: "sparse", kind: "file", size: 9_000_000, segments: [{ at: 4e6, length: 9, fill: n }] },
  ];
}

/** Drivers that have something to lose here: the portable one makes no fifos. */
function wanted(n: number, driver: DriverCase["driver"]): TreeEntry[] {
  return generation(n).filter(({ kind }) => driver === "libc" || kind !== "fifo");
}

/** Puts a generation in the source's place. */
export function plant(place: Place, n: number, driver: DriverCase["driver"]): void {
  tool("rm", ["-rf", place.source]);
  makeTree(place.source, wanted(n, driver));
}

/** What a name holds, whole. */
function content({ kind, size, sha256, target }: Seen): string {
  return [kind, size, sha256, target].join(" ");
}

/**
 * INVARIANT: after whatever happened, every name of the target holds all of its old or all of its new content, and names
 * that both generations have are there. Only a directory that gives way to something else, or the other way round, is
 * made of several steps.
 */
export function expectOldOrNew(place: Place, old: readonly Seen[], now: readonly Seen[]): void {
  const found = walk(place.target).filter(({ path }) => !/(^|\/)\.syncline~/.test(path));
  const byPath = (seen: readonly Seen[]) => new Map(seen.map((entry) => [entry.path, entry]));
  const [before, after, here] = [byPath(old), byPath(now), byPath(found)];
  const strange = found.filter((entry) => {
    const choices = [before.get(entry.path), after.get(entry.path)];
    return !choices.some((choice) => choice !== undefined && content(choice) === content(entry));
  });
  const isDirectory = (path: string) =>
    before.get(path)?.kind === "directory" || after.get(path)?.kind === "directory";
  const inside = (path: string) =>
    path.split("/").some((_, n, all) => {
      const above = all.slice(0, n).join("/");
      return n > 0 && before.get(above)?.kind !== after.get(above)?.kind;
    });
  const missing = [...before.keys()].filter(
    (path) => after.has(path) && !here.has(path) && !isDirectory(path) && !inside(path),
  );
  expect({ strange: strange.map(({ path }) => path), missing }).toEqual({
    strange: [],
    missing: [],
  });
}

/** After a kill, one run cleans up and ends what was begun. */
export async function expectRecovery(
  place: Place,
  { options, tolerance }: DriverCase,
): Promise<void> {
  const again = await mirror(place, ["--max-delete", "100%", place.source, place.target], options);
  expect(outcome(again)).toEqual({ code: 0, problems: [], stderr: "" });
  expect(judge(place.source, place.target, tolerance)).toEqual([]);
  expect(leftovers(walk(place.target))).toEqual([]);
}
