import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { expect, test } from "vitest";

import {
  applyAll,
  bytes,
  early,
  fileAt,
  inBrief,
  path,
} from "../../../test/contract/endpoint-place.ts";
import { newDirectory } from "../../../test/model/disk.ts";
import { openMemory } from "../memory/memory-endpoint.ts";
import { plant } from "../memory/memory-tree.ts";
import { newWorld } from "../memory/memory-world.ts";
import { openLocalHost } from "./host.ts";
import { openLocal } from "./local-endpoint.ts";

const leftovers = [".syncline~abcdef~0", ".syncline~abcdef~1"];
const large = ".syncline~0123456789abc~part0";
const foreign = [".syncline", ".syncline~abcdef", "other"];

test.each([
  [true, [...foreign, large, "new"]],
  [undefined, [...foreign, large, ...leftovers, "new"]],
])(
  "what somebody who was cut off had in hand goes when it is done again: %s",
  async (again, left) => {
    using place = newDirectory();
    await using host = await openLocalHost(undefined);
    const root = `${place.path}/d`;
    mkdirSync(`${root}/${leftovers[0]}`, { recursive: true });
    for (const name of [...leftovers.slice(1), large, ...foreign])
      writeFileSync(`${root}/${name}`, "");
    const world = newWorld();
    plant(world, path("d/new"), { kind: "file", content: bytes("new"), mtime: early });
    const [source, target] = [openMemory(world, "/"), openLocal(place.path, host)];
    const action = {
      type: "put-file",
      path: path("d/new"),
      expected: undefined,
      entry: await fileAt(source, "d/new"),
    } as const;
    const options = { preserve: { owner: false, group: false }, ...(again && { again }) };
    const outcomes = await applyAll(target, [action], source, options);
    expect(outcomes.map(inBrief)).toEqual(["done"]);
    expect(readdirSync(root).toSorted()).toEqual(left.toSorted());
  },
);
