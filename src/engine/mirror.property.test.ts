import * as fc from "fast-check";
import { expect, test } from "vitest";
import { openMemory } from "../endpoint/memory/memory-endpoint.ts";
import { newWorld } from "../endpoint/memory/memory-world.ts";
import { treePairs } from "../../test/model/arbitrary.ts";
import { plantModel, seeMemory } from "../../test/model/memory.ts";
import { factsOf } from "../../test/model/tree.ts";
import { runMirror } from "../../test/model/runs.ts";
test("x", async () => {
  await fc.assert(
    fc.asyncProperty(
      treePairs(),
      fc.integer({ min: 1, max: 9 }),
      async ({ source, target }, chunkRows) => {
        const world = newWorld({ chunkRows });
        plantModel(world, "s", source);
        plantModel(world, "t", target);
        const s = openMemory(world, "/s"),
          t = openMemory(world, "/t");
        const run = await runMirror(s, t);
        expect(run.problems).toEqual([]);
        expect(seeMemory(world, "t")).toEqual(factsOf(source));
        expect((await runMirror(s, t)).actions).toEqual([]);
      },
    ),
    { numRuns: 500 },
  );
});
