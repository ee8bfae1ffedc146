/** Moves that once went wrong, or nearly so, over trees in memory. */
import { describe, expect, test } from "vitest";

import { seeMemory } from "../../test/model/memory.ts";
import { handsInMemory } from "../../test/model/movement-memory.ts";
import type { Hands } from "../../test/model/movement.ts";
import type { Replicas } from "../../test/model/remembering.ts";
import { carryOut, planOf } from "../../test/model/remembering.ts";
import type { ByteString } from "../base/byte-string.ts";
import type { RelPath } from "../core/path.ts";
import type { Action } from "../core/plan.ts";
import { actionsOf, labelOf } from "../core/plan.ts";
import { openMemory } from "../endpoint/memory/memory-endpoint.ts";
import { plant, setTime } from "../endpoint/memory/memory-tree.ts";
import type { MemoryWorld, WorldOptions } from "../endpoint/memory/memory-world.ts";
import { newWorld } from "../endpoint/memory/memory-world.ts";

interface Scene {
  readonly world: MemoryWorld;
  readonly replicas: Replicas;
  /** Rearrange the source. */
  readonly hands: Hands;
}

/** Two trees of these files, directories ending with a slash, each with a time of its own. */
async function equalTrees(
  files: Readonly<Record<string, string>>,
  options: WorldOptions = {},
): Promise<Scene> {
  const world = newWorld(options);
  plant(world, "s" as RelPath, { kind: "directory" });
  plant(world, "t" as RelPath, { kind: "directory" });
  for (const [n, [path, content]] of Object.entries(files).entries()) {
    const at = `s/${path.replace(/\/$/, "")}` as RelPath;
    if (path.endsWith("/")) plant(world, at, { kind: "directory" });
    else plant(world, at, { kind: "file", content: content as ByteString });
    setTime(world, at, 1_500_000_000_000_000_000n + BigInt(n));
  }
  const [source, target] = [openMemory(world, "/s"), openMemory(world, "/t")];
  const replicas = { source, target };
  await carryOut(replicas, await planOf(replicas));
  return { world, replicas, hands: handsInMemory(world, "s") };
}

/** What is planned and shown, briefly; carries it out and checks that the trees are then equal. */
async function mirrored({ world, replicas }: Scene): Promise<string[]> {
  const plan = await planOf(replicas);
  const outcomes = await carryOut(replicas, plan);
  expect(outcomes.filter(({ done, problem }) => !done || problem !== undefined)).toEqual([]);
  expect(seeMemory(world, "t")).toEqual(seeMemory(world, "s"));
  expect([...actionsOf(await planOf(replicas))]).toEqual([]);
  return [...actionsOf(plan)].filter((action) => labelOf(action) !== undefined).map(brief);
}

function brief(action: Action): string {
  const from = "from" in action ? `${action.from} > ` : "";
  return `${labelOf(action)} ${from}${action.path}`;
}

describe("names that things step aside under", () => {
  test("are not those that are on their way elsewhere", async () => {
    const scene = await equalTrees({
      a: "A",
      ".syncline-parked~0/x": "X",
      ".syncline-parked~1/y": "Y",
    });
    const { hands } = scene;
    hands.rename("a", "aside");
    hands.makeDirectory("a");
    hands.rename("aside", "a/was");
    hands.rename(".syncline-parked~0", "a/inner");
    hands.rename(".syncline-parked~1", "a/other");
    const said = await mirrored(scene);
    expect(said.filter((line) => line.startsWith("create"))).toEqual([]);
  });

  test("are not those that both replicas have", async () => {
    const scene = await equalTrees({
      "a/x": "1",
      "a/y": "2",
      b: "3",
      ".syncline-parked~0": "0",
      ".syncline-parked~1": "1",
    });
    const { hands } = scene;
    hands.remove("a");
    hands.rename("b", "a");
    expect(await mirrored(scene)).toEqual([
      "move b > a",
      expect.stringMatching(/^delete .*\/y$/),
      expect.stringMatching(/^delete .*\/x$/),
      expect.stringMatching(/^delete /),
      "metadata ",
    ]);
  });
});
