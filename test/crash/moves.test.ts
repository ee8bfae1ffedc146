import { describe, expect, test } from "vitest";

import { walk } from "../support/judge.ts";
import type { Place } from "../support/place.ts";
import { newPlace } from "../support/place.ts";
import type { DriverCase } from "../support/proof.ts";
import { DRIVERS } from "../support/proof.ts";
import { tool } from "../support/python.ts";
import type { Options } from "../support/syncline.ts";
import { syncline } from "../support/syncline.ts";
import { RENAME, strace } from "../support/trace.ts";
import type { TreeEntry } from "../support/trees.ts";
import { files, makeTree, MOMENT } from "../support/trees.ts";
import { expectRecovery } from "./scene.ts";

/** Every trap at once: chains, rings, names that directories need, directories into each other. */
const TREE: readonly TreeEntry[] = files({
  "ring/a": "ring a",
  "ring/b": "ring b!",
  "ring/c": "ring c!!",
  "ring/d": "ring d!!!",
  "chain/1": "chain 1",
  "chain/2": "chain 2!",
  "chain/3": "chain 3!!",
  "was-directory/x": "comes out of a directory",
  "was-directory/y": "is deleted",
  "was-file": "goes into a directory of its name",
  "swap-1/a": "in swap 1",
  "swap-1/b": "in swap 1, too",
  "swap-2/a": "in swap 2!",
  "swap-2/b": "in swap 2, too!",
  "outer/x": "outer",
  "outer/inner/y": "inner!",
  "outer/inner/z": "inner, too",
  copied: "has copies",
}).map((entry, n) => ({ ...entry, mtime: MOMENT + BigInt(n) * 1_000_000_000n }));

const REARRANGED = `
  mv ring/a t; mv ring/b ring/a; mv ring/c ring/b; mv ring/d ring/c; mv t ring/d
  rm chain/3; mv chain/2 chain/3; mv chain/1 chain/2
  mv was-directory/x t; rm -r was-directory; mv t was-directory
  mv was-file t; mkdir was-file; mv t was-file/was-file
  mv swap-1 t; mv swap-2 swap-1; mv t swap-2
  mv outer/inner t; mv outer t/outer; mv t outer
  mv copied moved; cp -p moved copy-1; cp -p moved copy-2
  mkdir -p new/deep; mv swap-1 new/deep/swap`;

/** Contents of files, as the judge sees them. */
function contents(root: string): Set<string | undefined> {
  return new Set(
    walk(root)
      .filter(({ kind }) => kind === "file")
      .map(({ sha256 }) => sha256),
  );
}

/** Two equal trees, and what a run remembers of them. */
async function begin(place: Place, line: readonly string[], options: Options): Promise<void> {
  tool("rm", ["-rf", place.source, place.target, place.stateHome]);
  makeTree(place.source, TREE);
  if (line.includes("--no-state")) makeTree(place.target, TREE);
  else expect((await syncline(place, line, options)).code).toBe(0);
}

/** Names that moves or runs leave behind when they are killed. */
function strays(root: string): string[] {
  return walk(root)
    .map(({ path }) => path)
    .filter((path) => /(^|\/)\.syncline/.test(path));
}

describe.each(DRIVERS)("$driver", (driver: DriverCase) => {
  const { options } = driver;
  // A cache that Node writes would be renamed into its place, too.
  const traced = { ...options, env: { ...options.env, NODE_DISABLE_COMPILE_CACHE: "1" } };

  test.each([
    ["with a memory", []],
    ["without one", ["--no-state"]],
  ])(
    "killed at every rename, %s: all content is there, and the next run ends it",
    async (_name, more) => {
      using place = newPlace();
      const line = ["mirror", "--max-delete", "100%", ...more, place.source, place.target];
      let isOver = false;
      let killed = 0;
      for (let when = 1; !isOver; when++) {
        await begin(place, line, options);
        const before = contents(place.target);
        tool("sh", ["-ec", `cd "$0"; ${REARRANGED}`, place.source]);
        const needed = [...contents(place.source)].filter((one) => before.has(one));
        const through = strace(RENAME, `signal=KILL:when=${when}`);
        isOver = (await syncline(place, line, { ...traced, through })).code === 0;
        if (!isOver) killed++;
        const found = contents(place.target);
        expect([when, needed.filter((one) => !found.has(one))]).toEqual([when, []]);
        await expectRecovery(place, driver);
        expect([when, strays(place.target)]).toEqual([when, []]);
      }
      expect(killed).toBeGreaterThan(15);
    },
  );
});
