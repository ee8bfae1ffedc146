import { afterAll, describe, expect, test } from "vitest";

import type { EndpointPlace } from "../../../test/contract/endpoint-place.ts";
import {
  applyAll,
  applyOne,
  brief,
  bytes,
  early,
  entryAt,
  fileAt,
  late,
  path,
} from "../../../test/contract/endpoint-place.ts";
import { describeEndpoint } from "../../../test/contract/endpoint.ts";
import { newDiskWorld } from "../../../test/contract/disk-place.ts";
import { FileError } from "../../fs/file-error.ts";
import type { Endpoint } from "../endpoint.ts";
import { openMemory } from "../memory/memory-endpoint.ts";
import { packMemory } from "../memory/memory-packs.ts";
import { plant, setTime } from "../memory/memory-tree.ts";
import { newWorld } from "../memory/memory-world.ts";
import type { LocalHost } from "./host.ts";
import { openLocalHost } from "./host.ts";
import { openLocal } from "./local-endpoint.ts";

async function openPlace(host: LocalHost): Promise<EndpointPlace> {
  const world = newDiskWorld();
  const spoiled = new Set<string>();
  const spoiledHost: LocalHost = {
    ...host,
    driver: {
      ...host.driver,
      openDirectory(parent, name) {
        if (spoiled.has(name)) throw new FileError("EACCES", "openat");
        return host.driver.openDirectory(parent, name);
      },
    },
  };
  return {
    ...world,
    open: (root) => openLocal(world.at(root), spoiledHost),
    spoil: (name) => spoiled.add(name),
    async [Symbol.asyncDispose]() {
      world[Symbol.dispose]();
    },
  };
}

/** A source in memory, so that content comes piece by piece, and a target that holds an old file. */
async function openStreamed(host: LocalHost) {
  const place = await openPlace(host);
  const world = newWorld({ pieceBytes: 1000 });
  plant(world, path("f"), { kind: "file", content: bytes("x".repeat(10_000)), mtime: early });
  place.make("target/f", { kind: "file", content: "old", mtime: late });
  const [source, target] = [openMemory(world, "/"), place.open("target")];
  const action = {
    type: "put-file",
    path: path("f"),
    expected: await entryAt(target, "f"),
    entry: await fileAt(source, "f"),
  } as const;
  return {
    place,
    world,
    source,
    target,
    action,
    [Symbol.asyncDispose]: () => place[Symbol.asyncDispose](),
  };
}

/** The source, read in another way. */
function reading(source: Endpoint, read: Endpoint["read"]): Endpoint {
  return {
    ...source,
    read,
    readFiles: (files, options, signal) => packMemory(read, files, options, signal),
  };
}

/** The source, in which something happens after so many pieces. */
function afterPieces(source: Endpoint, pieces: number, happens: () => void): Endpoint {
  return reading(source, async function* read(...args) {
    let left = pieces;
    for await (const piece of source.read(...args)) {
      if (left-- === 0) happens();
      yield piece;
    }
  });
}

function describeStreaming(host: LocalHost): void {
  describe("content that comes from elsewhere", () => {
    test("is put in place whole", async () => {
      await using stage = await openStreamed(host);
      const { place, source, target, action } = stage;
      const [outcome] = await applyAll(target, [action], source);
      expect(outcome).toMatchObject({ done: true, bytes: 10_000, shared: 0 });
      expect(brief(place, "target")).toEqual(["directory", `f file ${"x".repeat(10_000)}`]);
    });

    test("leaves the old file, and nothing else, when it changes on its way", async () => {
      await using stage = await openStreamed(host);
      const { place, world, source, target, action } = stage;
      const rewriting = afterPieces(source, 3, () => setTime(world, path("f"), late));
      expect(await applyOne(target, action, rewriting)).toBe("source: changed");
      expect(brief(place, "target")).toEqual(["directory", "f file old"]);
    });

    test("leaves the old file when it ends early or does not end, whatever the source says", async () => {
      await using stage = await openStreamed(host);
      const { place, source, target, action } = stage;
      const before = place.look("target");
      for (const size of [9_999, 10_001, 0]) {
        const wrong = { ...action, entry: { ...action.entry, size } };
        const lying = reading(source, (at, _expected, options, signal) =>
          source.read(at, action.entry, options, signal),
        );
        expect(await applyOne(target, wrong, lying)).toBe("source: changed");
        expect(place.look("target").slice(1)).toEqual(before.slice(1));
      }
    });

    test("leaves the old file when the signal aborts or a bug shows", async () => {
      await using stage = await openStreamed(host);
      const { place, source, target, action } = stage;
      const abort = new AbortController();
      const aborting = afterPieces(source, 2, () => abort.abort());
      const way = { signal: abort.signal };
      await expect(applyAll(target, [action], aborting, way)).rejects.toThrow(
        expect.objectContaining({ name: "AbortError" }),
      );
      const bug = new TypeError("a bug");
      const broken = afterPieces(source, 2, () => {
        throw bug;
      });
      await expect(applyAll(target, [action], broken)).rejects.toBe(bug);
      expect(brief(place, "target")).toEqual(["directory", "f file old"]);
    });
  });
}

for (const driver of ["libc", "portable"] as const) {
  const host = await openLocalHost(driver);
  afterAll(() => host[Symbol.asyncDispose]());
  describe(`the local (${driver}) endpoint`, () => describeStreaming(host));
  describeEndpoint(`local (${driver})`, () => openPlace(host));
}
