import { describe, expect, test } from "vitest";

import { bytes, path } from "../../test/model/findings.ts";
import { seeMemory } from "../../test/model/memory.ts";
import { runMirror } from "../../test/model/runs.ts";
import { openMemory } from "../endpoint/memory/memory-endpoint.ts";
import { plant, plantLink } from "../endpoint/memory/memory-tree.ts";
import { newWorld } from "../endpoint/memory/memory-world.ts";

describe("a link", () => {
  test("is not made to a file whose new content could not be put in place, however alike they look", async () => {
    const world = newWorld();
    plant(world, path("s/a"), { kind: "file", content: bytes("new"), mtime: 7n });
    plantLink(world, path("s/b"), path("s/a"));
    plant(world, path("t/a"), { kind: "file", content: bytes("old"), mtime: 7n });
    world.unchangeable.set(path("t/a"), { code: "io", message: "the disk is broken" });
    const [source, target] = [openMemory(world, "/s"), openMemory(world, "/t")];
    const { problems } = await runMirror(source, target, { settings: { compare: "content" } });
    expect(problems).toEqual([
      ["a", "target", "io"],
      ["b", "target", "blocked"],
    ]);
    expect(seeMemory(world, "t").map(({ path, what }) => [path, what])).toEqual([
      ["", ""],
      ["a", "old"],
    ]);
  });
});
