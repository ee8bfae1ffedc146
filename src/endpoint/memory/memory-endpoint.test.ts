import type { EndpointPlace } from "../../../test/contract/endpoint-place.ts";
import { bytes, modelOf, path } from "../../../test/contract/endpoint-place.ts";
import { describeEndpoint } from "../../../test/contract/endpoint.ts";
import { seeMemory, specOf } from "../../../test/model/memory.ts";
import { rawBytes } from "../../base/byte-string.ts";
import { openMemory } from "./memory-endpoint.ts";
import type { MemoryNode } from "./memory-node.ts";
import { existing, plant, plantLink, setTime, uproot } from "./memory-tree.ts";
import type { MemoryWorld, WorldOptions } from "./memory-world.ts";
import { newWorld, stamp } from "./memory-world.ts";

async function openPlace(options: WorldOptions): Promise<EndpointPlace> {
  const world = newWorld(options);
  const spoiled = new Set<string>();
  return {
    open(root) {
      for (const name of spoiled) spoil(world.root, name);
      return openMemory(world, `/${root}`);
    },
    make(at, made) {
      const model = modelOf(made);
      plant(world, path(at), specOf(model));
      setTime(world, path(at), model.mtime);
    },
    link: (at, from) => plantLink(world, path(at), path(from)),
    remove: (at) => uproot(world, path(at)),
    rewrite(at, content, mtime) {
      rewrite(world, at, content);
      setTime(world, path(at), mtime);
    },
    spoil: (name) => spoiled.add(name),
    look: (at) => seeMemory(world, at),
    async [Symbol.asyncDispose]() {},
  };
}

function rewrite(world: MemoryWorld, at: string, content: string): void {
  const node = existing(world, path(at));
  if (node.kind !== "file") throw new Error(`no file stands at ${at}`);
  node.content = rawBytes(bytes(content));
  node.ctime = stamp(world);
}

/** Puts trouble on every directory of that name. */
function spoil(node: MemoryNode, wanted: string): void {
  if (node.kind !== "directory") return;
  for (const { name, node: child } of node.names.values()) {
    if (name === wanted && child.kind === "directory")
      child.trouble = { code: "unreadable", message: "permission denied" };
    spoil(child, wanted);
  }
}

describeEndpoint("memory", () => openPlace({}));
describeEndpoint("memory, in chunks of one row and pieces of a few bytes,", () =>
  openPlace({ chunkRows: 1, pieceBytes: 500 }),
);
