import { renameSync, symlinkSync } from "node:fs";

import { describe, expect, test } from "vitest";

import { fingerprint, walk } from "../support/judge.ts";
import type { Place } from "../support/place.ts";
import { newPlace } from "../support/place.ts";
import { DRIVERS } from "../support/proof.ts";
import type { Running } from "../support/syncline.ts";
import { start } from "../support/syncline.ts";
import { RENAME, strace } from "../support/trace.ts";
import { files, makeTree, manyFiles } from "../support/trees.ts";

/** Starts a run that is slow to put names in place, and returns when it has begun to. */
async function slowRun(place: Place, env: Readonly<Record<string, string>>): Promise<Running> {
  const running = start(place, ["mirror", "--json", "-y", place.source, place.target], {
    env: { ...env, NODE_DISABLE_COMPILE_CACHE: "1" },
    through: strace(RENAME, "delay_enter=3000"),
  });
  await running.until(/"type":"plan"/);
  return running;
}

/** Moves a root away and puts a link to another directory in its place. */
function swap(root: string, other: string): void {
  renameSync(root, `${root}.moved`);
  symlinkSync(other, root);
}

describe.each(DRIVERS)("$driver", ({ options: { env = {} } }) => {
  test("the target's root becomes a link after the run has begun: nothing behind that is touched", async () => {
    using place = newPlace();
    makeTree(place.source, manyFiles(700, "new"));
    makeTree(place.target, [...manyFiles(400, "old"), ...files({ "gone/x": "x" })]);
    makeTree(place.path("outside"), [
      ...manyFiles(200, "outside"),
      ...files({ "gone/x": "x", precious: "outside" }),
    ]);
    const before = fingerprint(place.path("outside"));
    const running = await slowRun(place, env);
    swap(place.target, place.path("outside"));
    const result = await running.done;
    expect([0, 1, 3]).toContain(result.code);
    expect(result.stderr).not.toMatch(/\bbug\b/);
    expect(fingerprint(place.path("outside")) === before).toBe(true);
  });

  test("the source's root becomes a link after the run has begun: nothing behind that is read", async () => {
    using place = newPlace();
    makeTree(place.source, manyFiles(700, "public"));
    makeTree(place.path("outside"), manyFiles(700, "SECRET"));
    const running = await slowRun(place, env);
    swap(place.source, place.path("outside"));
    const result = await running.done;
    expect([0, 1, 3]).toContain(result.code);
    const wanted = new Map(walk(`${place.source}.moved`).map(({ path, sha256 }) => [path, sha256]));
    const strange = walk(place.target).filter(
      ({ path, sha256, kind }) => kind === "file" && sha256 !== wanted.get(path),
    );
    expect(strange.map(({ path }) => path)).toEqual([]);
  });
});
