import { describe, expect, test } from "vitest";

import { bytes, path } from "../../test/model/findings.ts";
import { keptByBoth } from "../../test/model/runs.ts";
import { noFilter } from "../core/filter.ts";
import type { RelPath } from "../core/path.ts";
import { openMemory } from "../endpoint/memory/memory-endpoint.ts";
import { existing, plant, setTime } from "../endpoint/memory/memory-tree.ts";
import type { MemoryWorld } from "../endpoint/memory/memory-world.ts";
import { newWorld } from "../endpoint/memory/memory-world.ts";
import type { RememberedFile, RememberedHashes } from "./remembered-checks.ts";
import type { VerifyFindings } from "./verify.ts";
import { verify } from "./verify.ts";

const moment = 1_500_000_000_000_000_000n;

/** Two trees of equal files in a world of their own. */
function twoTrees(contents: Readonly<Record<string, string>>): MemoryWorld {
  const world = newWorld();
  for (const [name, content] of Object.entries(contents)) {
    for (const root of ["s", "t"]) {
      plant(world, path(`${root}/${name}`), { kind: "file", content: bytes(content) });
      setTime(world, path(`${root}/${name}`), moment);
    }
  }
  for (const root of ["s", "t"]) setTime(world, path(root), moment);
  return world;
}

/** Other content of the same length; nothing else changes. */
function rot(world: MemoryWorld, at: string): void {
  const node = existing(world, path(at));
  if (node.kind === "file") node.content = node.content.map((byte) => byte ^ 1);
}

function newMemory(): RememberedHashes & { readonly files: Map<RelPath, RememberedFile> } {
  const files = new Map<RelPath, RememberedFile>();
  return {
    files,
    lookup: async (paths) => paths.map((at) => files.get(at)),
    remember: (at, entry, hash) => void files.set(at, { ...entry, hash }),
  };
}

async function look(world: MemoryWorld, remembered?: RememberedHashes): Promise<VerifyFindings> {
  const [source, target] = [openMemory(world, "/s"), openMemory(world, "/t")];
  const settings = {
    links: "keep",
    filter: noFilter,
    ignoreFiles: false,
    oneFileSystem: false,
    modifyWindow: undefined,
    hash: "blake3",
  } as const;
  const preserve = keptByBoth(source, target);
  const replicas = { source, target, single: undefined, settings, preserve };
  const { signal } = new AbortController();
  return verify({ ...replicas, remembered, startedAt: 2e12 }, () => {}, signal);
}

function said({ found }: VerifyFindings): unknown[] {
  return found.map((one) =>
    "only" in one ? [one.path, one.only, one.aspects, one.corrupt] : [one.path, one.code],
  );
}

describe("without a memory", () => {
  test("content is compared, and what cannot be read is said", async () => {
    const world = twoTrees({ a: "a", b: "b", c: "c" });
    expect(said(await look(world))).toEqual([]);
    rot(world, "t/b");
    world.unreadable.set(path("s/c"), { code: "io", message: "broken" });
    expect(said(await look(world))).toEqual([
      ["b", undefined, ["content"], []],
      ["c", "io"],
    ]);
  });
});

describe("with a memory", () => {
  test("more files than fit into a batch are remembered, and the rotten ones named", async () => {
    const names = Array.from({ length: 5000 }, (_, n) => `f${String(n).padStart(4, "0")}`);
    const world = twoTrees(Object.fromEntries(names.map((name) => [name, `content of ${name}`])));
    const memory = newMemory();
    const first = await look(world, memory);
    expect([said(first), first.unremembered, memory.files.size]).toEqual([[], 5000, 5000]);
    const known = new Map(memory.files);
    for (const at of ["s/f0001", "t/f2500", "s/f4999", "t/f4999"]) rot(world, at);
    const second = await look(world, memory);
    expect(said(second)).toEqual([
      ["f0001", undefined, ["content"], ["source"]],
      ["f2500", undefined, ["content"], ["target"]],
      ["f4999", undefined, [], ["source", "target"]],
    ]);
    expect([second.corrupt, second.unremembered]).toEqual([3, 0]);
    expect(memory.files).toEqual(known);
  });

  test("what cannot be hashed is a problem, and is not remembered", async () => {
    const world = twoTrees({ a: "a", b: "b" });
    world.unreadable.set(path("t/a"), { code: "io", message: "broken" });
    const memory = newMemory();
    expect(said(await look(world, memory))).toEqual([["a", "io"]]);
    expect([...memory.files.keys()]).toEqual(["b"]);
  });

  test("files whose metadata differs are not taken for agreed", async () => {
    const world = twoTrees({ a: "a" });
    existing(world, path("t/a")).mode = 0o600;
    const memory = newMemory();
    expect(said(await look(world, memory))).toEqual([["a", undefined, ["mode"], []]]);
    expect(memory.files.size).toBe(0);
  });
});
